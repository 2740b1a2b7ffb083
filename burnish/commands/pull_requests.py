"""GitHub's pull requests: which one a commit belongs to, and the one comment of ours on it, edited in place."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from burnish.errors import Refused, UsageError

_PAGE = 100
_MOST_PAGES = 100
_SECONDS = 30.0
_SCHEMES = ("https://", "http://127.0.0.1:")


@dataclass(frozen=True, kw_only=True)
class PullRequests:
    """The pull requests of one repository, by GitHub's own programming interface at `api`."""

    api: str
    repository: str
    token: str = field(repr=False)

    @classmethod
    def of_workflow(cls, env: Mapping[str, str]) -> PullRequests:
        """Return those of the workflow that runs. Raise UsageError outside of one."""
        names = ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN")
        lacking = [name for name in names if not env.get(name)]
        if lacking:
            raise UsageError(f"there is no {', '.join(lacking)} in the environment", expected="a workflow of GitHub's")
        return cls(api=env[names[0]], repository=env[names[1]], token=env[names[2]])

    def number_of(self, head: str, commit: str) -> int | None:
        """Return the number of the open pull request from `head` (OWNER:BRANCH) that is at a commit, None for none."""
        asked = urllib.parse.urlencode({"state": "open", "head": head})
        found = (each for each in self._pages(f"pulls?{asked}") if each["head"]["sha"] == commit)
        return next((int(each["number"]) for each in found), None)

    def put_comment(self, number: int, body: str) -> str:
        """Put a comment whose first line is its mark: in place of the earlier one with that mark, else as a new one.

        Return its address. Comments of people are left alone, whatever they begin with. Raise Refused where GitHub
        refuses.
        """
        mark = body.partition("\n")[0]
        comments = self._pages(f"issues/{number}/comments")
        ours = (each for each in comments if each["user"]["type"] == "Bot" and _first_line(each) == mark)
        earlier = next((int(each["id"]) for each in ours), None)
        if earlier is not None:
            return str(self._ask(f"issues/comments/{earlier}", "PATCH", body=body)["html_url"])
        return str(self._ask(f"issues/{number}/comments", "POST", body=body)["html_url"])

    def _pages(self, path: str) -> Iterator[Any]:
        joint = "&" if "?" in path else "?"
        for page in range(1, _MOST_PAGES + 1):
            rows = self._ask(f"{path}{joint}per_page={_PAGE}&page={page}")
            yield from rows
            if len(rows) < _PAGE:
                return

    def _ask(self, path: str, method: str = "GET", **sent: str) -> Any:  # noqa: ANN401 - any JSON
        url = f"{self.api}/repos/{self.repository}/{path}"
        if not url.startswith(_SCHEMES):
            raise UsageError(f"GITHUB_API_URL is {self.api}", expected="an address that begins with https://")
        headers = {
            "Authorization": f"Bearer {self.token}",
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": "2022-11-28",
            "User-Agent": "burnish",
        }
        data = json.dumps(sent).encode() if sent else None
        request = urllib.request.Request(url, data=data, headers=headers, method=method)  # noqa: S310 - checked above
        try:
            with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310 - checked above
                return json.load(answer)
        except (urllib.error.URLError, TimeoutError, ValueError) as error:
            raise Refused(
                f"GitHub did not take {method} {path.partition('?')[0]}: {error}",
                expected="a token with the permission pull-requests write, which one of a fork has not",
                next_command="see the report in the summary of the job, or comment by the action in comment/",
            ) from error


def _first_line(comment: Mapping[str, Any]) -> str:
    return str(comment["body"] or "").splitlines()[0].strip() if comment["body"] else ""
