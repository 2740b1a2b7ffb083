"""The report: what one run found, did and judged. `report.json` is this, and every rendering is made of this.

Append-only: a field may be added, never renamed or removed, without a new `schema_version`. Units are in the names;
times are wall-clock seconds from spawn to reap unless a name says otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

SCHEMA_VERSION = 1

VerdictName = Literal["pass", "fail", "inconclusive", "not-applicable"]
SideName = Literal["baseline", "candidate"]
SIDES: tuple[SideName, ...] = ("baseline", "candidate")
Mode = Literal["native", "emulated", "link-only"]
ShippedKind = Literal["bin", "cdylib", "staticlib"]
CountedBy = Literal["kernel", "valgrind"]
Outcome = Literal[
    "kept", "rolled_back", "nothing_to_do", "refused", "unfinished", "tuned", "explained", "met", "not_met", "built"
]


class Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of the report: immutable, and strict about its keys."""


class Tool(Part, frozen=True, kw_only=True):
    """The program that wrote the report."""

    name: str = "burnish"
    version: str


class Run(Part, frozen=True, kw_only=True):
    """One run of it: `command` as typed, times in UTC (RFC 3339), and where the logs of the programs are."""

    id: str
    command: list[str]
    started: str
    ended: str | None = None


class Machine(Part, frozen=True, kw_only=True):
    """Where it ran."""

    system: str
    architecture: str
    cpu: str
    cores: int
    memory_bytes: int


class Toolchain(Part, frozen=True, kw_only=True):
    """What it ran with: the first lines of the programs' own versions.

    `programs` are those that another platform takes: linker, emulator and what they need.
    """

    rustc: str
    cargo: str
    host: str
    hyperfine: str | None = None
    programs: dict[str, str] = {}


class ProjectPart(Part, frozen=True, kw_only=True):
    """What was worked on. Paths in the report are relative to `root`."""

    root: str
    package: str | None
    version: str | None
    binary: str | None


class PlatformPart(Part, frozen=True, kw_only=True):
    """What it was built for."""

    name: str
    triple: str
    mode: Mode


class Setting(Part, frozen=True, kw_only=True):
    """One effective setting of the recipe: `where` is the file's section, `origin` who asked for it."""

    where: str
    key: str
    value: str
    reason: str
    origin: str


class RecipePart(Part, frozen=True, kw_only=True):
    """The recipe with its effective settings. `takes` names the concessions: what it takes from who runs the binary."""

    name: str
    settings: list[Setting]
    takes: list[str] = []


class Edit(Part, frozen=True, kw_only=True):
    """One file's change, as a unified diff."""

    path: str
    diff: str


class Linkage(Part, frozen=True, kw_only=True):
    """How a binary is linked, read from the file itself.

    `needed` are the shared libraries it names; `is_static`: no interpreter and no needed library; `is_stripped`: no
    symbol table; `is_pie`: can be loaded anywhere.

    What it demands: `versions` are, by library, the newest symbol version of each family (ELF) or the oldest compatible
    version (Mach-O); `system` is the oldest kernel or system, `cpu` the x86-64 level, empty where the file does not
    say; `libc` is "glibc", "musl" or empty. `defences` are what guards it, None where they were not read;
    `stack_protector` is None where the file cannot tell.
    """

    format: Literal["elf", "macho", "pe"]
    architecture: str
    interpreter: str | None
    needed: list[str]
    is_static: bool
    is_stripped: bool
    is_pie: bool
    versions: dict[str, list[str]] = {}
    system: str = ""
    cpu: str = ""
    libc: str = ""
    defences: list[str] | None = None
    stack_protector: bool | None = None


class Timing(Part, frozen=True, kw_only=True):
    """The start-up of one command: `raw` is rounds x runs of wall-clock seconds.

    `ci95_seconds` is the 95% t interval (low, high) over the rounds' means.
    """

    command: list[str]
    mean_seconds: float
    ci95_seconds: tuple[float, float]
    median_seconds: float
    runs: int
    rounds: int
    raw: list[list[float]]


class Floor(Part, frozen=True, kw_only=True):
    """The smallest process of this machine, timed in the same rounds; `kind` says what it is."""

    kind: str
    timing: Timing


class Estimate(Part, frozen=True, kw_only=True):
    """A mean over rounds with its 95% t interval (low, high), in the unit of the field that holds it."""

    mean: float
    ci95: tuple[float, float]


