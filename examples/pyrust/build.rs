//! Generates the `Keyword` enum from `src/keywords.txt`.

use std::env;
use std::error::Error;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

const SOURCE: &str = "src/keywords.txt";

struct Entry<'t> {
    word: &'t str,
    supported: bool,
}

impl Entry<'_> {
    /// The word as the name of an enum variant: `def` becomes `Def`.
    fn variant(&self) -> String {
        let (first, rest) = self.word.split_at(1);
        first.to_ascii_uppercase() + rest
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed={SOURCE}");
    let text = fs::read_to_string(SOURCE)?;
    let entries = parse(&text)?;
    let out_dir = env::var("OUT_DIR")?;
    fs::write(Path::new(&out_dir).join("keywords.rs"), render(&entries)?)?;
    Ok(())
}

fn parse(text: &str) -> Result<Vec<Entry<'_>>, String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(parse_line)
        .collect()
}

fn parse_line(line: &str) -> Result<Entry<'_>, String> {
    let mut fields = line.split_whitespace();
    match (fields.next(), fields.next(), fields.next()) {
        (Some(word), Some("supported"), None) => Ok(Entry {
            word,
            supported: true,
        }),
        (Some(word), Some("unsupported"), None) => Ok(Entry {
            word,
            supported: false,
        }),
        _ => Err(format!(
            "{SOURCE}: expected `WORD supported` or `WORD unsupported`, found `{line}`"
        )),
    }
}

fn render(entries: &[Entry]) -> Result<String, std::fmt::Error> {
    let mut code = String::new();
    writeln!(code, "/// A reserved word of Python.")?;
    writeln!(code, "#[derive(Clone, Copy, Debug, PartialEq, Eq)]")?;
    writeln!(code, "pub(crate) enum Keyword {{")?;
    for entry in entries {
        writeln!(code, "    {},", entry.variant())?;
    }
    writeln!(code, "}}\n\nimpl Keyword {{")?;
    render_from_word(&mut code, entries)?;
    render_word(&mut code, entries)?;
    render_is_supported(&mut code, entries)?;
    writeln!(code, "}}")?;
    Ok(code)
}

fn render_from_word(code: &mut String, entries: &[Entry]) -> std::fmt::Result {
    writeln!(
        code,
        "    /// The keyword that `word` spells, if it spells one."
    )?;
    writeln!(
        code,
        "    pub(crate) fn from_word(word: &str) -> Option<Self> {{"
    )?;
    writeln!(code, "        match word {{")?;
    for entry in entries {
        writeln!(
            code,
            "            {:?} => Some(Self::{}),",
            entry.word,
            entry.variant()
        )?;
    }
    writeln!(code, "            _ => None,\n        }}\n    }}\n")
}

fn render_word(code: &mut String, entries: &[Entry]) -> std::fmt::Result {
    writeln!(code, "    /// How the keyword is written.")?;
    writeln!(code, "    pub(crate) fn word(self) -> &'static str {{")?;
    writeln!(code, "        match self {{")?;
    for entry in entries {
        writeln!(
            code,
            "            Self::{} => {:?},",
            entry.variant(),
            entry.word
        )?;
    }
    writeln!(code, "        }}\n    }}\n")
}

fn render_is_supported(code: &mut String, entries: &[Entry]) -> std::fmt::Result {
    writeln!(code, "    /// Whether pyrust's grammar has the keyword.")?;
    writeln!(code, "    pub(crate) fn is_supported(self) -> bool {{")?;
    let unsupported: Vec<String> = entries
        .iter()
        .filter(|entry| !entry.supported)
        .map(|entry| format!("Self::{}", entry.variant()))
        .collect();
    writeln!(code, "        !matches!(self, {})", unsupported.join(" | "))?;
    writeln!(code, "    }}")
}
