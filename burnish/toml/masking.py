"""What of a TOML file may be shown: neither tokens nor passwords. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from burnish.system.redact import MASK, is_secret, without_users
from burnish.toml.tokens import grouped, tokens

# Bounded and possessive: a hostile file must not make the search quadratic.
_NAMED_VALUE = re.compile(r"""(?<![\w.\-\\])([\w.\-\\]{1,200})["']?[ \t]*+[=:][ \t]*+(?=\S)""")
_HEADER = re.compile(r"""[ \t]*\[{1,2}[ \t]*["']?([\w\-]*)""")
_ENVIRONMENT = "env"


def mask_secrets(text: str) -> str:
    """Replace the values of keys named for secrets, all of `[env]`, and passwords in addresses.

    The text keeps its lines. It need not be valid TOML.
    """
    masked, section = [], ""
    for part in _logical_lines(text):
        header = _HEADER.match(part)
        section = header[1] if header else section
        masked.append(part if header else _mask_statement(part, section))
    return without_users("".join(masked))


def _logical_lines(text: str) -> Iterator[str]:
    for line in grouped(tokens(text), "newline"):
        yield text[line[0].start() : line[-1].end()]


def _mask_statement(statement: str, section: str) -> str:
    for named in _NAMED_VALUE.finditer(statement):
        if is_secret(named[1]) or _ENVIRONMENT in (section, named[1].partition(".")[0]):
            return statement[: named.end()] + re.sub(r"[^\r\n]+", MASK, statement[named.end() :])
    return statement
