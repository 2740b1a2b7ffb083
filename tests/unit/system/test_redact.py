"""Secrets out of text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.system.redact import MASK, hiding, secrets_of, without_secrets


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('token = "abc"', f'token = "{MASK}"'),
        ("+token='abc' # mine", f'+token="{MASK}" # mine'),
        (' registries.my-own.token = "a\\"b"', f' registries.my-own.token = "{MASK}"'),
        (' "token" = "abc"', f' "token" = "{MASK}"'),
        ("secret-key = 'k3.secret.x'", f'secret-key = "{MASK}"'),
        ('[x]\n token = """a\n b"""\nkeep = 1', f'[x]\n token = "{MASK}"\nkeep = 1'),
        ('own = { index = "i", token = "abc" }', f'own = {{ index = "i", token = "{MASK}" }}'),
        ("CARGO_REGISTRIES_X_TOKEN=abc cargo build", f'CARGO_REGISTRIES_X_TOKEN="{MASK}" cargo build'),
        ('MY_API_KEY = { value = "abc", force = true }', f'MY_API_KEY = "{MASK}"'),
        ("credential-provider = ['x', 'abc']", f'credential-provider = "{MASK}"'),
        ("proxy = 'https://me:abc@example.org/x'", f"proxy = 'https://{MASK}@example.org/x'"),
        ('token = "unfinished', f'token = "{MASK}"'),
        (r'"\x74oken" = "abc"', rf'"\x74oken" = "{MASK}"'),
        (r'"t\u006Fken" = "abc"', rf'"t\u006Fken" = "{MASK}"'),
        (r'"\U00000074oken" = "abc"', rf'"\U00000074oken" = "{MASK}"'),
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
        'tokenizers = "0.1"',
    ],
)
def test_other_text_is_left_alone(text: str) -> None:
    """A test about tokens, an address without a password and prose are no secrets."""
    assert without_secrets(text) == text


@given(st.text(max_size=200))
def test_twice_is_once(text: str) -> None:
    """What is left out stays out, and nothing more goes."""
    assert without_secrets(without_secrets(text)) == without_secrets(text)


def test_secrets_of_a_configuration() -> None:
    """Tokens, what providers are given, and who is named in addresses are secret; nothing else is."""
    data = {
        "registry": {"token": "first"},
        "registries": {"mine": {"index": "sparse+https://me:second@example.org", "credential-provider": ["third"]}},
        "env": {"MY_API_KEY": {"value": "fourth", "force": True}, "RUST_LOG": "debug"},
        "http": {"proxy": "socks5://fifth@proxy.example.org"},
        "paths": ["https://example.org/no/secret"],
    }
    assert set(secrets_of(data)) == {"first", "me:second", "second", "third", "fourth", "fifth", ""}


def test_hiding_leaves_no_part_of_a_longer_secret() -> None:
    """Where one secret begins another the longer one goes; what is too short to tell from a word stays."""
    hide = hiding(["secret", "secret-and-more", "on", ""])
    assert hide(b"on secret-and-more, secret.") == b"on ***, ***."
    assert hiding([])(b"on") == b"on"
