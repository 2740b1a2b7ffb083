"""A clean checkout of each kind of source, and what is told where there is none."""

from __future__ import annotations

import hashlib
import io
import os
import stat
import tarfile
import tomllib
from pathlib import Path

import pytest

from burnish.fleet.fetching import FetchFailed, fetch_project
from burnish.fleet.fleet_jobs import ProjectSource
from burnish.fleet.packing import pack_tree, tree_digest
from burnish.system.process import Programs
from tests.conftest import Crate
from tests.unit.fleet.jobs import job

PROGRAMS = Programs(env=os.environ)
# Answers `cargo metadata` as if it had unpacked one crate, whose files are read-only.
CARGO = """\
#!/bin/sh
case "$(cat Cargo.toml)" in
*'tool = "=1.2.3"'*) ;;
*) echo "error: no matching package named tool found" >&2; exit 101 ;;
esac
echo '{"packages":[{"name":"tool","version":"1.2.3+build","manifest_path":"REGISTRY/Cargo.toml"}]}'
"""


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """Return the folder of a job."""
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


def git_job(address: str, commit: str) -> ProjectSource:
    """Return a source of git."""
    return ProjectSource(kind="git", place=address, revision=commit)


def test_git_project_is_checked_out_at_its_commit(crate: Crate, work: Path) -> None:
    """Not at what a branch says by now, and without what the repository's user has not committed."""
    commit = crate.git("rev-parse", "HEAD").strip()
    main = (crate.root / "src" / "main.rs").read_bytes()
    crate.write({"src/main.rs": "fn main() {}\n"})
    crate.commit()
    crate.write({"untracked": ""})
    before = crate.tree()
    address = f"file://{crate.root}"
    checkout = fetch_project(PROGRAMS, job(source=git_job(address, commit)), b"", work)
    assert (checkout / "src" / "main.rs").read_bytes() == main
    assert not (checkout / "untracked").exists()
    assert crate.tree() == before


def test_commit_that_a_repository_has_not_is_the_projects_fault(crate: Crate, work: Path) -> None:
    """The name of the commit stands in the message."""
    with pytest.raises(FetchFailed, match="git cannot fetch 000000000000 of") as failed:
        fetch_project(PROGRAMS, job(source=git_job(f"file://{crate.root}", "0" * 40)), b"", work)
    assert failed.value.is_projects


def test_host_that_does_not_answer_is_not_the_projects_fault(work: Path) -> None:
    """Another machine may reach it."""
    address = "http://127.0.0.1:9/tool.git"
    with pytest.raises(FetchFailed) as failed:
        fetch_project(PROGRAMS, job(source=git_job(address, "0" * 40)), b"", work)
    assert not failed.value.is_projects


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for git")
@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("fatal: Out of diskspace", "machine"),
        ("error: unable to write file src/main.rs", "machine"),
        ("error: unable to create file a: No space left on device", "machine"),
        ("error: invalid path 'a:b'", "project"),
    ],
)
def test_disk_that_is_full_at_the_checkout_is_not_the_projects_fault(
    tmp_path: Path, work: Path, said: str, fault: str
) -> None:
    """Whatever language the worker's user speaks with git; another failure there is."""
    stub = tmp_path / "bin" / "git"
    stub.parent.mkdir()
    english = f'[ "$LC_ALL" = C ] && echo "{said}" >&2 || echo "Fehler" >&2'
    stub.write_text(f'#!/bin/sh\ncase "$*" in *checkout*) {english}; exit 128 ;; esac\n', encoding="utf-8")
    stub.chmod(0o755)
    programs = Programs(env={**os.environ, "PATH": f"{stub.parent}{os.pathsep}{os.environ['PATH']}", "LC_ALL": "de_DE"})
    with pytest.raises(FetchFailed) as failed:
        fetch_project(programs, job(source=git_job("https://example.org/tool", "0" * 40)), b"", work)
    assert failed.value.is_projects is (fault == "project")
    assert failed.value.found.endswith(said)


def test_hook_of_a_repository_is_not_run(crate: Crate, tmp_path: Path, work: Path) -> None:
    """Nor one that the worker's user has for all repositories."""
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/canary\n", encoding="utf-8")
    (hooks / "post-checkout").chmod(0o755)
    env = {
        **os.environ,
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.hooksPath",
        "GIT_CONFIG_VALUE_0": str(hooks),
    }
    commit = crate.git("rev-parse", "HEAD").strip()
    fetch_project(Programs(env=env), job(source=git_job(f"file://{crate.root}", commit)), b"", work)
    assert not (tmp_path / "canary").exists()


def test_tree_is_unpacked_as_it_was_sent(crate: Crate, work: Path) -> None:
    """And one that is another than the job says is refused."""
    tree = pack_tree(PROGRAMS, crate.root)
    source = ProjectSource(kind="path", place="/elsewhere", revision=tree_digest(tree))
    checkout = fetch_project(PROGRAMS, job(source=source), tree, work)
    assert (checkout / "Cargo.toml").read_bytes() == (crate.root / "Cargo.toml").read_bytes()
    other = ProjectSource(kind="path", place="/elsewhere", revision="0" * 64)
    with pytest.raises(FetchFailed, match="is another one"):
        fetch_project(PROGRAMS, job("other", source=other), tree, work)


