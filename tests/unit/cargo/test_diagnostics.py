"""Which of cargo's words tell why it failed."""

from __future__ import annotations

import pytest

from burnish.cargo.diagnostics import failure_of, first_error, kept_of

COMPILER = """\
   Compiling old v0.1.0 (/p/old)
warning: unused import
error[E0425]: cannot find function `gone` in module `super`
 --> old/src/lib.rs:5:25
  |
5 |     fn stale() { super::gone(); }

For more information about this error, try `rustc --explain E0425`.
error: could not compile `old` (lib test) due to 1 previous error
warning: build failed, waiting for other jobs to finish...
"""
LLD = """\
   Compiling ext v0.1.0 (/p/ext)
error: linking with `cc` failed: exit status: 1
  |
  = note:  "cc" "-Wl,--as-needed" "-fuse-ld=lld"
  = note: rust-lld: error: relocation R_X86_64_32 cannot be used against local symbol; recompile with -fPIC
          >>> defined in /p/target/release/deps/ext.o
          collect2: error: ld returned 1 exit status

error: could not compile `ext` (lib) due to 1 previous error
"""
BFD = """\
error: linking with `cc` failed: exit status: 1
  = note:  "cc" "-m64"
  = note: /usr/bin/ld: warning: x.o: missing .note.GNU-stack section
          /usr/bin/ld: /p/x.o: in function `main':
          x.c:(.text+0x5): undefined reference to `gone'
          collect2: error: ld returned 1 exit status
"""
SCRIPT = """\
error: failed to run custom build command for `tool v0.1.0 (/p)`

Caused by:
  process didn't exit successfully: `/p/target/release/build/tool-0/build-script-build` (exit status: 101)
  --- stderr
  thread 'main' panicked at build.rs:1:13:
  note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.
"""
PANIC = SCRIPT.replace("  note: Some", "  pkg-config was not found\n  note: Some")
NO_COMPILER = (
    'error occurred in cc-rs: failed to find tool "x86_64-linux-musl-gcc": No such file or directory (os error 2)'
)
CC = f"""\
error: failed to run custom build command for `alloca v0.4.0`
note: To improve backtraces for build dependencies, set the CARGO_PROFILE_RELEASE_BUILD_OVERRIDE_DEBUG=true variable

Caused by:
  process didn't exit successfully: `/p/target/release/build/alloca-1914e0d/build-script-build` (exit status: 1)
  --- stdout
  CC = None

  --- stderr


  {NO_COMPILER}


warning: build failed, waiting for other jobs to finish...
"""


@pytest.mark.parametrize(
    ("said", "telling"),
    [
        (COMPILER, "error[E0425]: cannot find function `gone` in module `super` (old/src/lib.rs:5:25)"),
        (LLD, "rust-lld: error: relocation R_X86_64_32 cannot be used against local symbol; recompile with -fPIC"),
        (BFD, "x.c:(.text+0x5): undefined reference to `gone'"),
        (SCRIPT, "error: failed to run custom build command for `tool v0.1.0 (/p)`"),
        (PANIC, "error: failed to run custom build command for `tool v0.1.0 (/p)`: pkg-config was not found"),
        (CC, f"error: failed to run custom build command for `alloca v0.4.0`: {NO_COMPILER}"),
        ("error: could not compile `x`\nwarning: build failed", "error: could not compile `x`"),
        ("2 tests ended with no result\n", "2 tests ended with no result"),
        ("", ""),
    ],
)
def test_first_error_is_what_tells_why(said: str, telling: str) -> None:
    """The compiler's first, or the linker's own, and never cargo's last words."""
    assert first_error(said) == telling


def test_kept_words_keep_the_first_error() -> None:
    """The end of a long text tells the least: the first error stands before it."""
    kept = kept_of(COMPILER + "note: more\n" * 1000)
    assert len(kept) <= 4000
    assert first_error(kept) == first_error(COMPILER)
    assert first_error(kept_of(LLD + "note: more\n" * 1000)) == first_error(LLD)
    assert kept.endswith("note: more\n")
    assert kept_of(COMPILER) == COMPILER
    assert kept_of("x" * 5000) == "x" * 4000


@pytest.mark.parametrize("said", ["", "   Compiling tool v0.1.0 (/p)"])
def test_failure_without_a_word_is_told_by_its_status(said: str) -> None:
    """A wrapper that fails and says nothing is no success, and its status is all there is to tell."""
    assert first_error(failure_of(said, "cargo ended with exit status 1")) == (
        "error: cargo ended with exit status 1 and named no error"
    )
    assert failure_of(COMPILER, "cargo ended with exit status 101") == COMPILER
