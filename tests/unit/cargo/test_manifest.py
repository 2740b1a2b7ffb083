"""Editing [profile.release]: what is left alone, what changes, that twice is once, and taking it back."""

from __future__ import annotations

import tomllib

import pytest

from burnish.cargo.manifest import edit_profile, same_setting, undo_profile
from burnish.errors import Refused
from burnish.toml.data import TomlValue

ONE: dict[str, TomlValue] = {"lto": "fat"}
FIVE: dict[str, TomlValue] = {"opt-level": 3, "lto": "fat", "codegen-units": 1, "strip": True, "panic": "abort"}
FIVE_LINES = 'opt-level = 3\nlto = "fat"\ncodegen-units = 1\nstrip = true\npanic = "abort"\n'

LEFT_ALONE = {
    "section": '[profile.release]\nlto = "fat"\n',
    "true means fat": "[profile.release]\nlto = true # why\n",
    "literal string": "[profile.release]\nlto = 'fat'\n",
    "dotted": 'profile.release.lto = "fat"\n[package]\n',
    "dotted below [profile]": "[profile]\nrelease.lto = true\n",
    "inline": 'profile = { release = { lto = "fat" } }\n',
    "inline dotted": 'profile = { release.lto = "fat" }\n',
    "quoted": '["profile" . "rel\\u0065ase"]\n"lto" = """fat"""\n',
    "byte order mark": '\ufeff[profile.release]\nlto = "fat"\n',
    "CRLF, no final newline": '[profile.release]\r\nlto = "fat"',
}


@pytest.mark.parametrize("case", LEFT_ALONE)
def test_edit_leaves_alone_what_holds_the_recipe(case: str) -> None:
    """A value that means to cargo what ours does stays as it is written, byte for byte."""
    content = LEFT_ALONE[case].encode()
    edit = edit_profile(content, ONE)
    assert edit.after == content
    assert not edit.changed


