"""Members of generated workspaces: a library of some crate type, a proc macro, or the program, and what is theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hypothesis import strategies as st

LIBRARIES = {
    "lib": ("lib",),
    "rlib": ("rlib",),
    "cdylib": ("cdylib",),
    "staticlib": ("staticlib",),
    "dylib": ("dylib",),
    "duo": ("dylib", "rlib"),
    "both": ("cdylib", "rlib"),
    "all": ("staticlib", "cdylib", "rlib"),
}
# The dependants of a library that is a dylib and nothing else start only where cargo starts them.
USABLE = {"lib", "rlib", "duo", "both", "all", "macro"}
PROGRAM = "app"
FEATURES = '[features]\ndefault = ["loud"]\nloud = []\n'
TABLES = ("dependencies", "dependencies", "target.'cfg(unix)'.dependencies")
SCRIPTS = {
    "cfg": 'fn main() { println!("cargo:rustc-cfg=made\\ncargo:rustc-check-cfg=cfg(made)"); }\n',
    "out": 'fn main() { println!("cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=MADE={}", '
    'std::env::var("OUT_DIR").unwrap()); }\n',
    "always": 'fn main() { println!("cargo:rerun-if-changed=/no/such/file"); }\n',
    "link": 'fn main() { println!("cargo:rustc-link-arg=-Wl,-z,now"); }\n',
    "level": 'fn main() { println!("cargo:rustc-env=LEVEL={}", std::env::var("OPT_LEVEL").unwrap()); }\n',
}
# What else a program's package may make: files, and lines of its manifest.
EXTRAS: Mapping[str, tuple[Mapping[str, str], str]] = {
    "second": ({"src/bin/second.rs": 'fn main() { println!("second"); }\n'}, ""),
    "shown": ({"examples/shown.rs": 'fn main() { println!("shown"); }\n'}, ""),
    "offered": (
        {"examples/offered.rs": '#[unsafe(no_mangle)]\npub extern "C" fn offered() -> u8 { 1 }\n'},
        '[[example]]\nname = "offered"\ncrate-type = ["cdylib"]\n',
    ),
    "timed": ({"benches/timed.rs": "fn main() {}\n"}, '[[bench]]\nname = "timed"\nharness = false\n'),
    "own": (
        {"tests/own.rs": 'fn main() { println!("all is well"); }\n'},
        '[[test]]\nname = "own"\nharness = false\n',
    ),
}


@dataclass(frozen=True, kw_only=True)
class Member:
    """One member: what it is, is decided by the first letters of its name.

    `uses` are those that it depends on, `shared` the shared libraries that a test of it may look for.
    """

    name: str
    uses: Sequence[str]
    script: str
    has_features: bool
    is_root: bool = False
    shared: Sequence[str] = ()

    @property
    def kind(self) -> str:
        """Return the first letters."""
        return kind_of(self.name)

    def to(self, other: str) -> str:
        """Return the path to another member's folder."""
        return other if self.is_root else f"../{other}"

    @property
    def values(self) -> list[str]:
        """Return an expression for each thing that it uses, and for its own feature."""
        loud = ['u32::from(cfg!(feature = "loud"))'] if self.has_features else []
        return [*loud, *(f"{use}::value!()" if kind_of(use) == "macro" else call(use) for use in self.uses)]


def kind_of(name: str) -> str:
    """Return what a member of a name is."""
    return name.partition("_")[0]


def call(library: str) -> str:
    """Return the call of a library's function."""
    return f"{library}::value_of_{library}()"


@st.composite
def members(draw: st.DrawFn, name: str, others: Sequence[str], *, is_root: bool = False) -> dict[str, str]:
    """Return the files of one member, by their paths in the workspace; `others` are the members before it."""
    usable = [other for other in others if kind_of(other) in USABLE]
    libraries = [other for other in usable if kind_of(other) != "macro"]
    member = Member(
        name=name,
        uses=draw(st.lists(st.sampled_from(usable), max_size=2, unique=True)) if usable else [],
        script=draw(st.sampled_from(("", "", *SCRIPTS, *(("uses",) if libraries else ())))),
        has_features=draw(st.booleans()),
        is_root=is_root,
        shared=[other for other in others if kind_of(other) in SHARED],
    )
    manifest = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "{draw(st.sampled_from(("2021", "2024")))}"\n'
    manifest += FEATURES if member.has_features else ""
    if member.kind == "macro":
        files = {"src/lib.rs": MACRO}
        manifest += "[lib]\nproc-macro = true\n"
    else:
        files, lines = draw(programs(member) if member.kind == PROGRAM else libraries_of(member))
        manifest += lines + draw(dependencies(member))
        if member.script == "uses":
            used = draw(st.sampled_from(libraries))
            files["build.rs"] = f'fn main() {{ println!("cargo:rustc-env=USED={{}}", {call(used)}); }}\n'
            manifest += f'[build-dependencies]\n{used} = {{ path = "{member.to(used)}" }}\n'
        elif member.script:
            files["build.rs"] = SCRIPTS[member.script]
    folder = "" if is_root else f"{name}/"
    return {f"{folder}{path}": text for path, text in {**files, "Cargo.toml": manifest}.items()}


