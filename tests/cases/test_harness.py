"""The harness itself: it sees what was lost, taken or not in force, whoever says that all is well."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cases.case import Case, Same, read_cases
from tests.cases.comparison import losses, takings
from tests.cases.harness import Tried, expectations, try_case
from tests.cases.in_force import not_in_force
from tests.cases.rustc_lines import read_rustc_lines
from tests.cases.survey import Demands, Output, Survey

CASES = dict(read_cases())
# Stands in for burnish: writes what it is told to, and says that it kept it.
LIAR = """\
import json, pathlib, sys
for name, text in {files!r}.items():
    path = pathlib.Path(name)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
if "--report-dir" in sys.argv:
    place = pathlib.Path(sys.argv[sys.argv.index("--report-dir") + 1])
    place.mkdir()
    place.joinpath("report.json").write_text(json.dumps({report!r}))
"""
DEMANDS = Demands(
    is_pie=True,
    has_relro=True,
    binds_now=True,
    has_stack_guard=True,
    interpreter="/lib64/ld-linux-x86-64.so.2",
    libraries=frozenset({"libc.so.6"}),
    newest_glibc=(2, 34),
    has_packed_relocations=False,
)
SAID = """\
   Compiling tool v0.1.0 (/w/tool)
     Running `CARGO=/c CARGO_PKG_NAME=tool rustc --crate-name tool tool/src/lib.rs --crate-type lib -C opt-level=1 \
-C codegen-units=1 -C extra-filename=-0a --out-dir /w/deps`
     Running `CARGO=/c CARGO_PKG_NAME=macros rustc --crate-name macros --crate-type proc-macro -C extra-filename=-0b`
     Running `CARGO=/c CARGO_PKG_NAME=app CARGO_PKG_DESCRIPTION='it'\\''s' rustc --crate-name app src/main.rs \
--crate-type bin -C opt-level=3 -C lto=fat -C codegen-units=1 -C strip=symbols --extern tool=/w/deps/libtool-0a.rlib \
--extern macros=/w/deps/libmacros-0b.so -C target-cpu=native -C target-cpu=x86-64-v2 -C target-feature=-crt-static`
"""


def setting(key: str, value: str, where: str = "[profile.release]") -> dict[str, str]:
    """Return a setting as the report writes it."""
    return {"where": where, "key": key, "value": value}


def test_rustcs_lines_are_read() -> None:
    """Names, kinds and options stand as cargo passed them, quoted text too."""
    tool, macros, app = read_rustc_lines(SAID)
    assert (tool.package, tool.kinds, tool.file_stem) == ("tool", ("lib",), "libtool-0a")
    assert macros.kinds == ("proc-macro",)
    assert (app.value("strip"), app.value("lto"), app.value("panic")) == ("symbols", "fat", None)
    assert (app.codegen("target-cpu"), app.is_static_runtime) == (["native", "x86-64-v2"], False)


@pytest.mark.parametrize(
    "asked",
    [
        setting("opt-level", "3"),
        setting("strip", "debuginfo", "[profile.release.package.app]"),
        setting("panic", "abort"),
        setting("lto", "thin"),
        setting("strip", "none"),
        setting("rustflags", "-C target-cpu=native", "[target.x86_64-unknown-linux-gnu]"),
        setting("rustflags", "-C target-feature=+crt-static", "[target.x86_64-unknown-linux-gnu]"),
    ],
    ids=lambda asked: asked["key"] + asked["value"][-6:],
)
def test_setting_that_is_not_in_force_is_found_unless_it_is_named(asked: dict[str, str]) -> None:
    """By the last option, by any `+crt-static`, and for each package that is linked into the binary."""
    lines = read_rustc_lines(SAID)
    found = list(not_in_force([asked], lines, "app", "all is well\n"))
    if "package" in asked["where"]:
        assert found == []
        return
    assert found
    word = asked["value"].removeprefix("-C ").partition("=")[0] if asked["key"] == "rustflags" else asked["key"]
    named = f"warning: {word} of app and tool is not in force"
    assert list(not_in_force([asked], lines, "app", named)) == []


def test_setting_that_is_in_force_is_no_finding() -> None:
    """What a proc macro is built with does not count."""
    asked = [setting("codegen-units", "1"), setting("lto", "fat"), setting("strip", "True")]
    assert list(not_in_force(asked, read_rustc_lines(SAID), "app", "")) == []


def test_what_is_lost_is_found() -> None:
    """A build, an artifact, a symbol, a test and a behaviour, each by its name; what was added is no loss."""
    before = Survey(
        built={"`cargo build`"},
        made={"release a (cdylib) .so": frozenset({"f", "g"}), "dev b (bin) executable": frozenset()},
        passed={"dev a::t"},
        outputs=[Output(exit_status=0, stdout="x\n")],
    )
    after = Survey(
        made={"release a (cdylib) .so": frozenset({"f"}), "dev c (bin) executable": frozenset()},
        passed={"dev a::u"},
        outputs=[Output(exit_status=134, stdout="")],
        errors={"`cargo build`": "error: no"},
    )
    assert [finding.split(" ")[0:3] for finding in losses(before, after, [Same(command=["b"])])] == [
        ["no", "longer", "builds:"],
        ["no", "longer", "made:"],
        ["no", "longer", "exported"],
        ["no", "longer", "passes:"],
        ["`b`", "behaves", "differently:"],
    ]
    assert list(losses(before, before, [Same(command=["b"])])) == []


@pytest.mark.parametrize(
    ("changed", "concession"),
    [
        ({"is_pie": False}, "fixed-address"),
        ({"newest_glibc": (2, 36)}, "old-systems"),
        ({"has_packed_relocations": True}, "old-systems"),
        ({"interpreter": ""}, "name-services"),
        ({"has_relro": False}, "RELRO"),
        ({"binds_now": False}, "immediate binding"),
        ({"has_stack_guard": False}, "the stack"),
    ],
)
def test_what_is_taken_is_found_unless_it_was_offered(changed: Mapping[str, Any], concession: str) -> None:
    """Each weaker guard and each demand, in the words of the concessions."""
    before, after = (Survey(demands={"app": demands}) for demands in (DEMANDS, dataclasses.replace(DEMANDS, **changed)))
    assert [concession in taken for taken in takings(before, after, frozenset())] == [True]
    if concession in {"fixed-address", "old-systems", "name-services"}:
        assert list(takings(before, after, frozenset({concession}))) == []


def test_expectations_that_are_not_met_are_found() -> None:
    """The outcome, words, verdicts with their reasons, and the baseline's tests."""
    case = Case(
        kind="any",
        files={},
        tried=[["optimize"]],
        outcomes=["kept"],
        says=["because"],
        says_not=["al+ well"],
        gates={"tests": ["pass"]},
        reasons={"tests": "none lost"},
        passed=["a"],
    )
    gate = {"name": "tests", "verdict": "fail", "reason": "1 lost"}
    report = {"gates": [gate], "baseline": {"tests": {"passed": ["x::a", "x::b"], "failed": []}}}
    tried = Tried(exit_status=2, said="All well", report=report, outcome="rolled_back")
    assert len(list(expectations(case, tried))) == 6


