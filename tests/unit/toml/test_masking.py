"""What of a TOML file may be shown."""

from __future__ import annotations

import pytest

from burnish.toml.edit import TextEdit
from burnish.toml.masking import mask_secrets

SECRETS = [
    'token = "hunter2"',
    "token='hunter2' # hunter2",
    'secret-key = "hunter2"',
    'MY_PASSWORD="hunter2"',
    'my.registry."token" = "hunter2"',
    'credential-provider = [\n  "cargo:token-from-stdout",\n  "hunter2",\n]',
    'credential-provider = """\nhunter2\n"""',
    'registries = { mine = { index = "https://x", token = "hunter2" } }',
    '# token = "hunter2"',
    'AUTHTOKEN = { value = "hunter2", force = true }',
    'index = "sparse+https://user:hunter2@example.com/index"',
    'token = "hunter2',
    'global-credential-providers = ["hunter2"]',
]


@pytest.mark.parametrize("secret", SECRETS)
def test_diff_never_shows_a_secret(secret: str) -> None:
    """Tokens and passwords around our change are masked, whatever form they are written in."""
    before = f"[registry]\n{secret}\n".encode()
    edit = TextEdit(name=".cargo/config.toml", before=before, after=before + b"[build]\n")
    assert "hunter2" not in edit.diff()
    assert "+[build]" in edit.diff()


def test_mask_keeps_all_else() -> None:
    """Only values go: lines, names and what merely sounds like a secret stay."""
    text = 'tokenizers = "0.1"\r\nsecrecy = "0.8"\n[registry]\ntoken = "abc" # x\r\nindex = "https://x/a@b"\n'
    assert mask_secrets(text) == text.replace('"abc" # x', "***")


def test_mask_survives_what_is_no_toml() -> None:
    """Bytes that are no TOML, and long runs of one character, neither raise nor hang."""
    for text in ('"""', "]]]]", "a = [\n" * 1000, "token" * 100_000, "a" * 1_000_000, "token " * 100_000):
        assert mask_secrets(text).count("\n") == text.count("\n")
