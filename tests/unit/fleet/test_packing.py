"""A tree that is sent: the project's files, nothing that is made, no secret, and the same digest for the same files."""

from __future__ import annotations

import io
import os
import shutil
import tarfile
from pathlib import Path

import pytest

from burnish.errors import Refused
from burnish.fleet.packing import pack_tree, tree_digest, unpack_tree
from burnish.system.process import Programs
from tests.conftest import Crate

PROGRAMS = Programs(env=os.environ)


def files_of(folder: Path) -> dict[str, bytes]:
    """Return what a folder holds."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def unpacked(tree: bytes, folder: Path) -> dict[str, bytes]:
    """Return what a tree holds."""
    folder.mkdir()
    unpack_tree(tree, folder)
    return files_of(folder)


def test_repository_is_sent_as_git_sees_it(crate: Crate, tmp_path: Path) -> None:
    """What is not committed yet too; what git ignores, its own folder and what is built are not."""
    crate.write({"src/new.rs": "// new\n", "target/release/hello": "built", ".gitignore": "/target\n/secret\n"})
    crate.write({"secret": "hidden"})
    found = unpacked(pack_tree(PROGRAMS, crate.root), tmp_path / "out")
    assert set(found) == {".gitignore", "Cargo.toml", "src/lib.rs", "src/main.rs", "src/new.rs"}
    assert found["src/main.rs"] == (crate.root / "src" / "main.rs").read_bytes()


def test_tree_that_is_packed_from_a_hook_is_that_of_the_folder(crate: Crate, tmp_path: Path) -> None:
    """Git tells its hooks of their own repository, which may be another one."""
    other = Crate(root=tmp_path / "other")
    other.write({"file": ""})
    other.commit()
    crate.write({".gitignore": "/secret\n", "secret": "hidden"})
    plain = pack_tree(PROGRAMS, crate.root)
    env = {**os.environ, "GIT_DIR": str(other.root / ".git"), "GIT_WORK_TREE": str(other.root)}
    assert pack_tree(Programs(env=env), crate.root) == plain


def test_folder_without_git_is_sent_without_what_is_made(tmp_path: Path) -> None:
    """A target folder, a state folder of burnish and an earlier fleet's results are left out."""
    root = tmp_path / "tool"
    for name in ("Cargo.toml", "src/main.rs", "target/x", ".burnish/lock", "fleet/STATE.jsonl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(name, encoding="utf-8")
    kept = unpacked(pack_tree(Programs(env={"PATH": ""}), root), tmp_path / "out")
    assert set(kept) == {"Cargo.toml", "src/main.rs"}


@pytest.mark.promise("E2")
@pytest.mark.parametrize("env", [{**os.environ, "GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}, {"PATH": ""}], ids=range(2))
def test_repository_that_git_does_not_read_is_not_sent(crate: Crate, env: dict[str, str]) -> None:
    """Nobody says then which files it ignores; a folder inside it is no other case."""
    crate.write({".gitignore": "/inner/secret\n", "inner/secret": "hidden"})
    for folder in (crate.root, crate.root / "inner"):
        with pytest.raises(Refused, match=f"git cannot list the files of {folder}: ") as refused:
            pack_tree(Programs(env=env), folder)
        assert refused.value.next_command == f"git -C {folder} status"


@pytest.mark.promise("E2")
def test_folder_that_git_ignores_is_not_sent(crate: Crate) -> None:
    """It may be ignored for its secrets."""
    crate.write({".gitignore": "/inner\n", "inner/Cargo.toml": ""})
    with pytest.raises(Refused, match="it ignores all of them"):
        pack_tree(PROGRAMS, crate.root / "inner")


def test_digest_is_that_of_the_files(crate: Crate) -> None:
    """Not of when they were packed, nor of when they were written."""
    before = tree_digest(pack_tree(PROGRAMS, crate.root))
    for path in crate.root.rglob("*.rs"):
        os.utime(path, (1, 1))
    assert tree_digest(pack_tree(PROGRAMS, crate.root)) == before
    crate.write({"src/main.rs": "fn main() {}\n"})
    assert tree_digest(pack_tree(PROGRAMS, crate.root)) != before


def test_executable_and_link_stay_what_they_are(crate: Crate, tmp_path: Path) -> None:
    """A script of the project can be run there too."""
    crate.write({"run.sh": "#!/bin/sh\n"})
    (crate.root / "run.sh").chmod(0o755)
    (crate.root / "link.rs").symlink_to("src/main.rs")
    unpacked(pack_tree(PROGRAMS, crate.root), tmp_path / "out")
    assert os.access(tmp_path / "out" / "run.sh", os.X_OK)
    assert not os.access(tmp_path / "out" / "Cargo.toml", os.X_OK)
    assert (tmp_path / "out" / "link.rs").readlink() == Path("src/main.rs")


def test_submodule_is_not_left_out_without_a_word(crate: Crate) -> None:
    """Git lists its folder, and not what is in it."""
    inner = Crate(root=crate.root / "vendor" / "inner")
    inner.write({"file": ""})
    inner.commit()
    with pytest.raises(Refused, match=f"{crate.root} has a submodule, vendor/inner, which does not travel"):
        pack_tree(PROGRAMS, crate.root)
    crate.commit()
    with pytest.raises(Refused, match=f"{crate.root} has a submodule, vendor/inner, which does not travel"):
        pack_tree(PROGRAMS, crate.root)


@pytest.mark.parametrize(
    "target", ["../outside.rs", "{root}/src/main.rs", "src/../../hello/src/main.rs", "away/main.rs"]
)
def test_link_that_leads_out_is_refused(crate: Crate, tmp_path: Path, target: str) -> None:
    """No worker has what it leads to."""
    (tmp_path / "away").mkdir()
    crate.write({".gitignore": "/away\n"})
    (crate.root / "away").symlink_to(tmp_path / "away")
    (crate.root / "link.rs").symlink_to(target.format(root=crate.root))
    with pytest.raises(Refused, match=r"link\.rs is a link to .*, outside of the project"):
        pack_tree(PROGRAMS, crate.root)


@pytest.mark.promise("E2")
def test_credentials_stay_here(crate: Crate, tmp_path: Path) -> None:
    """Those of cargo are left out, and a configuration that holds a token is refused."""
    crate.write({".cargo/credentials.toml": '[registry]\ntoken = "canary-token"\n'})
    tree = pack_tree(PROGRAMS, crate.root)
    assert b"canary-token" not in b"".join(unpacked(tree, tmp_path / "out").values())
    crate.write({".cargo/config.toml": '[registries.own]\ntoken = "canary-token"\n'})
    with pytest.raises(Refused, match="holds a secret") as refused:
        pack_tree(PROGRAMS, crate.root)
    assert "canary-token" not in refused.value.render()


@pytest.mark.promise("E2")
@pytest.mark.parametrize("name", [".netrc", ".git-credentials", "inner/.env"])
def test_files_that_are_there_for_secrets_stay_here(crate: Crate, tmp_path: Path, name: str) -> None:
    """By their name; one that is a link to a file which would be sent is refused."""
    crate.write({name: "canary", "plain": "canary"})
    assert set(unpacked(pack_tree(PROGRAMS, crate.root), tmp_path / "out")) & {name, "plain"} == {"plain"}
    (crate.root / name).unlink()
    (crate.root / name).symlink_to(crate.root / "plain")
    with pytest.raises(Refused, match="holds secrets by a link into the project"):
        pack_tree(PROGRAMS, crate.root)


@pytest.mark.promise("E2")
@pytest.mark.parametrize("name", ["Cargo.toml", "inner/Cargo.toml", "Cargo.lock", ".gitmodules"])
@pytest.mark.parametrize("scheme", ["https://u:canary", "git+https://canary", "ssh://u:canary"])
def test_address_with_a_password_is_not_sent(crate: Crate, name: str, scheme: str) -> None:
    """Wherever cargo or git reads addresses."""
    crate.write({name: f'[dependencies]\na = {{ git = "{scheme}@example.org/a" }}\n'})
    with pytest.raises(Refused, match="holds an address with a password or a token") as refused:
        pack_tree(PROGRAMS, crate.root)
    assert "canary" not in refused.value.render()


def test_address_with_a_login_of_ssh_is_sent(crate: Crate, tmp_path: Path) -> None:
    """It is no secret; nor is an address without a name."""
    addresses = 'a = { git = "ssh://git@example.org/a" }\nb = { git = "https://example.org/@b" }\n'
    crate.write({"Cargo.toml": addresses, "Cargo.lock": 'source = "git+ssh://git@example.org/a"\n'})
    assert unpacked(pack_tree(PROGRAMS, crate.root), tmp_path / "out")["Cargo.toml"] == addresses.encode()


@pytest.mark.promise("E2")
def test_secret_behind_a_link_is_not_sent(crate: Crate) -> None:
    """The file that holds it may have any name."""
    crate.write({"own/config.toml": '[registries.own]\ntoken = "canary-token"\n', ".cargo/empty": ""})
    (crate.root / ".cargo" / "config.toml").symlink_to("../own/config.toml")
    with pytest.raises(Refused, match=r"\.cargo/config\.toml holds a secret"):
        pack_tree(PROGRAMS, crate.root)
    shutil.rmtree(crate.root / ".cargo")
    (crate.root / ".cargo").symlink_to("own")
    with pytest.raises(Refused, match=r"\.cargo/config\.toml holds a secret"):
        pack_tree(PROGRAMS, crate.root)
    (crate.root / "own" / "config.toml").rename(crate.root / "own" / "credentials")
    with pytest.raises(Refused, match=r"\.cargo holds secrets by a link"):
        pack_tree(PROGRAMS, crate.root)


def archive_of(*members: tarfile.TarInfo) -> bytes:
    """Return an archive of empty files and links."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        for member in members:
            archive.addfile(member)
    return made.getvalue()


@pytest.mark.parametrize("name", ["../outside", "link/inside"])
def test_hostile_tree_writes_nothing_outside(tmp_path: Path, name: str) -> None:
    """A worker may be sent anything."""
    link = tarfile.TarInfo("link")
    link.type, link.linkname = tarfile.SYMTYPE, ".."
    before = [link] if name.startswith("link/") else []
    folder = tmp_path / "out"
    folder.mkdir()
    with pytest.raises(Refused, match="cannot be unpacked"):
        unpack_tree(archive_of(*before, tarfile.TarInfo(name)), folder)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_whole_path_in_a_tree_is_one_inside(tmp_path: Path) -> None:
    """As it is with tar."""
    outside = tmp_path / "outside"
    unpacked(archive_of(tarfile.TarInfo(str(outside))), tmp_path / "out")
    assert not outside.exists()
    assert (tmp_path / "out" / outside.relative_to("/")).exists()


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    """In one line, whatever it is."""
    with pytest.raises(Refused, match="cannot be unpacked"):
        unpack_tree(b"no archive", tmp_path)
