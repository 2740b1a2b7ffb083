"""Reading TOML that may be hostile, the edit as a value, and what of a file may be shown."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.cargo.toml import MAX_BYTES, Edit, deep_set, guarded, mask_secrets, read_toml, same, table_at
from burnish.errors import Refused

HOSTILE = {
    "not UTF-8": (b"a = 1\nb = \xff\n", "Cargo.toml:2:5 is not UTF-8"),
    "NUL": (b"a = 1\n# \0\n", "Cargo.toml:2:3 has a NUL character"),
    "bare CR": (b"a = 1\r\nb = 2\rc = 3\n", "Cargo.toml:2:6 has a carriage return without its line feed"),
    "bare CR in a string": (b'a = "\r"\n', "Cargo.toml:1:6 has a carriage return without its line feed"),
    "too long": (b"#" * (MAX_BYTES + 1), "Cargo.toml is 4,194,305 bytes long"),
    "syntax": (b"[package]\nname = \n", "Cargo.toml:2:8 is not valid TOML: Invalid value"),
    "unfinished": (b'a = """', "Cargo.toml is not valid TOML: "),
    "second table": (b"[a]\n[a]\n", "Cargo.toml:2:3 is not valid TOML: Cannot declare"),
    "array bomb": (b"a = " + b"[" * 100_000 + b"]" * 100_000, "Cargo.toml:1:69 nests too deep"),
    "open array bomb": (b"a = " + b"[" * 4_000_000, "Cargo.toml:1:69 nests too deep"),
    "table bomb": (b"a = " + b"{a=" * 100_000, "nests too deep"),
    "dotted bomb": (b"a." * 50_000 + b"a = 1", "nests too deep"),
    "quoted dotted bomb": (b"'a' . " * 50_000 + b"a = 1", "nests too deep"),
    "wide array": (b"a = [" + b"1," * 1_000_000 + b"]", "has more than 100,000 keys and values"),
    "many tables": (b"".join(b"[a%d]\n" % number for number in range(300_000)), "has more than 100,000 keys"),
    "long integer": (b"a = " + b"9" * 5_000, "Cargo.toml has a value that TOML does not allow"),
    "wide integer": (b"a = 9223372036854775808", "Cargo.toml has an integer of more than 64 bits"),
    "hexadecimal bomb": (
        b"a = [{ b = 0x" + b"F" * 1_000_000 + b" }]",
        "Cargo.toml has an integer of more than 64 bits",
    ),
    "no such day": (b"a = 2023-02-31", "Cargo.toml"),
    "quotes without end": (b'a = """' + b'\\"""' * 500_000, "more than 100,000"),
    "word without end": (b"a" * 4_000_000, "Cargo.toml"),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_read_hostile_is_refused_in_one_line(case: str) -> None:
    """Whatever cannot be read is refused with the file and, where it is known, the place."""
    content, message = HOSTILE[case]
    with pytest.raises(Refused) as refused:
        read_toml(content, "Cargo.toml")
    assert refused.value.found.startswith("Cargo.toml")
    assert message in refused.value.found
    assert "\n" not in refused.value.found
    assert len(refused.value.found) < 200
    assert refused.value.expected
    assert refused.value.next_command


def test_read_hostile_takes_little_time_and_memory() -> None:
    """All of the corpus is refused within two seconds of processor time for each, and half a gigabyte."""
    resource = pytest.importorskip("resource")
    program = (
        "import sys; sys.path[:0] = sys.argv[1:]\n"
        "import time, test_toml\n"
        "from burnish.cargo.toml import read_toml\n"
        "for case, (content, _) in test_toml.HOSTILE.items():\n"
        "    start = time.process_time()\n"
        "    try:\n"
        "        read_toml(content, 'Cargo.toml')\n"
        "    except test_toml.Refused:\n"
        "        pass\n"
        "    assert time.process_time() - start < 2, case\n"
    )
    here = str(Path(__file__).parent)
    half_a_gigabyte = (512 * 1024 * 1024,) * 2
    subprocess.run(
        [sys.executable, "-c", program, here, *sys.path],
        check=True,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, half_a_gigabyte),
    )


def test_read_byte_order_mark_is_no_part_of_the_data() -> None:
    """A byte order mark, which cargo accepts, is read over."""
    assert read_toml(b"\xef\xbb\xbfa = 1", "Cargo.toml") == {"a": 1}


def test_read_takes_toml_1_1() -> None:
    """What cargo takes since 1.94 is read: newlines and a last comma in inline tables, new escapes, short times."""
    text = b'a = {\n  b = "\\e[0m\\x41", # why\n  c = 07:32,\n}\n'
    assert read_toml(text, "Cargo.toml") == {"a": {"b": "\x1b[0mA", "c": dt.time(7, 32)}}


