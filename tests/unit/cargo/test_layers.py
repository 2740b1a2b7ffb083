"""Finding cargo's configuration files: the order of cargo 1.95, as its `cargo build -v` shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cargo.layers import config_layers, given_layers
from burnish.errors import Refused, UsageError


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text, encoding="utf-8")


def _names(root: Path, project: str = "p") -> list[str]:
    paths = [Path(layer.path).resolve() for layer in config_layers(root / project, root / "home")]
    # Above the folder of the test there may be a configuration of the person who runs it.
    return [path.relative_to(root.resolve()).as_posix() for path in paths if path.is_relative_to(root.resolve())]


def test_layers_of_nothing_are_none(tmp_path: Path) -> None:
    """A project without configuration has no layers."""
    (tmp_path / "p/.cargo").mkdir(parents=True)
    assert _names(tmp_path) == []


@pytest.mark.parametrize("name", ["config", "config.toml"])
def test_folder_of_the_files_name_is_refused(tmp_path: Path, name: str) -> None:
    """Cargo cannot load it either."""
    (tmp_path / "p/.cargo" / name).mkdir(parents=True)
    with pytest.raises(Refused, match="is a folder"):
        _names(tmp_path)


def test_layers_come_nearest_first(tmp_path: Path) -> None:
    """The project's file, those of the folders above, then the home folder's."""
    names = ["a/p/.cargo/config.toml", "a/.cargo/config.toml", ".cargo/config.toml", "home/config.toml"]
    _write(tmp_path, dict.fromkeys(reversed(names), "[net]\nretry = 1\n"))
    assert _names(tmp_path, "a/p") == names
    assert config_layers(tmp_path / "a/p", tmp_path / "home")[0].data == {"net": {"retry": 1}}


def test_layers_read_the_home_folder_once(tmp_path: Path) -> None:
    """A home folder above the project is not read a second time."""
    _write(tmp_path, {".cargo/config.toml": ""})
    paths = [layer.path for layer in config_layers(tmp_path / "p", tmp_path / ".cargo")]
    assert paths.count(str(tmp_path / ".cargo/config.toml")) == 1


def test_layers_prefer_the_legacy_file(tmp_path: Path) -> None:
    """A `.cargo/config` hides the config.toml beside it, and says that it is one."""
    _write(tmp_path, {"p/.cargo/config": "a = 1", "p/.cargo/config.toml": "b = 1", "home/config.toml": ""})
    layers = config_layers(tmp_path / "p", tmp_path / "home")
    assert _names(tmp_path) == ["p/.cargo/config", "home/config.toml"]
    assert [layer.is_legacy for layer in (layers[0], layers[-1])] == [True, False]


def test_layers_follow_includes(tmp_path: Path) -> None:
    """A file's includes follow it, the last first, each with its own; paths count from the including file."""
    _write(
        tmp_path,
        {
            "p/.cargo/config.toml": 'include = ["a.toml", "../b.toml"]',
            "p/.cargo/a.toml": 'include = ["sub/c.toml"]',
            "p/.cargo/sub/c.toml": '[[include]]\npath = "d.toml"\n[[include]]\npath = "no.toml"\noptional = true\n',
            "p/.cargo/sub/d.toml": "",
            "p/b.toml": "",
            ".cargo/config.toml": 'include = "e.toml"',
            ".cargo/e.toml": "",
        },
    )
    assert _names(tmp_path) == [
        "p/.cargo/config.toml",
        "p/b.toml",
        "p/.cargo/a.toml",
        "p/.cargo/sub/c.toml",
        "p/.cargo/sub/d.toml",
        ".cargo/config.toml",
        ".cargo/e.toml",
    ]


