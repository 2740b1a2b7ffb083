"""Trials on a cluster: who is used, what comes back, and what is built here after all."""

from __future__ import annotations

import hashlib
import io
import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from distributed import Client, LocalCluster
from distributed.scheduler import KilledWorker

from burnish.cargo.build import Cargo
from burnish.fleet.clusters import cluster_here
from burnish.fleet.trial_cluster import TrialCluster
from burnish.fleet.trial_order import MadeFile, TrialAnswer, TrialOrder, other_tool
from burnish.job.elsewhere import Errand
from burnish.job.job import Job
from burnish.model import Side
from burnish.sides.side import cargo_of
from burnish.system.console import Console
from tests.unit.fleet.jobs import WORK, do_work
from tests.unit.fleet.test_collecting import begin_worker, end_worker, here
from tests.unit.opened import Place, make_place

Work = Callable[[TrialOrder], TrialAnswer]
FILE = b"the project as it is"


def answer(order: TrialOrder, content: bytes = FILE) -> TrialAnswer:
    """Return what a worker sends whose build made a file."""
    path = f"{order.places.made}/release/hello"
    message = {
        "reason": "compiler-artifact",
        "package_id": f"path+file://{order.places.root}#0.1.0",
        "target": {"name": "hello", "kind": ["bin"], "crate_types": ["bin"], "src_path": "src/main.rs"},
        "profile": {"test": False},
        "filenames": [path],
        "fresh": False,
        "executable": path,
    }
    files = (MadeFile(path=path, mode=0o755, content=content),)
    return TrialAnswer(exit_status=0, seconds=2.0, stdout=msgspec.json.encode(message), files=files)


class Search:
    """A search's part of it: a job, the cluster's client, and what was said."""

    def __init__(self, place: Place, client: Client, folder: Path) -> None:
        self.job, self.notes = place.open()
        self.folder, self.said = folder, io.StringIO()
        (place.root / "Cargo.lock").touch()
        digest = hashlib.sha256(FILE).hexdigest()
        self.notes.note(baseline=Side(command=[], build_seconds=1.0, built=True, sha256=digest))
        self.cluster = TrialCluster(client=client, console=Console(out=self.said, err=self.said), work=do_work)
        self.orders: list[tuple[str, TrialOrder]] = []

    def works(self, work: Work) -> None:
        """Let the workers answer so, as long as no other is given."""

        def called(order: bytes, _tree: bytes) -> bytes:
            told = msgspec.json.decode(order, type=TrialOrder)
            self.orders.append((here(), told))
            return msgspec.msgpack.encode(work(told))

        WORK.append(called)

    def errand(self, name: str) -> Errand:
        """Return an errand whose overlay has a name."""
        overlay = self.folder / f"{name}.toml"
        overlay.write_text(f"# {name}\n", encoding="utf-8")
        return Errand(cargo=self.cargo, command=("build", "--release", "--config", str(overlay)), overlay=overlay)

    @property
    def cargo(self) -> Cargo:
        """Return what would build here."""
        return cargo_of(self.job, self.job.opened, "candidate")

    def build(self, *names: str, job: Job | None = None) -> list[str]:
        """Return for each errand the content of the file that came of it; a mark where it is to be built here."""
        built = self.cluster.build(job or self.job, self.notes, [self.errand(name) for name in names], lambda: None)
        return [each.products[0].files[0].read_text(encoding="utf-8") if each else "here" for each in built]

    @property
    def proofs(self) -> list[str]:
        """Return the machines that were asked to build the project as it is."""
        return sorted(machine for machine, order in self.orders if not order.overlay_path)


@pytest.fixture
def search(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Search]:
    """Yield a search with a cluster of two machines."""
    for name in [name for name in os.environ if name.startswith(("CARGO_TARGET_", "RUSTFLAGS", "CARGO_BUILD_"))]:
        monkeypatch.delenv(name)
    place = make_place(tmp_path, monkeypatch)
    with cluster_here(0) as cluster, Client(cluster, set_as_default=False) as client:
        for name in ("one", "two"):
            begin_worker(cluster, name, name)
        client.wait_for_workers(2)
        yield Search(place, client, tmp_path)


