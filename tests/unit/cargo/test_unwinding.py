from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.cargo.rust_code import without_texts
from burnish.cargo.unwinding import Reliance, find_reliance

CATCHES = "let _ = std::panic::catch_unwind(f);"
JOIN = "join() with its error handled"
JOINS = "JoinHandle::join as a function"
DROPPED = "spawn() with its handle dropped"
LEFT = "spawn() whose panics no join passes on"
TASK = "spawn() of a task"
SERVER = "a server that outlives a handler's panic"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        (CATCHES, "catch_unwind"),
        ("use std::panic::{self, catch_unwind};", "catch_unwind"),
        ("std::panic::resume_unwind(payload)", "resume_unwind"),
        ("future.catch_unwind().await", "catch_unwind"),
        ("std::panic::set_hook(Box::new(|_| {}));", "set_hook"),
        ("use std::panic::{self, set_hook};", "set_hook"),
        ("if let Err(error) = handle.join() {}", JOIN),
        ("match handle . join ( ) {}", JOIN),
        ("let _ = handle.join();", JOIN),
        ("handle.join().unwrap_or_default()", JOIN),
        ("handle.join()?;", JOIN),
        ("handles.into_iter().map(JoinHandle::join)", JOINS),
        ("handles.into_iter().map(std::thread::JoinHandle::<u8>::join)", JOINS),
        ("if thread::panicking() {}", "panicking"),
        ("Err(e) if e.is_panic() => {}", "is_panic"),
        ("std::panic::resume_unwind(e.into_panic())", "resume_unwind"),
        ("let p = e.try_into_panic();", "try_into_panic"),
        ("fn g(e: tokio::task::JoinError) {}", "JoinError"),
        ("use std::panic::catch_unwind as guarded;", "catch_unwind"),
        ("let _ = p::catch_unwind(f);", "catch_unwind"),
        ("panic::catch_unwind_silent(f)", "catch_unwind_silent"),
        ("let f = std::panic::AssertUnwindSafe(f);", "AssertUnwindSafe"),
        ("router.layer(CatchPanicLayer::new())", "CatchPanicLayer"),
        ("scopeguard::defer_on_unwind! { f() }", "defer_on_unwind"),
        ("p::set_hook(Box::new(|_| {}));", "set_hook"),
        ("panic::set_hook(Box::new(|i| { log(i) }));", "set_hook"),
        ("panic::set_hook(Box::new(|i| { if fatal(i) { exit(1) } }));", "set_hook"),
        ("panic::set_hook(Box::new(|i| { if small(i) { return; } exit(1) }));", "set_hook"),
        ("panic::set_hook(Box::new(|i| if fatal(i) { exit(1) }));", "set_hook"),
        ("panic::set_hook(Box::new(|i| { task.abort(); }));", "set_hook"),
        ("thread::spawn(move || answer(&line, tx));", DROPPED),
        ("let _ = std::thread::spawn(f);", DROPPED),
        ("let _unused = thread::spawn(f);", DROPPED),
        ("drop(std::thread::spawn(f));", DROPPED),
        ("spawn(|| { g(); });", DROPPED),
        ("thread::Builder::new().name(n).spawn(move || g())?;", DROPPED),
        ("thread::Builder::new().spawn(g).expect(e);", DROPPED),
        ("s.spawn(|| g());", DROPPED),
        ("for x in y { thread::spawn(g); }", DROPPED),
        ("let h = thread::spawn(g);", LEFT),
        ("handles.push(thread::spawn(g));", LEFT),
        ("tokio::spawn(serve(socket));", TASK),
        ("let h = tokio::spawn(async move { g().await });", TASK),
        ("task::spawn_blocking(g).await", TASK),
        ("rayon::spawn(g);", TASK),
        ("runtime.spawn(async { g() });", TASK),
        ("parts.map(tokio::spawn)", "spawn as a function"),
        ("use tokio::task::spawn as go;", "spawn under another name"),
        ("axum::serve(listener, app).await", SERVER),
        ("HttpServer::new(app)", SERVER),
        ("#[pyfunction]", "a function whose panic another language gets as an error"),
    ],
)
def test_find_reliance_of_each_kind(code: str, what: str) -> None:
    """Whatever lets a program outlive a panic is found, under whatever name, and on its line."""
    assert find_reliance(f"fn f() {{\n    {code}\n}}\n")[0] == Reliance(line=2, what=what)


