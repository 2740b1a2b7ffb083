"""The action, its `run:` steps carried out as GitHub's runner does: pull requests that grow, that shrink, from a fork.

What a job sees is compared: exit status, outputs, summary, annotations in the log, and the comments on the server.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from guide.capture_list import ROOT
from tests.action.hub import Hub, opened_hub
from tests.action.runner import ActionRun, environment
from tests.conftest import MAIN, MANIFEST, Crate, Tried

pytestmark = [
    pytest.mark.cargo,
    pytest.mark.skipif(os.name == "nt", reason="the steps are those of a Linux runner"),
]
TABLE = """
static TABLE: [u8; 300_000] = [7; 300_000];

fn main() {
    println!("{}", TABLE[std::env::args().count()]);
}
"""
CANARY = "canary"
GROWTH = '--set=budget.max_size_growth = "1%"\n'
# A Python that makes no environment: tests are no place to install things. It notes what would be.
PYTHON = """\
#!/bin/sh
if [ "$2" = venv ]; then mkdir -p "$3/bin" && ln -s "$0" "$3/bin/python"; exit; fi
if [ "$2" = pip ]; then echo "$@" >> "$STUBS/installed"; exit; fi
exec PYTHON "$@"
"""
RunAction = Callable[..., ActionRun]


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Return the repository's side on a server of our own."""
    with opened_hub() as opened:
        yield opened


@pytest.fixture
def origin(crate: Crate, tmp_path: Path) -> Crate:
    """Return the repository that is pulled from, as GitHub serves it: any commit may be fetched."""
    crate.git("branch", "-M", "main")
    bare = Crate(root=tmp_path / "origin.git")
    crate.git("clone", "-q", "--bare", ".", str(bare.root))
    bare.git("config", "uploadpack.allowAnySHA1InWant", "true")
    crate.git("remote", "add", "origin", str(bare.root))
    return bare


@pytest.fixture
def stubs(tmp_path: Path) -> Path:
    """Return a folder with the Python that setup-python would give."""
    folder = tmp_path / "stubs"
    folder.mkdir()
    (folder / "python").write_text(PYTHON.replace("PYTHON", sys.executable), encoding="utf-8")
    (folder / "python").chmod(0o755)
    return folder


def pull_request(crate: Crate, branch: str, files: Mapping[str, str]) -> str:
    """Push a branch with these files, and the commit that GitHub makes of it and main; return the branch's commit."""
    crate.git("checkout", "-q", "-b", branch, "main")
    crate.write(files)
    crate.commit()
    head = crate.git("rev-parse", "HEAD").strip()
    crate.git("checkout", "-q", "--detach", "main")
    crate.git("merge", "-q", "--no-ff", "-m", "merge", head)
    crate.git("push", "-q", "origin", "HEAD:refs/pull/7/merge")
    return head


@pytest.fixture
def act(crate: Crate, origin: Crate, hub: Hub, stubs: Path, user_env: dict[str, str], tmp_path: Path) -> RunAction:
    """Return what runs the action on a pull request, in a checkout of one commit as actions/checkout makes it."""

    def run(branch: str, files: Mapping[str, str], *, fork: bool = False, **given: str) -> ActionRun:
        base = crate.git("rev-parse", "main").strip()
        head = pull_request(crate, branch, files)
        work = Crate(root=tmp_path / "work" / "it")
        work.root.mkdir(parents=True)
        work.git("init", "-q")
        work.git("remote", "add", "origin", origin.root.as_uri())
        work.git("fetch", "-q", "--depth=1", "origin", "refs/pull/7/merge")
        work.git("checkout", "-q", "--detach", "FETCH_HEAD")
        owner = "stranger" if fork else "me"
        hub.pulls = [{"number": 7, "label": f"{owner}:{branch}", "head": {"sha": head}}]
        pull = {"number": 7, "base": {"sha": base}, "head": {"sha": head, "repo": {"full_name": f"{owner}/it"}}}
        started = ActionRun(
            action=ROOT / "action.yml",
            workspace=work.root,
            temp=tmp_path / "temp",
            github={"ref": "refs/pull/7/merge", "repository": "me/it", "event": {"pull_request": pull}},
            env={**environment(stubs, user_env), "GITHUB_API_URL": hub.url, "STUBS": str(stubs)},
            given={"token": "t", "arguments": GROWTH, **given},
            used={"python": {"python-path": str(stubs / "python")}},
        )
        started.outputs["status"] = {"exit": str(started.run())}
        return started

    return run


def status(run: ActionRun) -> int:
    """Return how the job ended."""
    return int(run.outputs["status"]["exit"])


def test_pull_request_that_grows(act: RunAction, hub: Hub, stubs: Path) -> None:
    """The job fails, with the reason beside the code, in the summary and in one comment."""
    hub.add("a comment of somebody", "User")
    run = act("grows", {"src/main.rs": TABLE})
    assert status(run) == 2, run.log
    assert (run.result("outcome"), run.result("exit-status")) == ("not_met", "2")
    assert int(run.result("size-change-bytes")) > 250_000
    assert "::error file=Cargo.toml,line=1,title=burnish%3A size::" in run.log
    (comment,) = [each["body"] for each in hub.comments if each["user"]["type"] == "Bot"]
    assert comment == run.summary
    assert "| size | fail |" in comment
    assert comment.startswith("<!-- burnish ")
    report = json.loads((Path(run.result("report")) / "report.json").read_bytes())
    assert report["check"]["reference"]["commit"]
    assert (stubs / "installed").read_text(encoding="utf-8").split()[-1] == str(ROOT)


