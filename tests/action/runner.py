"""A runner of composite actions: it carries out their `run:` steps as GitHub's does, and leaves out what they `use`."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{(.*?)\}\}", re.DOTALL)


@dataclass(kw_only=True)
class ActionRun:
    """One run of an action in a checkout: `github` is the context of that name, and `given` are the inputs."""

    action: Path
    workspace: Path
    temp: Path
    github: Mapping[str, Any]
    env: Mapping[str, str]
    given: Mapping[str, str] = field(default_factory=dict)
    used: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    outputs: dict[str, dict[str, str]] = field(default_factory=dict)
    log: str = ""

    @property
    def summary(self) -> str:
        """Return the summary of the job."""
        path = self.temp / "summary.md"
        return path.read_text(encoding="utf-8") if path.exists() else ""

    def run(self) -> int:
        """Carry out the steps one after the other, and return the exit status: that of the first one that fails."""
        self.temp.mkdir(parents=True, exist_ok=True)
        self.outputs |= {name: dict(outputs) for name, outputs in self.used.items()}
        for step in self._document["runs"]["steps"]:
            if not self._is_wanted(step) or "uses" in step:
                continue
            status = self._carry_out(step)
            if status:
                return status
        return 0

    def result(self, name: str) -> str:
        """Return an output of the action."""
        return self._filled(self._document["outputs"][name]["value"])

    @property
    def _document(self) -> dict[str, Any]:
        document: dict[str, Any] = yaml.safe_load(self.action.read_text(encoding="utf-8"))
        return document

    def _is_wanted(self, step: Mapping[str, Any]) -> bool:
        return "if" not in step or bool(self._value(str(step["if"]).strip()))

    def _carry_out(self, step: Mapping[str, Any]) -> int:
        assert step["shell"] == "bash"
        assert "${{" not in step["run"], "an expression in a script is code of whoever chose its value"
        output = self.temp / f"output-{len(self.outputs)}"
        output.touch()
        env = {
            **self.env,
            **{key: self._filled(str(value)) for key, value in step.get("env", {}).items()},
            "GITHUB_OUTPUT": str(output),
            "GITHUB_STEP_SUMMARY": str(self.temp / "summary.md"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_ACTION_PATH": str(self.action.parent),
            "GITHUB_REF": str(self.github["ref"]),
            "GITHUB_REPOSITORY": str(self.github["repository"]),
            "RUNNER_TEMP": str(self.temp),
            "RUNNER_OS": "Linux",
        }
        script = self.temp / f"step-{len(self.outputs)}.sh"
        script.write_text(step["run"], encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],  # noqa: S607 - the runner's own
            cwd=self.workspace,
            env=env,
            capture_output=True,
            text=True,
            check=False,
            timeout=900,
        )
        self.log += done.stdout + done.stderr
        lines = [line.partition("=") for line in output.read_text(encoding="utf-8").splitlines()]
        self.outputs[step.get("id", f"step-{len(self.outputs)}")] = {key: value for key, _, value in lines}
        return done.returncode

    def _filled(self, text: str) -> str:
        return _EXPRESSION.sub(lambda match: _as_text(self._value(match[1].strip())), text)

    def _value(self, expression: str) -> Any:
        """Evaluate what the actions use of GitHub's expressions: contexts, texts, `&&`, `||`, `==` and `!=`."""
        if "||" in expression:
            return next(filter(None, map(self._value, expression.split("||"))), "")
        if "&&" in expression:
            return all(map(self._value, expression.split("&&")))
        for sign in ("==", "!="):
            if sign in expression:
                left, right = (_as_text(self._value(side)) for side in expression.split(sign))
                return (left == right) is (sign == "==")
        word = expression.strip()
        return word[1:-1] if word.startswith("'") else self._looked_up(word)

    def _looked_up(self, name: str) -> Any:
        inputs = {key: str(one.get("default", "")) for key, one in self._document.get("inputs", {}).items()}
        filled = {key: value if "${{" not in value else "token" for key, value in (inputs | dict(self.given)).items()}
        steps = {key: {"outputs": value} for key, value in self.outputs.items()}
        found: Any = {"inputs": filled, "github": self.github, "steps": steps, "runner": {"temp": str(self.temp)}}
        for part in name.split("."):
            found = found.get(part, "") if isinstance(found, Mapping) else ""
        return found


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def environment(stubs: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a job, without what is told to another job that may run these tests."""
    own = {name: value for name, value in env.items() if not name.startswith(("GITHUB_", "RUNNER_", "INPUT_"))}
    return {**own, "PATH": f"{stubs}{os.pathsep}{env['PATH']}"}
