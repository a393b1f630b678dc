// The scripts of `livectl completion`. Each asks livectl for the candidates and never evaluates what it answers.

/** The shells that have a script. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

/** Also of bash 3.2, which macOS has: no `compopt`, no `mapfile`. */
const bash = `# bash completion of livectl: eval "$(livectl completion bash)"
_livectl() {
  COMPREPLY=()
  local word files=
  while IFS=$'\\t' read -r word _; do
    case "$word" in
      '') ;;
      :files) files=1 ;;
      *) COMPREPLY+=("$word") ;;
    esac
  done < <(livectl completion candidates -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
  if type compopt > /dev/null 2>&1; then
    if [ -n "$files" ]; then compopt -o default -o filenames; else compopt +o default; fi
  fi
}
complete -o default -F _livectl livectl
`;

const zsh = `#compdef livectl
# zsh completion of livectl: eval "$(livectl completion zsh)", after compinit
_livectl() {
  local -a words_so_far candidates
  local word about files
  words_so_far=("\${(@)words[2,CURRENT]}")
  while IFS=$'\\t' read -r word about; do
    case "$word" in
      '') ;;
      :files) files=1 ;;
      *) candidates+=("\${word//:/\\\\:}:$about") ;;
    esac
  done < <(livectl completion candidates -- "\${words_so_far[@]}" 2> /dev/null)
  (( \${#candidates} )) && _describe -V livectl candidates
  [[ -n "$files" ]] && _files
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
    set -l words (commandline -opc) (commandline -ct)
    for line in (livectl completion candidates -- $words[2..-1] 2>/dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            printf '%s\\n' "$line"
        end
    end
end
complete -c livectl -f -k -a '(__livectl_complete)'
`;

/** To be evaluated by the shell at its start. */
export const scripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
