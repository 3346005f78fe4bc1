#compdef pinstream
# Zsh completion of pinstream: source <(pinstream completion zsh), or a file _pinstream in a folder of $fpath

_pinstream() {
  local i word line text files
  local -a typed closed open
  typed=()
  for ((i = 2; i < CURRENT; i++)); do
    word=${(Q)words[i]}
    [[ $word == '~/'* ]] && word=$HOME/${word[3,-1]}
    typed+=("$word")
  done
  typed+=("${(Q)PREFIX}")
  while IFS= read -r line; do
    case $line in
      (:files) files=files ;;
      (:folders) files=folders ;;
      (*)
        text=${line%%$'\t'*}
        word=${text//:/\\:}
        [[ $line == *$'\t'* ]] && word+=:${line#*$'\t'}
        if [[ $text == *[:/=] ]]; then
          open+=("$word")
        else
          closed+=("$word")
        fi
        ;;
    esac
  done < <(pinstream __complete -- "${typed[@]}" 2>/dev/null)
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

if [[ ${funcstack[1]} == _pinstream ]]; then
  _pinstream "$@"
else
  compdef _pinstream pinstream
fi
