"""Generated projects: whatever burnish decides, nothing is lost, taken or left without a word."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cases.generator import CONCESSIONS, as_text, generate
from tests.cases.harness import try_case
from tests.cases.members import EXTRAS, LIBRARIES, SCRIPTS
from tests.cases.survey import write_files

QUICK, SOME, HUNDREDS = 1, 8, 300
TABLES = (
    "proc-macro = true",
    "default-features = false",
    "[features]",
    "[dependencies]",
    "[target.'cfg(unix)'.dependencies]",
    "[build-dependencies]",
    "default-members",
    "[workspace.metadata.burnish.recipes.own]",
    "[profile.release]",
    '[profile.release.package."*"]',
    "[profile.release.package.app]",
    "[profile.release.build-override]",
    "[profile.dev]",
    "[profile.bench]",
    "[profile.dist]",
)
pytestmark = pytest.mark.cargo


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Choose which projects are tried: so many, or those of the numbers that were asked for."""
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", numbers(metafunc.config))


def numbers(config: pytest.Config) -> range:
    """Return the numbers of the projects: a long run can be made in parts, by `--generated`."""
    if asked := config.getoption("generated"):
        first, _, last = asked.partition("-")
        return range(int(first), int(last or first) + 1)
    return range(HUNDREDS if config.getoption("deep") else SOME if config.getoption("cases") else QUICK)


def test_generated_project_loses_nothing(
    number: int, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """After "kept" a clone does all it did, each setting is in force or named; after anything else all is back."""
    case = generate(number)
    verdict = try_case(case, tmp_path)
    record_property("projects", {verdict.outcome: 1, "wrong": int(bool(verdict.findings))})
    if verdict.outcome != "kept":
        record_property("rejected", rejection(verdict.said))
    assert verdict.findings == [], f"{as_text(case)}\n{verdict.said}"


def rejection(said: str) -> str:
    """Return the last error that was said, without what is this project's alone."""
    errors = re.findall(r"^burnish: (.*)$", said, re.MULTILINE)
    return re.sub(r'"[^"]*"|`[^`]*`|\S*[/_]\S*|\d+', "...", errors[-1]) if errors else "nothing was said"


def test_rejections_are_told_by_their_kind() -> None:
    """Names and paths of one project would make each a kind of its own."""
    said = 'burnish: a warning\n  expected: x\nburnish: app_1\'s `lto` in /tmp/x/Cargo.toml is beaten by "a"\n'
    assert rejection(said) == "... ... in ... is beaten by ..."
    assert rejection("Kept.") == "nothing was said"


def test_generated_projects_are_projects_of_many_shapes(tmp_path: Path) -> None:
    """Cargo reads each of them, and they differ."""
    cases = [generate(number) for number in range(20)]
    for number, case in enumerate(cases):
        project = tmp_path / str(number)
        write_files(project, case.files)
        argv = ["cargo", "metadata", "--format-version=1", "--offline"]
        done = subprocess.run(argv, cwd=project, capture_output=True, check=False, timeout=60)
        assert done.returncode == 0, f"{as_text(case)}\n{done.stderr.decode()}"
        assert json.loads(done.stdout)["packages"]
    assert len({as_text(case) for case in cases}) == len(cases)


def test_every_kind_of_member_override_and_configuration_is_generated() -> None:
    """Among some hundred projects are all kinds that a workspace may have: what is never made is never tried."""
    cases = [generate(number) for number in range(80)]
    files = [pair for case in cases for pair in case.files.items()]
    folders = {path.partition("_")[0] for path, _ in files if "_" in path}
    assert folders == {*LIBRARIES, "macro"}
    ends = {(path.rpartition("/.cargo/") if ".cargo" in path else ("", path))[-1] for path, _ in files}
    assert {"config.toml", ".cargo/config.toml", "config", ".cargo/config"} <= ends
    texts = {text for _, text in files}
    assert {*SCRIPTS.values(), *(text for extra, _ in EXTRAS.values() for text in extra.values())} <= texts
    tests = "".join(text for path, text in files if path.endswith("cli.rs"))
    assert [way for way in ("with_file_name", "/release/lib", "current_exe", "BIN_EXE") if way not in tests] == []
    manifests = "".join(text for path, text in files if path.endswith("Cargo.toml"))
    assert [word for word in TABLES if word not in manifests] == []
    assert len({name for case in cases for name in case.takes} & set(CONCESSIONS)) > len(CONCESSIONS) / 2
    assert all(sum(bool(getattr(case, place)) for case in cases) > 3 for place in ("above", "home", "env", "takes"))