def test_tree_that_cannot_be_unpacked_is_the_projects_fault(work: Path) -> None:
    """Every machine would refuse it."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        link = tarfile.TarInfo("link")
        link.type, link.linkname = tarfile.SYMTYPE, "../outside"
        archive.addfile(link)
    source = ProjectSource(kind="path", place="/elsewhere", revision=tree_digest(made.getvalue()))
    with pytest.raises(FetchFailed, match="cannot be unpacked") as failed:
        fetch_project(PROGRAMS, job(source=source), made.getvalue(), work)
    assert failed.value.is_projects


# A crate without a library: cargo downloads it, writes it into the lock file, and lists nothing.
DOWNLOADS = """\
#!/bin/sh
printf '[[package]]\nname = "burnish-fetcher"\nversion = "0.0.0"\n\n' > Cargo.lock
printf '[[package]]\nname = "tool"\nversion = "1.2.3+build"\nchecksum = "CHECKSUM"\n' >> Cargo.lock
echo '{"packages":[{"name":"burnish-fetcher","version":"0.0.0","manifest_path":"Cargo.toml"}]}'
"""


def archive_of(*names: str) -> bytes:
    """Return a crate's archive with these files, each of which holds its own name."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name in names:
            entry = tarfile.TarInfo(f"tool-1.2.3+build/{name}")
            entry.size, entry.mode = len(name), 0o444
            archive.addfile(entry, io.BytesIO(name.encode()))
    return content.getvalue()


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for cargo")
@pytest.mark.parametrize("is_damaged", [False, True])
def test_crate_without_a_library_is_unpacked_as_it_was_downloaded(
    tmp_path: Path, work: Path, *, is_damaged: bool
) -> None:
    """Most programs are such crates. The archive is the one of the lock file's checksum, or none."""
    programs, home = tmp_path / "bin", tmp_path / "cargo"
    archives = {"other": archive_of("Cargo.toml", "other"), "right": archive_of("Cargo.toml", "src/main.rs")}
    for index, content in archives.items():
        cache = home / "registry" / "cache" / index
        cache.mkdir(parents=True)
        (cache / "tool-1.2.3+build.crate").write_bytes(b"damaged" if is_damaged else content)
    programs.mkdir()
    script = DOWNLOADS.replace("CHECKSUM", hashlib.sha256(archives["right"]).hexdigest())
    (programs / "cargo").write_text(script, encoding="utf-8")
    (programs / "cargo").chmod(0o755)
    path = f"{programs}{os.pathsep}{os.environ['PATH']}"
    with_stub = Programs(env={**os.environ, "PATH": path, "CARGO_HOME": str(home)})
    wanted = job("tool", source=ProjectSource(kind="crate", place="tool@1.2.3"))
    if is_damaged:
        with pytest.raises(FetchFailed, match=r"cargo has not downloaded tool-1\.2\.3") as failed:
            fetch_project(with_stub, wanted, b"", work)
        assert not failed.value.is_projects
        return
    checkout = fetch_project(with_stub, wanted, b"", work)
    names = sorted(str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file())
    assert names == ["Cargo.toml", "src/main.rs"]
    assert (checkout / "src" / "main.rs").stat().st_mode & stat.S_IWUSR
    assert not (work / "fetcher").exists()


@pytest.mark.network
@pytest.mark.parametrize("crate", ["hexyl@0.17.0", "sd@1.0.0"])
def test_programs_with_and_without_a_library_are_fetched(work: Path, crate: str) -> None:
    """By the real cargo, from the real registry."""
    checkout = fetch_project(PROGRAMS, job("tool", source=ProjectSource(kind="crate", place=crate)), b"", work)
    name, _, version = crate.partition("@")
    manifest = tomllib.loads((checkout / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    assert (manifest["name"], manifest["version"]) == (name, version)
    assert (checkout / "src" / "main.rs").is_file()


@pytest.mark.skipif(os.name == "nt", reason="a shell script stands for cargo")
@pytest.mark.parametrize("project", ["tool", "fetcher"])
def test_crate_is_copied_from_where_cargo_unpacked_it(tmp_path: Path, work: Path, project: str) -> None:
    """With its lock file and the manifest that cargo wrote; it can be edited, and the registry's stays as it is."""
    registry, programs = tmp_path / "registry", tmp_path / "bin"
    for folder in (registry / "src", programs):
        folder.mkdir(parents=True)
    for name in ("Cargo.toml", "Cargo.lock", "Cargo.toml.orig", "src/main.rs", ".cargo-ok"):
        (registry / name).write_text(name, encoding="utf-8")
        (registry / name).chmod(0o444)
    (programs / "cargo").write_text(CARGO.replace("REGISTRY", str(registry)), encoding="utf-8")
    (programs / "cargo").chmod(0o755)
    with_stub = Programs(env={**os.environ, "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"})
    source = ProjectSource(kind="crate", place="tool@1.2.3")
    checkout = fetch_project(with_stub, job(project, source=source), b"", work)
    names = sorted(str(path.relative_to(checkout)) for path in checkout.rglob("*") if path.is_file())
    assert names == ["Cargo.lock", "Cargo.toml", "Cargo.toml.orig", "src/main.rs"]
    assert (checkout / "Cargo.toml").stat().st_mode & stat.S_IWUSR
    assert [(path, path.parent.parent) for path in work.glob("*/*")] == [(checkout, work)]
    with pytest.raises(FetchFailed, match=r"cargo cannot fetch tool@9\.9\.9: error: no matching package") as failed:
        fetch_project(with_stub, job("tool", source=ProjectSource(kind="crate", place="tool@9.9.9")), b"", work)
    assert failed.value.is_projects


def test_source_without_a_manifest_is_refused(crate: Crate, work: Path) -> None:
    """At its top, where the workspace is."""
    (crate.root / "Cargo.toml").unlink()
    crate.commit()
    commit = crate.git("rev-parse", "HEAD").strip()
    with pytest.raises(FetchFailed, match=r"no Cargo.toml at the top"):
        fetch_project(PROGRAMS, job(source=git_job(f"file://{crate.root}", commit)), b"", work)
