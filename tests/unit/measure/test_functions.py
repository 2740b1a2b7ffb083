"""The functions of a program, read from its symbols."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from burnish.measure.functions import OF_C, functions_in, named

SOURCE = """\
#[inline(never)]
pub fn work(n: u64) -> u64 {
    (0..n).map(|x| x * x).sum()
}

fn main() {
    println!("{}", work(std::env::args().count() as u64));
}
"""


@pytest.mark.parametrize(
    ("symbol", "crate", "name"),
    [
        ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core", "core::fmt::Formatter::pad"),
        ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE.llvm.1234", "core", "core::fmt::Formatter::pad"),
        ("_ZN3std2io5stdio6_print17h0123456789abcdefE.42", "std", "std::io::stdio::_print"),
        (
            "_ZN42_$LT$$RF$T$u20$as$u20$core..fmt..Debug$GT$3fmt17h0123456789abcdefE",
            "core",
            "<&T as core::fmt::Debug>::fmt",
        ),
        (
            "_ZN58_$LT$alloc..string..String$u20$as$u20$core..fmt..Write$GT$9write_str17h0123456789abcdefE",
            "alloc",
            "<alloc::string::String as core::fmt::Write>::write_str",
        ),
        (
            "_ZN4tool4main28_$u7b$$u7b$closure$u7d$$u7d$17h0123456789abcdefE",
            "tool",
            "tool::main::{{closure}}",
        ),
        ("_RNvCsdBezzDwma51_7___rustc10rust_panic", "__rustc", "__rustc::rust_panic"),
        ("_RNvNtCs1234_7mycrate3foo3bar", "mycrate", "mycrate::foo::bar"),
        ("mi_malloc", OF_C, "mi_malloc"),
        ("_ZN", OF_C, ""),
        ("_R", OF_C, "_R"),
    ],
)
def test_symbol_is_named_as_people_write_it(symbol: str, crate: str, name: str) -> None:
    """Without hashes and escapes, in both of rustc's forms; what is C's stays as it is."""
    assert named(symbol) == (crate, name)


def test_file_without_symbols_has_no_functions(tmp_path: Path) -> None:
    """Nothing is made up of what is no program."""
    (tmp_path / "text").write_text("text", encoding="utf-8")
    assert functions_in(tmp_path / "text") == []


@pytest.mark.cargo
def test_functions_of_a_program_have_their_bytes(tmp_path: Path) -> None:
    """Each place counts once, whatever names it has."""
    (tmp_path / "tool.rs").write_text(SOURCE, encoding="utf-8")
    rustc = str(shutil.which("rustc"))
    subprocess.run([rustc, "-O", "-Cstrip=none", "tool.rs"], cwd=tmp_path, check=True)
    found = functions_in(tmp_path / "tool")
    work = [each for each in found if each.name == "tool::work"]
    assert [each.crate for each in work] == ["tool"]
    assert all(0 < each.size_bytes < 1000 for each in work)
    assert {"core", "std", "alloc", "tool", OF_C} <= {each.crate for each in found}
    code = sum(each.size_bytes for each in found)
    assert 100_000 < code < (tmp_path / "tool").stat().st_size