# The kinds of which a file for others lies beside the program, once all members are built.
SHARED = {"cdylib", "dylib", "duo", "both", "all"}
MACRO = """\
#[proc_macro]
pub fn value(_: proc_macro::TokenStream) -> proc_macro::TokenStream {
    "1u32".parse().unwrap()
}
"""


@st.composite
def dependencies(draw: st.DrawFn, member: Member) -> str:
    """Return the tables of what a member uses, with its default features or without them."""
    if not member.uses:
        return ""
    bare = ", default-features = false"
    lines = [f'{use} = {{ path = "{member.to(use)}"{draw(st.sampled_from(("", bare)))} }}' for use in member.uses]
    return f"[{draw(st.sampled_from(TABLES))}]\n" + "\n".join(lines) + "\n"


@st.composite
def libraries_of(draw: st.DrawFn, member: Member) -> tuple[dict[str, str], str]:
    """Return a library: a function for others, documented or not, and a test of it that may catch a panic."""
    name = member.name
    manifest = f"[lib]\ncrate-type = {list(LIBRARIES[member.kind])!r}\n".replace("'", '"')
    documented = member.kind in {"lib", "rlib"} and draw(st.booleans())
    text = f"/// ```\n/// assert!({call(name)} > 0);\n/// ```\n" if documented else ""
    value = f"std::hint::black_box({' + '.join(['1', *member.values])})"
    text += f'#[unsafe(no_mangle)]\npub extern "C" fn value_of_{name}() -> u32 {{ {value} }}\n'
    caught = f"std::panic::catch_unwind(|| value_of_{name}()).is_ok()" if draw(st.booleans()) else "true"
    text += f"#[test]\nfn has_its_value() {{ assert!({caught}); assert!(value_of_{name}() > 0); }}\n"
    return {"src/lib.rs": text}, manifest


@st.composite
def programs(draw: st.DrawFn, member: Member) -> tuple[dict[str, str], str]:
    """Return a program that prints what it uses, a test that starts it, and what else its package makes."""
    name = member.name
    values = [*member.values, *(['env!("LEVEL")'] if member.script == "level" else [])]
    body = "".join(f'    print!("{{}} ", {value});\n' for value in values)
    thread = 'assert!(std::thread::spawn(|| panic!("bad")).join().is_err())'
    panics = f"    if std::env::args().count() > 1 {{ {thread}; }}\n" if draw(st.booleans()) else ""
    folder = f'env!("CARGO_MANIFEST_DIR"), "/{member.to("target")}/release/'
    opened = f'concat!({folder}{name}")'
    beside = f'std::env::current_exe().unwrap().parent().unwrap().parent().unwrap().join("{name}")'
    given = f'env!("CARGO_BIN_EXE_{name}")'
    test = f"    let path = {draw(st.sampled_from((given, opened, beside)))};\n"
    test += "    assert!(std::process::Command::new(path).output().unwrap().status.success());\n"
    looks_for_library = draw(st.booleans())
    if member.shared and looks_for_library:
        library = f"lib{draw(st.sampled_from(member.shared))}.so"
        near = f'std::path::Path::new({given}).with_file_name("{library}")'
        far = f'std::path::Path::new(concat!({folder}{library}"))'
        test += f"    assert!({draw(st.sampled_from((near, far)))}.exists());\n"
    files = {
        "src/main.rs": f'fn main() {{\n{panics}{body}    println!("{name}");\n}}\n',
        "tests/cli.rs": f"#[test]\nfn starts() {{\n{test}}}\n",
    }
    manifest = ""
    for extra in draw(st.lists(st.sampled_from(sorted(EXTRAS)), max_size=2, unique=True)):
        more, lines = EXTRAS[extra]
        files |= more
        manifest += lines
    return files, manifest
