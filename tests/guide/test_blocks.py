"""The code blocks of a page, and what each says of itself."""

from __future__ import annotations

import pytest

from guide.blocks import code_blocks, missing_line

PAGE = """\
# A page

<!-- run 3 -->
```sh
burnish plan
```

Text.

<!-- parse -->

    burnish optimize    # all of it

1. An item
   that goes on:

    <!-- capture plan -->
    ```text
      | a line
    ```
"""


def test_blocks_have_their_kind_argument_and_lines() -> None:
    """Fenced, indented and within a list: each with what its comment says, and without its indentation."""
    found = [(block.kind, block.argument, list(block.lines)) for block in code_blocks(PAGE)]
    assert found == [
        ("run", "3", ["burnish plan"]),
        ("parse", "", ["burnish optimize    # all of it"]),
        ("capture", "plan", ["  | a line"]),
    ]


@pytest.mark.parametrize(
    "page",
    [
        "```sh\nburnish plan\n```\n",
        "text\n\n    burnish plan\n",
        "<!-- other -->\n```sh\nburnish plan\n```\n",
        "<!-- run -->\ntext\n```sh\nburnish plan\n```\n",
        "<!-- run -->\n```sh\nburnish plan\n```\n\n```sh\nburnish status\n```\n",
    ],
    ids=["fenced", "indented", "unknown kind", "comment elsewhere", "second block"],
)
def test_block_that_nothing_classifies_is_refused(page: str) -> None:
    """A comment directly above, of a known kind, and one for each block."""
    with pytest.raises(ValueError, match="without a comment"):
        code_blocks(page)


def test_text_of_a_list_item_is_no_block() -> None:
    """Indented lines below a list item belong to it."""
    assert code_blocks("1. An item\n\n    with a second paragraph\n") == []


@pytest.mark.parametrize(
    ("shown", "missing"),
    [
        (["a", "b"], None),
        (["b", "c"], None),
        (["a", "...", "d", "..."], None),
        (["a", "c"], "c"),
        (["...", "d", "a"], "a"),
        (["d", "e"], "e"),
        (["x"], "x"),
    ],
)
def test_shown_lines_stand_in_the_capture_in_their_order(shown: list[str], missing: str | None) -> None:
    """Without `...` between them they are neighbours, and after it anything may be left out, backwards never."""
    assert missing_line(shown, ["a", "b", "c", "d"]) == missing