def test_read_message_names_the_toml_that_is_expected() -> None:
    """A refusal tells which TOML was expected, so that nobody looks for the fault in what is new in it."""
    with pytest.raises(Refused) as refused:
        read_toml(b"a = {,}\n", "Cargo.toml")
    assert refused.value.found == "Cargo.toml:1:6 is not valid TOML: Invalid initial character for a key part"
    assert refused.value.expected == "TOML 1.1, as cargo reads it since 1.94"


def test_read_message_never_quotes_a_value() -> None:
    """A syntax error on a line with a secret does not show it."""
    with pytest.raises(Refused) as refused:
        read_toml(b"[registry]\ntoken = cio-hunter2\n", ".cargo/config.toml")
    assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other"), [(1, True), (1, 1.0), (0.0, -0.0), ("1", 1), ([1], [True]), ({"a": 0}, {"a": False}), ({}, [])]
)
def test_same_is_strict_about_types(one: object, other: object) -> None:
    """Values that Python calls equal are different values of TOML."""
    assert not same(one, other)


def test_same_knows_what_does_not_equal_itself() -> None:
    """Not-a-number in a file's metadata does not make every edit of it look wrong."""
    text = b"a = [nan, { b = 1979-05-27T07:32:00Z, c = 07:32:00 }]"
    assert same(read_toml(text, ""), read_toml(text, ""))


def test_guarded_gives_the_edit_of_what_was_expected() -> None:
    """A result that holds the expected data is an edit."""
    assert guarded(b"", b"a = 1", {"a": 1}, "x") == Edit(name="x", before=b"", after=b"a = 1")


@pytest.mark.parametrize("after", [b"a = 2", b"a = true", b"a = 1\nb = 1", b"", b"a = ", b"a.b = 1"])
def test_guarded_refuses_everything_else(after: bytes) -> None:
    """A result with one value more, less or other, or that is no TOML, is refused before anything is written."""
    with pytest.raises(Refused, match=r"cannot edit Cargo\.toml safely"):
        guarded(b"", after, {"a": 1}, "Cargo.toml")


def test_edit_without_change_has_no_diff() -> None:
    """The same bytes, or nothing for no file, are no change."""
    for before, after in ((b"a = 1", b"a = 1"), (None, b"")):
        edit = Edit(name="Cargo.toml", before=before, after=after)
        assert not edit.changed
        assert edit.diff() == ""


def test_edit_diff_is_unified() -> None:
    """The diff is one that git and patch read."""
    edit = Edit(name="Cargo.toml", before=b"1\n2\n3\n4\n5\n6\n", after=b"1\n2\n3\n4\nfive\n6\n")
    assert edit.diff() == "--- a/Cargo.toml\n+++ b/Cargo.toml\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n"


def test_edit_diff_says_where_the_final_newline_is_missing() -> None:
    """Each last line without a line feed has patch's remark behind it."""
    remark = "\\ No newline at end of file\n"
    edit = Edit(name="x", before=b"a", after=b"b")
    assert edit.diff() == f"--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n{remark}+b\n{remark}"


def test_edit_diff_of_a_new_file_is_from_nothing() -> None:
    """A file that is not there yet is /dev/null in the diff."""
    assert Edit(name="x", before=None, after=b"a\n").diff() == "--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+a\n"


def test_edit_diff_splits_at_line_feeds_only() -> None:
    """A form feed or a Unicode line separator inside a line does not make two lines of it."""
    edit = Edit(name="x", before="a\u2028b\x0cc\r\n".encode(), after="a\u2028b\x0cc\r\nd\r\n".encode())
    assert edit.diff().count("\n") == 5


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
    edit = Edit(name=".cargo/config.toml", before=before, after=before + b"[build]\n")
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


def test_deep_set_leaves_its_input_alone() -> None:
    """A copy gets the value; tables on the way are made."""
    data = {"a": {"b": 1}, "c": 2}
    assert deep_set(data, ("a", "d", "e"), 3) == {"a": {"b": 1, "d": {"e": 3}}, "c": 2}
    assert data == {"a": {"b": 1}, "c": 2}


@pytest.mark.parametrize("data", [{"a": 1}, {"a": {"b": []}}, {"a": {"b": "x"}}])
def test_table_at_refuses_another_value_in_its_place(data: dict[str, object]) -> None:
    """Where a table should be and something else is, that is said."""
    with pytest.raises(Refused, match="which is not a table"):
        table_at(data, ("a", "b"), "Cargo.toml")
