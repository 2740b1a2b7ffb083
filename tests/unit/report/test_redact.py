"""Secrets out of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.report.redact import REDACTED, without_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('token = "abc"', f'token = "{REDACTED}"'),
        ("+token='abc' # mine", f'+token="{REDACTED}" # mine'),
        (' registries.my-own.token = "a\\"b"', f' registries.my-own.token = "{REDACTED}"'),
        (' "token" = "abc"', f' "token" = "{REDACTED}"'),
        ("secret-key = 'k3.secret.x'", f'secret-key = "{REDACTED}"'),
        ('[x]\n token = """a\n b"""\nkeep = 1', f'[x]\n token = "{REDACTED}"\nkeep = 1'),
        ('own = { index = "i", token = "abc" }', f'own = {{ index = "i", token = "{REDACTED}" }}'),
        ("CARGO_REGISTRIES_X_TOKEN=abc cargo build", f'CARGO_REGISTRIES_X_TOKEN="{REDACTED}" cargo build'),
        ('MY_API_KEY = { value = "abc", force = true }', f'MY_API_KEY = "{REDACTED}"'),
        ("credential-provider = ['x', 'abc']", f'credential-provider = "{REDACTED}"'),
        ("proxy = 'https://me:abc@example.org/x'", f"proxy = 'https://{REDACTED}@example.org/x'"),
        ('token = "unfinished', f'token = "{REDACTED}"'),
    ],
)
def test_secret_is_replaced(text: str, expected: str) -> None:
    """Only the value goes; what stands around it stays."""
    assert without_secrets(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "parser::tests::token_is_split",
        'lto = "fat"\ncodegen-units = 1\n',
        "https://example.org/@user",
        "git@github.com:owner/name.git",
        "a token is missing",
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    """A test about tokens, an address without a password and prose are no secrets."""
    assert without_secrets(text) == text


@given(st.text(max_size=200))
def test_twice_is_once(text: str) -> None:
    """What is left out stays out, and nothing more goes."""
    assert without_secrets(without_secrets(text)) == without_secrets(text)
