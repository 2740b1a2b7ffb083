"""Generated projects: workspaces of random members, overrides, configurations, features and build scripts.

Every project is tiny and needs no registry. What is generated is a case like those of `data`, without an expectation of
its own: whatever burnish decides, the harness's property has to hold.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import msgspec
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.cases.case import Case, Same
from tests.cases.members import LIBRARIES, PROGRAM, members

TRIPLE = "x86_64-unknown-linux-gnu"
PROFILE_KEYS: dict[str, Sequence[str]] = {
    "opt-level": ("0", "1", "2", "3", '"s"', '"z"'),
    "lto": ('"off"', "false", "false", '"thin"', '"thin"', '"fat"', "true"),
    "codegen-units": ("1", "4", "16"),
    "strip": ('"none"', '"debuginfo"', '"symbols"', "true"),
    "debug": ("0", "1", '"line-tables-only"'),
    "incremental": ("true", "false"),
    "overflow-checks": ("true",),
    "panic": ('"abort"', '"unwind"'),
}
LIGHT_LTO = ('"off"', "false", '"thin"')
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
OPTIONS = ("--budget", "sound", "--package", PROGRAM, "--bin", PROGRAM, "--set", "search.offer_trials=1")
CONCESSIONS = ("speed", "unwinding", "fixed-address", "old-systems", "old-cpus", "name-services", "symbols")
TARGETS = (f'"{TRIPLE}"', f'["{TRIPLE}"]', '"host-tuple"')
CFGS = ("cfg(all())", "cfg(unix)", 'cfg(target_os = "linux")', 'cfg(all(target_arch = "x86_64", not(windows)))')


@st.composite
def tables(draw: st.DrawFn, keys: Mapping[str, Sequence[str]], *, least: int = 1) -> str:
    """Return the lines of a table with some of the keys."""
    chosen = draw(st.lists(st.sampled_from(sorted(keys)), min_size=least, max_size=3, unique=True))
    return "".join(f"{key} = {draw(st.sampled_from(keys[key]))}\n" for key in chosen)


@st.composite
def configurations(draw: st.DrawFn, packages: Sequence[str], target: str) -> str:
    """Return a cargo configuration with some tables; cargo joins a `target` only with one of the same shape."""
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
            "target": f"[build]\ntarget = {target}\n",
            "env": '[env]\nWORD = { value = "data", relative = true }\n',
        }[kind]
    # Two tables of one name are no TOML, and dotted keys are of the table above them.
    lines = re.findall(r"^\[build\]\n(.*\n)", text, re.MULTILINE)
    dotted = "".join(f"build.{line}" for line in lines)
    return dotted + re.sub(r"^\[build\]\n.*\n", "", text, flags=re.MULTILINE) if len(lines) > 1 else text


@st.composite
def recipes(draw: st.DrawFn) -> tuple[str, str]:
    """Return the name of a recipe, and its table where it is the project's own."""
    name = draw(st.sampled_from(("portable", "small", "phase1", "auto", "auto", *["own"] * 8)))
    if name != "own":
        return name, ""
    # Fat link-time optimisation of each program and test is most of what a project costs: seldom is enough.
    parent = draw(st.sampled_from(("", "", "phase1")))
    extends = f'extends = "{parent}"\n' if parent else ""
    lto = f"lto = {draw(st.sampled_from(LIGHT_LTO))}\n" if parent else ""
    flags = draw(st.lists(st.sampled_from(OWN_FLAGS), max_size=2, unique=True))
    table = extends + (f"rustflags = {flags!r}\n".replace("'", '"') if flags else "")
    table += draw(st.sampled_from(("", "own_target = true\n", "static = true\n")))
    recipe = "workspace.metadata.burnish.recipes.own"
    keys = {key: values for key, values in PROFILE_KEYS.items() if not (lto and key == "lto")}
    return name, f"[{recipe}]\n{table}[{recipe}.profile]\n{lto}{draw(tables(keys))}"


