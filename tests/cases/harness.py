"""The harness of the cases: make the project, try burnish on it, and prove by other means what it left."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cases.case import Case
from tests.cases.comparison import losses, takings
from tests.cases.in_force import asked_of, not_in_force
from tests.cases.survey import Survey, Surveyor, git, write_files

TIMEOUT_SECONDS = 7200
# Timing is not what is tried here: few starts, and none of them judged.
TINY = (
    "budget.startup_must_not_slow=false",
    "startup.rounds=3",
    "startup.max_rounds=3",
    "startup.runs=3",
    "startup.warmup=1",
    "search.screen_rounds=2",
    "search.max_rounds=3",
    "search.runs=3",
    "search.max_trials=4",
    "search.effort=1000",
    "benches.max_attempts=3",
    "benches.measurement_seconds=0.1",
    "benches.warm_up_seconds=0.1",
)
_MEASURING = {"optimize", "tune", "baseline", "measure", "build"}
_WRITTEN = {"Cargo.toml", "Cargo.lock", ".cargo/config.toml", ".cargo/config", ".cargo"}
# The user's machine may say much to cargo that a case does not want: what cases want, they say.
_DROPPED = re.compile(
    r"RUSTFLAGS|RUST_BACKTRACE|RUST_TEST|CARGO_(?!HOME|NET|HTTP|REGISTRIES)|XDG_STATE|FORCE_COLOR|NO_COLOR"
)


@dataclass(frozen=True, kw_only=True)
class Tried:
    """What burnish did: its last exit status, all that it said, and its last report."""

    exit_status: int
    said: str
    report: Mapping[str, Any]
    outcome: str

    @property
    def told(self) -> str:
        """Return all that burnish said, one sentence a line, those of its report too."""
        reasons = [gate["reason"] for gate in self.report.get("gates", [])]
        return "\n".join([self.said, *self.report.get("warnings", []), *reasons])


@dataclass(kw_only=True)
class Verdict:
    """What was found of a case: nothing is as it should be.

    `compared` counts the artifacts and tests of before that were looked for after, the programs whose demands on the
    machine were compared, and the settings that were looked for on each of rustc's command lines: where nothing was
    compared, nothing was proven.
    """

    outcome: str = "not tried"
    findings: list[str] = field(default_factory=list)
    said: str = ""
    report: Mapping[str, Any] = field(default_factory=dict)
    compared: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, kw_only=True)
class Bench:
    """A place where one case is tried: its project, the folder above, a CARGO_HOME, and room for clones."""

    case: Case
    folder: Path
    program: Sequence[str] = (sys.executable, "-m", "burnish")

    @property
    def project(self) -> Path:
        """Return the project's folder."""
        return self.folder / "above" / "project"

    @property
    def env(self) -> dict[str, str]:
        """Return the environment of the case's user."""
        kept = {name: value for name, value in os.environ.items() if not _DROPPED.match(name)}
        offline = {} if "network" in self.case.needs else {"CARGO_NET_OFFLINE": "true"}
        home = {"CARGO_HOME": str(self.folder / "home")} if self.case.home else {}
        state = {"XDG_STATE_HOME": str(self.folder / "state"), "RUST_BACKTRACE": "0", "COLUMNS": "4000"}
        own = {name: value.replace("{project}", str(self.project)) for name, value in self.case.env.items()}
        return {**kept, **offline, **home, **state, **own}

    @property
    def elsewhere(self) -> dict[str, str]:
        """Return the environment of somebody else: without this CARGO_HOME and these variables."""
        own = {"CARGO_HOME", *self.case.env} if self.case.home else set(self.case.env)
        kept = {name: value for name, value in self.env.items() if name not in own}
        return kept | ({"CARGO_HOME": os.environ["CARGO_HOME"]} if "CARGO_HOME" in os.environ else {})

    def surveyors(self) -> Iterator[tuple[str, Surveyor]]:
        """Return who looks at the project: its user, and somebody else where that is not the same."""
        above = self.case.above
        yield "", Surveyor(folder=self.folder / "surveys", env=self.env, above=above)
        if self.case.home or self.case.env or above:
            yield "elsewhere: ", Surveyor(folder=self.folder / "surveys", env=self.elsewhere)

    def make(self, source: Path | None) -> None:
        """Write the project, and commit it where the case wants a repository; or take a copy of one that there is."""
        if source is not None:
            shutil.copytree(source, self.project, symlinks=True)
            return
        write_files(self.folder / "home", self.case.home)
        write_files(self.project, self.case.files)
        write_files(self.project.parent, self.case.above)
        if self.case.git:
            git(self.project, "init", "-q", "-b", "main")
            git(self.project, "add", "-A")
            git(self.project, "commit", "-q", "-m", "as it is")

    def tree(self) -> dict[str, str]:
        """Return the digest of each of the user's files, with its mode."""
        ours = {"target", ".burnish", ".git"}
        paths = [path for path in self.project.rglob("*") if path.relative_to(self.project).parts[0] not in ours]
        return {str(path.relative_to(self.project)): _digest(path) for path in sorted(paths)}

    def burnish(self, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Start burnish as the case's user does."""
        return subprocess.run(
            [*self.program, *arguments],
            cwd=self.project / self.case.folder,
            env=self.env,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )

    def plan(self) -> Tried:
        """Ask what the commands of the case would do."""
        return self.carry_out([["plan", *self.case.tried[0][1:]]])

    def apply(self) -> Tried:
        """Do what was planned, and undo it."""
        options = self.case.tried[-1][1:]
        applied = self.carry_out([["apply-profile", *options], ["write-config", *options]])
        self.burnish(["rollback", "--live-only"])
        return applied

    def try_it(self) -> Tried:
        """Carry out the commands of the case."""
        return self.carry_out(self.case.tried)

    def carry_out(self, commands: Sequence[Sequence[str]]) -> Tried:
        """Carry out commands, up to the first that fails."""
        said, status = "", 0
        for arguments in commands:
            reports = ["--report-dir", str(self.folder / "report")] if arguments[0] == "optimize" else []
            tiny = [word for setting in TINY for word in ("--set", setting)] if arguments[0] in _MEASURING else []
            done = self.burnish([*arguments, *tiny, *reports])
            status = done.returncode
            said += f"{done.stdout}\n{done.stderr}\n"
            if status:
                break
        report = self._report()
        return Tried(
            exit_status=status, said=said, report=report, outcome=self._outcome(commands[-1][0], status, report)
        )

    def _report(self) -> dict[str, Any]:
        """Return the run's report: of a whole run the one asked for, of single steps what they leave for each other."""
        whole, steps = self.folder / "report" / "report.json", self.project / ".burnish" / "runs" / "current.json"
        if whole.is_file():
            report: dict[str, Any] = json.loads(whole.read_bytes())
            return report
        if steps.is_file():
            _seal, _, record = steps.read_text(encoding="utf-8").partition("\n")
            return dict(json.loads(record)["report"])
        return {}

    @staticmethod
    def _outcome(command: str, status: int, report: Mapping[str, Any]) -> str:
        if command == "optimize" and status in {0, 2}:
            return str(report.get("outcome", f"exit {status}"))
        return {0: "done", 3: "refused"}.get(status, f"exit {status}")


def try_case(case: Case, folder: Path, program: Sequence[str] = Bench.program, source: Path | None = None) -> Verdict:
    """Try one case in a folder, with burnish or what stands in for it, and return what is not as it should be.

    `source` is the project, where the case has no files of its own.
    """
    bench = Bench(case=case, folder=folder, program=program)
    bench.make(source)
    before = {label: who.survey(bench.project, case.same) for label, who in bench.surveyors()} if writes(case) else {}
    tree = bench.tree()
    planned = bench.plan() if case.tried[0][0] == "apply-profile" else None
    tried = bench.try_it()
    verdict = Verdict(outcome=tried.outcome, said=tried.said, report=tried.report)
    verdict.findings += expectations(case, tried)
    if planned is not None:
        verdict.findings += disagreements(planned, tried)
    if case.tried[-1][0] == "plan":
        verdict.findings += disagreements(tried, bench.apply())
    verdict.findings += _prove(bench, tried, tree, before, verdict.compared)
    return verdict


def writes(case: Case) -> bool:
    """Return whether the case's commands may change the project."""
    return any(arguments[0] not in {"plan", "doctor", "status", "tune", "explain"} for arguments in case.tried)


def _prove(
    bench: Bench, tried: Tried, tree: Mapping[str, str], before: Mapping[str, Survey], compared: Counter[str]
) -> Iterator[str]:
    now = bench.tree()
    changed = _changed(tree, now)
    if not changed:
        return
    if not writes(bench.case) or tried.outcome not in {"kept", "done"}:
        yield f"the tree is not as it was after {tried.outcome}: {', '.join(sorted(changed))}"
        return
    if changed - _WRITTEN:
        yield f"other files than cargo's were changed: {', '.join(sorted(changed - _WRITTEN))}"
    for label, who in bench.surveyors():
        after = who.survey(bench.project, bench.case.same)
        yield from (label + finding for finding in _compare(bench.case, before[label], after, tried, compared))
    undone = bench.burnish(["rollback"])
    back = bench.tree()
    left = _changed(tree, back) - {"Cargo.lock"}
    if undone.returncode or left:
        yield f"rollback (exit {undone.returncode}) left {', '.join(sorted(left))} changed"


def _compare(case: Case, before: Survey, after: Survey, tried: Tried, compared: Counter[str]) -> Iterator[str]:
    yield from losses(before, after, case.same)
    named = any("--recipe" in arguments and "auto" not in arguments for arguments in case.tried)
    if not named:
        yield from takings(before, after, frozenset(case.takes))
    settings = tried.report.get("recipe", {}).get("settings", [])
    binary = tried.report.get("project", {}).get("binary") or ""
    yield from dict.fromkeys(not_in_force(settings, after.lines, binary, tried.told))
    asked = len(list(asked_of(settings, after.lines, binary)))
    programs = 0 if named else len(before.demands)
    compared.update(artifacts=len(before.made), tests=len(before.passed), programs=programs, settings=asked)


def disagreements(planned: Tried, applied: Tried) -> Iterator[str]:
    """Return where a plan did not say what applying it says: whether it is refused, and each warning."""
    if planned.outcome != applied.outcome:
        yield f"the plan is {planned.outcome}, applying it is {applied.outcome}: {_reasons(applied)}"
    for line in dict.fromkeys(applied.said.splitlines()):
        if line.startswith("warning: ") and line not in planned.said:
            yield f"the plan does not say what applying it does: {line}"


def expectations(case: Case, tried: Tried) -> Iterator[str]:
    """Return each expectation of the case that what burnish said and did does not meet."""
    text = " ".join((tried.said + json.dumps(dict(tried.report), ensure_ascii=False)).split())
    if tried.outcome not in case.outcomes:
        yield f"the outcome is {tried.outcome}, expected {' or '.join(case.outcomes)}: {_reasons(tried)}"
    for pattern in case.says:
        if not re.search(pattern, text, re.IGNORECASE):
            yield f"it does not say {pattern!r}"
    for pattern in case.says_not:
        if found := re.search(pattern, text, re.IGNORECASE):
            yield f"it says {found[0]!r}"
    yield from _gates(case, tried)
    yield from _tests(case, tried)


def _gates(case: Case, tried: Tried) -> Iterator[str]:
    verdicts = {gate["name"]: gate for gate in tried.report.get("gates", [])}
    for name, right in case.gates.items():
        gate = verdicts.get(name, {"verdict": "not judged", "reason": ""})
        if gate["verdict"] not in right:
            yield f"the gate {name} is {gate['verdict']}, expected {' or '.join(right)}: {gate['reason']}"
    for name, pattern in case.reasons.items():
        reason = verdicts.get(name, {}).get("reason", "")
        if not re.search(pattern, reason, re.IGNORECASE):
            yield f"the reason of the gate {name} does not say {pattern!r}: {reason!r}"


def _tests(case: Case, tried: Tried) -> Iterator[str]:
    tests = ((tried.report.get("baseline") or {}).get("tests")) or {}
    for kind in ("passed", "failed"):
        right: list[str] | None = getattr(case, kind)
        found = sorted(name.split("::")[-1] for name in tests.get(kind, []))
        if right is not None and found != sorted(right):
            yield f"tests that {kind} in the baseline: {found}, expected {sorted(right)}"


def _reasons(tried: Tried) -> str:
    bad = [gate for gate in tried.report.get("gates", []) if gate["verdict"] in {"fail", "inconclusive"}]
    told = "; ".join(f"{gate['name']} {gate['verdict']}: {gate['reason']}" for gate in bad)
    return told or " ".join(tried.said.split())[-600:]


def _changed(before: Mapping[str, str], after: Mapping[str, str]) -> set[str]:
    return {name for name in {*before, *after} if before.get(name) != after.get(name)}


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    if path.is_dir():
        return "folder"
    return f"{path.stat().st_mode:o} {hashlib.sha256(path.read_bytes()).hexdigest()}"


def main(names: Sequence[str], folder: Path) -> None:
    """Try the named cases and print what was found: a developer's way in."""
    from tests.cases.case import read_cases  # noqa: PLC0415 - only here

    for name, case in read_cases():
        if name in names or not names:
            verdict = try_case(case, folder / name)
            (folder / name / "said.txt").write_text(verdict.said, encoding="utf-8")
            sys.stdout.write(f"{name}: {verdict.outcome}\n" + "".join(f"  - {line}\n" for line in verdict.findings))
            sys.stdout.flush()


if __name__ == "__main__":
    main(sys.argv[2:], Path(sys.argv[1]))
