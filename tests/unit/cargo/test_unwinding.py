from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from burnish.cargo.rust_code import without_texts
from burnish.cargo.unwinding import Reliance, find_reliance

CATCHES = "let _ = std::panic::catch_unwind(f);"
JOIN = "join() with its error handled"


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
    ],
)
def test_find_reliance_of_each_kind(code: str, what: str) -> None:
    """Catching, resuming and hooking are found, and a join that does more with an error than to pass it on."""
    assert find_reliance(f"fn f() {{\n    {code}\n}}\n") == [Reliance(line=2, what=what)]


@pytest.mark.parametrize(
    "code",
    [
        "handle.join().unwrap();",
        'handle.join()\n    .expect("it lives");',
        'path.join("x"); words.join(", "); a.join(b);',
        "miette::set_hook(Box::new(f));",
        "fn my_catch_unwinding() {}",
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