@st.composite
def profiles(draw: st.DrawFn, packages: Sequence[str]) -> str:
    """Return profiles of the workspace's manifest, and overrides of single packages, of all, and of build scripts."""
    text = ""
    for head, keys in (
        ("profile.release", PROFILE_KEYS),
        ('profile.release.package."*"', PACKAGE_KEYS),
        (f"profile.release.package.{draw(st.sampled_from(packages))}", PACKAGE_KEYS),
        ("profile.release.build-override", {"opt-level": ("0", "1")}),
        ("profile.dev", PROFILE_KEYS),
        ("profile.bench", {"debug": ("1",), "lto": ("false", '"thin"')}),
        ("profile.dist", {"debug": ("1",), "strip": ('"none"',)}),
    ):
        if draw(st.integers(0, 2)) == 0:
            inherits = 'inherits = "release"\n' if head == "profile.dist" else ""
            text += f"[{head}]\n{inherits}{draw(tables(keys))}"
    return text


@st.composite
def workspaces(draw: st.DrawFn, table: str) -> tuple[dict[str, str], list[str]]:
    """Return the files of a workspace, whose root may be the program's package, and the names of its members."""
    kinds = draw(st.lists(st.sampled_from((*LIBRARIES, "macro")), max_size=3))
    names = [f"{kind}_{number}" for number, kind in enumerate(kinds)]
    is_root = draw(st.booleans())
    files: dict[str, str] = {".gitignore": "target\n"}
    for number, name in enumerate((*names, PROGRAM)):
        files |= draw(members(name, names[:number], is_root=is_root and name == PROGRAM))
    default = draw(st.sampled_from(("", f'default-members = ["{"." if is_root else PROGRAM}"]\n')))
    listed = str(names if is_root else [*names, PROGRAM]).replace("'", '"')
    files["Cargo.toml"] = (
        f'[workspace]\nmembers = {listed}\n{default}resolver = "2"\n{files.get("Cargo.toml", "")}{table}'
    )
    files["Cargo.toml"] += draw(profiles((*names, PROGRAM)))
    return files, [*names, PROGRAM]


@st.composite
def projects(draw: st.DrawFn) -> Case:
    """Return a whole project, with the recipe that is tried on it."""
    recipe, table = draw(recipes())
    files, names = draw(workspaces(table))
    folders = ["", *(f"{name}/" for name in names if f"{name}/Cargo.toml" in files)]
    places = draw(st.lists(st.sampled_from(("project", "project", "above", "home", "env")), max_size=2))
    target = draw(st.sampled_from(TARGETS))
    configured = {place: draw(configurations(names, target)) for place in places if place != "env"}
    if "project" in configured:
        file = draw(st.sampled_from((".cargo/config.toml", ".cargo/config.toml", ".cargo/config")))
        files[draw(st.sampled_from(folders)) + file] = configured["project"]
    accepted = draw(st.lists(st.sampled_from(CONCESSIONS), max_size=2, unique=True)) if recipe == "auto" else []
    # Whoever names a recipe that aborts has given their word.
    may_abort = "panic" in table or "phase1" in (recipe + table) or "unwinding" in accepted
    return Case(
        kind="generated",
        files=files,
        above={".cargo/config.toml": configured["above"]} if "above" in configured else {},
        home={"config.toml": configured["home"]} if "home" in configured else {},
        env=draw(st.sampled_from(VARIABLES)) if "env" in places else {},
        folder=draw(st.sampled_from((".", *(folder for folder in folders if folder == f"{PROGRAM}/")))),
        tried=[["optimize", "--recipe", recipe, *OPTIONS, *(("--accept", ",".join(accepted)) if accepted else ())]],
        outcomes=["kept", "rolled_back", "nothing_to_do", "refused"],
        takes=accepted,
        same=[Same(command=[PROGRAM]), *([] if may_abort else [Same(command=[PROGRAM, "x"])])],
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