CHANGED = {
    "empty file": ("", '[profile.release]\nlto = "fat"\n'),
    "behind [dev-dependencies]": (
        '[package]\nname = "x"\n\n[dev-dependencies]\na = "1"\n\n[features]\n',
        '[package]\nname = "x"\n\n[dev-dependencies]\na = "1"\n\n[profile.release]\nlto = "fat"\n\n[features]\n',
    ),
    "behind its sub-tables": (
        '[dev-dependencies]\n[dev-dependencies.a]\nversion = "1"\n[features]\n',
        '[dev-dependencies]\n[dev-dependencies.a]\nversion = "1"\n\n[profile.release]\nlto = "fat"\n\n[features]\n',
    ),
    "behind a comment straight below": (
        '[dev-dependencies]\na = "1"\n# b = "1"\n\n# features\n\n[features]\n',
        '[dev-dependencies]\na = "1"\n# b = "1"\n\n[profile.release]\nlto = "fat"\n\n# features\n\n[features]\n',
    ),
    "before a comment on the next header": (
        '[dev-dependencies]\na = "1"\n# features\n[features]\n',
        '[dev-dependencies]\na = "1"\n\n[profile.release]\nlto = "fat"\n\n# features\n[features]\n',
    ),
    "behind an array that looks like a header": (
        "[dev-dependencies]\na = { features = [\n[features]\n] }\n".replace("[features]", '"[features]"'),
        '[dev-dependencies]\na = { features = [\n"[features]"\n] }\n\n[profile.release]\nlto = "fat"\n',
    ),
    "not behind a string that looks like a header": (
        '[package]\ndescription = """\n[dev-dependencies]\n"""\n[lib]\n',
        '[package]\ndescription = """\n[dev-dependencies]\n"""\n[lib]\n\n[profile.release]\nlto = "fat"\n',
    ),
    "before later dependencies": (
        "[dev-dependencies]\n\n[build-dependencies]\n",
        '[dev-dependencies]\n\n[profile.release]\nlto = "fat"\n\n[build-dependencies]\n',
    ),
    "escapes in a quoted header": (
        "['profile' . \"rel\\u0065ase\"]\n[lib]\n",
        '[\'profile\' . "rel\\u0065ase"]\nlto = "fat"\n[lib]\n',
    ),
    "dependencies, no dev-dependencies": (
        "[dependencies]\n\n[build-dependencies]\n\n[lib]\n",
        '[dependencies]\n\n[build-dependencies]\n\n[profile.release]\nlto = "fat"\n\n[lib]\n',
    ),
    "workspace dependencies": (
        '[workspace.dependencies]\na = "1"\n\n[workspace.lints]\n',
        '[workspace.dependencies]\na = "1"\n\n[profile.release]\nlto = "fat"\n\n[workspace.lints]\n',
    ),
    "platform dependencies": (
        "[target.'cfg(unix)'.dependencies]\na = \"1\"\n[lib]\n",
        '[target.\'cfg(unix)\'.dependencies]\na = "1"\n\n[profile.release]\nlto = "fat"\n\n[lib]\n',
    ),
    "none at all": ("[package]\n\n[[bin]]\n", '[package]\n\n[[bin]]\n\n[profile.release]\nlto = "fat"\n'),
    "no final newline": ("[package]", '[package]\n\n[profile.release]\nlto = "fat"'),
    "CRLF": (
        "[dev-dependencies]\r\n\r\n[lib]\r\n",
        '[dev-dependencies]\r\n\r\n[profile.release]\r\nlto = "fat"\r\n\r\n[lib]\r\n',
    ),
    "byte order mark": ("\ufeff[lib]\n", '\ufeff[lib]\n\n[profile.release]\nlto = "fat"\n'),
    "value, comment kept": (
        '[profile.release]\n\tlto = "thin"   # for now\n\n# end',
        '[profile.release]\n\tlto = "fat"   # for now\n\n# end',
    ),
    "key, order and indent kept": (
        "[profile.release]\n  debug = 1 # two\n  # three\n\n[lib]\n",
        '[profile.release]\n  debug = 1 # two\n  lto = "fat"\n  # three\n\n[lib]\n',
    ),
    "key of an unfinished last line": ("[profile.release]\ndebug = 1", '[profile.release]\ndebug = 1\nlto = "fat"'),
    "comment-only section": (
        "[profile.release] # ours\n# lto = true\n",
        '[profile.release] # ours\nlto = "fat"\n# lto = true\n',
    ),
    "indented header": ("  [profile.release]\n", '  [profile.release]\n  lto = "fat"\n'),
    "dotted": (
        "profile.release.debug = 1\n[package]\nname = 'x'\n",
        "profile.release.debug = 1\nprofile.release.lto = \"fat\"\n[package]\nname = 'x'\n",
    ),
    "dotted, other profile": (
        "profile.dev.debug = 1\n[lib]\n",
        'profile.dev.debug = 1\nprofile.release.lto = "fat"\n[lib]\n',
    ),
    "dotted below [profile]": (
        "[profile]\nrelease.debug = 1\ndev.debug = 1\n",
        '[profile]\nrelease.debug = 1\nrelease.lto = "fat"\ndev.debug = 1\n',
    ),
    "dotted package override": (
        'profile.release.package."*".debug = 1\n',
        'profile.release.package."*".debug = 1\nprofile.release.lto = "fat"\n',
    ),
    "[profile] alone": (
        "[profile]\n[profile.dev]\ndebug = 1\n",
        '[profile]\n[profile.dev]\ndebug = 1\n\n[profile.release]\nlto = "fat"\n',
    ),
    "only package overrides": (
        '[dev-dependencies]\n\n[profile.release.package."*"]\nlto = 1\n',
        '[dev-dependencies]\n\n[profile.release]\nlto = "fat"\n\n[profile.release.package."*"]\nlto = 1\n',
    ),
    "beside package overrides": (
        '[profile.release]\n[profile.release.package."*"]\nlto = 1\n',
        '[profile.release]\nlto = "fat"\n[profile.release.package."*"]\nlto = 1\n',
    ),
    "inline": (
        'profile = { release = { lto = "thin" } } # x\n',
        'profile = { release = { lto = "fat" } } # x\n',
    ),
    "inline, new key": (
        "profile = { release = { debug = [ 1 ] }, dev = {} } # x\n",
        'profile = { release = { debug = [ 1 ], lto = "fat" }, dev = {} } # x\n',
    ),
    "inline, empty": ("[profile]\nrelease = {}\n", '[profile]\nrelease = { lto = "fat" }\n'),
    "inline, other profile": (
        "profile = {dev = {debug = 1}}\n",
        'profile = {dev = {debug = 1}, release = { lto = "fat" }}\n',
    ),
    "inline, dotted": (
        "profile = { release.debug = 1, dev.debug = 1 }\n",
        'profile = { release.debug = 1, release.lto = "fat", dev.debug = 1 }\n',
    ),
    "profiles of others": (
        "[package.metadata.profile.release]\n[[x.profile]]\nrelease.lto = 2\n",
        '[package.metadata.profile.release]\n[[x.profile]]\nrelease.lto = 2\n\n[profile.release]\nlto = "fat"\n',
    ),
    "unused spelling": (
        "[profile.release]\nopt_level = 1\n",
        '[profile.release]\nopt_level = 1\nlto = "fat"\n',
    ),
}


