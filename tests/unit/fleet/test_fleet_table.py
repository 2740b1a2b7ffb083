"""The table of projects and platforms: on a terminal, as JUnit, as a matrix."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from burnish.errors import Refused
from burnish.fleet.ci_matrix import github_matrix
from burnish.fleet.fleet_document import document_of, mean_ratio
from burnish.fleet.fleet_jobs import fleet_failure
from burnish.fleet.fleet_table import fleet_junit, fleet_table
from tests.unit.fleet.jobs import HOST, OTHER, job, passed

GOOD, MET, BAD, BROKEN, NEW = job("good"), job("met", OTHER), job("bad"), job("broken"), job("new")
JOBS = [GOOD, MET, BAD, BROKEN, NEW]
RESULTS = {
    GOOD.key: passed(GOOD),
    MET.key: passed(MET, size_after=None, startup_ratio=None, outcome="met"),
    BAD.key: passed(BAD, fault="project", verdict="fail", outcome="rolled_back", reason="size (fail): larger"),
    BROKEN.key: fleet_failure(BROKEN, "machine", "disk \x1b[31m full", machine="two"),
}
DOCUMENT = document_of(JOBS, RESULTS)
TABLE = """\
project  platform                   verdict             size  ratio  start-up ratio          machine
good     x86_64-unknown-linux-gnu   kept               100 B  0.250  0.900 (0.800 to 1.000)  one
met      aarch64-unknown-linux-gnu  met                400 B      -  -                       one
bad      x86_64-unknown-linux-gnu   rolled back        100 B  0.250  0.900 (0.800 to 1.000)  one
broken   x86_64-unknown-linux-gnu   not done (machine)     -      -  -                       two

bad on x86_64-unknown-linux-gnu, through the project: size (fail): larger
broken on x86_64-unknown-linux-gnu, through the machine: disk \\x1b[31m full

2 of 5 jobs passed; 1 without a result yet; geometric means of the ratios: size 0.250, start-up 0.900"""


def test_table_tells_each_job_and_whose_fault_it_is() -> None:
    """Numbers stand below each other, and hostile text moves no cursor."""
    table = fleet_table(DOCUMENT, lambda text, _role: text)
    assert [line.split() for line in table.splitlines()] == [line.split() for line in TABLE.splitlines()]
    assert "\x1b" not in table
    assert len({line.index("x86_64") for line in table.splitlines()[1:2] + table.splitlines()[3:5]}) == 1


def test_junit_has_a_case_for_each_job() -> None:
    """The project's failure is a failure, the machine's an error."""
    root = ET.fromstring(fleet_junit(DOCUMENT))  # noqa: S314 - our own
    host, other = root.findall("testsuite")
    assert (host.get("name"), host.get("tests"), host.get("failures"), host.get("errors")) == (HOST, "3", "1", "1")
    assert (other.get("name"), other.get("tests"), other.get("failures")) == (OTHER, "1", "0")
    assert [case.get("name") for case in host] == ["good", "bad", "broken"]
    failure = host.find("testcase/failure")
    assert failure is not None
    assert failure.get("message") == "size (fail): larger"


def test_mean_of_ratios_is_geometric() -> None:
    """Half and double are one; what was not measured does not count."""
    assert mean_ratio([0.5, 2.0, None]) == pytest.approx(1.0)
    assert mean_ratio([None, 0.0]) is None


def test_matrix_of_github_has_the_runner_native_to_each_platform() -> None:
    """One entry for each job, and how to name that job again."""
    matrix = json.loads(github_matrix([GOOD, MET], "fleet.toml"))
    assert matrix["include"] == [
        {
            "only": f"good:{HOST}",
            "project": "good",
            "platform": HOST,
            "runner": "ubuntu-24.04",
            "toolchain": "stable",
        },
        {
            "only": f"met:{OTHER}",
            "project": "met",
            "platform": OTHER,
            "runner": "ubuntu-24.04-arm",
            "toolchain": "stable",
        },
    ]


def test_matrix_that_github_would_not_run_is_refused() -> None:
    """With how to make it smaller."""
    with pytest.raises(Refused, match="257 jobs, and a matrix of GitHub's at most 256"):
        github_matrix([job(f"p{number}") for number in range(257)], "fleet.toml")