@pytest.mark.parametrize(
    "code",
    [
        "handle.join().unwrap();",
        'handle.join()\n    .expect("it lives");',
        'path.join("x"); words.join(", "); a.join(b);',
        "miette::set_hook(Box::new(f));",
        "fn my_catch_unwinding() {}",
        "impl UnwindSafe for S {}\nimpl RefUnwindSafe for S {}",
        "fn g<F: FnOnce() + UnwindSafe>(f: F) {}",
        "let h = thread::spawn(g);\nh.join().unwrap();",
        "let h = thread::Builder::new().spawn(g)?;\nh.join().expect(e);",
        "hs.push(thread::spawn(g));\nfor h in hs { h.join().unwrap(); }",
        "use std::thread::spawn;",
        "Command::new(n).spawn()?;",
        "Command::spawn(&mut c);",
        "cs.iter_mut().map(Command::spawn)",
        "commands.spawn((Camera2d, Transform::default()));",
        "commands.spawn(Camera2d);",
        "Enemy::spawn(world);",
        "fn spawn(n: u8) {}",
        "app.set_hook(g);",
        "fn set_hook(n: u8) {}",
        "panic::set_hook(Box::new(|_| std::process::exit(1)));",
        "panic::set_hook(Box::new(move |i| { if loud { old(i) } process::abort(); }));",
        "// catch_unwind",
        "/// ```\n/// std::panic::catch_unwind(f);\n/// ```",
        "/* outer /* inner */ catch_unwind */",
        "/* never closed catch_unwind",
        '"catch_unwind"; b"catch_unwind"; c"\\"catch_unwind";',
        'r"\\"; r#"" catch_unwind "#; br##""# catch_unwind"##;',
        '"over\n two lines catch_unwind"',
        "#[cfg(test)]\nmod tests { fn f() { {} catch_unwind(g) } }",
        '#[test]\n#[should_panic(expected = "}")]\nfn f() { catch_unwind(g) }',
        "#[cfg(test)] use std::panic::catch_unwind;",
    ],
)
def test_find_reliance_leaves_alone_what_is_none(code: str) -> None:
    """Joins that pass a panic on, other functions, comments, texts and what only tests have are no reliance."""
    assert find_reliance(code) == []


@pytest.mark.parametrize(
    "before",
    [
        "fn f<'a>(x: &'a str) -> char { '\"' }",
        r"let c = '\''; let d = '\\'; let e = '\u{22}'; let f = b'\"';",
        "/* /* */ */",
        'let s = "//"; let t = "/*";',
        'let s = r#"\\"#;',
        "#[cfg(test)]\nmod tests;",
        "struct S {\n    #[cfg(test)]\n    calls: u8,\n    other: u8,\n}",
        "struct S {\n    #[cfg(test)]\n    calls: u8\n}",
        '#[cfg(test)]\nmod tests { const S: &str = "}"; }',
    ],
)
def test_find_reliance_behind_what_looks_like_a_text(before: str) -> None:
    """Lifetimes, quoted quotes and comment marks in texts hide nothing that follows."""
    line = before.count("\n") + 2
    assert find_reliance(f"{before}\n{CATCHES}") == [Reliance(line=line, what="catch_unwind")]


TEXT = st.text(alphabet=st.sampled_from("ab \n*/\"'#r\\{}"), max_size=12)
COMMENT = st.recursive(
    TEXT.map(lambda text: text.replace("/", "").replace("*", "")),
    lambda inner: inner.map(lambda text: f"/*{text}*/"),
    max_leaves=4,
).map(lambda text: f"/*{text} catch_unwind*/")
RAW = st.tuples(TEXT, st.integers(1, 3)).map(
    lambda pair: f'r{"#" * 4}"{pair[0]}"{"#" * pair[1]} catch_unwind"{"#" * 4}'
)
QUOTED = TEXT.map(lambda text: '"' + text.replace("\\", "\\\\").replace('"', '\\"') + ' catch_unwind"')
LINE = TEXT.map(lambda text: "//" + text.replace("\n", "") + " catch_unwind\n")
CODE = st.sampled_from(["let x = 1;", "fn f<'a>() {}", "'\"'", "'a'", "x / y * z", "b'\\''", "\n"])


@given(st.lists(st.one_of(COMMENT, RAW, QUOTED, LINE, CODE), max_size=8))
def test_find_reliance_in_any_mix(parts: list[str]) -> None:
    """Whatever stands in comments and texts, in any order: only the call behind them all is found, on its own line."""
    before = " ".join(parts)
    assert find_reliance(f"{before}\n{CATCHES}") == [Reliance(line=before.count("\n") + 2, what="catch_unwind")]


@given(st.text(alphabet=st.sampled_from("ab \n*/\"'#r\\{}[]();"), max_size=80))
def test_without_texts_of_anything_keeps_every_place(source: str) -> None:
    """Broken code is read too, and no character moves."""
    code = without_texts(source)
    assert len(code) == len(source)
    assert [place for place, mark in enumerate(code) if mark == "\n"] == [
        place for place, mark in enumerate(source) if mark == "\n"
    ]
    find_reliance(f"{source} join")


@pytest.mark.parametrize(
    "unit",
    [
        "spawn(", "spawn(f);", ".join()", ".join().unwrap()spawn(", "set_hook(", "set_hook(|_|{exit(1)});",
        "JoinHandle ", "JoinHandle::<", "#[test]x;", "#[cfg(test)]{", "catch_unwind ", "/*", "# ", "r#", ". ",
        "((((", "drop(", "x::spawn(a){", " ", "\n",
    ],
)  # fmt: skip
def test_find_reliance_of_a_hostile_file_takes_no_longer_for_each_byte(unit: str) -> None:
    """Twice the file takes about twice the time: no shape is looked at again for each place of it."""

    def seconds(size_bytes: int) -> float:
        source = "join spawn " + unit * (size_bytes // len(unit))
        begin = time.process_time()
        find_reliance(source)
        return time.process_time() - begin

    assert seconds(800_000) < 8 * (seconds(200_000) + 0.1)


def test_find_reliance_in_a_file_with_too_many_places() -> None:
    """What is not looked at any more is not taken for harmless."""
    found = find_reliance("let h = thread::spawn(g); h.join().unwrap();\n" * 2000)
    assert [reliance.what for reliance in found] == ["more places than can be looked at"]
