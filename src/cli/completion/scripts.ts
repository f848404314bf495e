/** What each shell needs to ask `mips-rprocfs complete`: for a command line that stops at the cursor. */

/** bash gives words as they were typed, with a `=` as a word of its own: `complete bash` knows. */
const BASH = `\
# completion of mips-rprocfs for bash: eval "$(mips-rprocfs completion bash)"
_mips_rprocfs() {
  local program=\${1/#\\~/$HOME} others value
  COMPREPLY=()
  {
    IFS= read -r others || return
    while IFS=$'\\t' read -r value _; do COMPREPLY+=("$(printf %q "$value")"); done
  } < <("$program" complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2> /dev/null)
  case $others in
    file) compopt -o default ;;
    directory) ((\${#COMPREPLY[@]})) || compopt -o dirnames ;;
    program) mapfile -t COMPREPLY < <(compgen -c -- "$2"); compopt -o default ;;
  esac
}
complete -o nosort -F _mips_rprocfs mips-rprocfs
`;

const ZSH = `\
#compdef mips-rprocfs
# completion of mips-rprocfs for zsh: a file _mips-rprocfs in $fpath, or, after compinit, source <(mips-rprocfs completion zsh)
_mips_rprocfs() {
  local -a answer candidates
  local line
  answer=("\${(@f)$("\${(Q)words[1]}" complete zsh -- "\${(@Q)words[2,CURRENT]}" 2> /dev/null)}")
  for line in "\${(@)answer[2,-1]}"; do
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  (($#candidates)) && _describe -V value candidates
  case $answer[1] in
    file) _files ;;
    directory) (($#candidates)) || _files -/ ;;
    program) _command_names -e || _files ;;
  esac
}
if [[ $funcstack[1] == _mips-rprocfs ]]; then _mips_rprocfs "$@"; else compdef _mips_rprocfs mips-rprocfs; fi
`;

const FISH = `\
# completion of mips-rprocfs for fish: mips-rprocfs completion fish | source
function __mips_rprocfs_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l answer ($words[1] complete fish -- $words[2..] "$current" 2>/dev/null)
    printf '%s\\n' $answer[2..]
    switch $answer[1]
        case file
            __fish_complete_path "$current"
        case directory
            __fish_complete_directories "$current" ''
        case program
            __fish_complete_command
    end
end
complete -c mips-rprocfs -f -k -a '(__mips_rprocfs_complete)'
`;

export const SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH } as const;
export type Shell = keyof typeof SCRIPTS;
export const SHELLS = ['bash', 'zsh', 'fish'] as const satisfies readonly Shell[];
