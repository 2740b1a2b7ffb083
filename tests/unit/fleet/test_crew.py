"""Jobs go to workers that have all that they take, and to no other."""

from __future__ import annotations

from burnish.fleet.crew import lacking_words, own_versions, resources_of, workers_seen
from tests.unit.fleet.jobs import HOST, OTHER, job

INFORMATION = {
    "workers": {
        "tcp://a:1": {"host": "10.0.0.1", "resources": resources_of("one", "rustc 1.90.0", [HOST], ["big"], 1000)},
        "tcp://b:1": {"host": "10.0.0.2", "resources": {}},
        "tcp://c:1": {"host": "10.0.0.3", "resources": {"burnish 0.0.1, protocol 0, Python 3.9": 1.0, "host:old": 1.0}},
    }
}
ONE, PLAIN, OLD = workers_seen(INFORMATION)


def test_worker_is_seen_by_what_it_says_of_itself() -> None:
    """Its machine, its toolchain; where it says nothing, its address."""
    assert (ONE.machine, ONE.rustc, ONE.versions, ONE.refusal) == ("one", "rustc 1.90.0", own_versions(), "")
    assert (PLAIN.machine, PLAIN.refusal) == ("10.0.0.2", "it was not started by `burnish worker`")
    assert OLD.machine == "old"
    assert OLD.refusal == f"it has burnish 0.0.1, protocol 0, Python 3.9, and this machine has {own_versions()}"


def test_worker_can_do_what_it_has_all_of() -> None:
    """Platform, labels and memory; another version of burnish can do nothing."""
    assert ONE.can_do(job())
    assert ONE.can_do(job(labels=("big",), memory_bytes=1000))
    assert not ONE.can_do(job(memory_bytes=1001))
    assert not ONE.can_do(job(labels=("small",)))
    assert not ONE.can_do(job("hello", OTHER))
    assert not OLD.can_do(job())


def test_what_is_lacking_is_named() -> None:
    """So that the user can start a worker that has it."""
    assert lacking_words(job("hello", OTHER), [ONE]) == f"no worker has platform:{OTHER}"
    assert lacking_words(job(labels=("small",)), [ONE, PLAIN]) == "no worker has label:small"
    assert lacking_words(job(), [PLAIN]) == "there is no worker"
    both = workers_seen(
        {
            "workers": {
                "a": {"resources": resources_of("one", "", [HOST], [], 1)},
                "b": {"resources": resources_of("two", "", [OTHER], ["big"], 1)},
            }
        }
    )
    assert lacking_words(job(labels=("big",)), both) == f"no worker has all of machine, platform:{HOST}, label:big"
