"""Whether the settings of a recipe are in force, by rustc's own command lines, and named where they are not."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tests.cases.rustc_lines import RustcLine

Setting = Mapping[str, str]
# What cargo passes for a profile key: the values of the codegen option that stand for the one asked for.
_STRIP: Mapping[str, set[str | None]] = {
    "true": {"symbols"},
    "false": {"none", None},
    "none": {"none", None},
    "debuginfo": {"debuginfo", "symbols"},
}
_LTO: Mapping[str, set[str | None]] = {"true": {"", "fat"}, "fat": {"", "fat"}, "false": {None}}
_DEFAULTS = {"opt-level": "0", "codegen-units": "16", "panic": "unwind", "debug-assertions": "off"}
_MANY = {"link-arg", "link-args", "target-feature", "llvm-args"}
_SWITCH = {"true": "on", "false": "off"}


def not_in_force(settings: Sequence[Setting], lines: Sequence[RustcLine], judged: str, said: str) -> Iterator[str]:
    """Return the settings that some package of the judged binary does not have, and that nobody was told of.

    `settings` are the report's: where, key and value. `judged` is the name of the binary. `said` is all that burnish
    said: what is not in force is named by its key and its package, or by "*" where it is so for all dependencies.
    """
    for setting, line in asked_of(settings, lines, judged):
        if not _holds(setting, line) and not is_named(setting, line, said):
            asked = f"{setting['where']} {setting['key']} = {setting['value']}"
            yield f"not in force for {line.package} ({line.crate}), and not named: {asked}"


def asked_of(
    settings: Sequence[Setting], lines: Sequence[RustcLine], judged: str
) -> Iterator[tuple[Setting, RustcLine]]:
    """Return each setting with each call of rustc for the judged binary and what is linked into it."""
    of_binary = [line for line in lines if line.crate == judged.replace("-", "_") and "bin" in line.kinds]
    made_of = list(made_of_what(of_binary, lines))
    yield from ((setting, line) for setting in settings for line in made_of)


def made_of_what(binary: Sequence[RustcLine], lines: Sequence[RustcLine]) -> Iterator[RustcLine]:
    """Return the lines of a binary and of all that is linked into it: what build scripts and macros use is not."""
    seen: set[tuple[str, ...]] = set()
    waiting = list(binary)
    while waiting:
        line = waiting.pop()
        if line.words in seen or "proc-macro" in line.kinds:
            continue
        seen.add(line.words)
        yield line
        files = " ".join(line.values("--extern"))
        waiting += [other for other in lines if other.file_stem and re.search(rf"{other.file_stem}\b", files)]


def _holds(setting: Setting, line: RustcLine) -> bool:
    value = setting["value"].strip("\"'")
    if setting["key"] == "rustflags":
        return "bin" not in line.kinds or _flag_holds(value, line)
    if setting["where"] == "[profile.release]":
        return _profile_holds(setting["key"], value.lower(), line)
    return True


def _profile_holds(key: str, value: str, line: RustcLine) -> bool:
    given = line.value(key)
    if key == "lto":
        return "bin" not in line.kinds or given in _LTO.get(value, {value})
    if key == "strip":
        return "bin" not in line.kinds or given in _STRIP.get(value, {value})
    if key in _DEFAULTS:
        return (given or _DEFAULTS[key]) == _SWITCH.get(value, value)
    return True


def _flag_holds(flag: str, line: RustcLine) -> bool:
    """Return whether a flag is in force: the last of its key, any `+crt-static`, or any of what can be given often."""
    if flag.endswith("crt-static"):
        return line.is_static_runtime == flag.endswith("+crt-static")
    if not flag.startswith("-C"):
        return all(word in line.words for word in flag.split())
    key, _, value = re.sub(r"^-C\s*", "", flag).partition("=")
    return value in line.codegen(key) if key in _MANY else line.value(key) == value


def is_named(setting: Setting, line: RustcLine, said: str) -> bool:
    """Return whether one paragraph of what was said has both the setting and the package."""
    value = setting["value"].strip("\"'")
    word = re.split(r"[=\s]", re.sub(r"^-C\s*", "", value))[0] if setting["key"] == "rustflags" else setting["key"]
    # Without `-vv` cargo shows the name of the crate alone.
    names = (line.package, line.package.replace("-", "_"), line.package.replace("_", "-"), '"*"')
    return any(word in paragraph and any(name in paragraph for name in names) for paragraph in said.splitlines())