class Evidence(Part, frozen=True, kw_only=True):
    """What a start costs besides time, means over all runs; None where this machine does not tell.

    `peak_bytes` is the largest resident memory, the timer's own before it starts the program included. `page_faults`
    are those of a few starts beside the timed ones, each with those of starting any process.
    """

    user_seconds: float | None = None
    system_seconds: float | None = None
    peak_bytes: float | None = None
    instructions: float | None = None
    page_faults: float | None = None


class Startup(Part, frozen=True, kw_only=True):
    """The start-up of one side; `floor` was measured in the same rounds.

    `single_ci95_seconds` is the 95% t interval over the runs of the first round, one invocation of the timer.
    `above_floor_seconds` is the difference to the floor, `ratio_to_baseline` the candidate's, both over paired rounds.
    `looks` is how often the rounds could be looked at before more were taken: verdicts are made with intervals of
    confidence 1 - 0.05 / looks. `beside` is how many times of other binaries are judged with it, any of which could
    fail by chance: the end that fails is corrected for them. `measured` is 2 where a first measurement found the
    candidate slower, which is not held against it: this is the second one, made anew.
    """

    mean_seconds: float
    ci95_seconds: tuple[float, float]
    median_seconds: float
    runs: int
    rounds: int
    raw: list[list[float]]
    command: list[str]
    floor: Floor | None = None
    looks: int = 1
    beside: int = 0
    measured: int = 1
    single_ci95_seconds: tuple[float, float] | None = None
    above_floor_seconds: Estimate | None = None
    ratio_to_baseline: Estimate | None = None
    evidence: Evidence | None = None


PROCESS = "(process)"
"""The name of a suite's process as a test: of one without a result for each of its tests, or that fails with all."""


class Tests(Part, frozen=True, kw_only=True):
    """A test run: names as `suite::test`, each in one list. `retried`: failed at first, passed when run again.

    `hung` are those of the failed that were ended because they said nothing any more. `note` is what was odd about the
    run, or the end of what cargo said when it could not run the tests at all. `elsewhere` are those of the passed that
    failed in the folder where we build, and passed in the project's own. `only` are those that were run at all, where
    a candidate was first asked for the tests that another one had lost, and lost them again. `built` is whether all
    was built that `cargo test` builds.
    """

    command: list[str]
    passed: list[str]
    failed: list[str]
    ignored: list[str]
    retried: list[str] = []
    timed_out: bool = False
    seconds: float
    note: str = ""
    hung: list[str] = []
    elsewhere: list[str] = []
    only: list[str] = []
    built: bool = True


class Bench(Part, frozen=True, kw_only=True):
    """One Criterion bench: `attempts` are seconds per iteration, one for each process that ran it.

    Each is the median of Criterion's samples in that process. The same place on both sides is the same attempt.
    """

    id: str
    attempts: list[float]


class Benches(Part, frozen=True, kw_only=True):
    """All judged benches of one side, and those that are not judged, with the reason.

    `looks` are the numbers of attempts at which the benches were to be judged, as planned beforehand. `unread` are
    those of the not judged that run as `cargo bench` starts them, and gave no results to us.
    """

    measured: list[Bench]
    not_judged: dict[str, str] = {}
    looks: list[int] = []
    unread: list[str] = []


class Behaviour(Part, frozen=True, kw_only=True):
    """What one command gave: digests and the first characters of its two streams.

    `unstable` are those of `exit_status`, `stdout` and `stderr` that differ between runs of one and the same file.
    `noise` are those of them that differ from the baseline's only where runs or builds of the baseline differ, with
    what stands there; `unlike` are those unstable ones that differ in more.
    """

    args: list[str]
    exit_status: int
    stdout_sha256: str
    stderr_sha256: str
    stdout_head: str
    stderr_head: str
    timed_out: bool = False
    unstable: list[str] = []
    noise: dict[str, str] = {}
    unlike: list[str] = []


class Workload(Part, frozen=True, kw_only=True):
    """One workload on one side: a command with real input, timed as a whole.

    `times` are those of the command; None where it could not be timed, for the reason in `failure`: it ended otherwise
    than in the baseline. `printed` are the digests of what it printed in the rounds: several where runs differ.
    `max_seconds` is the project's own limit for it. `trained` says that this side was built by a profile of it, so that
    its time judges nothing.
    """

    name: str
    max_seconds: float | None = None
    times: Startup | None = None
    printed: list[str] = []
    failure: str = ""
    trained: bool = False


class Counted(Part, frozen=True, kw_only=True):
    """The instructions that one command executed in user space, run by run: the start-up's, or those of a workload.

    `by` is who counted them. Without `runs`, `failure` says why there is no count.
    """

    name: str
    by: CountedBy | None = None
    runs: list[int] = []
    failure: str = ""