@pytest.mark.parametrize("case", CHANGED)
def test_edit_changes_only_our_key(case: str) -> None:
    """The key is written in the form that the file uses, and no other byte changes; twice is once; undone is before."""
    before, after = (text.encode() for text in CHANGED[case])
    assert edit_profile(before, ONE).after.decode() == after.decode()
    assert not edit_profile(after, ONE).changed
    assert undo_profile(after, before, after) == before


def test_edit_writes_a_whole_section_in_the_recipe_s_order() -> None:
    """A new section holds all settings in their order, with one blank line around it."""
    edit = edit_profile(b"[dev-dependencies]\na = '1'\n\n\n[lib]\n", FIVE)
    assert edit.after.decode() == f"[dev-dependencies]\na = '1'\n\n[profile.release]\n{FIVE_LINES}\n\n[lib]\n"


PACKAGES: dict[str, TomlValue] = {"lto": "fat", 'package."*".opt-level': "s", "package.regex.opt-level": 3}


def test_edit_writes_sections_of_packages_behind_the_profile() -> None:
    """In the recipe's order, and before what follows the dependencies."""
    before = b'[package]\nname = "x"\n\n[dependencies]\na = "1"\n\n[features]\n'
    expected = (
        '[package]\nname = "x"\n\n[dependencies]\na = "1"\n\n[profile.release]\nlto = "fat"\n\n'
        '[profile.release.package."*"]\nopt-level = "s"\n\n'
        "[profile.release.package.regex]\nopt-level = 3\n\n[features]\n"
    )
    assert edit_profile(before, PACKAGES).after.decode() == expected


@pytest.mark.parametrize(
    "spec", ["regex@1.11.0", "regex:1.11.0", "https://github.com/rust-lang/regex#1.11.0", "https://x/y#regex@1.0.0"]
)
def test_edit_refuses_a_second_profile_for_a_package(spec: str) -> None:
    """Cargo would refuse the build of every trial."""
    with pytest.raises(Refused, match="which is the same package"):
        edit_profile(f'[profile.release.package."{spec}"]\nopt-level = 1\n'.encode(), PACKAGES)


@pytest.mark.parametrize("spec", ["regex-automata", "my-regex@1.0.0", "*", "regexes@1.0.0"])
def test_edit_leaves_profiles_of_other_packages(spec: str) -> None:
    """A name that only looks alike is another package's."""
    edit = edit_profile(f'[profile.release.package."{spec}"]\nopt-level = 1\n'.encode(), PACKAGES)
    assert edit.changed


PACKAGE_SHAPES = {
    "nothing yet": "",
    "a section": '[profile.release]\nlto = "thin"\n',
    "sections of packages": (
        '[profile.release.package.regex]\nopt-level = 1 # mine\n[profile.release.package."*"]\nstrip = true\n'
    ),
    "inline": '[profile.release]\npackage = { "*" = { opt-level = 1 } }\n',
    "dotted": '[profile.release]\npackage."*".debug = 1\npackage.regex.opt-level = "z"\n',
    "other packages": "[profile.release.package.other]\nopt-level = 2\n\n[features]\n",
    "CRLF": "[profile.release]\r\nlto = true\r\n\r\n[features]\r\n",
}


