"""C4: a file keeps what it is, mode, owner, attributes and links; what cannot be kept is refused, untouched."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.world import CONFIG, MANIFEST, RECIPE, World, make_world

pytestmark = [pytest.mark.skipif(sys.platform != "linux", reason="Linux's attributes"), pytest.mark.promise("C4")]
needs_root = pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="needs root")
ROOT = Path(__file__).parents[2]
NOBODY = 65534

# Applies the usual change in the workspace, says how that ends, and undoes it where something was written.
APPLY = """
import os, sys
from pathlib import Path
from burnish.errors import BurnishError
from burnish.transaction.lock import locked
from tests.faults.world import World
if sys.argv[2] == "nobody":
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)
world = World(base=Path(sys.argv[1]))
try:
    with locked(world.state, "optimize"):
        world.begin().apply(world.usual_edits())
    print("written")
except BurnishError as error:
    print(error.files + ": " + error.found.replace(str(world.root) + "/", ""))
"""


def apply(world: World, *, user: str = "root", within: tuple[str, ...] = ()) -> str:
    """Apply the usual change as a user, in a process of its own, and say how that ends."""
    argv = [*within, sys.executable, "-c", APPLY, str(world.base), user]
    return subprocess.run(argv, cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture(autouse=True)
def counted(tried: Callable[..., None]) -> None:
    """Count each of these tests as a case."""
    tried("C4", cases=1)


@pytest.fixture
def world() -> Iterator[World]:
    """Yield a workspace with a configuration of its own, in a folder that every user may reach."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        made = make_world(Path(folder))
        made.write(".cargo/config.toml", b"")
        yield made


def of_nobody(world: World) -> World:
    """Return the whole workspace to an ordinary user."""
    for path in (world.base, *world.base.rglob("*")):
        os.lchown(path, NOBODY, NOBODY)
    return world


def attributes(path: Path) -> tuple[int, int, int, dict[str, bytes]]:
    """Return mode, owner, group and extended attributes."""
    status = path.stat()
    return status.st_mode, status.st_uid, status.st_gid, {name: os.getxattr(path, name) for name in os.listxattr(path)}


@pytest.fixture
def adorned(world: World) -> Path:
    """Return a manifest with a mode, an owner and attributes that no new file would have."""
    path = world.root / "Cargo.toml"
    if os.geteuid() == 0:
        os.chown(path, 12345, 23456)
    path.chmod(0o4751)
    os.setxattr(path, "user.note", b"mine")
    os.utime(path, (1, 1))
    return path


def test_mode_owner_and_attributes_survive_apply_and_rollback(world: World, adorned: Path) -> None:
    """Whoever owns the file and whatever is attached to it, it stays so, twice; only the time is the present."""
    before = attributes(adorned)
    assert before[3] == {"user.note": b"mine"}
    world.change()
    assert (adorned.read_bytes(), attributes(adorned)) == (MANIFEST + RECIPE, before)
    assert adorned.stat().st_mtime > 1
    os.utime(adorned, (1, 1))
    world.rollback()
    assert (adorned.read_bytes(), attributes(adorned)) == (MANIFEST, before)
    assert adorned.stat().st_mtime > 1


def test_chain_of_links_inside_the_workspace_stays(world: World) -> None:
    """The last target is written, and put back; every link on the way stays a link."""
    (world.root / "real").mkdir()
    (world.root / "Cargo.toml").rename(world.root / "real" / "manifest")
    (world.root / "middle").symlink_to("real")
    (world.root / "second").symlink_to("middle/manifest")
    (world.root / "Cargo.toml").symlink_to(world.root / "second")
    before = world.tree()
    world.change()
    assert (world.root / "real" / "manifest").read_bytes() == MANIFEST + RECIPE
    assert {name for name, entry in world.tree().items() if entry[0] == "link"} == {"Cargo.toml", "middle", "second"}
    world.rollback()
    assert world.tree() == before


@pytest.mark.parametrize("name", ["Cargo.toml", ".cargo/config.toml", ".cargo", "Cargo.lock"])
def test_link_out_of_the_workspace_is_refused(world: World, name: str) -> None:
    """What lies elsewhere is not ours to write: nothing is touched, here or there."""
    elsewhere = world.base / "elsewhere"
    (world.root / name).rename(elsewhere)
    (world.root / name).symlink_to(elsewhere)
    before = world.tree(), sorted(elsewhere.rglob("*"))
    said = apply(world)
    assert (said.partition(": ")[0] in {"untouched", "as they were before this step"}, "a link to" in said) == (
        True,
        True,
    )
    assert (world.tree(), sorted(elsewhere.rglob("*"))) == before


def test_hard_link_is_replaced_with_a_warning(world: World) -> None:
    """The other name keeps what it held, and the user is told of it."""
    other = world.base / "other name"
    other.hardlink_to(world.root / "Cargo.toml")
    warnings = world.begin().apply(world.usual_edits())
    assert warnings == [f"{world.root / 'Cargo.toml'} has 1 more name(s) (hard links): they keep the old content"]
    assert ((world.root / "Cargo.toml").read_bytes(), other.read_bytes()) == (MANIFEST + RECIPE, MANIFEST)


@needs_root
@pytest.mark.parametrize(
    ("prepare", "says"),
    [
        (lambda root: (root / "Cargo.toml").chmod(0o440), "Cargo.toml is read-only"),
        (lambda root: (root / ".cargo").chmod(0o555), ".cargo cannot be written"),
        (lambda root: (root / ".cargo" / "config.toml").chmod(0o444), ".cargo/config.toml is read-only"),
        (lambda root: os.chown(root / ".cargo" / "config.toml", 12345, NOBODY), ".cargo/config.toml belongs to"),
        (lambda root: os.chown(root / ".cargo" / "config.toml", NOBODY, 12345), ".cargo/config.toml belongs to"),
    ],
    ids=["read-only", "unwritable-folder", "second-read-only", "other-owner", "other-group"],
)
def test_ordinary_user_is_refused_before_anything_is_written(
    world: World, prepare: Callable[[Path], None], says: str
) -> None:
    """What an ordinary user could not write, or not give back to its owner, is refused while all is as it was."""
    prepare(of_nobody(world).root)
    before = world.tree()
    said = apply(world, user="nobody")
    assert said.startswith(f"as they were before this step: {says}"), said
    assert world.tree() == before


@needs_root
def test_ordinary_user_may_write_what_is_theirs(world: World) -> None:
    """The twin of the refusals: with nothing in the way the change is written."""
    assert apply(of_nobody(world), user="nobody") == "written"
    assert (world.root / ".cargo" / "config.toml").read_bytes() == CONFIG


@pytest.mark.parametrize("name", ["Cargo.toml", ".cargo/config.toml"])
def test_file_that_is_mounted_by_itself_is_refused(world: World, name: str) -> None:
    """As in a container that is given single files: a rename cannot replace it, and nothing else is written either."""
    mount = 'mount --bind "$1" "$1" && shift && exec "$@"'
    within = ("unshare", "-rm", "sh", "-c", mount, "sh", str(world.root / name))
    if subprocess.run([*within, "true"], capture_output=True, check=False).returncode:
        pytest.skip("this kernel lets no user mount")
    before = world.tree()
    said = apply(world, within=within)
    assert said == f"as they were before this step: {name} is mounted by itself"
    assert world.tree() == before
