"""rustflags: their spellings, cargo's order of sources, cfg expressions, and what overrides what we write."""

from __future__ import annotations

from dataclasses import replace

import pytest

from burnish.cargo.cfg import matches
from burnish.cargo.flags import (
    ConfigLayer,
    Conflict,
    Shadow,
    effective_rustflags,
    flags_to_write,
    merge,
    normalise,
    rustflags_sources,
    shadowed_profile_settings,
    shadows_flags,
)
from burnish.errors import Refused

TRIPLE = "x86_64-unknown-linux-gnu"
VARIABLE = "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS"
CFG = [
    'target_os="linux"',
    'target_arch="x86_64"',
    'target_feature="sse2"',
    'panic="unwind"',
    "unix",
    "debug_assertions",
]


@pytest.mark.parametrize(
    ("flags", "normal"),
    [
        (["-C", "target-cpu=native"], ["-C target-cpu=native"]),
        (["-Ctarget-cpu=native"], ["-C target-cpu=native"]),
        (["-C target-cpu=native"], ["-C target-cpu=native"]),
        (["--codegen", "target_cpu=native"], ["-C target-cpu=native"]),
        (["--codegen=target_cpu=native"], ["-C target-cpu=native"]),
        (["-C", "target-feature=+a,-b_c"], ["-C target-feature=+a", "-C target-feature=-b_c"]),
        (["-Cprefer-dynamic"], ["-C prefer-dynamic=yes"]),
        (["-Cprefer_dynamic=off"], ["-C prefer-dynamic=no"]),
        (["-C", "link-arg=-Wl,--a_b=c"], ["-C link-arg=-Wl,--a_b=c"]),
        (["-Clinker-plugin-lto"], ["-C linker-plugin-lto"]),
        (["--cfg", "a", "--cfg=b"], ["--cfg a", "--cfg b"]),
        (["-L", "native=x", "-Lx", "-lz"], ["-L native=x", "-L x", "-l z"]),
        (["-D", "unused-imports", "--deny=unused_imports"], ["-D unused_imports", "-D unused_imports"]),
        (["-Zthreads=8", "-Z", "share_generics=y"], ["-Z threads=8", "-Z share-generics=y"]),
        (["-g", "-O", "--verbose", "--a=b"], ["-g", "-O", "--verbose", "--a=b"]),
        (["-C"], ["-C"]),
        ([], []),
    ],
)
def test_normalise_gives_one_spelling(flags: list[str], normal: list[str]) -> None:
    """Every spelling that rustc takes for a flag is the same flag."""
    assert [flag.strip() for flag in normalise(flags)] == normal


def test_merge_appends_what_is_lacking() -> None:
    """Existing flags stay first and as they are written; ours follow, each once."""
    merged = merge(["-g", "-Ctarget_cpu=native"], ["-C", "target-cpu=native", "-C", "rpath=no", "-Crpath=off"])
    assert merged.flags == ("-g", "-Ctarget_cpu=native", "-Crpath=off")
    assert merged.added == ("-Crpath=off",)
    assert merged.conflicts == ()


def test_merge_tells_conflicts() -> None:
    """An option with another value in the existing flags is told; ours goes last, which rustc takes."""
    merged = merge(
        ["-Ctarget-cpu=x86-64-v2", "-Ctarget-feature=-crt-static,+aes"],
        ["-C", "target-cpu=native", "-C", "target-feature=+crt-static"],
    )
    assert merged.added == ("-C", "target-cpu=native", "-C", "target-feature=+crt-static")
    assert merged.conflicts == (
        Conflict(option="-C target-cpu", theirs="x86-64-v2", ours="native"),
        Conflict(option="-C target-feature crt-static", theirs="-", ours="+"),
    )


def test_merge_sees_that_a_later_flag_took_ours_out_of_force() -> None:
    """Of a value that is given twice the last counts, so ours is appended again if it is not the last."""
    assert merge(["-Ctarget-cpu=native", "-Ctarget-cpu=x86-64"], ["-Ctarget-cpu=native"]).added


