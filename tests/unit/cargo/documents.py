"""TOML 1.1 as people write it: any data in any of its forms, with comments, quotes and line endings as they come.

A document is drawn as data first. Then each of its tables is written as a section, as dotted keys or inline, each key
and value in one of its spellings, and comments wherever TOML allows one.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any, TypeVar

import tomli
from hypothesis import reject
from hypothesis import strategies as st

T = TypeVar("T")
Data = dict[str, Any]
TRIPLE = "x86_64-unknown-linux-gnu"
LOOKALIKES = ("[profile.release]", "lto = 'fat'", "# no comment", "[target.x]", "rustflags = [", "'''", "}", "]", "")
COMMENTS = (
    "#",
    "# note",
    "# [profile.release]",
    "#lto = 1",
    '# "',
    "# '''",
    "# \u00e9\u2028 \U0001f980",
    "# ]",
    "# },",
)
BARE = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Writer:
    """Writes data as TOML, drawing the form of each thing as it comes."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance

    def pick(self, *options: T) -> T:
        """Choose one; what is named more often comes more often."""
        return self._chance.choice(options)

    def is_one_in(self, many: int) -> bool:
        """Return yes now and then."""
        return self._chance.randrange(many) == 0

    def document(self, data: Data) -> str:
        """Write a whole document, its lines ended with line feeds."""
        body, blocks = self._body((), data)
        self._chance.shuffle(blocks)
        return "".join([self._silence(), *body, *blocks])

    def _body(self, path: tuple[str, ...], table: Data) -> tuple[list[str], list[str]]:
        """Write a table's own lines, and the blocks of the sections below it."""
        lines: list[str] = []
        blocks: list[str] = []
        for key, value in table.items():
            if _is_tables(value):
                blocks.append("".join(self._element((*path, key), each) for each in value))
            elif isinstance(value, dict) and self.pick("section", "section", "section", "within") == "section":
                blocks += self._section((*path, key), value)
            else:
                written, more = self._within((key,), value, path)
                lines += written
                blocks += more
        return lines, blocks

    def _section(self, path: tuple[str, ...], table: Data) -> list[str]:
        body, blocks = self._body(path, table)
        if not body and blocks and self.is_one_in(2):
            return blocks
        return [self._header(path, "[", "]") + "".join(body), *blocks]

    def _element(self, path: tuple[str, ...], table: Data) -> str:
        body, blocks = self._body(path, table)
        return "".join([self._header(path, "[[", "]]"), *body, *blocks])

    def _within(self, key: tuple[str, ...], value: Any, section: tuple[str, ...]) -> tuple[list[str], list[str]]:
        """Write a value in its table's own lines: a table as dotted keys, or inline; what is below it may be apart."""
        if not isinstance(value, dict) or not value or self.pick("dotted", "inline") == "inline":
            indent = self.pick("", "", "", "  ", "\t")
            return [f"{indent}{self._key(key)}{self._equals()}{self._value(value)}{self._rest()}", self._silence()], []
        lines: list[str] = []
        blocks: list[str] = []
        for name, inner in value.items():
            if isinstance(inner, dict) and inner and self.is_one_in(4):
                blocks += self._section((*section, *key, name), inner)
            else:
                written, more = self._within((*key, name), inner, section)
                lines += written
                blocks += more
        return lines, blocks

    def _header(self, path: tuple[str, ...], opened: str, closed: str) -> str:
        indent, gap = self.pick("", "", "", "  "), self.pick("", "", "", " ", "\t")
        return f"{indent}{opened}{gap}{self._key(path)}{gap}{closed}{self._rest()}{self._silence()}"

    def _rest(self) -> str:
        return self.pick("", "", "", " ", " " + self.pick(*COMMENTS), self.pick(*COMMENTS)) + "\n"

    def _silence(self) -> str:
        lines = self._chance.choices(["", *COMMENTS], k=self.pick(0, 0, 1, 2))
        return "".join(f"{self.pick('', '', '  ')}{line}\n" for line in lines)

    def _equals(self) -> str:
        return self.pick(" = ", " = ", "=", " \t= ", "=  ")

    def _key(self, path: Sequence[str]) -> str:
        return self.pick(".", ".", ".", " . ", ". ").join(map(self._key_part, path))

    def _key_part(self, name: str) -> str:
        forms = [name, name, name] if name and set(name) <= BARE else []
        forms += [_basic(name)]
        forms += [f"'{name}'"] if "'" not in name else []
        forms += [f'"\\u{ord(name[0]):04x}{_basic(name[1:])[1:]}'] if name and ord(name[0]) < 0xD800 else []
        forms += [f'"\\x{ord(name[0]):02x}{_basic(name[1:])[1:]}'] if name and ord(name[0]) < 0x100 else []
        return self.pick(*forms)

    def _value(self, value: Any) -> str:
        if isinstance(value, dict):
            return self._inline(value)
        if isinstance(value, list):
            return self._array(value)
        return self._string(value) if isinstance(value, str) else self._scalar(value)

    def _inline(self, table: Data) -> str:
        pairs = [pair for key, value in table.items() for pair in self._pairs((key,), value)]
        if self.is_one_in(3):
            return "{" + self._lines(pairs) + "}"
        gap, last = self.pick(" ", "", "  "), self.pick("", "", ",", " ,") if pairs else ""
        return "{" + gap + self.pick(", ", ",", " , ").join(pairs) + last + gap + "}"

    def _pairs(self, key: tuple[str, ...], value: Any) -> Iterator[str]:
        if isinstance(value, dict) and value and self.is_one_in(3):
            for name, inner in value.items():
                yield from self._pairs((*key, name), inner)
        else:
            yield f"{self._key(key)}{self._equals()}{self._value(value)}"

    def _array(self, items: Sequence[Any]) -> str:
        written = [self._value(item) for item in items]
        if self.pick("line", "line", "lines") == "line":
            gap, last = self.pick("", "", " "), self.pick("", ",") if written else ""
            return f"[{gap}{self.pick(', ', ',', ' , ').join(written)}{last}{gap}]"
        return f"[{self._lines(written)}]"

    def _lines(self, written: Sequence[str]) -> str:
        """Write what stands between brackets on lines of its own, with comments, and with a last comma or without."""
        indent, silence, last = self.pick("    ", "  ", "\t", ""), self._inner_silence, self.pick("", ",")
        lines = [
            f"{indent}{item}{self._comma(is_wanted=at < len(written) - 1 or bool(last))}"
            for at, item in enumerate(written)
        ]
        joined = "".join(
            line + self.pick("\n", "\n", " ", self._rest()) if "#" not in line else line + "\n" for line in lines
        )
        return f"{silence()}{joined}{silence()}"

    def _comma(self, *, is_wanted: bool) -> str:
        return self.pick(",", ",", " ,", f" {self.pick(*COMMENTS)}\n,") if is_wanted else ""

    def _inner_silence(self) -> str:
        return self.pick("\n", "\n", "", f" {self.pick(*COMMENTS)}\n", f"\n\n  {self.pick(*COMMENTS)}\n")

    def _string(self, text: str) -> str:
        forms = [_basic(text), _basic(text)]
        if "'" not in text and "\n" not in text:
            forms += [f"'{text}'", f"'''{text}'''"]
        if "'''" not in text and not text.endswith("'"):
            forms += [f"'''\n{text}'''"]
        forms += [f'"""{self.pick("", chr(10))}{_escaped(text)}"""', f'"""\\\n   {_escaped(text.lstrip())}"""']
        return self.pick(*[form for form in forms if _reads(form, text)])

    def _scalar(self, value: Any) -> str:
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, dt.time | dt.datetime):
            return self.pick(str(value), value.isoformat(timespec="minutes"))
        return self.pick(str(value), f"+{value}", f"0x{value:x}") if isinstance(value, int) else str(value)

    def ended(self, text: str) -> str:
        """Return the text with line feeds, with carriage returns before them, or with both; its last may be missing."""
        text = text.rstrip("\n") if self.is_one_in(4) else text
        ends = self.pick(["\n"], ["\r\n"], ["\n", "\r\n"])
        return self.pick("", "", "", "\ufeff") + re.sub("\n", lambda _: self.pick(*ends), text)


