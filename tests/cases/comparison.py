"""What was lost from one survey to the other, in words. Pure: surveys in, findings out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tests.cases.case import Same
from tests.cases.survey import Demands, Output, Survey


def losses(before: Survey, after: Survey, same: Sequence[Same]) -> Iterator[str]:
    """Return all that was built, made, passed and printed before and is no longer."""
    for command in sorted(before.built - after.built):
        yield f"no longer builds: {command}: {after.errors.get(command, '')}"
    for name in sorted(before.made):
        if name not in after.made:
            yield f"no longer made: {name}"
        elif lost := before.made[name] - after.made[name]:
            yield f"no longer exported by {name}: {', '.join(sorted(lost))}"
    for test in sorted(before.passed - after.passed):
        yield f"no longer passes: {test}"
    for shown, old, new in zip(same, before.outputs, after.outputs, strict=True):
        yield from _differences(shown, old, new)


def _differences(same: Same, old: Output, new: Output) -> Iterator[str]:
    name = " ".join(same.command)
    if same.contains:
        for side, output in (("before", old), ("after", new)):
            for word in same.contains:
                if word not in output.stdout:
                    yield f"`{name}` does not say {word!r} {side}: {output}"
    elif old != new:
        yield f"`{name}` behaves differently: {old} before, {new} after"


def takings(before: Survey, after: Survey, accepted: frozenset[str]) -> Iterator[str]:
    """Return what is taken, in the words of the concessions, from those who run the binaries, and was not offered."""
    if "unwinding" not in accepted and _aborts(after) and not _aborts(before):
        yield "takes unwinding, which nobody offered: a panic aborts"
    for name, old in sorted(before.demands.items()):
        new = after.demands.get(name)
        if new is not None:
            yield from (f"takes {taken} of {name}, which nobody offered" for taken in _taken(old, new, accepted))


def _aborts(survey: Survey) -> bool:
    return any(line.value("panic") in {"abort", "immediate-abort"} for line in survey.lines)


def _taken(old: Demands, new: Demands, accepted: frozenset[str]) -> Iterator[str]:
    if "fixed-address" not in accepted and old.is_pie and not new.is_pie:
        yield "fixed-address"
    if old.has_relro and not new.has_relro:
        yield "RELRO"
    if old.binds_now and not new.binds_now and new.interpreter:
        yield "immediate binding"
    if old.has_stack_guard and not new.has_stack_guard:
        yield "the stack that is not executable"
    if "old-systems" not in accepted and new.newest_glibc > old.newest_glibc:
        yield f"old-systems (glibc {new.newest_glibc}, {old.newest_glibc} before)"
    if "old-systems" not in accepted and new.has_packed_relocations and not old.has_packed_relocations:
        yield "old-systems (packed relocations)"
    if "name-services" not in accepted and old.interpreter and not new.interpreter:
        yield "name-services (static)"