def test_merge_of_accumulating_flags_looks_at_all() -> None:
    """Link arguments, paths and cfgs add up: one that is anywhere is there."""
    existing = ["-Clink-arg=-s", "-Clink-arg=-pie", "--cfg=a", "--cfg=b", "-Ctarget-feature=+a,+b"]
    assert merge(existing, ["-C", "link-arg=-s", "--cfg", "a", "-Ctarget-feature=+a"]).added == ()


FRAMEWORKS = ["-Clink-arg=-framework", "-Clink-arg=Security", "-Clink-arg=-framework", "-Clink-arg=CoreFoundation"]
SEARCHED = ["-Clink-arg=-Xlinker", "-Clink-arg=-rpath", "-Clink-arg=-Xlinker", "-Clink-arg=/a"]


@pytest.mark.parametrize(
    ("existing", "ours", "added"),
    [
        ([], FRAMEWORKS, FRAMEWORKS),
        (FRAMEWORKS[:2], FRAMEWORKS[2:], FRAMEWORKS[2:]),
        (FRAMEWORKS, FRAMEWORKS[2:], []),
        (FRAMEWORKS, FRAMEWORKS, []),
        (["-g", *FRAMEWORKS[:2], "--cfg=x", *FRAMEWORKS[2:]], FRAMEWORKS, []),
        ([], SEARCHED, SEARCHED),
        (["-Clink-arg=/a"], SEARCHED, SEARCHED),
        ([], ["-framework", "Security", "-framework", "Core"], ["-framework", "Security", "-framework", "Core"]),
        ([], ["-Clink-arg=-Wl,-x", "-Clink-arg=-Wl,-x"], ["-Clink-arg=-Wl,-x"]),
        (["-Clink-arg=-Wl,-x"], ["-Clink-arg=-Wl,-y", "-Clink-arg=-Wl,-x"], ["-Clink-arg=-Wl,-y"]),
    ],
)
def test_merge_keeps_flags_of_several_parts_whole(existing: list[str], ours: list[str], added: list[str]) -> None:
    """What the linker takes as an option and its value stays both, however often the option comes; twice is once."""
    assert list(merge(existing, ours).added) == added
    assert merge([*existing, *added], ours).added == ()


def _layer(path: str, **keys: object) -> ConfigLayer:
    """Make a layer: `build` gives build.rustflags, any other name the rustflags of a target key."""
    data: dict[str, dict[str, object]] = {"target": {}}
    for key, value in keys.items():
        if key == "build":
            data["build"] = {"rustflags": value}
        else:
            data["target"][TRIPLE if key == "triple" else key] = {"rustflags": value}
    return ConfigLayer(path=path, data=data)


ALL_SOURCES = [_layer("near", triple=["-t"], build=["-b"])]


@pytest.mark.parametrize(
    ("env", "source", "flags"),
    [
        ({"CARGO_ENCODED_RUSTFLAGS": "-a b\x1f-c", "RUSTFLAGS": "-x"}, "CARGO_ENCODED_RUSTFLAGS", ("-a b", "-c")),
        ({"CARGO_ENCODED_RUSTFLAGS": "", "RUSTFLAGS": "-x"}, "CARGO_ENCODED_RUSTFLAGS", ()),
        ({"RUSTFLAGS": "  -x   -y "}, "RUSTFLAGS", ("-x", "-y")),
        ({"RUSTFLAGS": "", VARIABLE: "-v"}, "RUSTFLAGS", ()),
        ({VARIABLE: " -v  -w"}, "target", ("-t", "-v", "-w")),
        ({VARIABLE: "", "CARGO_BUILD_RUSTFLAGS": "-v"}, "target", ("-t",)),
        ({}, "target", ("-t",)),
    ],
)
def test_effective_is_the_first_source_that_is_set(env: dict[str, str], source: str, flags: tuple[str, ...]) -> None:
    """Cargo takes the first source alone; a RUSTFLAGS variable that is empty wins too (cargo 1.95)."""
    effective = effective_rustflags(ALL_SOURCES, env, TRIPLE, CFG)
    assert (effective.source, effective.flags) == (source, flags)
    assert shadows_flags(effective) is (source not in {"target", "build", "none"})
    if shadows_flags(effective):
        assert effective.where == [source]


