// The scripts of `livectl completion`. Each asks livectl for the candidates and never evaluates what it answers.

/** The shells that have a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/**
 * Also of bash 3.2, which macOS has: nothing newer is used, except `compopt` where there is one. bash replaces only what follows the
 * last of COMP_WORDBREAKS or an open quote, `$2`; its own completion of files takes care of that, unless the path begins later.
 */
const bash = `# bash completion of livectl: eval "$(livectl completion bash)"
_livectl() {
  COMPREPLY=()
  local word about files= before= path
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      '') ;;
      :files) files=1 before="$about" ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(livectl completion candidates --bash "\${COMP_LINE:0:COMP_POINT}" "$2" 2> /dev/null)
  type compopt > /dev/null 2>&1 || return 0
  if [ -z "$files" ]; then
    compopt +o default
  elif [ -z "$before" ]; then
    compopt -o default -o filenames
  else
    compopt +o default
    while IFS= read -r path; do
      [ -d "$path" ] && path="$path/" && compopt -o nospace
      case "$path" in *[!A-Za-z0-9_./-]*) compopt -o filenames ;; esac
      COMPREPLY+=("$before$path")
    done < <(compgen -f -- "\${2:\${#before}}")
  fi
}
complete -o default -F _livectl livectl
`;

const zsh = `#compdef livectl
# zsh completion of livectl: eval "$(livectl completion zsh)", after compinit
_livectl() {
  local -a words_so_far candidates
  local word about files before
  words_so_far=("\${(@Q)words[2,CURRENT-1]}" "$PREFIX")
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      '') ;;
      :files) files=1 before="$about" ;;
      *) candidates+=("\${word//:/\\\\:}\${about:+:$about}") ;;
    esac
  done < <(livectl completion candidates --typed -- "\${words_so_far[@]}" 2> /dev/null)
  (( \${#candidates} )) && _describe -V livectl candidates
  if [[ -n "$files" ]]; then
    compset -p \${#before}
    _files
  fi
  return 0
}
if [[ "\${funcstack[1]}" == _livectl ]]; then
  _livectl "$@"
else
  compdef _livectl livectl
fi
`;

const fish = `# fish completion of livectl: livectl completion fish | source
function __livectl_complete
    set -l typed (commandline -ct)
    set -l words (commandline -opc) $typed
    for line in (livectl completion candidates --typed -- $words[2..-1] 2>/dev/null)
        set -l parts (string split --max 1 \\t -- $line)
        if test "$parts[1]" = :files
            set -l quote (string match --regex '^["\\']' -- $typed)
            set -l from (math (string length -- "$quote$parts[2]") + 1)
            for path in (complete -C "'' $quote"(string sub --start $from -- "$typed"))
                printf '%s%s\\n' "$parts[2]" $path
            end
        else
            printf '%s\\n' "$line"
        end
    end
end
complete -c livectl -f -k -a '(__livectl_complete)'
`;

/** To be evaluated by the shell at its start. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
