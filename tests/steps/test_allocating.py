"""mimalloc in place of musl's allocator: kept by a pin, and built again from it in a fresh clone."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from burnish.transaction.journal import PATHS
from tests.conftest import Crate, Run
from tests.steps.test_shipping import AUTO, REMEMBER, digest

pytestmark = [pytest.mark.cargo, pytest.mark.network]

MUSL = "x86_64-unknown-linux-musl"
CHOICES = ["allocator.mimalloc", "link.musl"]
ACCEPTED = "allocator,name-services,fixed-address"
WORKLOAD = '\n[[package.metadata.burnish.workloads]]\nname = "it"\nargs = ["you"]\n'


@pytest.fixture(autouse=True)
def builds_for_musl() -> None:
    """Skip where the toolchain brings no standard library for musl, or nothing compiles C for it."""
    argv = [str(shutil.which("rustc")), "--print", "target-libdir", "--target", MUSL]
    libraries = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
    if not (shutil.which("musl-gcc") and libraries and list(Path(libraries).glob("libstd-*.rlib"))):
        pytest.skip("it takes musl-gcc, and `rustup target add x86_64-unknown-linux-musl`")


@pytest.fixture
def kept(crate: Crate, burnish: Run, user_env: dict[str, str]) -> Crate:
    """Return a project with a kept pick for musl that allocates by mimalloc, kept step by step."""
    crate.write({"Cargo.toml": AUTO + WORKLOAD})
    crate.cargo("generate-lockfile", "--offline")
    crate.commit()
    subprocess.run([sys.executable, "-c", REMEMBER, *CHOICES], cwd=crate.root, env=user_env, check=True)
    for step in ("baseline", "apply-profile", "write-config", "build", "keep"):
        accept = ("--accept", ACCEPTED) if step == "baseline" else ()
        finished = burnish(step, *accept, cwd=crate.root)
        assert finished.returncode == 0, finished.stderr
    return crate


def test_program_is_the_same_in_a_fresh_clone(kept: Crate, burnish: Run, tmp_path: Path) -> None:
    """It allocates by mimalloc, names no folder of this machine, and the pin alone says how it is built."""
    pin = (kept.root / PATHS["pin"]).read_text(encoding="utf-8")
    assert 'choices = ["allocator.mimalloc", "link.musl"]' in pin
    assert burnish("build", cwd=kept.root).returncode == 0
    program = kept.root / "dist/hello"
    content = program.read_bytes()
    assert b"mimalloc" in content
    assert str(tmp_path).encode() not in content
    assert subprocess.run([program, "you"], capture_output=True, check=True).stdout == b"hello, you\n"
    kept.commit()
    clone = Crate(root=tmp_path / "clone")
    kept.git("clone", "-q", str(kept.root), str(clone.root))
    finished = burnish("build", cwd=clone.root, env={"XDG_STATE_HOME": str(tmp_path / "another state")})
    assert finished.returncode == 0, finished.stderr
    assert digest(clone.root / "dist/hello") == digest(program)


def test_what_it_takes_is_told(kept: Crate, burnish: Run) -> None:
    """By the doctor and the plan; a program that declares an allocator is left its own."""
    said = " ".join(burnish("doctor", cwd=kept.root).stdout.split())
    assert "allocator mimalloc, of libmimalloc-sys 0.1.49, in place of musl's where that is too slow" in said
    assert burnish("rollback", cwd=kept.root).returncode == 0
    planned = " ".join(burnish("plan", "--accept", ACCEPTED, cwd=kept.root).stderr.split())
    assert "mimalloc, of libmimalloc-sys 0.1.49, which cargo brings and a C compiler for musl compiles" in planned
    source = "#[global_allocator]\nstatic ALLOCATOR: std::alloc::System = std::alloc::System;\n"
    kept.write({"src/main.rs": source + (kept.root / "src/main.rs").read_text(encoding="utf-8")})
    said = " ".join(burnish("doctor", cwd=kept.root).stdout.split())
    assert "musl's only: the program has an allocator of its own: src/main.rs" in said
