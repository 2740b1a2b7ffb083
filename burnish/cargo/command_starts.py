"""Where tests, benches and examples start the program, and with which arguments, as far as these are literals. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

import msgspec

_LITERAL = re.compile(r'r(?P<hashes>#*)"(?P<raw>.*?)"(?P=hashes)|"(?P<text>(?:\\.|[^"\\])*)"', re.DOTALL)
_STRING = r'(?:r\#\#".*?"\#\#|r\#".*?"\#|r"[^"]*"|"(?:\\.|[^"\\])*")'
# What names the program: `cargo_bin("tool")` of assert_cmd, its macro, and the variable that cargo sets for tests.
_NAMED = re.compile(
    r'cargo_bin!?\s*\(\s*(?:"(?P<name>[^"\n]*)"|env!\("CARGO_PKG_NAME"\))?\s*\)|CARGO_BIN_EXE_(?P<variable>[\w-]+)'
)
_FUNCTION = re.compile(r"\bfn\s+(\w+)\s*\([^{};]*\{[^{}]*\Z")
# What a command is told, and what starts it: no argument comes behind that.
_TOLD = re.compile(
    rf"""
      \.\s*(?P<what>arg|args|write_stdin)\s*\(\s*(?P<given>(?:&\s*)?(?:vec!)?\[?\s*(?:{_STRING}\s*,?\s*)*\]?)\s*(?P<more>\)?)
    | \.\s*(?P<start>assert|output|status|spawn|unwrap_err|ok|success|failure)\s*\(
    | \.\s*(?P<around>env|envs|env_remove|env_clear|current_dir|stdin|pipe_stdin)\s*\(
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "\\": "\\", '"': '"', "'": "'"}
_ESCAPE = re.compile(r"\\(?:(?P<one>[ntr0\\\"'])|\r?\n\s*)")
# Nothing is done for these.
_IDLE = {"--help", "-h", "--version", "-V", "help", "version"}


class CommandStart(msgspec.Struct, frozen=True, kw_only=True):
    """One start of the program: its arguments and what it reads."""

    args: tuple[str, ...]
    stdin: str = ""


def find_starts(source: str, program: str) -> Iterator[CommandStart]:
    """Yield the starts of a program in a Rust file, but those that do nothing, or of which something is no literal."""
    named = [match for match in _NAMED.finditer(source) if (match["name"] or match["variable"] or program) == program]
    makers = {made[1] for match in named if (made := _FUNCTION.search(source, 0, match.start()))}
    calls = (match.end() for maker in makers for match in re.finditer(rf"(?<!fn )\b{maker}\s*\(\s*\)", source))
    places = sorted({*(match.end() for match in named), *calls})
    for place, end in itertools.zip_longest(places, places[1:], fillvalue=len(source)):
        start = _start_of(source[place:end])
        if start is not None and not _IDLE & {*start.args}:
            yield start


def _start_of(text: str) -> CommandStart | None:
    """Return what a command is told up to where it is started; None where that is not all literal, or is nothing.

    A start with a folder or an environment of its own is none of ours: it may be kept from something by that.
    """
    args: list[str] = []
    stdin = ""
    for told in _TOLD.finditer(text):
        if told["start"]:
            break
        if told["around"] or not told["more"]:
            return None
        given = [_text_of(literal) for literal in _LITERAL.finditer(told["given"])]
        if told["what"] == "write_stdin":
            stdin = "".join(given)
        else:
            args += given
    return CommandStart(args=tuple(args), stdin=stdin) if args or stdin else None


def _text_of(literal: re.Match[str]) -> str:
    if literal["raw"] is not None:
        return literal["raw"]
    return _ESCAPE.sub(lambda match: _ESCAPES[match["one"]] if match["one"] else "", literal["text"])