def named(order: TrialOrder) -> TrialAnswer:
    """Return what a worker sends that builds as this machine does: a trial's file is what its overlay says."""
    return answer(order, order.overlay.encode() if order.overlay_path else FILE)


def test_workers_that_make_the_same_file_build_trials(search: Search) -> None:
    """Each has built the project as it is first, once for the whole search."""
    search.works(named)
    assert search.cluster.places == 2
    assert search.build("a", "b", "c") == ["# a\n", "# b\n", "# c\n"]
    assert search.build("d") == ["# d\n"]
    assert search.proofs == ["one", "two"]
    assert {machine for machine, _ in search.orders} == {"one", "two"}
    assert "2 of 2 build as this machine does" in search.said.getvalue()


def test_worker_that_makes_another_file_is_named_once_and_not_used(search: Search) -> None:
    """Whatever it is that differs: its trials would not be those of this machine."""
    search.works(lambda order: answer(order, b"other") if here() == "two" else named(order))
    assert search.build("a", "b") == ["# a\n", "# b\n"]
    assert search.build("c") == ["# c\n"]
    assert [machine for machine, order in search.orders if order.overlay_path] == ["one"] * 3
    assert search.said.getvalue().count("the worker on two builds no trials") == 1
    assert "it makes another file of the project as it is" in search.said.getvalue()
    assert search.cluster.places == 1


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (TrialAnswer(refusal="its rustc is rustc 1.80.0, and here it is rustc 1.95.0"), "its rustc is rustc 1.80.0"),
        (TrialAnswer(refusal="its disk is nearly full: 1,000 B left"), "its disk is nearly full"),
        (TrialAnswer(exit_status=101, stderr=b"error: linker `cc` not found\n"), "error: linker `cc` not found"),
    ],
)
def test_why_a_worker_is_not_used_is_told_in_a_line(search: Search, told: TrialAnswer, words: str) -> None:
    """Another toolchain, a full disk, no linker: the trials are built here."""
    search.works(lambda _order: told)
    assert search.build("a", "b") == ["here", "here"]
    assert search.said.getvalue().count(words) == 2
    assert search.build("c") == ["here"]
    assert len(search.orders) == 2
    assert search.cluster.places == 0


def test_what_fails_on_a_worker_is_built_here_and_asked_for_once(search: Search) -> None:
    """What fails there says nothing of the project: a file that git ignores may be missing there."""
    search.works(lambda order: TrialAnswer(exit_status=101) if "bad" in order.overlay else named(order))
    assert search.build("bad", "good") == ["here", "# good\n"]
    assert search.build("bad") == ["here"]
    assert sum("bad" in order.overlay for _, order in search.orders) == 1


def test_trial_whose_workers_are_gone_is_built_here(search: Search) -> None:
    """One that is left takes the others'; without any nothing is waited for."""
    search.works(named)
    assert search.build("a") == ["# a\n"]
    cluster = cast("LocalCluster", search.cluster.client.cluster)
    end_worker(cluster, "one")
    assert search.build("b", "c") == ["# b\n", "# c\n"]
    end_worker(cluster, "two")
    assert search.build("d") == ["here"]


def test_trial_of_a_worker_that_goes_meanwhile_is_built_by_another(search: Search) -> None:
    """Nobody is asked to build it here."""
    search.works(named)
    assert search.build("a") == ["# a\n"]
    cluster, first = cast("LocalCluster", search.cluster.client.cluster), iter([True])

    def go(order: TrialOrder) -> TrialAnswer:
        if next(first, False):
            threading.Thread(target=end_worker, args=(cluster, here())).start()
            time.sleep(1)
        return named(order)

    search.works(go)
    assert search.build("b") == ["# b\n"]
    assert [machine for machine, order in search.orders if order.overlay == "# b\n"] in (["one", "two"], ["two", "one"])


def test_trial_that_workers_die_of_is_built_here(search: Search) -> None:
    """Dask gives such a task up after some deaths."""
    search.works(named)
    assert search.build("a") == ["# a\n"]

    def die(_order: TrialOrder) -> TrialAnswer:
        raise KilledWorker("trial", cast("Any", None), 3)

    search.works(die)
    assert search.build("b") == ["here"]


