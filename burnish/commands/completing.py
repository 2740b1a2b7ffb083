"""The completions of a shell: commands, their options, and the values that come with burnish."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping

from burnish.commands.arguments import OPTIONS, Option, flags_of
from burnish.commands.asking import BUILT_IN, SHELLS
from burnish.commands.calls import StepTask
from burnish.commands.helping import summary_of

_PROGRAMS = ("burnish", "cargo-burnish")
_FOLDERS = {"PATH", "DIR"}

_BASH = """\
# Completions of burnish for bash. To install them:
#   mkdir -p ~/.local/share/bash-completion/completions
#   burnish completions bash > ~/.local/share/bash-completion/completions/burnish
# or for this shell only:
#   source <(burnish completions bash)

_burnish() {{
    local current=${{COMP_WORDS[COMP_CWORD]}} previous=${{COMP_WORDS[COMP_CWORD - 1]}}
    local command= words= at
    if [[ $current == "=" ]]; then
        current=
    elif [[ $previous == "=" ]]; then
        previous=${{COMP_WORDS[COMP_CWORD - 2]}}
    fi
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${{COMP_WORDS[at]}} in
            {commands}) command=${{command:-${{COMP_WORDS[at]}}}} ;;
        esac
    done
    case $previous in
{values}
    esac
    case $command in
        "") words={first} ;;
{options}
    esac
    COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -F _burnish {programs}
"""

_ZSH = """\
#compdef {programs}
# Completions of burnish for zsh. To install them, in a folder that is in your fpath:
#   burnish completions zsh > ~/.zfunc/_burnish
# and in ~/.zshrc, before compinit:
#   fpath+=~/.zfunc

_burnish() {{
    local context state state_descr line
    typeset -A opt_args
    _arguments -C \\
        '(-h --help)'{{-h,--help}}'[Show help]' \\
        '(-V --version)'{{-V,--version}}'[Show the version]' \\
        '1:command:->command' \\
        '*::argument:->argument'
    case $state in
        command)
            local -a commands=(
{commands}
            )
            _describe command commands
            ;;
        argument)
            case $words[1] in
{options}
            esac
            ;;
    esac
}}

if [[ $funcstack[1] == _burnish ]]; then
    _burnish "$@"
else
    compdef _burnish {programs}
fi
"""

_FISH = """\
# Completions of burnish for fish. To install them:
#   burnish completions fish > ~/.config/fish/completions/burnish.fish

complete -c burnish -f
complete -c burnish -s h -l help -d 'Show help'
complete -c burnish -n __fish_use_subcommand -s V -l version -d 'Show the version'
{commands}
{options}
"""


def completions(shell: str, commands: Mapping[str, StepTask]) -> str:
    """Return the script for one of the SHELLS, which tells in its first lines how to install it."""
    makers: dict[str, Callable[[Mapping[str, StepTask]], str]] = {"bash": _bash, "zsh": _zsh, "fish": _fish}
    return makers[shell](commands).rstrip("\n")


def _words_after(commands: Mapping[str, StepTask]) -> dict[str, tuple[str, ...]]:
    """Return the words that may follow the commands of our own."""
    return {"completions": SHELLS, "help": (*commands, *BUILT_IN)}


def _summaries(commands: Mapping[str, StepTask]) -> dict[str, str]:
    steps = {name: summary_of(step) for name, step in commands.items()}
    return {**steps, **{name: does for name, (_, does) in BUILT_IN.items()}}


def _bash(commands: Mapping[str, StepTask]) -> str:
    flags = {name: [flag for option in step.options for flag in flags_of(option)] for name, step in commands.items()}
    words = {**_words_after(commands), **{name: (*each, "-h", "--help") for name, each in flags.items()}}
    first = (*commands, *BUILT_IN, "-h", "--help", "-V", "--version")
    return _BASH.format(
        commands="|".join((*commands, *BUILT_IN)),
        values="\n".join(_bash_values()),
        first=_quoted(first),
        options="\n".join(f"        {name}) words={_quoted(each)} ;;" for name, each in words.items()),
        programs=" ".join(_PROGRAMS),
    )


def _bash_values() -> Iterator[str]:
    for name, option in OPTIONS.items():
        if option.value:
            yield f"        {'|'.join(flags_of(name))}) {_bash_reply(option)}return ;;"


def _bash_reply(option: Option) -> str:
    if option.value in _FOLDERS:
        kind = "-d" if option.value == "DIR" else "-f"
        names = f'COMPREPLY=($(compgen {kind} -- "$current"))'
        return f"local IFS=$'\\n'; compopt -o filenames 2>/dev/null; {names}; "
    known = option.known_values
    return f'COMPREPLY=($(compgen -W {_quoted(known)} -- "$current")); ' if known else ""


def _zsh(commands: Mapping[str, StepTask]) -> str:
    options = []
    for name, step in commands.items():
        specs = " \\\n".join(
            f"                        {spec}" for option in step.options for spec in _zsh_specs(option)
        )
        options.append(f"                {name}) _arguments \\\n{specs} ;;")
    for name, words in _words_after(commands).items():
        options.append(f"                {name}) _values word {' '.join(words)} ;;")
    summaries = _summaries(commands).items()
    return _ZSH.format(
        programs=" ".join(_PROGRAMS),
        commands="\n".join(f"                {shlex.quote(f'{name}:{does}')}" for name, does in summaries),
        options="\n".join(options),
    )


def _zsh_specs(name: str) -> Iterator[str]:
    """Return the specifications of `_arguments` for one option, one for each way to write it."""
    option, flags = OPTIONS[name], flags_of(name)
    help_text = option.help.replace("[", "(").replace("]", ")").replace(":", "\\:")
    action = f"({' '.join(option.known_values)})"
    if option.value in _FOLDERS:
        action = "_files -/" if option.value == "DIR" else "_files"
    value = f":{option.value}:{action if action != '()' else ' '}" if option.value else ""
    others = "*" if option.is_list else f"({' '.join(flags)})"
    for flag in flags:
        joined = "=" if option.value and flag.startswith("--") else ""
        yield shlex.quote(f"{others}{flag}{joined}[{help_text}]{value}")


def _fish(commands: Mapping[str, StepTask]) -> str:
    offered = "\n".join(
        f"complete -c burnish -n __fish_use_subcommand -a {name} -d {_fish_quoted(does)}"
        for name, does in _summaries(commands).items()
    )
    lines = [_fish_line(name, option) for name, step in commands.items() for option in step.options]
    for name, words in _words_after(commands).items():
        lines.append(f"complete -c burnish -n '__fish_seen_subcommand_from {name}' -a {_fish_quoted(' '.join(words))}")
    return _FISH.format(commands=offered, options="\n".join(lines))


def _fish_line(command: str, name: str) -> str:
    option = OPTIONS[name]
    short = f" -s {option.short}" if option.short else ""
    value = ""
    if option.value in _FOLDERS:
        value = " -r -F"
    elif option.value:
        value = f" -x -a {_fish_quoted(' '.join(option.known_values))}"
    condition = f"-n '__fish_seen_subcommand_from {command}'"
    long = " ".join(f"-l {flag.removeprefix('--')}" for flag in flags_of(name) if flag.startswith("--"))
    return f"complete -c burnish {condition}{short} {long}{value} -d {_fish_quoted(option.help)}"


def _fish_quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _quoted(words: tuple[str, ...]) -> str:
    return f'"{" ".join(words)}"'
