"""Machines that are none: a network namespace and a host name each, joined by a bridge in the first one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

_SHARED = "10.213.7"
_MISSING = {"ip": "iproute2", "unshare": "util-linux", "hostname": "hostname"}


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A namespace: its name, and its address in the network."""

    namespace: str
    host: str
    address: str

    @property
    def within(self) -> tuple[str, ...]:
        """Return the words that start a program there."""
        renamed = f'hostname {self.host} && exec "$0" "$@"'
        return ("ip", "netns", "exec", self.namespace, "unshare", "--uts", "sh", "-c", renamed)

    def cut_off(self) -> None:
        """Take its link away."""
        _ip("-n", self.namespace, "link", "set", "eth0", "down")


def why_none() -> str:
    """Return why there can be no namespaces here, empty where there can be."""
    missing = [package for program, package in _MISSING.items() if shutil.which(program) is None]
    if missing:
        return f"missing: apt-get install {' '.join(missing)}"
    if not hasattr(os, "getuid") or os.getuid() != 0:
        return "network namespaces are made by root"
    probe = f"burnish-{os.getpid()}"
    made = _asked("netns", "add", probe)
    if made.returncode:
        return f"no network namespace can be made here: {made.stderr.strip()}"
    _ip("netns", "del", probe)
    return ""


@contextmanager
def machines(hosts: Sequence[str]) -> Iterator[list[Machine]]:
    """Make a machine for each host name; the network lies in the first one, and is gone with it."""
    made: list[Machine] = []
    try:
        for number, host in enumerate(hosts, start=1):
            machine = Machine(namespace=f"burnish-{os.getpid()}-{host}", host=host, address=f"{_SHARED}.{number}")
            _ip("netns", "add", machine.namespace)
            made.append(machine)
            _join(machine, made[0], number)
        yield made
    finally:
        for machine in made:
            _asked("netns", "del", machine.namespace)


def _join(machine: Machine, first: Machine, number: int) -> None:
    own, bridge = ("-n", machine.namespace), ("-n", first.namespace)
    _ip(*own, "link", "set", "lo", "up")
    if machine is first:
        _ip(*bridge, "link", "add", "joined", "type", "bridge")
        _ip(*bridge, "address", "add", f"{machine.address}/24", "dev", "joined")
        _ip(*bridge, "link", "set", "joined", "up")
        return
    _ip(*bridge, "link", "add", f"to{number}", "type", "veth", "peer", "name", "eth0", "netns", machine.namespace)
    _ip(*bridge, "link", "set", f"to{number}", "master", "joined", "up")
    _ip(*own, "address", "add", f"{machine.address}/24", "dev", "eth0")
    _ip(*own, "link", "set", "eth0", "up")


def _ip(*arguments: str) -> None:
    _asked(*arguments).check_returncode()


def _asked(*arguments: str) -> subprocess.CompletedProcess[str]:
    argv = ["ip", *arguments]
    return subprocess.run(argv, capture_output=True, text=True, check=False)
