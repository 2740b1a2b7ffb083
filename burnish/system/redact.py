"""Secrets out of text: what a configuration may hold goes into no diff, no report and onto no terminal. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

MASK = "***"
# Shorter ones are words that stand everywhere.
_SHORTEST_SECRET = 6

_SECRET_WORD = re.compile(
    r"(?i)(?:token|secret|passw(?:or)?d|passphrase|credential|(?:api|private)[_-]?key)s?(?![a-z])"
)
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U000([0-9a-fA-F]{5}))")
_VALUE = re.compile(
    r'"""[\s\S]*?(?:"""|\Z)'
    r"|'''[\s\S]*?(?:'''|\Z)"
    r'|\{[^}\n]*\}|\[[^\]\n]*\]|"(?:\\.|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|[^\s,}\]]+"
)
# Bounded and possessive: hostile text must not make the search quadratic.
_ASSIGNED = re.compile(r"""(?<![\w.\-\\])([\w.\-\\"']{1,200})["']?[ \t]*+=[ \t]*+""")
_USER_IN_ADDRESS = re.compile(r"(\b[a-z][a-z0-9+.\-]{0,20}://)([^\s/@\"']+)@", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Return whether a key or a variable is named for a secret: `token`, `secret-key`, `CARGO_REGISTRIES_X_TOKEN`."""
    return bool(_SECRET_WORD.search(_ESCAPE.sub(lambda match: chr(int(match[match.lastindex or 0], 16)), name)))


def without_secrets(text: str) -> str:
    """Replace the values of keys that are named like secrets, and user names and passwords in addresses.

    `global-credential-providers = [...]` goes too: a provider's arguments may hold one.
    """
    parts, done = [], 0
    for assigned in _ASSIGNED.finditer(text):
        value = _VALUE.match(text, assigned.end()) if assigned.start() >= done and is_secret(assigned[1]) else None
        if value:
            parts += [text[done : value.start()], f'"{MASK}"']
            done = value.end()
    return without_users("".join([*parts, text[done:]]))


def without_users(text: str) -> str:
    """Replace user names and passwords in addresses."""
    return _USER_IN_ADDRESS.sub(rf"\1{MASK}@", text)


def secrets_of(data: object) -> Iterator[str]:
    """Yield what is secret in a configuration: the text below keys of such names, and who is named in addresses."""
    if isinstance(data, Mapping):
        for key, value in data.items():
            yield from _texts(value) if is_secret(str(key)) else secrets_of(value)
    elif isinstance(data, list):
        for item in data:
            yield from secrets_of(item)
    elif isinstance(data, str):
        for found in _USER_IN_ADDRESS.finditer(data):
            yield from (found[2], found[2].partition(":")[2])


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, Mapping | list):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def hiding(secrets: Iterable[str]) -> Callable[[bytes], bytes]:
    """Return a function that replaces these secrets wherever they stand: longer ones first."""
    known = sorted({secret.encode() for secret in secrets if len(secret) >= _SHORTEST_SECRET}, key=len, reverse=True)
    pattern = re.compile(b"|".join(map(re.escape, known)))
    return (lambda text: pattern.sub(MASK.encode(), text)) if known else (lambda text: text)
