"""An allocator that a program brings itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from burnish.cargo.allocators import declaring, packages_that_allocate


@pytest.mark.parametrize(
    ("text", "declares"),
    [
        ("#[global_allocator]\nstatic A: X = X;\n", True),
        ("# [ global_allocator ]\nstatic A: X = X;\n", True),
        ('#[cfg(target_env = "musl")]\n#[global_allocator]\nstatic A: X = X;\n', True),
        ("// #[global_allocator]\n", False),
        ('const A: &str = "#[global_allocator]";\n', False),
        ("#[cfg(test)]\nmod tests {\n    #[global_allocator]\n    static A: X = X;\n}\n", False),
        ("fn global_allocator() {}\n", False),
    ],
)
def test_allocator_is_declared_by_its_attribute(tmp_path: Path, text: str, declares: bool) -> None:  # noqa: FBT001 - a case
    """Whatever platform it is for; what a comment, a text or a test says is none."""
    path = tmp_path / "main.rs"
    path.write_text(text, encoding="utf-8")
    assert list(declaring([path, tmp_path / "gone.rs"])) == ([path] if declares else [])


def test_packages_that_are_an_allocator_are_named() -> None:
    """By their names in the lock file, which has those that features and platforms leave out too."""
    found = packages_that_allocate(["serde", "tikv-jemallocator", "libmimalloc-sys"])
    assert list(found) == ["the package libmimalloc-sys", "the package tikv-jemallocator"]
