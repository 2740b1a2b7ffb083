from __future__ import annotations

from burnish.platforms.standard import Standard, find_source, find_standard
from tests.unit.platforms.stubs import Stubs

SHIPPED = "lib/libstd-0123.rlib"
SOURCE = "lib/rustlib/src/rust/library/Cargo.lock"
REBUILD = ("-Z", "build-std=std,panic_abort")


def test_library_that_the_own_toolchain_comes_with_is_taken_first(stubs: Stubs) -> None:
    """A library that is there needs nothing but `--target`, even where the system has one too."""
    stubs.toolchain(SHIPPED, SOURCE)
    stubs.toolchain(SHIPPED, system=True)
    assert find_standard(stubs.machine(), "T") == Standard(cargo="cargo", rustc="rustc", is_bare=True)


def test_library_is_rebuilt_where_only_its_source_is_there(stubs: Stubs) -> None:
    """A toolchain with the library's source builds it, which a stable one does only when told so by a variable."""
    stubs.toolchain(SOURCE)
    assert find_standard(stubs.machine(), "T") == Standard(
        cargo="cargo", rustc="rustc", env={"RUSTC_BOOTSTRAP": "1"}, arguments=REBUILD, is_bare=True
    )


def test_systems_toolchain_serves_where_the_own_one_cannot(stubs: Stubs) -> None:
    """The system's cargo is named by its path, and told to use the compiler beside it and no other."""
    stubs.toolchain()
    stubs.toolchain(SOURCE, system=True)
    system = stubs.system
    assert find_standard(stubs.machine(), "T") == Standard(
        cargo=f"{system}/cargo",
        rustc=f"{system}/rustc",
        env={"RUSTC": f"{system}/rustc", "RUSTDOC": f"{system}/rustdoc", "RUSTC_BOOTSTRAP": "1"},
        arguments=REBUILD,
        is_bare=True,
    )


def test_library_with_a_runtime_of_its_own_is_not_bare(stubs: Stubs) -> None:
    """Rust's own musl target brings the start files and libc that others take from the linker."""
    stubs.toolchain(SHIPPED, "lib/self-contained/crt1.o")
    assert find_standard(stubs.machine(), "T") == Standard(cargo="cargo", rustc="rustc", is_bare=False)


def test_nothing_is_found_where_no_toolchain_has_it(stubs: Stubs) -> None:
    """A toolchain for other platforms is none for this one."""
    stubs.toolchain()
    assert find_standard(stubs.machine(), "T") is None


def test_source_is_taken_where_a_library_is_there_too(stubs: Stubs) -> None:
    """To rebuild what a toolchain comes with takes the source, of the own toolchain before the system's."""
    stubs.toolchain(SHIPPED, SOURCE)
    found = find_source(stubs.machine(), "T")
    assert found == Standard(
        cargo="cargo", rustc="rustc", env={"RUSTC_BOOTSTRAP": "1"}, arguments=REBUILD, is_bare=True
    )


def test_no_source_is_found_where_there_is_none(stubs: Stubs) -> None:
    """A library cannot be rebuilt from itself; the system's source serves then."""
    stubs.toolchain(SHIPPED)
    assert find_source(stubs.machine(), "T") is None
    stubs.toolchain(SOURCE, system=True)
    found = find_source(stubs.machine(), "T")
    assert found is not None
    assert found.cargo == f"{stubs.system}/cargo"
