"""Cargo's messages, and what only looks like them."""

from __future__ import annotations

import json

from burnish.cargo.messages import compiler_artifacts

TARGET = {"name": "hello", "kind": ["bin"], "crate_types": ["bin"], "src_path": "/ws/src/main.rs"}
ARTIFACT = {
    "reason": "compiler-artifact",
    "package_id": "path+file:///ws#hello@0.1.0",
    "target": TARGET,
    "profile": {"test": False, "opt_level": "3"},
    "filenames": ["/ws/target/release/hello"],
    "executable": "/ws/target/release/hello",
    "fresh": True,
}


def lines(*documents: object) -> bytes:
    """Write documents as cargo does, one a line."""
    return b"".join(json.dumps(document, separators=(",", ":")).encode() + b"\n" for document in documents)


def test_each_artifact_is_read_in_order() -> None:
    """A library has no executable; other messages are passed over."""
    library = {**ARTIFACT, "executable": None, "target": {**TARGET, "name": "lib"}}
    found = list(compiler_artifacts(lines({"reason": "build-script-executed"}, library, ARTIFACT)))
    assert [(each.target.name, each.executable, each.fresh) for each in found] == [
        ("lib", None, True),
        ("hello", "/ws/target/release/hello", True),
    ]


def test_what_has_another_shape_is_no_message() -> None:
    """Torn, nested, without a key, of other types: nothing of it ends the run, and nothing is made of it."""
    torn = [
        {key: value for key, value in ARTIFACT.items() if key != "target"},
        {**ARTIFACT, "target": {"name": "hello"}},
        {**ARTIFACT, "filenames": "hello"},
        {**ARTIFACT, "profile": None},
        {"reason": 1},
    ]
    deep = b'{"reason":' + b"[" * 100_000
    assert list(compiler_artifacts(lines(*torn) + deep + b'\n{"reason":"compiler-artifact"\n\xff\n')) == []