def test_effective_without_any_is_none() -> None:
    """No file and no variable give no flags; neither do tables for other targets."""
    layers = [_layer("near", **{"cfg(windows)": ["-w"], "aarch64-apple-darwin": ["-m"]})]
    effective = effective_rustflags(layers, {}, TRIPLE, CFG)
    assert (effective.source, effective.flags, effective.where) == ("none", (), [])


@pytest.mark.parametrize("empty", [[], ""])
def test_effective_falls_through_empty_target_flags(empty: object) -> None:
    """Unlike a variable, an empty list for the target leaves build.rustflags in force."""
    effective = effective_rustflags([_layer("near", triple=empty, build="-b  -c")], {}, TRIPLE, CFG)
    assert (effective.source, effective.flags) == ("build", ("-b", "-c"))


def test_effective_joins_arrays_with_the_nearest_last() -> None:
    """Cargo joins arrays from the home folder's to the project's, the variable's last."""
    layers = [_layer("near", build=["-n"]), _layer("above", build=["-a"]), _layer("home", build=["-h"])]
    effective = effective_rustflags(layers, {"CARGO_BUILD_RUSTFLAGS": "-e"}, TRIPLE, CFG)
    assert (effective.source, effective.flags) == ("build", ("-h", "-a", "-n", "-e"))
    assert effective.where == ["CARGO_BUILD_RUSTFLAGS", "near", "above", "home"]


def test_effective_takes_the_nearest_of_strings() -> None:
    """Strings do not join: the nearest file's replaces the others."""
    layers = [_layer("near", build="-n"), _layer("home", build="-h")]
    effective = effective_rustflags(layers, {}, TRIPLE, CFG)
    assert (effective.flags, effective.where) == (("-n",), ["near"])


def test_effective_joins_the_triple_and_all_matching_cfgs() -> None:
    """The triple's flags come first, its variable's behind them, then those of each cfg in alphabetic order."""
    layers = [
        _layer("near", **{"cfg(unix)": ["-nu"], "triple": ["-nt"], "cfg(all())": ["-na"], "cfg(windows)": ["-w"]}),
        _layer("home", **{"cfg(any(unix))": "-hy", "cfg(unix)": ["-hu"], "triple": ["-ht"]}),
    ]
    effective = effective_rustflags(layers, {VARIABLE: "-v"}, TRIPLE, CFG)
    assert effective.flags == ("-ht", "-nt", "-v", "-na", "-hy", "-hu", "-nu")
    assert effective.from_files == ("-ht", "-nt", "-na", "-hy", "-hu", "-nu")
    assert effective.where == [VARIABLE, "near", "home"]


@pytest.mark.parametrize("value", [1, ["-g", 1], {"a": "b"}])
def test_effective_refuses_what_cargo_refuses(value: object) -> None:
    """Flags of another type keep cargo from building; the file is named."""
    with pytest.raises(Refused, match=r"near: build\.rustflags is neither"):
        effective_rustflags([_layer("near", build=value)], {}, TRIPLE, CFG)


def test_effective_refuses_a_string_beside_an_array() -> None:
    """Cargo cannot load files that give one key as a string and as an array."""
    with pytest.raises(Refused, match="cannot merge"):
        effective_rustflags([_layer("near", build="-a"), _layer("home", build=["-b"])], {}, TRIPLE, CFG)


def _to_write(layers: list[ConfigLayer], env: dict[str, str] | None = None, *ours: str) -> tuple[str, ...]:
    effective = effective_rustflags(layers, env or {}, TRIPLE, CFG)
    return flags_to_write(effective, layers, ours or ("-o",))


def test_write_nothing_for_a_recipe_without_flags() -> None:
    """Without flags of ours nothing is written, so nothing can be silenced."""
    layers = [_layer("near", build=["-b"])]
    assert flags_to_write(effective_rustflags(layers, {}, TRIPLE, CFG), layers, ()) == ()


