"""The workflows of the pages: each can be read, says when it runs, and gives the actions only inputs that they have."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from guide.capture_list import ROOT
from guide.command_lines import check_line
from guide.workflows import shown_workflows

WORKFLOWS = dict(shown_workflows())


def inputs_of(action: str) -> set[str]:
    """Return the inputs of an action of this repository."""
    return set(yaml.safe_load((ROOT / action / "action.yml").read_text(encoding="utf-8"))["inputs"])


@pytest.mark.parametrize("name", WORKFLOWS)
def test_workflow_of_a_page_can_be(name: str) -> None:
    """It has jobs and a time, and no input that an action of ours does not know."""
    document: dict[Any, Any] = yaml.safe_load(WORKFLOWS[name])
    assert document.get("on") or document.get(True)  # YAML 1.1 reads `on` as true
    for job in document["jobs"].values():
        for step in job.get("steps", ()):
            used = step.get("uses", "").partition("@")[0]
            if used.startswith("OWNER/burnish"):
                assert set(step.get("with", {})) <= inputs_of(used.removeprefix("OWNER/burnish").strip("/"))


def test_our_own_workflow_gives_inputs_that_there_are() -> None:
    """A misspelt one would only be a warning in a log that nobody reads."""
    document = yaml.safe_load((ROOT / ".github" / "workflows" / "check.yml").read_text(encoding="utf-8"))
    (step,) = [step for step in document["jobs"]["burnish"]["steps"] if step["uses"] == "./"]
    assert set(step["with"]) <= inputs_of("")


def test_pages_show_both_actions() -> None:
    """What is shown is what there is."""
    shown = "".join(WORKFLOWS.values())
    assert "uses: OWNER/burnish@COMMIT" in shown
    assert "uses: OWNER/burnish/comment@COMMIT" in shown


def test_hook_of_pre_commit_is_a_command() -> None:
    """It is one that burnish has, and gets no names of files."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    check_line(hook["entry"])
    assert (hook["language"], hook["pass_filenames"]) == ("python", False)
    assert "pre-push" in hook["stages"]
