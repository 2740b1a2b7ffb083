"""A cargo that takes no time: it answers as the real one does, and its binaries are the smallest there are."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from burnish.measure.floor import smallest_elf

# A side's artefact is larger before the recipe than with it. The flag is what a recipe with link settings has here.
# What is in `at-build` is done in each build, and what is in the file `grown` of the project makes it larger.
CARGO = """\
#!/bin/sh
stubs=$(dirname "$0")
case "$1" in
build)
    folder="${CARGO_TARGET_DIR:-$PWD/target}/release"
    mkdir -p "$folder"
    [ -e Cargo.lock ] || echo "version = 4" > Cargo.lock
    cp "$stubs/small" "$folder/hello.new"
    [ ! -e grown ] || cat grown >> "$folder/hello.new"
    grep -q "^\\[profile.release" Cargo.toml || cat "$stubs/small" "$stubs/small" >> "$folder/hello.new"
    mv "$folder/hello.new" "$folder/hello"
    [ ! -e "$stubs/at-build" ] || . "$stubs/at-build"
    settings="-C opt-level=3 -C strip=debuginfo"
    grep -q "^\\[profile.release" Cargo.toml && settings="-C opt-level=s -C strip=symbols"
    [ ! -e .cargo/config.toml ] || settings="$settings -C prefer-dynamic=no"
    echo "     Running \\`rustc --crate-name hello --edition=2021 src/main.rs --crate-type bin $settings" \\
        "-C metadata=0 -C extra-filename=-0 --out-dir $folder/deps\\`" >&2
    case "$PWD" in */hello) id="path+file://$PWD#0.1.0" ;; *) id="path+file://$PWD#hello@0.1.0" ;; esac
    target='{"name":"hello","kind":["bin"],"crate_types":["bin"],"src_path":"'"$PWD/src/main.rs"'"}'
    echo '{"reason":"compiler-artifact","package_id":"'"$id"'","target":'"$target"',"profile":{"test":false},' \\
        '"filenames":["'"$folder/hello"'"],"fresh":false,"executable":"'"$folder/hello"'"}'
    ;;
test)
    echo "     Running unittests src/lib.rs (target/release/deps/hello-0)"
    echo "running 1 test"
    echo "test tests::greets_by_name ... ok"
    echo "test result: ok. 1 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s"
    ;;
bench) ;;
*) exec REAL "$@" ;;
esac
"""


def stub_cargo(folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Make a stub of cargo, and return the environment to use it."""
    folder.mkdir()
    cargo = folder / "cargo"
    cargo.write_text(CARGO.replace("REAL", str(shutil.which("cargo", path=env["PATH"]))), encoding="utf-8")
    cargo.chmod(0o755)
    small = folder / "small"
    small.write_bytes(smallest_elf(f"{sys.platform}-{platform.machine().lower()}"))
    small.chmod(0o755)
    return {**env, "PATH": f"{folder}{os.pathsep}{env['PATH']}"}
