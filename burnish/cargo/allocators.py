"""An allocator that a program brings itself: code that declares one, or a package that is one."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from burnish.cargo.rust_code import without_tests, without_texts

_DECLARED = re.compile(r"#\s*\[\s*(?:std\s*::\s*)?global_allocator\s*\]")
_HINT = "global_allocator"
# Packages that are an allocator, or hold the source of one.
_PACKAGES = frozenset({
    "jemalloc-sys", "jemallocator", "tikv-jemalloc-sys", "tikv-jemallocator", "libmimalloc-sys", "mimalloc",
    "mimalloc-safe", "rpmalloc", "rpmalloc-sys", "scudo", "snmalloc-rs", "snmalloc-sys", "tcmalloc", "tcmalloc-better",
})  # fmt: skip


def declaring(sources: Iterable[Path]) -> Iterator[Path]:
    """Yield the source files that declare an allocator, outside what only tests have."""
    yield from (path for path in sources if _declares(path))


def packages_that_allocate(locked: Iterable[str]) -> Iterator[str]:
    """Yield which of the locked packages are an allocator, be it that a feature or a platform leaves it out."""
    yield from sorted(f"the package {name}" for name in _PACKAGES.intersection(locked))


def _declares(path: Path) -> bool:
    with contextlib.suppress(OSError):
        text = path.read_text(encoding="utf-8", errors="replace")
        return _HINT in text and bool(_DECLARED.search(without_tests(without_texts(text))))
    return False
