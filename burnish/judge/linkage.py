"""The gate of linkage: the binary is linked as the recipe asked. Pure."""

from __future__ import annotations

import msgspec

from burnish.judge.findings import Finding, absent, clipped, gate_of, names_of, not_applicable, unknown
from burnish.report.model import Gate, Linkage, Side


class LinkageWanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the recipe asked of the link."""

    static: bool = False
    stripped: bool = False


def judge_linkage(candidate: Side, wants: LinkageWanted) -> Gate:
    """See in the binary itself that it is linked as the recipe asked."""
    linkage = candidate.linkage
    if linkage is None and (candidate.artifact is None or not (wants.static or wants.stripped)):
        return not_applicable("linkage", "linked as the recipe asks", absent(candidate, "the linkage was not read"))
    if linkage is None:
        return unknown("linkage", "linked as the recipe asks", "the linkage could not be read from the binary")
    findings = []
    if wants.static:
        findings.append(_static_finding(linkage))
    if wants.stripped:
        findings.append(_stripped_finding(linkage))
    nothing_asked = Finding(
        criterion="linked as the recipe asks", verdict="pass", reason="the recipe asks for nothing here"
    )
    return gate_of("linkage", findings or [nothing_asked], facts=_linkage_facts(linkage))


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
    """Give the needed libraries that static linking would spare: on Windows the system's own are always needed."""
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
    return f"{linkage.format} {linkage.architecture}, {interpreter}, {needed}, {table}"