class Unmet(Part, frozen=True, kw_only=True):
    """A setting of the recipe that rustc was not given for one package: what was asked for, and what it was given.

    `named` is the user's own setting for that package which says so, and was named before anything was written.
    """

    package: str
    key: str
    wanted: str
    found: str
    named: str = ""


class InForce(Part, frozen=True, kw_only=True):
    """What the command lines of rustc say of the recipe: how many settings were looked for, in how many packages.

    `unknown` says why nothing can be said, where the command lines could not be seen. `causes` are what the project's
    files, its configuration and the environment say otherwise than the recipe.
    """

    settings: int
    packages: int
    unmet: list[Unmet] = []
    unknown: str = ""
    causes: list[str] = []


class ArtifactPart(Part, frozen=True, kw_only=True):
    """A file that a build made of one target of a member: `kind` is the crate type that it is made for.

    `format` is read from the file, and so are `exports`: the names that a cdylib or dylib exports, and a staticlib
    defines, for others than Rust. Null where nothing is asked of them.
    """

    package: str
    target: str
    kind: Literal["bin", "cdylib", "dylib", "staticlib", "proc-macro", "rlib"]
    name: str
    format: Literal["elf", "macho", "pe", "archive", "other"]
    size_bytes: int
    exports: list[str] | None = None


class WorkspaceBuild(Part, frozen=True, kw_only=True):
    """One build of the whole workspace: by cargo's exit status, the end of what it said, and what it made.

    Where it failed, `artifacts` are all that can be made of the rest.
    """

    command: list[str]
    seconds: float
    built: bool
    error: str = ""
    artifacts: list[ArtifactPart] = []


class Side(Part, frozen=True, kw_only=True):
    """One build, baseline or candidate, and all that was measured of it.

    `built` is whether cargo's build command ended well, by its exit status. `artifact` is the file that was judged;
    `build_error` is the end of what cargo said when it could not build, `build_remark` what of the recipe may be why.
    `in_force` is of a build with a recipe. `artifacts` are all that the command made of the workspace's members;
    `workspace` and `debug` are the release and the dev build of all members, where they were
    made: the first where the command does not build them all, the other where a setting may reach it. `kind` is what
    the judged file is: the `startup` of a cdylib is how long it takes to load, and `behaviour` whether it can be.
    `unloaded` says why it was not loaded, empty where it was.
    """

    command: list[str]
    build_seconds: float
    built: bool = False
    build_error: str = ""
    artifact: str | None = None
    size_bytes: int | None = None
    sha256: str | None = None
    linkage: Linkage | None = None
    startup: Startup | None = None
    tests: Tests | None = None
    benches: Benches | None = None
    behaviour: list[Behaviour] = []
    in_force: InForce | None = None
    build_remark: str = ""
    artifacts: list[ArtifactPart] = []
    workspace: WorkspaceBuild | None = None
    debug: WorkspaceBuild | None = None
    workloads: list[Workload] = []
    instructions: list[Counted] = []
    kind: ShippedKind = "bin"
    unloaded: str = ""

    @property
    def startup_word(self) -> str:
        """Return what its start-up is called: a library's is its load time."""
        return "start-up" if self.kind == "bin" else "load time"


class Gate(Part, frozen=True, kw_only=True):
    """One judged criterion: the verdict, the number, the limit, their unit, and the reason in words."""

    name: str
    criterion: str
    verdict: VerdictName
    measured: float | None
    limit: float | None
    unit: str
    reason: str


class BinaryPart(Part, frozen=True, kw_only=True):
    """Another binary or shipped library that the same command makes, judged beside the first binary.

    It has both its sides, which hold what was seen of this file alone, and its own gates. `target` is what cargo calls
    it: a library has its file's name. `unstarted` says why it was not started, empty where it was.
    """

    name: str
    package: str
    target: str
    kind: ShippedKind = "bin"
    baseline: Side | None = None
    candidate: Side | None = None
    gates: list[Gate] = []
    unstarted: str = ""


class StartupWarning(Part, frozen=True, kw_only=True):
    """One thing to know about how the start-up was measured, and what to do about it."""

    kind: Literal[
        "no-floor",
        "floor-disturbed",
        "few-runs",
        "few-rounds",
        "slow-first-run",
        "outliers",
        "load",
        "steal",
        "governor",
        "emulation",
    ]
    text: str
    advice: str

    @property
    def sentence(self) -> str:
        """Return both as one line."""
        return f"{self.text}; {self.advice}"