@pytest.mark.parametrize("case", PACKAGE_SHAPES)
def test_edit_sets_what_is_for_some_packages_only_and_undo_takes_it_back(case: str) -> None:
    """The file is what it was plus our keys, twice is once, and beside a later edit of the user's only ours go."""
    before = PACKAGE_SHAPES[case].encode()
    after = edit_profile(before, PACKAGES).after
    release = tomllib.loads(after.decode())["profile"]["release"]
    assert release["lto"] in {"fat", True}
    assert (release["package"]["*"]["opt-level"], release["package"]["regex"]["opt-level"]) == ("s", 3)
    assert edit_profile(after, PACKAGES).after == after
    assert undo_profile(after, before, after) == before
    edited = after + b"\n[dependencies]\nnew = '1'\n"
    undone = undo_profile(edited, before, after)
    assert undone is not None
    expected = tomllib.loads(before.decode()) | {"dependencies": {"new": "1"}}
    assert tomllib.loads(undone.decode()) == expected


def test_edit_changes_only_what_differs() -> None:
    """Of five settings the three that are there already, in whatever spelling, are not touched."""
    text = "[profile.release]\nlto = true # slow\nopt-level = 'z'\n\nstrip = \"symbols\"\npanic = 'abort'\n"
    edit = edit_profile(text.encode(), FIVE)
    assert edit.after.decode() == text.replace("'z'", "3") + "codegen-units = 1\n"


def test_edit_names_the_file_in_its_diff() -> None:
    """The edit's name is the file's, for the diff."""
    assert edit_profile(b"", ONE, name="a/Cargo.toml").diff().startswith("--- a/a/Cargo.toml\n")


@pytest.mark.parametrize(
    "text", ["profile = 1", "[[profile]]\nrelease = 1", "profile.release = []", "[profile]\nrelease = 'x'"]
)
def test_edit_refuses_a_profile_that_is_no_table(text: str) -> None:
    """What cargo would not read either is refused, not overwritten."""
    with pytest.raises(Refused, match="which is not a table"):
        edit_profile(text.encode(), ONE)


@pytest.mark.parametrize("content", [b"a = ", b"\xff", b"\0", b"a = 1\rb = 1"])
def test_edit_refuses_what_it_cannot_read(content: bytes) -> None:
    """A file that is no TOML is refused with its name."""
    with pytest.raises(Refused, match=r"^burnish: Cargo\.toml"):
        edit_profile(content, ONE)


def test_edit_refuses_what_it_cannot_write() -> None:
    """A setting that tomlkit cannot write is refused, and the message says that nothing was touched."""
    with pytest.raises(Refused, match="cannot edit") as refused:
        edit_profile(b"", {"lto": object()})  # type: ignore[dict-item]
    assert refused.value.files == "untouched"


@pytest.mark.parametrize(
    ("key", "one", "other", "is_same"),
    [
        ("lto", True, "fat", True),
        ("lto", False, "off", False),  # false is thin-local, a third thing
        ("lto", True, "thin", False),
        ("strip", True, "symbols", True),
        ("strip", False, "none", True),
        ("strip", "debuginfo", "symbols", False),
        ("debug", True, 2, True),
        ("debug", 0, False, True),
        ("debug", "limited", 1, True),
        ("debug", 1, True, False),
        ("codegen-units", 1, True, False),
        ("opt-level", 3, "3", False),
        ("opt-level", "s", "s", True),
        ("panic", "abort", "unwind", False),
    ],
)
def test_same_setting_is_cargo_s_reading(key: str, one: object, other: object, *, is_same: bool) -> None:
    """Spellings are the same exactly where cargo 1.95 passes the same to rustc."""
    assert same_setting(key, one, other) is is_same
    assert same_setting(key, other, one) is is_same


BEFORE = "[dependencies]\na = '1'\n\n[profile.release]\nopt-level = 's' # small\npanic = 'unwind'\n\n[lib]\n"


def _undone(change: tuple[str, str], before: str = BEFORE) -> str | None:
    after = edit_profile(before.encode(), FIVE).after
    assert change[0] in after.decode()
    undone = undo_profile(after.decode().replace(*change).encode(), before.encode(), after)
    return None if undone is None else undone.decode()