def test_pull_request_that_grows_where_that_is_only_told(act: RunAction, hub: Hub) -> None:
    """The outputs say so, and the job goes on; without the comment it says so to nobody else."""
    run = act("grows", {"src/main.rs": TABLE}, fail="false", comment="false")
    assert status(run) == 0, run.log
    assert (run.result("outcome"), run.result("exit-status")) == ("not_met", "2")
    assert hub.comments == []


def test_pull_request_that_shrinks(crate: Crate, act: RunAction, hub: Hub) -> None:
    """The job passes, and the comment of an earlier run is edited in place."""
    crate.write({"src/main.rs": TABLE})
    crate.commit()
    crate.git("push", "-q", "origin", "main")
    run = act("shrinks", {"src/main.rs": MAIN})
    assert status(run) == 0, run.log
    assert (run.result("outcome"), run.result("exit-status")) == ("met", "0")
    assert int(run.result("size-change-bytes")) < -250_000
    assert "::error" not in run.log
    hub.comments[0]["body"] += "old\n"
    again = ActionRun(**{**vars(run), "outputs": {}, "temp": run.temp.with_name("again")})
    assert again.run() == 0, again.log
    assert len(hub.comments) == 1
    assert "old" not in hub.comments[0]["body"]


def test_pull_request_from_a_fork(act: RunAction, hub: Hub) -> None:
    """Its token may not comment, and does not try to; the second workflow does it from the report that it left."""
    hub.may_write = False
    run = act("grows", {"src/main.rs": TABLE}, fork=True)
    assert status(run) == 2, run.log
    assert hub.asked == []
    assert "| size | fail |" in run.summary
    hub.may_write = True
    other_runner = run.temp.with_name("other-runner")
    shutil.copytree(run.result("report"), other_runner / "burnish-report")  # as the artifact of the first one
    head = run.github["event"]["pull_request"]["head"]["sha"]
    event = {"id": 1, "head_branch": "grows", "head_sha": head, "head_repository": {"owner": {"login": "stranger"}}}
    second = ActionRun(
        **{
            **vars(run),
            "action": ROOT / "comment" / "action.yml",
            "github": {"ref": "refs/heads/main", "repository": "me/it", "event": {"workflow_run": event}},
            "temp": other_runner,
            "outputs": {},
            "log": "",
        }
    )
    assert second.run() == 0, second.log
    assert [each["body"] for each in hub.comments] == [run.summary]


@pytest.mark.promise("C6")
@pytest.mark.promise("E3")
def test_hostile_names_do_nothing_in_a_job(act: RunAction, tmp_path: Path, tried: Tried) -> None:
    """Of binaries, branches and inputs: no shell reads them, and neither log nor comment acts on them."""
    binary = f"$(touch {CANARY}) ::error::x ##[error]y @team <b> ]("
    manifest = f'{MANIFEST}\n[[bin]]\nname = "{binary}"\npath = "src/main.rs"\n'
    run = act(
        f"b;$(touch${{IFS}}{CANARY})`id`'",
        {"Cargo.toml": manifest},
        arguments=f'--set=startup.runs = 3\n--set=recipe = "$(touch {CANARY})"; touch {CANARY}\n',
        **{"max-size": f"1 kB; touch {CANARY}", "artifact": f"`touch {CANARY}`"},
    )
    assert status(run) == 1, run.log
    assert run.result("outcome") == "refused"
    assert "burnish was refused" in run.summary
    assert list(tmp_path.rglob(CANARY)) == []
    assert_inert(run.log)
    tried("C6", cases=1)
    tried("E3", cases=1)


@pytest.mark.promise("E3")
def test_report_of_hostile_names_is_only_text(act: RunAction, tmp_path: Path, tried: Tried) -> None:
    """A gate that fails is told with its reason, of a workload whose name attacks log and comment."""
    workload = "\\n::error::forged\\r##[error]x <img src=x> @team [a](b) %0A::error::z `touch canary`"
    table = f'\n[[package.metadata.burnish.workloads]]\nname = "{workload}"\nargs = ["x"]\nmax_seconds = 0.000001\n'
    run = act("work", {"Cargo.toml": MANIFEST + table})
    assert status(run) == 2, run.log
    assert "| workloads | fail |" in run.summary
    (line,) = [line for line in run.log.splitlines() if line.startswith("::error")]
    assert line.startswith("::error file=Cargo.toml,line=1,title=burnish%3A workloads::")
    assert_inert(run.log.replace(line, ""))
    assert "<img" not in run.summary
    assert "@team" not in run.summary.replace("\\@<!-- -->team", "")
    assert list(tmp_path.rglob(CANARY)) == []
    tried("E3", cases=1)


def assert_inert(said: str) -> None:
    """Check that a log holds no command to the runner."""
    assert not [line for line in said.splitlines() if line.lstrip().startswith("::") or "##[" in line]


def test_scripts_of_the_actions_hold_no_expression() -> None:
    """What GitHub puts into a script is code: values come by the environment alone."""
    for name in ("action.yml", "comment/action.yml"):
        document: dict[str, Any] = yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))
        for step in document["runs"]["steps"]:
            assert "${{" not in step.get("run", "")
            subprocess.run(["bash", "-n"], input=step.get("run", "").encode(), check=True)  # noqa: S607 - only read
