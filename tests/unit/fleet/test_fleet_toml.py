"""fleet.toml is read strictly: its words become folders, arguments and addresses on other machines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.errors import Refused
from burnish.fleet.fleet_jobs import ProjectSource
from burnish.fleet.fleet_toml import FleetProject, read_fleet
from burnish.text import neutral

HOST = "x86_64-unknown-linux-gnu"
OTHER = "aarch64-unknown-linux-gnu"
COMMIT = "0123456789abcdef0123456789abcdef01234567"


def read(text: str, folder: Path = Path("/nowhere"), host: str = HOST) -> list[FleetProject]:
    """Read a fleet.toml of this text."""
    return read_fleet(text.encode(), folder / "fleet.toml", host=host)


def refusal(text: str, **given_words: str) -> Refused:
    """Return why a text is refused."""
    with pytest.raises(Refused) as refused:
        read(text, **given_words)  # type: ignore[arg-type]
    assert refused.value.next_command.startswith("burnish fleet fleet.toml") or "TOML" in refused.value.expected
    return refused.value


def test_project_takes_what_it_does_not_say_from_the_defaults(tmp_path: Path) -> None:
    """Each key of a project stands for itself; what the defaults say holds for the rest."""
    (tmp_path / "tool").mkdir()
    (tmp_path / "tool" / "Cargo.toml").touch()
    text = f"""
        [defaults]
        command = "check"
        budget = "sound"
        platforms = ["{HOST}"]
        set = ["startup.runs = 30"]
        [[projects]]
        crate = "hexyl@0.17.0"
        [[projects]]
        git = "https://example.org/tool.git"
        rev = "{COMMIT}"
        name = "other"
        platforms = ["{HOST}", "{OTHER}"]
        labels = ["big-memory"]
        memory = "8000 MB"
        command = "optimize"
        time_limit = "2 h"
        toolchain = "1.90.0"
        [[projects]]
        path = "tool"
        bin = "tool"
    """
    hexyl, other, tool = read(text, tmp_path)
    assert hexyl == FleetProject(
        name="hexyl",
        source=ProjectSource(kind="crate", place="hexyl@0.17.0"),
        command="check",
        platforms=(HOST,),
        labels=(),
        memory_bytes=0,
        time_limit_seconds=14400.0,
        toolchain="",
        arguments=("--budget=sound", "--set=startup.runs = 30"),
    )
    assert other.source == ProjectSource(kind="git", place="https://example.org/tool.git", revision=COMMIT)
    assert (other.command, other.platforms, other.labels) == ("optimize", (HOST, OTHER), ("big-memory",))
    assert (other.memory_bytes, other.time_limit_seconds, other.toolchain) == (8_000_000_000, 7200.0, "1.90.0")
    assert (tool.name, tool.source) == ("tool", ProjectSource(kind="path", place=str(tmp_path / "tool")))
    assert tool.arguments == ("--budget=sound", "--bin=tool", "--set=startup.runs = 30")


def test_host_is_the_platform_where_the_file_names_none() -> None:
    """Without a rustc here somebody has to say it."""
    assert read('[[projects]]\ncrate = "a@1.0.0"')[0].platforms == (HOST,)
    assert "names no platform" in refusal('[[projects]]\ncrate = "a@1.0.0"', host="").found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "names no project"),
        ("projects = []", "names no project"),
        ("[[project]]", "unknown key 'project' (did you mean \"projects\"?)"),
        ("[defaults]\nplatform = []", "unknown key 'platform' (did you mean \"platforms\"?)"),
        ('[[projects]]\ncrates = "a@1.0.0"', "unknown key 'crates' (did you mean \"crate\"?)"),
        ("[defaults]\ncrate = 'a@1.0.0'", "[defaults] has an unknown key 'crate'"),
        ("defaults = 1", "[defaults] is 1"),
        ("projects = [1]", "project 1 is 1"),
        ("[[projects]]", "project 1 has no source"),
        (f'[[projects]]\ncrate = "a@1.0.0"\ngit = "https://x.org/a"\nrev = "{COMMIT}"', "crate and git"),
        ('[[projects]]\ncrate = "a@1.0.0"\nrev = "1"', "rev beside crate"),
        ('[[projects]]\ncrate = "a"', "crate = 'a'"),
        ('[[projects]]\ncrate = "a@1"', "crate = 'a@1'"),
        ('[[projects]]\ncrate = "a@1.0.0; rm"', "crate = 'a@1.0.0; rm'"),
        ('[[projects]]\ncrate = "a@1.0.0"\n[[projects]]\ncrate = "a@2.0.0"', "two projects are called a"),
        ('[[projects]]\ncrate = "a@1.0.0"\n[[projects]]\ncrate = "A@2.0.0"', "called a and A"),
        ('[[projects]]\ngit = "https://x.org/a"', "git without rev"),
        ('[[projects]]\ngit = "https://x.org/a"\nrev = "main"', "rev = 'main'"),
        (f'[[projects]]\ngit = "ext::sh -c id"\nrev = "{COMMIT}"', "a git address that is none"),
        (f'[[projects]]\ngit = "--upload-pack=id"\nrev = "{COMMIT}"', "a git address that is none"),
        (f'[[projects]]\ngit = "https://u:p@x.org/a"\nrev = "{COMMIT}"', "a password, a token or a query"),
        (f'[[projects]]\ngit = "https://token@x.org/a"\nrev = "{COMMIT}"', "a password, a token or a query"),
        (f'[[projects]]\ngit = "https://x.org/a?token=t"\nrev = "{COMMIT}"', "a password, a token or a query"),
        ('[[projects]]\npath = "nothing"', "where no Cargo.toml is"),
        ('[[projects]]\ncrate = "a@1.0.0"\nname = "../x"', "would be called '../x'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nname = ".."', "would be called '..'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nname = "a:b"', "would be called 'a:b'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nplatforms = ["x86_64-unknown-linux-gnuu"]', "did you mean"),
        (f'[[projects]]\ncrate = "a@1.0.0"\nplatforms = ["{HOST}", "{HOST}"]', "twice"),
        ('[[projects]]\ncrate = "a@1.0.0"\nplatforms = "x"', "platforms = 'x'"),
        ('[[projects]]\ncrate = "a@1.0.0"\ncommand = "optimise"', 'did you mean "optimize"'),
        ('[[projects]]\ncrate = "a@1.0.0"\ncommand = "rollback"', "command = 'rollback'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nbudget = "--json"', "budget = '--json'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nbudget = "a\\nb"', "budget = 'a\\nb'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nbudget = 3', "budget = 3"),
        ('[[projects]]\ncrate = "a@1.0.0"\nfeatures = ["-x"]', "features = '-x'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nlabels = ["a b"]', "labels with 'a b'"),
        ('[[projects]]\ncrate = "a@1.0.0"\ntoolchain = "a/b"', "toolchain = 'a/b'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nmemory = "much"', "memory = 'much'"),
        ('[[projects]]\ncrate = "a@1.0.0"\nmemory = true', "memory = True"),
        ('[[projects]]\ncrate = "a@1.0.0"\ntime_limit = "0 s"', "time_limit = '0 s'"),
    ],
)
def test_what_is_no_fleet_is_refused_with_its_place(text: str, found: str) -> None:
    """One sentence says where and what."""
    assert found in refusal(text).found


@pytest.mark.promise("E2")
@pytest.mark.parametrize(
    "address",
    [
        "https://u:hunter2secret@x.org/a",
        "git+https://u:hunter2secret@x.org/a",
        "https:/u:hunter2@x.org/a",
        "ghp_hunter2token:x-oauth-basic@github.com/a",
        "https://u:hunter2/secret@x.org/a",
        "https://u/hunter2@x.org/a",
        "https://[hunter2@x.org/a",
        "https://u:hunter2@x.org/a\\n",
        "--hunter2",
    ],
)
def test_secret_of_an_address_is_not_repeated(address: str) -> None:
    """What is refused for its password does not print it, nor what is no address and may have one."""
    error = refusal(f'[[projects]]\ngit = "{address}"\nrev = "{COMMIT}"')
    assert "hunter2" not in error.render()


@pytest.mark.parametrize("address", ["git@example.org:group/tool.git", "ssh://git@example.org/tool", "file:///a/tool"])
def test_addresses_of_git_without_a_secret_are_taken(address: str) -> None:
    """A login name of ssh is no secret."""
    (project,) = read(f'[[projects]]\ngit = "{address}"\nrev = "{COMMIT}"')
    assert (project.name, project.source.place) == ("tool", address)


@given(name=st.text(max_size=80))
def test_name_that_is_taken_is_one_plain_folder(name: str) -> None:
    """Whatever a project is called, its name is one step of a path, and no option."""
    quoted = "".join(f"\\U{ord(each):08X}" for each in name if not 0xD800 <= ord(each) < 0xE000)
    try:
        (project,) = read(f'[[projects]]\ncrate = "a@1.0.0"\nname = "{quoted}"')
    except Refused:
        return
    assert Path(project.name).name == project.name
    assert not project.name.startswith(("-", "."))
    assert project.name.isascii()


@given(value=st.text(max_size=60))
def test_argument_is_one_word_that_is_no_other_option(value: str) -> None:
    """A value can be no option of its own: it stands behind its key, in the same word."""
    quoted = "".join(f"\\U{ord(each):08X}" for each in value if not 0xD800 <= ord(each) < 0xE000)
    try:
        (project,) = read(f'[[projects]]\ncrate = "a@1.0.0"\nbudget = "{quoted}"')
    except Refused:
        return
    (argument,) = project.arguments
    assert argument.startswith("--budget=")
    assert not argument.removeprefix("--budget=").startswith("-")
    assert argument == neutral(argument)