@pytest.mark.parametrize(
    ("include", "message"),
    [
        ('["config.toml"]', "included twice"),
        ('["a.toml", "a.toml"]', "included twice"),
        ('["no.toml"]', "is not there"),
        ('["a.txt"]', r"not the path of a \.toml file"),
        ("[1]", r"not the path of a \.toml file"),
        ("[{ optional = true }]", r"not the path of a \.toml file"),
        ("1", r"not the path of a \.toml file"),
        ('["a\\u0000.toml"]', r"not the path of a \.toml file"),
    ],
)
def test_layers_refuse_includes_that_cargo_refuses(tmp_path: Path, include: str, message: str) -> None:
    """Circles, repetitions, missing files and what is no path are refused with the file's name."""
    _write(tmp_path, {"p/.cargo/config.toml": f"include = {include}\n", "p/.cargo/a.toml": ""})
    with pytest.raises(Refused, match=message):
        config_layers(tmp_path / "p", tmp_path / "home")


def test_layers_refuse_a_chain_without_end(tmp_path: Path) -> None:
    """The number of includes is bounded."""
    _write(tmp_path, {f"p/.cargo/{number}.toml": f'include = ["{number + 1}.toml"]' for number in range(100)})
    _write(tmp_path, {"p/.cargo/config.toml": 'include = ["0.toml"]'})
    with pytest.raises(Refused, match="more than 64 includes"):
        config_layers(tmp_path / "p", tmp_path / "home")


def test_layers_refuse_what_is_no_toml(tmp_path: Path) -> None:
    """A file with a syntax error is refused with its path and line, without its content."""
    _write(tmp_path, {"home/config.toml": "[registry]\ntoken = cio-hunter2\n"})
    with pytest.raises(Refused, match=r"config\.toml:2:9 is not valid TOML") as refused:
        config_layers(tmp_path / "p", tmp_path / "home")
    assert "hunter2" not in str(refused.value)


def test_files_below_the_root_are_the_projects_own(tmp_path: Path) -> None:
    """Those of a member's folder too; those above it, and of cargo's home wherever that is, are this machine's."""
    names = ["a/p/m/.cargo/config.toml", "a/p/.cargo/config.toml", "a/.cargo/config.toml", "a/p/home/config.toml"]
    _write(tmp_path, dict.fromkeys(names, ""))
    layers = config_layers(tmp_path / "a/p/m", tmp_path / "a/p/home", tmp_path / "a/p")
    owned = [layer.is_own for layer in layers if Path(layer.path).is_relative_to(tmp_path)]
    assert owned == [True, True, False, False]


def test_what_is_given_goes_before_all_files(tmp_path: Path) -> None:
    """The last `--config` is the strongest, and none of them is the project's own."""
    _write(tmp_path, {"p/.cargo/config.toml": "", "more.toml": "build.jobs = 3\n"})
    given = given_layers(["build.jobs = 2", "../more.toml"], tmp_path / "p")
    layers = config_layers(tmp_path / "p", tmp_path / "home", given=given)
    assert [layer.data for layer in layers[:2]] == [{"build": {"jobs": 3}}, {"build": {"jobs": 2}}]
    assert [(layer.is_own, layer.is_given) for layer in layers[:3]] == [(False, True), (False, True), (True, False)]


@pytest.mark.parametrize("text", ["", "nothing.toml", "a", "a=1\nb=2", "[a]", "a = {b = 1, c = 2}", "a = "])
def test_what_is_neither_a_file_nor_a_key_is_wrong_usage(tmp_path: Path, text: str) -> None:
    """Cargo refuses it too."""
    with pytest.raises(UsageError, match="neither a file nor KEY=VALUE"):
        given_layers([text], tmp_path)


def test_secret_on_the_command_line_is_refused_and_not_told(tmp_path: Path) -> None:
    """Everybody who may list the machine's processes would read it."""
    with pytest.raises(UsageError, match="holds a secret") as refused:
        given_layers(['registries.mine.token = "abcdef123456"'], tmp_path)
    assert "abcdef123456" not in str(refused.value)


def test_long_assignment_is_no_file(tmp_path: Path) -> None:
    """A name longer than any disk holds is no defect of ours: it is read as KEY=VALUE."""
    (layer,) = given_layers([f'build.rustflags=["--cfg={"x" * 300}"]'], tmp_path)
    assert layer.is_given
