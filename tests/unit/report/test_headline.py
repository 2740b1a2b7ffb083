"""The result as the terminal shows it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from burnish.model import Gate, Report
from burnish.report.headline import headline, render_result
from burnish.report.store import publishable
from burnish.system.console import ColorRole

PLACE = ".burnish/runs/20260102T030405Z-1/report.html"


def plain(text: str, _role: ColorRole) -> str:
    """Show no colour."""
    return text


def shown(report: Report, *, undo: str = "") -> list[str]:
    """Return the lines of a result."""
    return render_result(report, plain, place=PLACE, undo=undo).split("\n")


def judged(report: Report) -> Report:
    """Return the report as `judge` leaves it, without a search, an explanation and a check."""
    return replace(report, tune=None, explanation=None, check=None)


def passing(report: Report) -> list[Gate]:
    """Return the report's gates, all of them passed."""
    return [replace(gate, verdict="pass") for gate in report.gates]


def test_result_of_a_kept_change_is_all_that_a_user_must_know(full_report: Report) -> None:
    """Kept or not, the numbers with the interval, how to undo it, where the rest is; then a line for each gate."""
    gates = [replace(gate, limit=gate.measured) for gate in passing(full_report)]
    kept = replace(judged(full_report), outcome="kept", gates=gates, warnings=[])
    assert shown(kept, undo="burnish rollback") == [
        "Kept: the project now builds with the recipe portable.",
        "  project         tool 1.2.3, binary tl, x86_64-unknown-linux-gnu",
        "  size            706,000 B -> 473,368 B  -33.0%",
        "  start-up        872 us -> 668 us  -23.4% (95%: -30.0% to +10.0%)",
        "  size of other   300,000 B -> 200,000 B  -33.3%",
        "  undo            burnish rollback",
        f"  report          {PLACE}",
        "",
        "  pass   build",
        "  pass   size      473,368 B   limit 473,368 B",
        "  pass   startup   678 us      limit 678 us",
        "  pass   benches",
    ]


def test_gate_that_passes_beyond_its_limit_says_why(full_report: Report) -> None:
    """A start-up need not be shown to be no slower; the number alone would look like a mistake."""
    gate = replace(full_report.gates[2], verdict="pass", reason="not shown to be slower than the baseline; mean 2 ms")
    lines = shown(replace(judged(full_report), gates=[gate], warnings=[]))
    assert lines[-1] == "  pass   startup   678 us   limit 670 us   not shown to be slower than the..."


def test_result_tells_why_a_gate_is_not_met(full_report: Report) -> None:
    """A line for each gate, with its number and limit in line, and below them the reasons of those that are not met."""
    assert shown(replace(judged(full_report), warnings=[]))[7:] == [
        "",
        "  pass             build",
        "  fail             size      473,368 B   limit 400,000 B",
        "  inconclusive     startup   678 us      limit 670 us",
        "  not-applicable   benches",
        "",
        "  size: 73,368 B over the limit; 473,368 B, 0.670 of the baseline's 706,000 B",
        "  startup: the interval lies on both sides of the limit of 670 us; mean 668 us",
    ]


def test_verdict_is_coloured_and_said_in_words(full_report: Report) -> None:
    """The colour is never alone in its meaning."""
    painted = render_result(judged(full_report), lambda text, role: f"<{role}>{text}</>", place=PLACE)
    for role, verdict in (("good", "pass"), ("bad", "fail"), ("doubt", "inconclusive"), ("quiet", "not-applicable")):
        assert f"<{role}>{verdict.ljust(14)}</>" in painted


def test_long_reason_is_cut_and_its_rest_is_in_the_report(full_report: Report) -> None:
    """A linker that says a thousand words does not push the rest off the screen."""
    gate = replace(full_report.gates[1], reason="undefined reference " * 500)
    lines = shown(replace(judged(full_report), gates=[gate], warnings=[]))
    assert len(lines) < 20
    assert lines[-1] == "  | ... the rest is in the report"


WARNINGS = [
    "the load average is 3.1 on 2 cores",
    "what runs as a service: `systemctl stop noise`",
    "registry dependencies were not searched",
    "a build script prints the time: --allow-dirty",
    "one: set startup.runs higher",
    "two: set startup.runs higher",
]


def test_three_warnings_at_most_that_the_user_can_act_on(full_report: Report) -> None:
    """The first three that name a command, an option or a setting; how many others there are is told."""
    lines = shown(replace(judged(full_report), warnings=WARNINGS))
    assert lines[-4:] == [
        f"warning: {WARNINGS[1]}",
        f"warning: {WARNINGS[3]}",
        f"warning: {WARNINGS[4]}",
        "3 more in the report",
    ]


def test_warnings_that_ask_for_nothing_are_counted(full_report: Report) -> None:
    """They are in the report; what is known of how the start-up was measured comes with advice, and is told."""
    assert shown(replace(judged(full_report), warnings=WARNINGS[:1]))[-1] == "1 warning in the report"
    told = full_report.startup_warnings[0].sentence
    assert shown(replace(judged(full_report), warnings=[told]))[-1] == f"warning: {told}"


def test_search_shows_its_best_trials_and_what_would_help(full_report: Report) -> None:
    """As many as have room; the pick is among them, and what is to be said of the search is said once."""
    tune = full_report.tune
    assert tune is not None
    many = replace(tune, trials=[*tune.trials, *(replace(tune.trials[1], name=f"more {n}") for n in range(20))])
    tuned = replace(full_report, outcome="tuned", tune=many, explanation=None, gates=[], warnings=tune.shortfall)
    lines = shown(tuned)
    assert "  opt-level.s  413,024 B    668 us    0.770 (0.740 to 0.800)" in lines
    assert "  15 more in the report" in lines
    assert sum("no candidate meets" in line for line in lines) == 1
    assert "  | what would help: `rustup target add x86_64-unknown-linux-musl`" in lines


def test_candidates_are_no_part_of_the_result_of_another_command(full_report: Report) -> None:
    """What was kept is told, not what it was chosen from."""
    assert "opt-level.s" not in "\n".join(shown(replace(full_report, explanation=None)))


@pytest.mark.parametrize("outcome", ["kept", "rolled_back", "tuned"])
def test_result_fits_into_eighty_columns(full_report: Report, outcome: str) -> None:
    """Nothing of ours wraps."""
    long = [replace(gate, reason="a word and " * 40) for gate in full_report.gates]
    report = replace(full_report, explanation=None, gates=long, warnings=["set this " * 40], outcome=outcome)
    assert max(map(len, shown(report, undo="burnish rollback"))) <= 80


@given(text=st.text())
def test_no_line_begins_with_foreign_text(full_report: Report, text: str) -> None:
    """What a project names moves no cursor, and no line can be taken for another's."""
    gates = [replace(gate, reason=text) for gate in full_report.gates]
    report = publishable(replace(judged(full_report), gates=gates, warnings=[f"set {text}"]))
    for line in shown(report):
        assert line.isprintable()
        assert line.isascii()
        assert not line or line.startswith(("  ", "warning: ", "Rolled back", "1 warning"))


def test_report_that_has_just_begun_has_a_headline(partial_report: Report) -> None:
    """Nothing is claimed that was not measured."""
    assert headline(partial_report, plain, place="").split("\n") == [
        "Not judged yet.",
        "  project   /home/user/tool, x86_64-unknown-linux-gnu",
    ]
