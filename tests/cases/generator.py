"""Generated projects: workspaces of random members, overrides, configurations, features and build scripts.

Every project is tiny and needs no registry. What is generated is a case like those of `data`, without an expectation of
its own: whatever burnish decides, the harness's property has to hold.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.cases.case import Case, Same

TRIPLE = "x86_64-unknown-linux-gnu"
LIBRARIES = {
    "lib": ("lib",),
    "cdylib": ("cdylib",),
    "staticlib": ("staticlib",),
    "dylib": ("dylib",),
    "both": ("cdylib", "rlib"),
    "all": ("staticlib", "cdylib", "rlib"),
}
USABLE = {"lib", "both", "all", "proc-macro"}
PROFILE_KEYS: dict[str, Sequence[str]] = {
    "opt-level": ("0", "1", "2", "3", '"s"', '"z"'),
    "lto": ('"off"', "false", '"thin"', '"fat"', "true"),
    "codegen-units": ("1", "4", "16"),
    "strip": ('"none"', '"debuginfo"', '"symbols"', "true"),
    "debug": ("0", "1", '"line-tables-only"'),
    "incremental": ("true", "false"),
    "overflow-checks": ("true",),
}
PACKAGE_KEYS = {key: PROFILE_KEYS[key] for key in ("opt-level", "codegen-units", "debug", "overflow-checks")}
FLAGS = (
    ("--cfg", "extra"),
    ("-C", "target-cpu=x86-64-v2"),
    ("-C", "force-frame-pointers=yes"),
    ("-C", "relocation-model=pic"),
    ("-C", "target-feature=-crt-static"),
    ("-C", "target-feature=+sse3"),
)
OWN_FLAGS = (
    "-C relocation-model=static",
    "-C target-cpu=x86-64-v3",
    "-C link-arg=-Wl,-z,noseparate-code",
    "-C prefer-dynamic=no",
    "-C target-feature=+crt-static",
    "--cfg tuned",
)
TARGETS = (f'"{TRIPLE}"', f'["{TRIPLE}"]', '"host-tuple"')
CFGS = ("cfg(all())", "cfg(unix)", 'cfg(target_os = "linux")', 'cfg(all(target_arch = "x86_64", not(windows)))')


@st.composite
def tables(draw: st.DrawFn, keys: Mapping[str, Sequence[str]], *, least: int = 1) -> str:
    """Return the lines of a table with some of the keys."""
    chosen = draw(st.lists(st.sampled_from(sorted(keys)), min_size=least, max_size=3, unique=True))
    return "".join(f"{key} = {draw(st.sampled_from(keys[key]))}\n" for key in chosen)


@st.composite
def members(draw: st.DrawFn, name: str, usable: Sequence[str]) -> dict[str, str]:
    """Return the files of one member: what it is, is decided by the first letters of its name."""
    kind = name.split("_", maxsplit=1)[0]
    macros = {other for other in usable if other.startswith("macro")}
    uses = draw(st.lists(st.sampled_from(usable), max_size=2, unique=True)) if usable else []
    manifest = f'[package]\nname = "{name}"\nversion = "0.1.0"\nedition = "{draw(st.sampled_from(("2021", "2024")))}"\n'
    files = {}
    if kind == "macro":
        manifest += "[lib]\nproc-macro = true\n"
        made = '    "1u8".parse().unwrap()\n'
        signature = "pub fn value(_: proc_macro::TokenStream) -> proc_macro::TokenStream"
        files["src/lib.rs"] = f"#[proc_macro]\n{signature} {{\n{made}}}\n"
    elif kind != "app":
        manifest += f"[lib]\ncrate-type = {list(LIBRARIES[kind])!r}\n".replace("'", '"')
        files["src/lib.rs"] = draw(sources(name, [use for use in uses if use not in macros]))
    else:
        files |= draw(programs(name, uses))
    if draw(st.booleans()):
        manifest += '[features]\ndefault = ["loud"]\nloud = []\n'
    if kind != "macro" and (script := draw(st.sampled_from(("", "", "cfg", "out", "always")))):
        files |= {"build.rs": SCRIPTS[script]}
    table = draw(st.sampled_from(("dependencies", "target.'cfg(unix)'.dependencies")))
    lines = "".join(f'{use} = {{ path = "../{use}" }}\n' for use in uses if kind != "macro")
    manifest += f"[{table}]\n{lines}" if lines else ""
    return {f"{name}/{path}": text for path, text in {**files, "Cargo.toml": manifest}.items()}


SCRIPTS = {
    "cfg": 'fn main() { println!("cargo:rustc-cfg=made\\ncargo:rustc-check-cfg=cfg(made)"); }\n',
    "out": 'fn main() { println!("cargo:rerun-if-changed=build.rs\\ncargo:rustc-env=MADE={}", '
    'std::env::var("OUT_DIR").unwrap()); }\n',
    "always": 'fn main() { println!("cargo:rerun-if-changed=/no/such/file"); }\n',
}


@st.composite
def sources(draw: st.DrawFn, name: str, uses: Sequence[str]) -> str:
    """Return a library: a function for others, a test of it, and perhaps one that wants its own name in a backtrace."""
    sum_of = " + ".join(["1", *(f"{use}::value_of_{use}()" for use in uses)])
    text = f'#[unsafe(no_mangle)]\npub extern "C" fn value_of_{name}() -> u32 {{ std::hint::black_box({sum_of}) }}\n'
    caught = f"std::panic::catch_unwind(|| value_of_{name}()).is_ok()" if draw(st.booleans()) else "true"
    return text + f"#[test]\nfn has_its_value() {{ assert!({caught}); assert!(value_of_{name}() > 0); }}\n"


@st.composite
def programs(draw: st.DrawFn, name: str, uses: Sequence[str]) -> dict[str, str]:
    """Return a program that prints what it uses, and a test that starts it."""
    values = [f"{use}::value!()" if use.startswith("macro") else f"{use}::value_of_{use}()" for use in uses]
    body = "".join(f'    print!("{{}} ", {value});\n' for value in values)
    thread = 'assert!(std::thread::spawn(|| panic!("bad")).join().is_err())'
    panics = f"    if std::env::args().count() > 1 {{ {thread}; }}\n" if draw(st.booleans()) else ""
    opened = f'concat!(env!("CARGO_MANIFEST_DIR"), "/../target/release/{name}")'
    where = draw(st.sampled_from((f'env!("CARGO_BIN_EXE_{name}")', f'env!("CARGO_BIN_EXE_{name}")', opened)))
    test = f"    let path = {where};\n"
    test += "    assert!(std::process::Command::new(path).output().unwrap().status.success());\n"
    return {
        "src/main.rs": f'fn main() {{\n{panics}{body}    println!("{name}");\n}}\n',
        "tests/cli.rs": f"#[test]\nfn starts() {{\n{test}}}\n",
    }


@st.composite
def configurations(draw: st.DrawFn, packages: Sequence[str]) -> str:
    """Return a cargo configuration with some tables."""
    text = ""
    kinds = ("triple", "cfg", "build", "profile", "package", "target", "env")
    for kind in draw(st.lists(st.sampled_from(kinds), min_size=1, max_size=3, unique=True)):
        flags = list(draw(st.sampled_from(FLAGS)))
        written = str(flags).replace("'", '"')
        text += {
            "triple": f"[target.{TRIPLE}]\nrustflags = {written}\n",
            "cfg": f"[target.'{draw(st.sampled_from(CFGS))}']\nrustflags = {written}\n",
            "build": f"[build]\nrustflags = {written}\n",
            "profile": "[profile.release]\n" + draw(tables(PROFILE_KEYS)),
            "package": f"[profile.release.package.{draw(st.sampled_from(packages))}]\n" + draw(tables(PACKAGE_KEYS)),
            "target": f"[build]\ntarget = {draw(st.sampled_from(TARGETS))}\n",
            "env": '[env]\nWORD = { value = "data", relative = true }\n',
        }[kind]
    # Two tables of one name are no TOML.
    return text.replace("[build]\nrustflags", "build.rustflags", 1) if text.count("[build]") > 1 else text


@st.composite
def recipes(draw: st.DrawFn) -> tuple[str, str]:
    """Return the name of a recipe, and its table where it is the project's own."""
    name = draw(st.sampled_from(("portable", "small", "phase1", "auto", "own", "own", "own")))
    if name != "own":
        return name, ""
    flags = draw(st.lists(st.sampled_from(OWN_FLAGS), max_size=2, unique=True))
    keys = draw(tables({**PROFILE_KEYS, "panic": ('"abort"', '"unwind"')}))
    table = f"rustflags = {flags!r}\n".replace("'", '"') if flags else ""
    table += draw(st.sampled_from(("", "own_target = true\n", "static = true\n")))
    recipe = "workspace.metadata.burnish.recipes.own"
    return name, f"[{recipe}]\n{table}[{recipe}.profile]\n{keys}"


