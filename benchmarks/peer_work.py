"""What the programs of `peers.py` are made to do: workloads of real input, the same on every machine.

Each program has some that judge, and one that may train a profile; those of the bundled crate stand in its manifest.
All of them print what they do, so that a build which does something else is seen.
"""

from __future__ import annotations

import json
import random
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

INPUT = "work-input"
_WORDS = (
    *("alpha", "beta", "gamma", "request", "response", "server", "client", "timeout", "connection closed", "opened"),
    *("warning", "failed", "user", "sherlock", "watson", "holmes", "moriarty", "London", "cache", "shard", "merging"),
)
_NAMES = tuple(word for word in _WORDS if " " not in word)
_COLORS = ("red", "rebeccapurple", "teal", "#1f77b4", "hsl(200,40%,60%)", "rgb(12,200,99)", "gold", "lightslategray")


@dataclass(frozen=True, kw_only=True)
class Work:
    """A command of a program: arguments, the file on its standard input, and whether a profile may learn from it."""

    name: str
    args: tuple[str, ...]
    stdin_file: str = ""
    train: bool = False

    @property
    def table(self) -> str:
        """Return it as a table of the manifest."""
        lines = ["", "[[package.metadata.burnish.workloads]]", f"name = {json.dumps(self.name)}"]
        lines += [f"args = {json.dumps(self.args)}"]
        lines += [f"stdin-file = {json.dumps(self.stdin_file)}"] if self.stdin_file else []
        lines += ["train = true"] if self.train else []
        return "\n".join([*lines, ""])


WORK: Mapping[str, Sequence[Work]] = {
    "hexyl": (
        Work(name="bytes in colour", args=("--color=always", f"{INPUT}/bytes.bin"), train=True),
        Work(name="text, plain", args=("--color=never", "--border=none", f"{INPUT}/log.txt")),
        Work(name="bytes, two panels", args=("--color=always", "--panels=2", "--base=octal", f"{INPUT}/other.bin")),
    ),
    "sd": (
        Work(name="groups", args=(r"(\w+)@(\w+)\.org", "$2 at $1"), stdin_file=f"{INPUT}/log.txt", train=True),
        Work(
            name="names", args=(r"(?P<key>[a-z]+)=(?P<value>\d+)", "${value}:${key}"), stdin_file=f"{INPUT}/other.txt"
        ),
        Work(name="fixed text", args=("-F", "connection closed", "gone"), stdin_file=f"{INPUT}/other.txt"),
    ),
    "ripgrep": (
        Work(
            name="a tree", args=("--no-config", "--sort=path", "-n", r"\w+ing\b|fail\w+", f"{INPUT}/tree"), train=True
        ),
        Work(name="no case", args=("--no-config", "-i", "-c", "SHERLOCK|watson|moriarty", f"{INPUT}/log.txt")),
        Work(
            name="classes",
            args=("--no-config", "-o", "--color=always", r"[a-z]+@[a-z]+\.org \w+=\d{2,}", f"{INPUT}/other.txt"),
        ),
    ),
    "choose": (
        Work(name="columns", args=("0", "3", "-1"), stdin_file=f"{INPUT}/log.txt", train=True),
        Work(name="a pattern", args=("-f", "[=@ ]+", "1:4"), stdin_file=f"{INPUT}/other.txt"),
        Work(name="a range", args=("-o", ":", "2:"), stdin_file=f"{INPUT}/other.txt"),
    ),
    "pastel": (
        Work(name="as hsl", args=("format", "hsl"), stdin_file=f"{INPUT}/colors.txt", train=True),
        Work(name="in order", args=("sort-by", "luminance"), stdin_file=f"{INPUT}/other-colors.txt"),
        Work(name="mixed", args=("mix", "--fraction=0.3", "red"), stdin_file=f"{INPUT}/other-colors.txt"),
    ),
}


def work_of(program: str, manifest: Path) -> list[Work]:
    """Return what a program is made to do: what is written here, else what its manifest says."""
    if program in WORK:
        return list(WORK[program])
    metadata = tomllib.loads(manifest.read_text(encoding="utf-8"))["package"]["metadata"]["burnish"]
    return [
        Work(
            name=each["name"],
            args=tuple(each["args"]),
            stdin_file=each.get("stdin-file", ""),
            train=each.get("train", False),
        )
        for each in metadata.get("workloads", [])
    ]


def give_work(program: str, folder: Path) -> None:
    """Write a program's workloads into its manifest, and their input beside it. Nothing where it has its own."""
    if program not in WORK:
        return
    write_input(folder / INPUT)
    with (folder / "Cargo.toml").open("a", encoding="utf-8") as manifest:
        manifest.writelines(each.table for each in WORK[program])


def write_input(folder: Path) -> None:
    """Write the files that the workloads read: text, bytes, colours and a tree of sources, by seeds."""
    (folder / "tree").mkdir(parents=True, exist_ok=True)
    lines = list(_lines(1, 60_000))
    for name, some in (("log.txt", lines[:30_000]), ("other.txt", lines[30_000:])):
        (folder / name).write_text("".join(some), encoding="utf-8")
    for number in range(200):
        (folder / "tree" / f"part{number:03}.txt").write_text("".join(lines[number::200]), encoding="utf-8")
    for name, seed in (("bytes.bin", 3), ("other.bin", 4)):
        (folder / name).write_bytes(random.Random(seed).randbytes(400_000))  # noqa: S311 - input, no secret
    for name, seed in (("colors.txt", 5), ("other-colors.txt", 6)):
        (folder / name).write_text(_colors(seed, 20_000), encoding="utf-8")


def _lines(seed: int, count: int) -> Iterator[str]:
    """Yield lines as a log has them: words, addresses, and keys with numbers."""
    source = random.Random(seed)  # noqa: S311 - input, no secret
    for number in range(count):
        *words, user, host, key = source.choices(_WORDS, k=5) + source.choices(_NAMES, k=3)
        yield f"{number:06} {' '.join(words)} {user}@{host}.org {key}={source.randrange(10_000)}\n"


def _colors(seed: int, count: int) -> str:
    source = random.Random(seed)  # noqa: S311 - input, no secret
    return "".join(
        f"{source.choice(_COLORS) if source.random() < 0.3 else f'#{source.randrange(1 << 24):06x}'}\n"  # noqa: PLR2004
        for _ in range(count)
    )