def test_file_outside_of_its_folder_is_not_written(search: Search) -> None:
    """A worker may send anything."""
    search.works(named)
    assert search.build("a") == ["# a\n"]

    def out(order: TrialOrder) -> TrialAnswer:
        path = f"{order.places.made}/../../../../src/main.rs"
        return msgspec.structs.replace(answer(order), files=(MadeFile(path=path, mode=0o644, content=b"x"),))

    search.works(out)
    before = (search.job.project.root / "src" / "main.rs").read_bytes()
    assert search.build("b") == ["here"]
    assert (search.job.project.root / "src" / "main.rs").read_bytes() == before


def test_scheduler_that_is_gone_is_told_and_trials_are_built_here(search: Search) -> None:
    """The search goes on."""
    search.works(named)
    assert search.build("a") == ["# a\n"]
    search.cluster.client.close()
    assert search.build("b") == ["here"]
    assert search.build("c") == ["here"]
    assert search.cluster.places == 0
    assert search.said.getvalue().count("the scheduler is gone") == 1


def test_what_decides_a_build_and_does_not_travel_keeps_it_here(search: Search, tmp_path: Path) -> None:
    """A variable, the user's own configuration; what is harmless there is no reason."""
    search.works(named)
    programs = replace(search.job.programs, env={**search.job.programs.env, "RUSTFLAGS": "-Cdebuginfo=1"})
    job = replace(search.job, surroundings=replace(search.job.surroundings, programs=programs))
    assert search.build("a", job=job) == ["here"]
    assert "the variable RUSTFLAGS is set here, and workers do not have it" in " ".join(search.said.getvalue().split())
    (tmp_path / ".cargo").mkdir()
    config = tmp_path / ".cargo" / "config.toml"
    for text, came in (("[net]\nretry = 3\n", "# b\n"), ("[build]\njobs = 1\n", "here")):
        config.write_text(text, encoding="utf-8")
        fresh = TrialCluster(client=search.cluster.client, console=search.cluster.console, work=do_work)
        search.cluster = fresh
        assert search.build("b") == [came]
    assert "sets [build]" in search.said.getvalue()


def test_secrets_do_not_travel(search: Search) -> None:
    """A tree that holds one is not sent at all."""
    search.works(named)
    config = search.job.project.root / ".cargo" / "config.toml"
    config.parent.mkdir()
    config.write_text('[registries.own]\ntoken = "canary-value"\n', encoding="utf-8")
    assert search.build("a") == ["here"]
    assert search.orders == []
    assert "canary" not in search.said.getvalue()
    assert "holds a secret" in " ".join(search.said.getvalue().split())


def test_lockfile_travels_and_its_secrets_do_not(search: Search) -> None:
    """Git may ignore it, so that it is none of the tree; a link may lead to anything."""
    search.works(named)
    root, cluster = search.job.project.root, search.cluster
    (root / "Cargo.lock").write_text("version = 4\n", encoding="utf-8")
    assert search.build("a") == ["# a\n"]
    assert {order.lockfile for _, order in search.orders} == {b"version = 4\n"}
    search.orders.clear()
    (root / "Cargo.lock").write_text('source = "git+https://canary:value@example.org/a"\n', encoding="utf-8")
    search.cluster = TrialCluster(client=cluster.client, console=cluster.console, work=do_work)
    assert search.build("b") == ["here"]
    (root / "Cargo.lock").unlink()
    (root / "Cargo.lock").symlink_to(root / "Cargo.toml")
    search.cluster = TrialCluster(client=cluster.client, console=cluster.console, work=do_work)
    assert search.build("c") == ["here"]
    assert search.orders == []
    assert "canary" not in search.said.getvalue()


def test_other_tool_is_named_by_the_line_that_differs() -> None:
    """As people read versions."""
    ours = {"rustc -vV": "rustc 1.95.0 (a)\nbinary: rustc\nLLVM version: 22.1", "cc": "cc 14"}
    assert other_tool(ours, dict(ours)) == ""
    llvm = {**ours, "rustc -vV": "rustc 1.95.0 (a)\nbinary: rustc\nLLVM version: 21.0"}
    assert other_tool(ours, llvm) == "its rustc is LLVM version: 21.0, and here it is LLVM version: 22.1"
    assert other_tool(ours, {**ours, "cc": ""}) == "its cc is not there, and here it is cc 14"
