# Fish completion of pinstream: pinstream completion fish | source

function __pinstream_complete
    set -l typed (commandline -opc)
    set -e typed[1]
    if set -q typed[1]
        set typed (string replace -r -- '^~/' "$HOME/" $typed)
    end
    set -l current (commandline -ct)
    for line in (pinstream __complete -- $typed "$current" 2>/dev/null)
        switch $line
            case :files :folders
                set -l left (string match -r -- '^-[^=]*=' "$current")
                set -l value (string replace -r -- '^-[^=]*=' '' "$current")
                set -l found
                if test $line = :folders
                    set found (__fish_complete_directories "$value" '')
                else
                    set found (__fish_complete_path "$value")
                end
                for path in $found
                    printf '%s%s\n' "$left" $path
                end
            case '*'
                printf '%s\n' $line
        end
    end
end

complete -c pinstream -f -a '(__pinstream_complete)'