class Trial(Part, frozen=True, kw_only=True):
    """One candidate of a search, built beside the project: `choices` as config/search.toml names them.

    `unusual` counts those that are more than a profile key. `takes` names the concessions that it needs, and `gives_up`
    says what they take from who runs the binary.
    `command` is what builds it, where `cargo build --release` alone does not.
    `failure` says why the candidate cannot be used, empty where it can; `gates` are those that a trial can judge.
    `startup_ratio` is the start-up as a ratio to the baseline's in the same rounds: the mean and its 95% interval.
    `lost_tests` are those that passed in the baseline and not with this candidate, where it was applied.
    `workload_ratio` is the geometric mean of its workloads' ratios to the baseline, and of the ends of their 95%
    intervals; None where they were not timed, and without those that it was `guided` by.
    `guided` tells in words what profile it was built by.
    """

    name: str
    choices: list[str]
    unusual: int
    settings: list[Setting]
    gives_up: list[str] = []
    takes: list[str] = []
    command: str = ""
    side: Side
    failure: str = ""
    gates: list[Gate] = []
    startup_ratio: tuple[float, float, float] | None = None
    lost_tests: list[str] = []
    workload_ratio: tuple[float, float, float] | None = None
    guided: str = ""


class Offer(Part, frozen=True, kw_only=True):
    """What it would buy to `accept` some concessions: the size with these `choices`, and the command that does it.

    `before_bytes` is the size without them: of the pick, or of the project as it is where nothing better was found.
    """

    accept: list[str]
    choices: list[str]
    size_bytes: int
    before_bytes: int
    command: str


class Tune(Part, frozen=True, kw_only=True):
    """A search for the best settings, around the recipe `base`: every trial, failed ones too, the best first.

    `frontier` names the trials that no other beats in size, start-up and build time, `pick` the best, None where none
    could be used. `shortfall` says by how much the nearest misses each limit that no trial meets, or why the smallest
    is not taken where the project meets them all as it is, `remedies` what would help. `stopped` says what ended the
    search before all was tried. `offers` are what concessions would buy, and `nothing_left` is whether nothing that is
    accepted is better than the project as it is.
    """

    base: str
    trials: list[Trial]
    frontier: list[str]
    pick: str | None
    shortfall: list[str] = []
    remedies: list[str] = []
    stopped: str = ""
    offers: list[Offer] = []
    nothing_left: bool = False


class Effect(Part, frozen=True, kw_only=True):
    """What one setting buys: `alone` is the project with it and nothing else, `without` the recipe without it.

    Bytes are differences: `alone_bytes` to the baseline, `without_bytes` to the recipe. Ratios of start-up likewise,
    each the mean and its 95% interval. None where there is no such build, for the reason in `note`.
    """

    setting: str
    alone_bytes: int | None = None
    alone_startup: tuple[float, float, float] | None = None
    without_bytes: int | None = None
    without_startup: tuple[float, float, float] | None = None
    note: str = ""


class Share(Part, frozen=True, kw_only=True):
    """A part of a whole: bytes of the file, or seconds of the start-up."""

    name: str
    amount: float


class Movement(Part, frozen=True, kw_only=True):
    """A crate or a function whose code grew or shrank, in bytes; 0 on the side where it is not."""

    name: str
    before_bytes: int
    after_bytes: int


class Explanation(Part, frozen=True, kw_only=True):
    """Where the bytes and the time go, and what each setting of the recipe does about them.

    `sections` sum up to the file. `crates` are of a build with symbols, which is another file: `crates_note` says what
    there is to say of it. `moved_crates` and `moved_functions` are those whose code changed most from the project as it
    is to the recipe, of two such builds. `startup` sums up to the mean start-up, whose parts were timed in the same
    rounds.
    """

    effects: list[Effect]
    size_bytes: int | None
    sections: list[Share]
    crates: list[Share] = []
    crates_note: str = ""
    moved_crates: list[Movement] = []
    moved_functions: list[Movement] = []
    startup: list[Share] = []
    max_size_bytes: int | None = None
    max_startup_seconds: float | None = None


class Reference(Part, frozen=True, kw_only=True):
    """What a check compared with: another commit, or an earlier report, by its `name` as it was typed.

    `commit` is the full hash, empty for a report, and `rustc` what built it. `lacking` says why there was nothing to
    compare with. `is_cached` is whether an earlier check had built it.
    """

    name: str
    commit: str = ""
    rustc: str = ""
    lacking: str = ""
    is_cached: bool = False


