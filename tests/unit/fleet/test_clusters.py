"""Who may be spoken with: loopback, or an encrypted address; and what is said where Dask is not there."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from burnish.commands.arguments import flags_of
from burnish.commands.fleet_options import FLEET_OPTIONS
from burnish.errors import BurnishError, Refused, UsageError
from burnish.fleet.clusters import Tls, connected, require_dask, require_private
from burnish.fleet.serving import serve

NO_TLS = Tls()


@pytest.fixture
def tls(tmp_path: Path) -> Tls:
    """Return the files of an encrypted connection."""
    files = [tmp_path / name for name in ("ca.pem", "cert.pem", "key.pem")]
    for path in files:
        path.touch()
    return Tls(ca_file=files[0], cert=files[1], key=files[2])


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"])
def test_this_machine_needs_no_encryption(address: str) -> None:
    """Nobody else can reach it."""
    require_private(address, NO_TLS, insecure=False)


@pytest.mark.parametrize("address", ["tcp://10.0.0.1:8786", "tcp://example.org:8786", "tcp://127.0.0.1.example.org:1"])
def test_another_machine_needs_encryption_or_the_users_word(address: str, tls: Tls) -> None:
    """What reaches a worker is code that it runs."""
    with pytest.raises(Refused, match="is not encrypted") as refused:
        require_private(address, NO_TLS, insecure=False)
    require_private(address, NO_TLS, insecure=True)
    require_private(address.replace("tcp", "tls"), tls, insecure=False)
    with pytest.raises(UsageError, match="is encrypted") as wrong:
        require_private(address.replace("tcp", "tls"), NO_TLS, insecure=True)
    for error in (wrong.value, refused.value):
        require_options_that_there_are(error)


def require_options_that_there_are(error: BurnishError) -> None:
    """Take each option that a text names from the worker's help, which it names too."""
    named = set(re.findall(r"--[a-z-]+", error.expected)) - {"--host"}  # of the scheduler
    assert {"--tls-ca", "--tls-cert", "--tls-key"} <= named
    assert named <= {flag for name in FLEET_OPTIONS for flag in flags_of(name)}
    assert error.next_command == "burnish help worker"


@pytest.mark.parametrize(
    "address",
    ["", "127.0.0.1:8786", "tcp://127.0.0.1", "tcp://:8786", "tcp://h:x", "http://h:1", "inproc://1", "tcp://["],
)
def test_what_is_no_address_is_told(address: str) -> None:
    """With what one looks like."""
    with pytest.raises(UsageError, match="is no address of a scheduler"):
        require_private(address, NO_TLS, insecure=True)


def test_files_of_tls_are_all_or_none(tmp_path: Path, tls: Tls) -> None:
    """And each is there."""
    with pytest.raises(UsageError, match="all three") as wrong:
        Tls(ca_file=tls.ca_file)
    require_options_that_there_are(wrong.value)
    with pytest.raises(UsageError, match="there is no file"):
        Tls(ca_file=tls.ca_file, cert=tls.cert, key=tmp_path / "nothing")
    assert (tls.is_given, NO_TLS.is_given) == (True, False)


def test_without_dask_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the command that installs it."""
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Refused, match=r"Dask\.distributed, which is not installed") as refused:
        require_dask()
    assert refused.value.next_command == "pip install 'burnish[fleet]'"


def test_scheduler_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """To client and worker alike."""
    monkeypatch.setattr("burnish.fleet.clusters.CONNECT_SECONDS", 1.0)
    with (
        pytest.raises(Refused, match=r"no scheduler answers at tcp://127\.0\.0\.1:9"),
        connected("tcp://127.0.0.1:9", NO_TLS, insecure=False),
    ):
        pass
    with pytest.raises(Refused, match=r"the scheduler at tcp://127\.0\.0\.1:9 cannot be reached"):
        serve("tcp://127.0.0.1:9", NO_TLS, "one", {}, insecure=False)
