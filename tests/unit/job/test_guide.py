"""A profile's flag for cargo: beside the flags that the project has, and for the target only."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest

from burnish.cargo.flags import EffectiveFlags, Source
from burnish.cargo.toolkit import Toolkit
from burnish.errors import Refused
from burnish.job.guide import Guide, with_rustflags

TRIPLE = "x86_64-unknown-linux-gnu"
GUIDE = Guide(path='/home/a "b"/x.profdata', sha256="0" * 64, trained_on=["fib"], functions=3)


def told(source: Source = "none", flags: tuple[str, ...] = (), *, as_string: bool = False, path: str = "/x") -> Any:
    """Return the flags that cargo is told, after a build for a target of its name."""
    effective = EffectiveFlags(source=source, flags=flags, where=[], triple=TRIPLE, as_string=as_string)
    toolkit = with_rustflags(Toolkit(triple=TRIPLE), effective, (f"-Cprofile-use={path}",))
    *target, config, setting = toolkit.arguments
    assert (target, config) == (["--target", TRIPLE], "--config")
    return tomllib.loads(setting)["target"][TRIPLE]["rustflags"]


def test_path_of_any_form_is_one_flag() -> None:
    """A folder's name may have spaces and quotes."""
    assert GUIDE.flags == ('-Cprofile-use=/home/a "b"/x.profdata',)
    assert told(path='/home/a "b"/\\x\n') == ['-Cprofile-use=/home/a "b"/\\x\n']


def test_flags_of_the_build_table_are_not_silenced() -> None:
    """Cargo takes those of one table only; those of the target's own table it joins by itself."""
    assert told("build", ("--cfg", "fast")) == ["--cfg", "fast", "-Cprofile-use=/x"]
    assert told("target", ("--cfg", "fast")) == ["-Cprofile-use=/x"]


def test_project_whose_flags_are_a_string_is_refused() -> None:
    """Of two strings cargo takes one: the profile would silence the project's flags, or they the profile."""
    with pytest.raises(Refused, match="is a string, beside which cargo takes no further flags"):
        told(as_string=True)


def test_target_is_named_once() -> None:
    """A second flag joins the first."""
    effective = EffectiveFlags(source="none", flags=(), where=[], triple=TRIPLE)
    once = with_rustflags(Toolkit(triple=TRIPLE), effective, ("-Ca=1",))
    assert with_rustflags(once, effective, ("-Cb=2",)).arguments.count("--target") == 1
