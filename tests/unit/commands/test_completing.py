"""The completions, as a shell uses them."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from burnish.commands.arguments import OPTIONS, flags_of
from burnish.commands.asking import BUILT_IN, SHELLS
from burnish.commands.completing import completions
from burnish.commands.steps import COMMANDS

SCRIPTS = {shell: completions(shell, COMMANDS) for shell in SHELLS}


def completed(line: str, folder: Path) -> list[str]:
    """Return what bash offers at the end of a line, in a folder; the last word may be empty."""
    words = re.findall(r"=|[^\s=]+", line) + ([""] if line.endswith(" ") else [])
    quoted = " ".join(f"'{word}'" for word in words)
    script = f"{SCRIPTS['bash']}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}\n_burnish\n"
    script += "printf '%s\\n' \"${COMPREPLY[@]}\""
    argv = ["bash", "--norc", "-c", script]
    finished = subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=60, check=True)
    assert finished.stderr == ""
    return finished.stdout.split("\n")[:-1] if finished.stdout.strip() else []


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")
@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("burnish op", ["optimize"]),
        ("burnish ", [*COMMANDS, *BUILT_IN, "-h", "--help", "-V", "--version"]),
        ("burnish help ru", []),
        ("burnish help ro", ["rollback"]),
        ("burnish completions ", list(SHELLS)),
        ("burnish rollback --l", ["--live-only"]),
        ("burnish optimize --max-", ["--max-size", "--max-startup"]),
        ("burnish optimize --recipe ", ["auto", "portable", "phase1", "small"]),
        ("burnish optimize --recipe=p", ["portable", "phase1"]),
        ("burnish optimize --recipe=", ["auto", "portable", "phase1", "small"]),
        ("burnish plan --budget s", ["sound"]),
        ("burnish plan --platform aarch64-a", ["aarch64-apple-darwin"]),
        ("burnish plan --max-size ", []),
        ("burnish baseline --report-dir a", ["a folder"]),
        ("burnish plan --project a", ["a folder", "a.toml"]),
    ],
)
def test_bash_completes_commands_options_and_values(tmp_path: Path, line: str, offered: list[str]) -> None:
    """What may be typed next, and nothing else."""
    (tmp_path / "a folder").mkdir()
    (tmp_path / "a.toml").touch()
    assert sorted(completed(line, tmp_path)) == sorted(offered)


@pytest.mark.parametrize("shell", SHELLS)
def test_script_says_how_to_install_it(shell: str) -> None:
    """In its first lines, in which zsh looks for a word of its own."""
    lines = SCRIPTS[shell].splitlines()
    assert lines[0].startswith("#")
    assert any(f"burnish completions {shell} >" in line for line in lines[:4])


@pytest.mark.parametrize("shell", SHELLS)
def test_script_knows_every_command_option_and_value(shell: str) -> None:
    """For each command exactly its own options."""
    script = SCRIPTS[shell]
    for name, step in COMMANDS.items():
        wanted = {flag for option in step.options for flag in flags_of(option) if flag.startswith("--")}
        assert _offered(shell, script, name) - {"--help"} == wanted
    for option in OPTIONS.values():
        if option.known_values:
            assert " ".join(option.known_values) in script


def _offered(shell: str, script: str, command: str) -> set[str]:
    """Return the long options that a script offers behind a command."""
    if shell == "fish":
        lines = [line for line in script.splitlines() if f"'__fish_seen_subcommand_from {command}'" in line]
        return {f"--{found}" for line in lines for found in re.findall(r" -l (\S+)", line)}
    part = re.search(rf"^ +{command}\) (?:words=|_arguments)(.*?);;", script, re.MULTILINE | re.DOTALL)
    assert part is not None
    pattern = r"(--[a-z-]+)(?: |\")" if shell == "bash" else r"[)*](--[a-z-]+)=?\["
    return set(re.findall(pattern, part[1]))


def test_zsh_and_fish_quote_what_helps() -> None:
    """A quotation mark in a help text ends no word of the script: each line is whole by itself."""
    for line in SCRIPTS["zsh"].splitlines():
        assert line.startswith("#") or shlex.split(line.rstrip("\\")) is not None
    for line in SCRIPTS["fish"].splitlines():
        assert line.startswith("#") or line.replace("\\'", "").count("'") % 2 == 0, line


@pytest.mark.parametrize(("shell", "check"), [("bash", "-n"), ("zsh", "-n"), ("fish", "-n")])
def test_shell_that_is_here_takes_its_script(tmp_path: Path, shell: str, check: str) -> None:
    """Its own check of the syntax finds nothing; where there is no such shell the structure above has to do."""
    program = shutil.which(shell)
    if program is None:
        return
    path = tmp_path / "script"
    path.write_text(SCRIPTS[shell], encoding="utf-8")
    finished = subprocess.run([program, check, str(path)], capture_output=True, text=True, timeout=60, check=False)
    assert (finished.returncode, finished.stderr) == (0, "")
