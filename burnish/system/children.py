"""What the programs that we start are known by, and how long they are given to end."""

from __future__ import annotations

MARK = "BURNISH_CHILDREN"
"""The variable that carries the content and path of our record: what we start has it, and so have its own children."""
GRACE_SECONDS = 3.0
