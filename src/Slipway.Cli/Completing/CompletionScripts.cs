namespace Slipway.Cli.Completing;

/// <summary>
/// What a shell sources. All of them ask this program itself, by System.CommandLine's directive [suggest:POSITION], which answers with one word a line;
/// where it has none, the shell offers files.
/// </summary>
static class CompletionScripts
{
    const string Bash = """
        # slipway completion for bash:  source <(slipway completion bash)
        _slipway() {
            local words IFS=$'\n'
            words=$(slipway "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null)
            # Options are for who has begun to write one; else they hide the names and files.
            [[ ${COMP_WORDS[COMP_CWORD]} == -* ]] || words=$(grep -v '^-' <<<"${words}")
            COMPREPLY=($(compgen -W "${words}" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _slipway slipway

        """;

    const string Zsh = """
        #compdef slipway
        # slipway completion for zsh:  source <(slipway completion zsh)
        _slipway() {
            local -a words_offered
            words_offered=("${(@f)$(slipway "[suggest:${CURSOR}]" "${BUFFER}" 2>/dev/null)}")
            [[ ${words[CURRENT]} == -* ]] || words_offered=("${(@)words_offered:#-*}")
            if (( ${#words_offered} )) && [[ -n ${words_offered[1]} ]]; then
                compadd -a words_offered
            else
                _files
            fi
        }
        if [ "${funcstack[1]}" = "_slipway" ]; then
            _slipway "$@"
        else
            compdef _slipway slipway
        fi

        """;

    const string Fish = """
        # slipway completion for fish:  slipway completion fish | source
        function __slipway_complete
            slipway "[suggest:"(commandline -C)"]" (commandline -p | string collect) 2>/dev/null
        end
        complete -c slipway -a '(__slipway_complete)'

        """;

    /// <param name="shell">bash, zsh or fish.</param>
    public static string For(string shell) => shell switch
    {
        "bash" => Bash,
        "zsh" => Zsh,
        "fish" => Fish,
        _ => throw new ArgumentOutOfRangeException(nameof(shell), shell, "bash, zsh or fish"),
    };
}