@pytest.mark.cargo
@pytest.mark.parametrize(
    ("name", "files", "outcome", "finding"),
    [
        (
            "bin-and-cdylib",
            {".cargo/config.toml": '[build]\nrustflags = ["-C", "target-feature=+crt-static"]\n'},
            "kept",
            "no longer made: release both (cdylib/rlib) .so",
        ),
        ("bin-and-cdylib", {"left.txt": "over\n"}, "rolled_back", "the tree is not as it was"),
        (
            "fixedpath",
            {".cargo/config.toml": '[build]\ntarget = "x86_64-unknown-linux-gnu"\n'},
            "kept",
            "no longer passes: release fixedpath cli::by_fixed_path",
        ),
    ],
)
def test_wrong_kept_is_found(name: str, files: dict[str, str], outcome: str, finding: str, tmp_path: Path) -> None:
    """Whatever stands in for burnish says, the harness sees what a fresh clone no longer has."""
    fake = tmp_path / "fake.py"
    fake.write_text(LIAR.format(files=files, report={"outcome": outcome}), encoding="utf-8")
    verdict = try_case(CASES[name], tmp_path / "case", (sys.executable, str(fake)))
    assert any(found.startswith(finding) for found in verdict.findings), verdict.findings


def test_command_whose_variables_have_several_lines_is_one() -> None:
    """A package's description may have any lines, one that ends as a command does among them."""
    said = (
        "   Compiling tool v0.1.0\n     Running `CARGO_PKG_NAME=tool CARGO_PKG_DESCRIPTION='does `this`\nand it'\\''s"
        " `that`\n' rustc --crate-name tool --crate-type bin`\n     Running `rustc --crate-name app --crate-type bin`\n"
    )
    assert [line.crate for line in read_rustc_lines(said)] == ["tool", "app"]