def test_write_ours_alone_where_there_are_none() -> None:
    """With no flags in force ours are all that is written."""
    assert _to_write([]) == ("-o",)


def test_write_build_flags_in_front_of_ours() -> None:
    """Flags for the target silence build.rustflags, so those are carried over, wherever they are from."""
    layers = [_layer("near", build=["-b"]), _layer("home", build=["-h"])]
    assert _to_write(layers, {"CARGO_BUILD_RUSTFLAGS": "-e"}) == ("-h", "-b", "-e", "-o")


def test_write_no_build_flags_where_they_are_silenced_already() -> None:
    """Flags that were not in force before are not brought back."""
    assert _to_write([_layer("near", triple=["-t"], build=["-b"])]) == ("-o",)
    assert _to_write([_layer("near", **{"cfg(unix)": ["-t"], "build": ["-b"]})]) == ("-o",)


def test_write_what_the_files_lack() -> None:
    """What another file gives for this target is not repeated; what a variable gives may be gone tomorrow."""
    assert _to_write([_layer("home", triple=["-o"])]) == ()
    assert _to_write([_layer("home", **{"cfg(unix)": ["-o"]})]) == ()
    assert _to_write([_layer("home", triple=["-t"])], {VARIABLE: "-o"}) == ("-o",)


def test_write_looks_beneath_a_variable() -> None:
    """RUSTFLAGS hides the files today; the files are right for the day when it is gone."""
    layers = [_layer("near", build=["-b"])]
    assert _to_write(layers, {"RUSTFLAGS": "-x"}) == ("-b", "-o")
    assert _to_write([*layers, _layer("home", triple=["-o"])], {"CARGO_ENCODED_RUSTFLAGS": ""}) == ()


def test_write_the_whole_string_where_a_farther_file_has_one() -> None:
    """A nearer string replaces a farther one, so ours repeats it; and the effective flags say that it is one."""
    layers = [_layer("home", **{"triple": "-h", "cfg(unix)": ["-u"]})]
    assert _to_write(layers) == ("-h", "-o")
    assert effective_rustflags(layers, {}, TRIPLE, CFG).as_string
    assert _to_write([_layer("home", triple="-o")]) == ()


@pytest.mark.parametrize(
    ("expression", "holds"),
    [
        ("cfg(unix)", True),
        ("cfg(windows)", False),
        ("cfg(  true )", True),
        ("cfg(false)", False),
        ("cfg(not(false))", True),
        ("cfg(all())", True),
        ("cfg(any())", False),
        ('cfg(target_os = "linux")', True),
        ('cfg(target_os="macos")', False),
        ('cfg(all(unix, target_os = "linux", not(target_feature = "avx"),))', True),
        ('cfg(any(windows, all(unix, target_arch = "arm")))', False),
        ("cfg(r#unix)", True),
        ("cfg(target_os)", False),
        # Not well-formed: cargo says so, we only do not match.
        ("cfg(unix", False),
        ("cfg(unix))", False),
        ("cfg()", False),
        ("cfg(unix, unix)", False),
        ("cfg(not(unix, unix))", False),
        ("cfg(some(unix))", False),
        ("cfg(all(unix unix))", False),
        ("cfg(target_os = )", False),
        ("cfg(=)", False),
        ("cfg(§)", False),
        ("unix", False),
        ("cfg(" + "not(" * 100 + "unix" + ")" * 101, False),
        ("cfg(any(unix, " + "not(" * 40 + "unix" + ")" * 42, False),
        ("cfg(any(" + "unix," * 1000 + "))", False),
    ],
)
def test_cfg_is_read_as_rustc_does(expression: str, *, holds: bool) -> None:
    """The operators, names and values of cfg expressions; depth and length are bounded."""
    assert matches(expression, CFG) is holds