class DependencyChange(Part, frozen=True, kw_only=True):
    """A dependency whose versions in Cargo.lock changed: none `before` where it was added, none `after` where removed.

    A version of what is no registry's has its source beside it.
    """

    name: str
    before: list[str]
    after: list[str]


GrowthName = Literal["size", "startup", "workloads", "instructions"]


class AcceptedGrowth(Part, frozen=True, kw_only=True):
    """Growth that was accepted in burnish.lock.toml: of the size up to `level` bytes, of times up to that ratio."""

    name: GrowthName
    level: float
    reason: str
    commit: str = ""


class Check(Part, frozen=True, kw_only=True):
    """What a check found beside the verdicts: the project as it stands is the candidate, or alone the baseline.

    `kept` is the recipe that the files hold, empty where they hold none. `left_out` are the limits of the budget that
    were not judged, since they need a reference to compare with. Where there is one it is the baseline. `moved_crates`
    and `moved_functions` are those whose code changed most since, where the file grew, of two builds with symbols;
    `moved_note` says why there are none. `dependencies` are what changed in Cargo.lock. `beyond` are what grew by more
    than the budget allows, and `accepted` is the growth that was accepted since the reference.
    """

    kept: str = ""
    left_out: list[str] = []
    reference: Reference | None = None
    moved_crates: list[Movement] = []
    moved_functions: list[Movement] = []
    moved_note: str = ""
    dependencies: list[DependencyChange] = []
    beyond: list[GrowthName] = []
    accepted: list[AcceptedGrowth] = []


class HistoryPart(Part, frozen=True, kw_only=True):
    """What became of this run's record in the history: `store` says where that is, empty where none is kept.

    `why_not` says why nothing was written. `sizes` are those of the same binary at the commits that led here, bytes,
    the oldest first and this run's last.
    """

    store: str = ""
    recorded: bool = False
    commit: str = ""
    why_not: str = ""
    sizes: list[int] = []


class Price(Part, frozen=True, kw_only=True):
    """What was said beforehand that a run would cost, in `words`: the last that was said.

    `trials` are built at most, each in about `build_seconds`, as the final build is; `seconds` is all that was known of
    by then, and `is_whole` whether that is all there is to do. Null where nothing was known yet.
    """

    words: str
    trials: int
    build_seconds: float | None = None
    seconds: float | None = None
    is_whole: bool = False


RELEASE = "release"
"""The profile that is built where nobody names another."""


class SelectionPart(Part, frozen=True, kw_only=True):
    """What of the project was built, spelled as cargo spells it.

    `packages` are what cargo builds, the binary's among them; `bins` are the judged binaries. `target` is the triple.
    `toolchain` is what RUSTUP_TOOLCHAIN names, None where it is left to rustup. `config` is what was given to
    `--config`; `jobs` is None where cargo chooses.
    """

    packages: list[str]
    bins: list[str]
    features: list[str]
    all_features: bool
    no_default_features: bool
    profile: str
    target: str
    toolchain: str | None
    config: list[str]
    locked: bool
    offline: bool
    frozen: bool
    jobs: int | None


class Report(Part, frozen=True, kw_only=True):
    """One run, from its beginning to its outcome. Parts that it has not come to are null.

    `startup_warnings` stand in `warnings` too, as sentences.
    """

    schema_version: Literal[1] = 1
    tool: Tool
    run: Run
    machine: Machine
    toolchain: Toolchain
    project: ProjectPart
    platform: PlatformPart
    recipe: RecipePart
    settings: dict[str, str]
    edits: list[Edit] = []
    baseline: Side | None = None
    candidate: Side | None = None
    gates: list[Gate] = []
    warnings: list[str] = []
    outcome: Outcome = "unfinished"
    tune: Tune | None = None
    explanation: Explanation | None = None
    startup_warnings: list[StartupWarning] = []
    selection: SelectionPart | None = None
    check: Check | None = None
    binaries: list[BinaryPart] = []
    history: HistoryPart | None = None
    price: Price | None = None


# From the mildest to the worst.
SEVERITY: tuple[VerdictName, ...] = ("not-applicable", "pass", "inconclusive", "fail")


def overall(gates: Iterable[Gate]) -> VerdictName:
    """Return the worst verdict of the gates that apply; inconclusive when none does, since nothing was shown."""
    judged = [gate.verdict for gate in gates if gate.verdict != "not-applicable"]
    return max(judged, key=SEVERITY.index, default="inconclusive")