def _is_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, dict) for each in value)


def _basic(text: str) -> str:
    return '"' + _escaped(text).replace("\n", "\\n") + '"'


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\x1b", "\\e")


def _reads(form: str, text: str) -> bool:
    with contextlib.suppress(tomli.TOMLDecodeError):
        return bool(tomli.loads(f"a={form}")["a"] == text)
    return False


def _data_of(strategies: Mapping[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Data]:
    """Draw some of the entries, in any order."""
    entries = st.fixed_dictionaries({}, optional=dict(strategies)).map(lambda data: list(data.items()))
    return entries.flatmap(st.permutations).map(dict)


words = st.sampled_from(
    ["x", "1.0", "\u00fcber", "a b", 'say "hi"', "it's", "C:\\x", "#", "=", "[x]", "\U0001f980", "", "\x1b[0m"]
)
times = st.sampled_from([dt.time(7, 32), dt.datetime(1979, 5, 27, 7, 32)])  # noqa: DTZ001 - a local time
texts = words | st.lists(st.sampled_from(LOOKALIKES), min_size=1, max_size=3).map("\n".join)
scalars: st.SearchStrategy[Any] = st.sampled_from([1, 0, True, False, 1.5]) | times | texts
names = st.sampled_from(["a", "serde", "b-c", "\u00e4", "two words", "*", "x.y", "9", "\u4e2d"])
values = scalars | st.lists(texts, max_size=3) | st.dictionaries(names, scalars, max_size=2)
tables = st.dictionaries(names, values, max_size=3)

_override = _data_of({"opt-level": st.sampled_from([0, 3, "s"]), "codegen-units": st.just(1), "debug": st.just(1)})
_settings = {
    "opt-level": st.sampled_from([3, "s", 0]),
    "lto": st.sampled_from(["fat", True, "thin", "off"]),
    "codegen-units": st.sampled_from([1, 16]),
    "strip": st.sampled_from([True, "symbols", False]),
    "panic": st.sampled_from(["abort", "unwind"]),
    "debug": st.just(1),
    "incremental": st.booleans(),
    "build-override": _override,
    "package": st.dictionaries(st.sampled_from(["*", "serde", "\u00e4@1.0"]), _override, max_size=2),
}
_manifest = {
    "package": _data_of({"name": words, "version": st.just("1"), "metadata": tables, "keywords": st.lists(words)}),
    "dependencies": tables,
    "dev-dependencies": tables,
    "features": st.dictionaries(names, st.lists(words, max_size=3), max_size=3),
    "bin": st.lists(_data_of({"name": words, "path": words, "x": tables}), min_size=1, max_size=2),
    "target": st.dictionaries(st.just("cfg(unix)"), st.fixed_dictionaries({"dependencies": tables}), max_size=1),
    "workspace": _data_of({"members": st.lists(words, max_size=2), "dependencies": tables}),
    "cargo-features": st.lists(words, max_size=1),
    "profile": _data_of(
        {
            "release": _data_of(_settings),
            "dev": _data_of(_settings),
            "bench": _data_of({"lto": st.sampled_from([True]), "inherits": st.just("release")}),
            "release-small": _data_of(_settings),
        }
    ),
}
FLAGS = (
    ["-g"],
    ["-C", "target-cpu=native"],
    ["-Cprefer-dynamic=yes"],
    ["-Clink-arg=-Wl,-z,now"],
    ["--cfg", 'feature="x"'],
)
_arrays = st.lists(st.sampled_from(FLAGS), max_size=3).map(lambda flags: [word for flag in flags for word in flag])
_rustflags = _arrays | _arrays | st.sampled_from(["", "-g", "-g  -O ", "-C target-cpu=native"])
_target = _data_of({"rustflags": _rustflags, "linker": words, "runner": st.lists(words, max_size=2)})
_config = {
    "target": st.dictionaries(
        st.sampled_from([TRIPLE, "cfg(unix)", 'cfg(not(feature = "x"))', "b.c"]), _target, max_size=3
    ),
    "build": _data_of(
        {"rustflags": _rustflags, "target": st.sampled_from([TRIPLE, "wasm32-wasip1"]), "jobs": st.just(2)}
    ),
    "registries": st.dictionaries(names, _data_of({"index": words, "token": st.just("hunter2")}), max_size=2),
    "env": st.dictionaries(names, texts | _data_of({"value": texts, "force": st.booleans()}), max_size=2),
    "alias": st.dictionaries(names, texts | st.lists(words, max_size=3), max_size=2),
    "net": _data_of({"retry": st.just(2), "git-fetch-with-cli": st.booleans()}),
    "unused": st.lists(tables, min_size=1, max_size=2),
}


@st.composite
def _documents(draw: st.DrawFn, data: st.SearchStrategy[Data]) -> bytes:
    # The form is drawn beside hypothesis: a draw of its own for each space would take most of the time.
    writer = Writer(Random(draw(st.integers(0, 2**32))))  # noqa: S311 - no secret
    text = writer.document(draw(data))
    try:
        tomli.loads(text)
    except tomli.TOMLDecodeError:
        reject()
    return writer.ended(text).encode()


def manifests() -> st.SearchStrategy[bytes]:
    """Draw manifests."""
    return _documents(_data_of(_manifest))


def configs() -> st.SearchStrategy[bytes]:
    """Draw configurations."""
    return _documents(_data_of(_config))


def read(content: bytes | None) -> Data:
    """Read a document as tomli does, its byte order mark left out."""
    return tomli.loads((content or b"").decode().removeprefix("\ufeff"))
