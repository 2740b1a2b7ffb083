"""The targets that cargo builds for without being told, by the rules of cargo 1.95."""

from __future__ import annotations

import pytest

from burnish.cargo.flags import ConfigLayer
from burnish.cargo.targets import configured_targets
from burnish.errors import Refused

HOST, ARM, WASM = "x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu", "wasm32-wasip1"
NOTHING = ()

# What stands in the files, the nearest first, and in the variable; and what cargo builds for.
READ: dict[str, tuple[list[object], str | None, tuple[str, ...]]] = {
    "nothing": ([], None, NOTHING),
    "a string": ([ARM], None, (ARM,)),
    "an array of one": ([[HOST]], None, (HOST,)),
    "the host": (["host-tuple"], None, (HOST,)),
    "the host in an array": ([["host-tuple"]], None, (HOST,)),
    "the host twice": ([["host-tuple", HOST]], None, (HOST,)),
    "several": ([[ARM, HOST]], None, (ARM, HOST)),
    "the nearest string": ([ARM, WASM], None, (ARM,)),
    "arrays of two files": ([[ARM], [WASM]], None, (ARM, WASM)),
    "only the variable": ([], "host-tuple", (HOST,)),
    "the variable over a string": ([ARM], WASM, (WASM,)),
    "the variable beside an array": ([[ARM]], f"{WASM}  host-tuple", (ARM, WASM, HOST)),
    "an empty variable beside an array": ([[ARM]], "", (ARM,)),
}
REFUSED: dict[str, tuple[list[object], str | None]] = {
    "an empty array": ([[]], None),
    "an empty string": ([""], None),
    "an empty variable": ([], ""),
    "a number": ([3], None),
    "a number in an array": ([[3]], None),
}


def layers(values: list[object]) -> list[ConfigLayer]:
    """Return a configuration with one file for each value, between files that do not name a target."""
    empty = ConfigLayer(path="empty", data={"build": {"jobs": 2}})
    return [empty, *(ConfigLayer(path="x", data={"build": {"target": value}}) for value in values), empty]


def variables(value: str | None) -> dict[str, str]:
    """Return an environment with the variable, or without."""
    return {} if value is None else {"CARGO_BUILD_TARGET": value}


@pytest.mark.parametrize("case", READ)
def test_targets_are_read_as_cargo_reads_them(case: str) -> None:
    """A string, an array or `host-tuple`, in a file or in the variable, gives the triples that cargo builds for."""
    values, variable, expected = READ[case]
    assert configured_targets(layers(values), variables(variable), HOST) == expected


@pytest.mark.parametrize("case", REFUSED)
def test_targets_that_cargo_cannot_build_for_are_refused(case: str) -> None:
    """What cargo refuses, or builds nothing for, is refused before anything is done."""
    values, variable = REFUSED[case]
    with pytest.raises(Refused, match=r"build\.target"):
        configured_targets(layers(values), variables(variable), HOST)


def test_given_target_goes_before_the_variable() -> None:
    """A string of `--config` wins over all; an array joins what there is."""
    text = ConfigLayer(path="--config x", data={"build": {"target": ARM}}, is_given=True)
    assert configured_targets([text, *layers([HOST])], variables(WASM), HOST) == (ARM,)
    array = ConfigLayer(path="--config x", data={"build": {"target": [ARM]}}, is_given=True)
    assert configured_targets([array, *layers([[HOST]])], variables(WASM), HOST) == (ARM, HOST, WASM)
