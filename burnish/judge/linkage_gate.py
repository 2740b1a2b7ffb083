"""The gate of linkage: the binary is linked as the recipe asked, and takes no more than was accepted. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from burnish.judge.differences import Difference, differences
from burnish.judge.findings import Finding, absent, clipped, gate_of, listed, names_of, not_applicable, unknown
from burnish.model import Gate, Linkage, Side

_ASKED = "linked as the recipe asks"
_TAKES = "no more demanding and no less defended than the baseline, but for what is accepted"


class LinkageWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipe asked of the link."""

    static: bool = False
    stripped: bool = False


def judge_linkage(baseline: Side, candidate: Side, wants: LinkageWanted, accepted: frozenset[str]) -> Gate:
    """See in the binary itself that it is linked as the recipe asked, and that it takes nothing unaccepted.

    `accepted` are the concessions: what the binary demands beyond the baseline, or has lost, must be one of them.
    """
    linkage = candidate.linkage
    if candidate.artifact is None:
        return not_applicable("linkage", _ASKED, absent(candidate, ""))
    if candidate.kind == "staticlib":
        return not_applicable("linkage", _ASKED, "a static library is linked by whoever takes it")
    if linkage is None:
        return unknown("linkage", _ASKED, "the linkage could not be read from the binary")
    findings = [*_asked_findings(linkage, wants), *_taken_findings(baseline, linkage, accepted)]
    return gate_of("linkage", findings, facts=_linkage_facts(linkage))


def _asked_findings(linkage: Linkage, wants: LinkageWanted) -> Iterator[Finding]:
    if wants.static:
        yield _static_finding(linkage)
    if wants.stripped:
        yield _stripped_finding(linkage)
    if not (wants.static or wants.stripped):
        yield Finding(criterion=_ASKED, verdict="pass", reason="the recipe asks for nothing here")


def _taken_findings(baseline: Side, after: Linkage, accepted: frozenset[str]) -> Iterator[Finding]:
    if baseline.artifact is None:
        return
    if baseline.linkage is None:
        yield Finding(criterion=_TAKES, verdict="inconclusive", reason="the baseline's linkage was not read")
        return
    found = differences(baseline.linkage, after)
    taken = [each for each in found if each.concession not in accepted]
    given = [each for each in found if each.concession in accepted]
    yield Finding(
        criterion=_TAKES,
        verdict="fail" if taken else "pass",
        reason=_taken_words(taken) if taken else _given_words(given),
        measured=len(taken),
        limit=0,
        unit="demands more and defences less",
    )


def _taken_words(taken: Iterable[Difference]) -> str:
    words = [f"{each.what} ({each.concession} is not accepted)" for each in taken if each.concession]
    return listed([*words, *(f"{each.what} (no concession allows it)" for each in taken if not each.concession)])


def _given_words(given: Iterable[Difference]) -> str:
    words = [f"{each.what} ({each.concession})" for each in given]
    return f"given up, as accepted: {listed(words)}" if words else "demands no more than the baseline"


def _static_finding(linkage: Linkage) -> Finding:
    is_static = linkage.interpreter is None and not _shared_runtimes(linkage)
    return Finding(
        criterion="static: no interpreter and no shared library",
        verdict="pass" if is_static else "fail",
        reason="static, as asked" if is_static else "asked to be static, and is not",
        measured=len(_shared_runtimes(linkage)),
        limit=0,
        unit="shared libraries",
    )


def _shared_runtimes(linkage: Linkage) -> list[str]:
    """Return the needed libraries that static linking would spare: on Windows the system's own are always needed."""
    if linkage.format != "pe":
        return linkage.needed
    runtimes = ("vcruntime", "msvcp", "ucrtbase", "libgcc", "libwinpthread", "libstdc++")
    return [name for name in linkage.needed if name.lower().startswith(runtimes)]


def _stripped_finding(linkage: Linkage) -> Finding:
    return Finding(
        criterion="stripped: no symbol table",
        verdict="pass" if linkage.is_stripped else "fail",
        reason="stripped, as asked" if linkage.is_stripped else "asked to be stripped, and has a symbol table",
    )


def _linkage_facts(linkage: Linkage) -> str:
    interpreter = f"interpreter {clipped(linkage.interpreter)}" if linkage.interpreter else "no interpreter"
    needed = f"needs {names_of(linkage.needed)}" if linkage.needed else "needs no shared library"
    table = "no symbol table" if linkage.is_stripped else "a symbol table"
    known = f"{linkage.format} {clipped(linkage.architecture)}, {interpreter}, {needed}, {table}"
    return "; ".join([known, *_demand_facts(linkage)])


def _demand_facts(linkage: Linkage) -> Iterator[str]:
    """Yield what the file demands and how it is defended, and what it does not tell."""
    if linkage.defences is None:
        return
    versions = [name for names in linkage.versions.values() for name in names]
    asked = names_of([linkage.system or "no oldest system", *versions])
    yield f"asks for {asked}; {names_of(linkage.defences) if linkage.defences else 'no defences'}"
    if linkage.architecture == "x86_64" and linkage.format == "elf":
        yield f"processor: {linkage.cpu or 'not told by the file, target-cpu decides'}"
