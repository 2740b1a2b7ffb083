"""The one comment on a pull request: edited in place, found among many, and never somebody else's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from burnish.commands.pull_requests import PullRequests
from burnish.errors import Refused, UsageError
from tests.action.hub import Hub, opened_hub

BODY = "<!-- burnish 0123456789abcdef -->\nwhat moved\n"


@pytest.fixture
def hub() -> Iterator[Hub]:
    """Return a repository on a server of our own."""
    with opened_hub() as opened:
        yield opened


def pulls_of(hub: Hub) -> PullRequests:
    """Return its pull requests."""
    return PullRequests(api=hub.url, repository="me/it", token="t")  # noqa: S106 - nobody's


def test_first_comment_is_made(hub: Hub) -> None:
    """Its address is returned."""
    hub.add("hello", "User")
    assert pulls_of(hub).put_comment(7, BODY) == "https://x/2"
    assert hub.comments[1]["body"] == BODY


@pytest.mark.parametrize("before", [0, 99, 100, 250])
def test_earlier_comment_is_edited_in_place(hub: Hub, before: int) -> None:
    """Also where many others stand before it: GitHub gives them in pages."""
    for number in range(before):
        hub.add(f"comment {number}", "User")
    ours = hub.add(BODY)
    hub.add(None)
    assert pulls_of(hub).put_comment(7, BODY.replace("moved", "moves now")) == ours["html_url"]
    assert ours["body"].endswith("what moves now\n")
    assert len(hub.comments) == before + 2


def test_comments_of_others_are_left_alone(hub: Hub) -> None:
    """A person who has copied the mark, and a comment of ours on another binary."""
    hub.add(BODY, "User")
    hub.add(BODY.replace("0123", "4567"))
    pulls_of(hub).put_comment(7, BODY)
    assert [each["body"] for each in hub.comments] == [BODY, BODY.replace("0123", "4567"), BODY]


def test_token_that_may_not_write_is_told(hub: Hub) -> None:
    """That of a pull request from a fork."""
    hub.may_write = False
    with pytest.raises(Refused, match="pull-requests write"):
        pulls_of(hub).put_comment(7, BODY)


def test_pull_request_is_found_by_its_head(hub: Hub) -> None:
    """By the commit that was checked: one that has moved on is another one's report."""
    hub.pulls = [{"number": 3, "label": "fork:b&state=x", "head": {"sha": "a" * 40}}]
    assert pulls_of(hub).number_of("fork:b&state=x", "a" * 40) == 3
    assert pulls_of(hub).number_of("fork:b&state=x", "b" * 40) is None
    assert pulls_of(hub).number_of("fork:other", "a" * 40) is None


def test_outside_of_a_workflow_nothing_is_asked() -> None:
    """The names of what is lacking are told; and a token goes to no address without a cipher."""
    with pytest.raises(UsageError, match="GITHUB_REPOSITORY, GITHUB_TOKEN"):
        PullRequests.of_workflow({"GITHUB_API_URL": "https://api.example.org"})
    with pytest.raises(UsageError, match="begins with https"):
        PullRequests(api="http://api.example.org", repository="me/it", token="t").put_comment(1, "x")  # noqa: S106
