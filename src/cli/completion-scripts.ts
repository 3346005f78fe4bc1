export type Shell = 'bash' | 'zsh' | 'fish';

/*
 * Each script asks `pinstream __complete -- WORDS` (complete.ts) and shows the answer as its shell does. Candidates that end
 * in ':', '/' or '=' go on, without a space behind them.
 */

/**
 * Bash takes "web:1" for three words where COMP_WORDBREAKS has a colon, as it does by default, and replaces the last one only.
 * The script puts the words together again and cuts from each candidate what stands there already; so it needs nothing of the
 * package bash-completion. It runs on the Bash 3.2 of macOS, too, which knows no `compopt`.
 */
const bash = `# Bash completion of pinstream: source <(pinstream completion bash)

_pinstream() {
  local line=\${COMP_LINE-} word last rest reply candidate prefix= breaks= files= open= i
  local -a words
  words=()
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]-}
    last=
    ((i > 0)) && last=\${words[\${#words[@]} - 1]}
    # Bash breaks a word at ':', '=' and '@'; what stands together is one.
    if ((i > 1)) && [[ $line != [[:space:]]* && ($word == [@:=]* || $last == *[@:=]) ]]; then
      words[\${#words[@]} - 1]=$last$word
    else
      words+=("$word")
    fi
    line=\${line#"\${line%%[![:space:]]*}"}
    line=\${line#"$word"}
  done
  last=\${words[\${#words[@]} - 1]}
  # What is behind the cursor is not part of it.
  if [[ -n \${COMP_LINE-} ]]; then
    rest=\${COMP_LINE:COMP_POINT}
    rest=\${rest%%[[:space:]]*}
    last=\${last%"$rest"}
  fi
  words[\${#words[@]} - 1]=$last
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    [[ \${words[i]} == '~/'* ]] && words[i]=$HOME/\${words[i]:2}
  done
  # What Bash replaces begins behind the last of its breaks.
  for word in @ : =; do
    [[ \${COMP_WORDBREAKS-} == *"$word"* ]] && breaks+=$word
  done
  if [[ -n $breaks && $last == *["$breaks"]* ]]; then
    prefix=\${last%"\${last##*["$breaks"]}"}
  fi
  COMPREPLY=()
  while IFS= read -r reply; do
    case $reply in
      :files) files=-f ;;
      :folders) files=-d ;;
      *)
        candidate=\${reply%%$'\\t'*}
        [[ $candidate == *[:/=] ]] && open=yes
        COMPREPLY+=("\${candidate#"$prefix"}")
        ;;
    esac
  done < <(pinstream __complete -- "\${words[@]:1}" 2>/dev/null)
  if [[ -n $files ]]; then
    rest=$last
    [[ $last == -*=* ]] && rest=\${last#*=}
    last=\${last%"$rest"}
    while IFS= read -r candidate; do
      candidate=$last$candidate
      COMPREPLY+=("\${candidate#"$prefix"}")
    done < <(compgen "$files" -- "$rest")
    compopt -o filenames 2>/dev/null
  elif [[ -n $open ]]; then
    compopt -o nospace 2>/dev/null
  fi
  return 0
}

complete -F _pinstream pinstream
`;

const zsh = `#compdef pinstream
# Zsh completion of pinstream: source <(pinstream completion zsh), or a file _pinstream in a folder of $fpath

_pinstream() {
  local i word line text files
  local -a typed closed open
  typed=()
  for ((i = 2; i < CURRENT; i++)); do
    word=\${(Q)words[i]}
    [[ $word == '~/'* ]] && word=$HOME/\${word[3,-1]}
    typed+=("$word")
  done
  typed+=("\${(Q)PREFIX}")
  while IFS= read -r line; do
    case $line in
      (:files) files=files ;;
      (:folders) files=folders ;;
      (*)
        text=\${line%%$'\\t'*}
        word=\${text//:/\\\\:}
        [[ $line == *$'\\t'* ]] && word+=:\${line#*$'\\t'}
        if [[ $text == *[:/=] ]]; then
          open+=("$word")
        else
          closed+=("$word")
        fi
        ;;
    esac
  done < <(pinstream __complete -- "\${typed[@]}" 2>/dev/null)
  if [[ -n $files ]]; then
    [[ $PREFIX == -*=* ]] && compset -P 1 '*='
    if [[ $files == folders ]]; then
      _files -/
    else
      _files
    fi
    return
  fi
  (($#open)) && _describe pinstream open -S ''
  (($#closed)) && _describe pinstream closed
}

if [[ \${funcstack[1]} == _pinstream ]]; then
  _pinstream "$@"
else
  compdef _pinstream pinstream
fi
`;

const fish = `# Fish completion of pinstream: pinstream completion fish | source

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
                    printf '%s%s\\n' "$left" $path
                end
            case '*'
                printf '%s\\n' $line
        end
    end
end

complete -c pinstream -f -a '(__pinstream_complete)'
`;

/** What a shell reads to complete command lines of the program. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