def test_undo_keeps_a_dependency_that_was_added() -> None:
    """What the user added elsewhere survives, and our keys go as if they had never been."""
    change = ("a = '1'\n", "a = '1'\nb = '2' # new\n")
    assert _undone(change) == BEFORE.replace(*change)


def test_undo_keeps_a_third_value() -> None:
    """A key that the user set to something else since stays; the others get their old values in their old spelling."""
    assert _undone(('lto = "fat"', 'lto = "thin" # quicker')) == BEFORE.replace(
        "panic = 'unwind'\n", "panic = 'unwind'\nlto = \"thin\" # quicker\n"
    )


def test_undo_keeps_a_comment_behind_our_value() -> None:
    """A comment that the user wrote behind our line is not lost with it."""
    assert _undone(("codegen-units = 1", "codegen-units = 1 # slow!")) == BEFORE.replace(
        "panic = 'unwind'\n", "panic = 'unwind'\n# slow!\n"
    )


def test_undo_keeps_a_key_in_our_section() -> None:
    """A section that we added stays for the user's key in it, and keeps nothing of ours."""
    assert _undone(("strip = true", "strip = true\ndebug = 1"), "[lib]\n") == "[lib]\n\n[profile.release]\ndebug = 1\n"


def test_undo_keeps_a_comment_in_our_section() -> None:
    """A section that we added stays for the user's comment in it."""
    assert _undone(("lto", "# mine\nlto"), "[lib]\n") == "[lib]\n\n[profile.release]\n# mine\n"


def test_undo_removes_our_section_where_only_our_keys_changed_places() -> None:
    """A section that we added goes when nothing of the user's is in it, though its lines were moved."""
    assert _undone(('lto = "fat"\n', ""), "[lib]\n") == "[lib]\n"


def test_undo_keeps_an_empty_section_that_the_user_had() -> None:
    """A section that was empty before the edit is the user's, and is empty again."""
    before = "[profile.release]\n\n[lib]\n"
    assert _undone(('lto = "fat"\n', ""), before) == before


def test_undo_does_not_bring_back_what_the_user_removed() -> None:
    """A key of ours that the user took out stays out, also where it had another value before."""
    assert _undone(("opt-level = 3 # small\n", "")) == BEFORE.replace("opt-level = 's' # small\n", "")


def test_undo_survives_a_rewrite_of_the_section_as_dotted_keys() -> None:
    """The user turned our section into dotted keys: they go all the same."""
    now = b"profile.release.opt-level = 3\nprofile.release.lto = 'fat'\n[lib]\n"
    after = edit_profile(b"[lib]\n", FIVE).after
    assert undo_profile(now, b"[lib]\n", after) == b"[lib]\n"


def test_undo_survives_a_rewrite_of_the_section_as_inline_table() -> None:
    """The user turned our section into an inline table: our keys go, and theirs stay."""
    after = edit_profile(b"[lib]\n", FIVE).after
    now = b"profile = { release = { opt-level = 3, debug = 1, lto = 'fat' } }\n[lib]\n"
    assert undo_profile(now, b"[lib]\n", after) == b"profile = { release = { debug = 1 } }\n[lib]\n"
    now = b"profile = { dev = {}, release = { opt-level = 3 } }\n[lib]\n"
    assert undo_profile(now, b"[lib]\n", after) == b"profile = { dev = {} }\n[lib]\n"


def test_undo_keeps_package_overrides_that_the_user_had() -> None:
    """Our header goes from above sub-tables that were there before it."""
    before = '[profile.release.package."*"]\nopt-level = 2\n'
    change = ("\n[profile.release]\n", "# end\n\n[profile.release]\n")
    assert _undone(change, before) == before + "# end\n"


@pytest.mark.parametrize("now", [b"\xff", b"[profile", b"[profile.release]\n\0", b"a = 1\ra = 2"])
def test_undo_gives_up_on_what_it_cannot_read(now: bytes) -> None:
    """A file that is no TOML any more is for the user to repair."""
    assert undo_profile(now, b"", edit_profile(b"", ONE).after) is None


def test_undo_of_nothing_changes_nothing() -> None:
    """Where the edit changed no key, the user's file is as it should be."""
    assert undo_profile(b"[lib]\n", b"", b"") == b"[lib]\n"
