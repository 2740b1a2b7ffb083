"""Reading TOML that may be hostile."""

from __future__ import annotations

import datetime as dt
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.toml.reading import MAX_TOML_BYTES, read_toml

HOSTILE = {
    "not UTF-8": (b"a = 1\nb = \xff\n", "Cargo.toml:2:5 is not UTF-8"),
    "NUL": (b"a = 1\n# \0\n", "Cargo.toml:2:3 has a NUL character"),
    "bare CR": (b"a = 1\r\nb = 2\rc = 3\n", "Cargo.toml:2:6 has a carriage return without its line feed"),
    "bare CR in a string": (b'a = "\r"\n', "Cargo.toml:1:6 has a carriage return without its line feed"),
    "too long": (b"#" * (MAX_TOML_BYTES + 1), "Cargo.toml is 4,194,305 bytes long"),
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
        "import time, test_reading\n"
        "from burnish.toml.reading import read_toml\n"
        "for case, (content, _) in test_reading.HOSTILE.items():\n"
        "    start = time.process_time()\n"
        "    try:\n"
        "        read_toml(content, 'Cargo.toml')\n"
        "    except test_reading.Refused:\n"
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
