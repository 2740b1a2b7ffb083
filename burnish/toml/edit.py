"""An edit of a TOML file as one value, which is proven before it is used."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tomlkit.exceptions import ConvertError

from burnish.errors import Refused, cannot_edit
from burnish.toml.data import TomlValue, deep_set, same
from burnish.toml.keys import Place, at_the_end, set_key
from burnish.toml.masking import mask_secrets
from burnish.toml.reading import decoded_text, parse_toml, read_toml, split_mark
from burnish.toml.spelling import Path
from burnish.toml.tokens import lines_of


@dataclass(frozen=True, kw_only=True)
class TextEdit:
    """What a file is and what it would be: one value for the diff, the no-op check, the write and the tests.

    `before` is None where there is no file. `name` is how messages call it.
    """

    name: str
    before: bytes | None
    after: bytes

    @property
    def changed(self) -> bool:
        """Return whether there is anything to write."""
        return (self.before or b"") != self.after

    def diff(self) -> str:
        """Return the change as a unified diff, empty where there is none. Secrets in it are masked."""
        if not self.changed:
            return ""
        old_name = "/dev/null" if self.before is None else f"a/{self.name}"
        return "".join(
            line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"
            for line in difflib.unified_diff(
                _masked_lines(self.before or b""), _masked_lines(self.after), old_name, f"b/{self.name}"
            )
        )


def _masked_lines(content: bytes) -> list[str]:
    return lines_of(mask_secrets(content.decode("utf-8", "replace")))


def edit_keys(
    content: bytes | None, values: Mapping[Path, TomlValue], *, name: str, place: Place = at_the_end, note: str = ""
) -> TextEdit:
    """Set keys in whatever form their tables are written in; `place` says where a new section goes.

    `note` is the beginning of a file that does not exist yet, where `content` is None. Raise Refused for a file that
    cannot be read, or not be edited without touching more than these keys.
    """
    mark, text = split_mark(decoded_text(content or b"", name))
    data = parse_toml(text, name)
    if content is None and values:
        text = note
    try:
        for path, value in values.items():
            text = set_key(text, path, value, place)
            data = deep_set(data, path, value)
        after = (mark + text).encode()
    except (ConvertError, UnicodeEncodeError) as error:
        raise cannot_edit(name, str(error)) from error
    return guarded(content, after, data, name)


def guarded(before: bytes | None, after: bytes, expected: dict[str, Any], name: str) -> TextEdit:
    """Return the edit, proven: the file afterwards holds exactly the expected data. Raise Refused otherwise."""
    try:
        is_proven = same(read_toml(after, name), expected)
    except Refused:
        is_proven = False
    if not is_proven:
        raise cannot_edit(name, "the result would not be the file plus exactly our keys")
    return TextEdit(name=name, before=before, after=after)
