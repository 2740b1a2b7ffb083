"""Secrets out of text: what a configuration file may hold goes into no report and onto no terminal. Pure."""

from __future__ import annotations

import re

REDACTED = "[redacted]"

# Names of Cargo's own secrets and of variables that hold one: `token`, `secret-key`, `CARGO_REGISTRIES_X_TOKEN`.
_KEY = r"""["']?[\w.\-"']*(?:token|secret|passw(?:or)?d|credential|api[_-]?key|private[_-]?key)[\w\-]*["']?"""
_VALUE = (
    r'"""[\s\S]*?(?:"""|\Z)'
    r"|'''[\s\S]*?(?:'''|\Z)"
    r'|\{[^}\n]*\}|\[[^\]\n]*\]|"(?:\\.|[^"\\\n])*"?'
    r"|'[^'\n]*'?"
    r"|[^\s,}\]]+"
)
_ASSIGNED = re.compile(rf"({_KEY}[ \t]*=[ \t]*)(?:{_VALUE})", re.IGNORECASE)
_USER_INFO = re.compile(r"(\b[a-z][a-z0-9+.\-]{0,20}://)[^\s/@\"']+@", re.IGNORECASE)


def without_secrets(text: str) -> str:
    """Replace the values of keys that are named like secrets, and user names and passwords in URLs.

    `global-credential-providers = [...]` goes too: a provider's arguments may hold one.
    """
    return _USER_INFO.sub(rf"\1{REDACTED}@", _ASSIGNED.sub(_hide, text))


def _hide(match: re.Match[str]) -> str:
    return f'{match[1]}"{REDACTED}"'