@st.composite
def projects(draw: st.DrawFn) -> Case:
    """Return a whole project, with the recipe that is tried on it."""
    kinds = draw(st.lists(st.sampled_from((*LIBRARIES, "macro")), max_size=3))
    names = [f"{kind}_{number}" for number, kind in enumerate(kinds)]
    files: dict[str, str] = {}
    for number, name in enumerate((*names, "app")):
        files |= draw(members(name, [one for one in names[:number] if one.split("_")[0] in {*USABLE, "macro"}]))
    recipe, table = draw(recipes())
    default = draw(st.sampled_from(("", 'default-members = ["app"]\n')))
    listed = str([*names, "app"]).replace("'", '"')
    files["Cargo.toml"] = f'[workspace]\nmembers = {listed}\n{default}resolver = "2"\n{table}'
    for head, keys in (
        ("profile.release", PROFILE_KEYS),
        ('profile.release.package."*"', PACKAGE_KEYS),
        (f"profile.release.package.{draw(st.sampled_from((*names, 'app')))}", PACKAGE_KEYS),
        ("profile.release.build-override", {"opt-level": ("0", "1")}),
        ("profile.dist", {"debug": ("1",), "strip": ('"none"',)}),
    ):
        if draw(st.integers(0, 2)) == 0:
            inherits = 'inherits = "release"\n' if head == "profile.dist" else ""
            files["Cargo.toml"] += f"[{head}]\n{inherits}{draw(tables(keys))}"
    places = draw(st.lists(st.sampled_from(("root", "app", "above", "home", "env")), max_size=2, unique=True))
    configured = {place: draw(configurations((*names, "app"))) for place in places if place != "env"}
    files |= {".cargo/config.toml": configured["root"]} if "root" in configured else {}
    files |= {"app/.cargo/config.toml": configured["app"]} if "app" in configured else {}
    return Case(
        kind="generated",
        files={**files, ".gitignore": "target\n"},
        above={".cargo/config.toml": configured["above"]} if "above" in configured else {},
        home={"config.toml": configured["home"]} if "home" in configured else {},
        env=draw(st.sampled_from(VARIABLES)) if "env" in places else {},
        folder=draw(st.sampled_from((".", "app"))),
        tried=[["optimize", "--recipe", recipe, "--budget", "sound", "--package", "app"]],
        outcomes=["kept", "rolled_back", "nothing_to_do", "refused"],
        # Whoever names a recipe that aborts has given their word.
        same=[Same(command=["app"]), *([] if "abort" in table or recipe == "phase1" else [Same(command=["app", "x"])])],
    )


VARIABLES: tuple[dict[str, str], ...] = (
    {"CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_RUSTFLAGS": "-C target-cpu=x86-64-v2"},
    {"CARGO_PROFILE_RELEASE_OPT_LEVEL": "1"},
    {"CARGO_PROFILE_RELEASE_STRIP": "none", "CARGO_PROFILE_RELEASE_LTO": "off"},
    {"CARGO_BUILD_TARGET": TRIPLE},
    {"RUSTFLAGS": "--cfg ci"},
)


def generate(number: int) -> Case:
    """Return the project of a number, the same each time."""
    found: list[Case] = []

    @seed(number)
    @settings(
        max_examples=4,
        phases=[Phase.generate],
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(projects())
    def take(case: Case) -> None:
        found.append(case)

    take()
    return found[-1]


def as_text(case: Case) -> str:
    """Return a case to be read, and to be tried again."""
    return msgspec.json.format(msgspec.json.encode(case), indent=1).decode()
