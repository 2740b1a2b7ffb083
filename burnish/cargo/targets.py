"""The targets that cargo builds for without being told: `build.target` of its configuration and CARGO_BUILD_TARGET.

The rules are those of cargo 1.95, seen with the real one: of strings that of
`--config` wins, then the variable, then the nearest file; arrays join, and the variable's words with them; `host-tuple`
is the host. An empty array builds nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from burnish.cargo.flags import ConfigLayer
from burnish.errors import Refused
from burnish.toml.data import ABSENT, value_at

VARIABLE = "CARGO_BUILD_TARGET"
_HOST = "host-tuple"


def configured_targets(layers: Sequence[ConfigLayer], env: Mapping[str, str], host: str) -> tuple[str, ...]:
    """Return the triples that cargo builds for, each once; none where it is told of none, and builds for the host.

    `layers` come nearest first. Raise Refused where cargo would build nothing, or refuse.
    """
    found = [(layer, value) for layer in layers if (value := value_at(layer.data, ("build", "target"))) is not ABSENT]
    values = [value for _, value in found]
    is_given = bool(found) and found[0][0].is_given and not isinstance(values[0], list)
    words = None if is_given else env.get(VARIABLE)
    if not values or not isinstance(values[0], list):
        values = values[:1] if words is None else [words]
    elif words is not None:
        values.append(words.split())
    names = list(_names(values))
    if (values and not names) or "" in names:
        raise _unusable("" if "" in names else [])
    return tuple(dict.fromkeys(host if name == _HOST else name for name in names))


def _names(values: Sequence[object]) -> Iterator[str]:
    for value in values:
        for name in value if isinstance(value, list) else [value]:
            if not isinstance(name, str):
                raise _unusable(value)
            yield name


def _unusable(value: object) -> Refused:
    return Refused(
        f"build.target of the cargo configuration, or {VARIABLE}, is {value!r}",
        expected="a target triple, or an array of them",
        next_command="burnish plan, with a target triple in `build.target`",
    )