RECIPE: dict[str, str | int | bool | list[str]] = {"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True}


def _profile(path: str, **release: object) -> ConfigLayer:
    return ConfigLayer(
        path=path, data={"profile": {"release": {key.replace("_", "-"): release[key] for key in release}}}
    )


def test_shadows_are_other_values_from_files_and_variables() -> None:
    """A variable wins over files, the nearest file over others; each shadow says where it is and what it says."""
    layers = [_profile("near", lto="thin"), _profile("home", lto="off", opt_level="s", strip=False)]
    env = {"CARGO_PROFILE_RELEASE_CODEGEN_UNITS": "16", "CARGO_PROFILE_RELEASE_STRIP": "none"}
    assert shadowed_profile_settings(layers, env, RECIPE) == [
        Shadow(key="opt-level", where="home", value="s"),
        Shadow(key="lto", where="near", value="thin"),
        Shadow(key="codegen-units", where="CARGO_PROFILE_RELEASE_CODEGEN_UNITS", value=16, is_variable=True),
        Shadow(key="strip", where="CARGO_PROFILE_RELEASE_STRIP", value="none", is_variable=True),
    ]


def test_shadows_of_what_is_for_one_package_only() -> None:
    """Below the package's name a key is the same to cargo, another package's is another key, and no variable counts."""
    below = {"regex": {"opt-level": "z"}, "*": {"opt-level": 3}, "memchr": {"opt-level": 1}}
    layers = [ConfigLayer(path="near", data={"profile": {"release": {"package": below}}})]
    env = {"CARGO_PROFILE_RELEASE_PACKAGE_SERDE_OPT_LEVEL": "1"}
    settings = {'package."*".opt-level': 3, "package.regex.opt-level": 3, "package.serde.opt-level": 3, "opt-level": 3}
    assert shadowed_profile_settings(layers, env, settings) == [
        Shadow(key="package.regex.opt-level", where="near", value="z"),
    ]


def test_shadows_are_not_what_means_the_same() -> None:
    """A value that is ours, in whatever spelling, and keys that are none of ours shadow nothing."""
    layers = [
        _profile("near", lto=True, debug=1),
        _profile("home", lto="off"),
        ConfigLayer(path="x", data={"profile": 1}),
    ]
    env = {
        "CARGO_PROFILE_RELEASE_STRIP": "symbols",
        "CARGO_PROFILE_RELEASE_OPT_LEVEL": "3",
        "CARGO_PROFILE_DEV_CODEGEN_UNITS": "16",
    }
    assert shadowed_profile_settings(layers, env, RECIPE) == []


def test_layer_does_not_show_its_data() -> None:
    """A layer may hold registry tokens, so its text is its path."""
    assert "hunter2" not in repr(ConfigLayer(path="x", data={"registry": {"token": "hunter2"}}))


def _given(**keys: object) -> ConfigLayer:
    return replace(_layer("--config x", **keys), is_given=True, is_own=False)


def test_given_flags_come_behind_those_of_files_and_of_the_variable() -> None:
    """Cargo 1.95 hands them to rustc in this order, and the last one wins; they are not the files' to carry over."""
    layers = [_given(triple=["--cfg", "cli"]), _layer("near", triple=["--cfg", "file"])]
    effective = effective_rustflags(layers, {VARIABLE: "--cfg env"}, TRIPLE, [])
    assert effective.flags == ("--cfg", "file", "--cfg", "env", "--cfg", "cli")
    assert effective.from_files == ("--cfg", "file")
    sources = [where for where, _ in rustflags_sources(layers, {VARIABLE: "--cfg env"}, TRIPLE, [])]
    assert [where.partition(":")[0] for where in sources] == ["near", f"the variable {VARIABLE}", "--config x"]


def test_given_profile_beats_variable_and_file() -> None:
    """What `--config` sets over our files is named: it would not be in force in silence."""
    env = {"CARGO_PROFILE_RELEASE_LTO": "off"}
    given = ConfigLayer(path="--config x", data={"profile": {"release": {"lto": "thin"}}}, is_given=True)
    layers = [given, _profile("near", lto=False)]
    (shadow,) = shadowed_profile_settings(layers, env, {"lto": "fat"})
    assert (shadow.where, shadow.value, shadow.is_variable) == ("--config x", "thin", False)
    (shadow,) = shadowed_profile_settings(layers[1:], env, {"lto": "fat"})
    assert shadow.is_variable
