//! The `pyrust` program: runs Python code from the command line, a file or standard input.

#![forbid(unsafe_code)]

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use pyrust::{ErrorKind, Position, PyRustError};
use thiserror::Error;

const VERSION: &str = concat!("pyrust ", env!("CARGO_PKG_VERSION"), "\n");
const HELP: &str = "\
pyrust - a small Python-subset interpreter

Usage: pyrust -c CODE
       pyrust FILE
       pyrust [-]          reads the program from standard input

Options:
  -c CODE        run CODE
  -h, --help     show this help
  -V, --version  show the version

Exit status: 0 when the program ends well, 1 when it ends with an error,
2 when pyrust is used wrongly or cannot read the program.
";

/// What the command line asks for.
enum Request {
    Help,
    Version,
    Code(String),
    File(OsString),
    StandardInput,
}

#[derive(Debug, Error)]
enum Failure {
    #[error("pyrust: {0}\nTry 'pyrust --help'.")]
    Usage(String),
    #[error("pyrust: cannot read '{source_name}': {error}")]
    Read {
        source_name: String,
        error: io::Error,
    },
    #[error("pyrust: cannot write the output: {0}")]
    Write(io::Error),
    #[error(
        "{source_name}:{}:{}: {}: {}",
        error.position().line, error.position().column, error.kind(), error.message()
    )]
    Program {
        source_name: String,
        error: PyRustError,
    },
    #[error("{source_name}:{}:{}: {}: not valid UTF-8", position.line, position.column, ErrorKind::Syntax)]
    Encoding {
        source_name: String,
        position: Position,
    },
}

impl Failure {
    fn exit_status(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Read { .. } => 2,
            // A reader that went away has what it wanted.
            Self::Write(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Write(_) | Self::Program { .. } | Self::Encoding { .. } => 1,
        }
    }
}

fn main() -> ExitCode {
    match read_command_line(env::args_os().skip(1)).and_then(fulfil) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            let status = failure.exit_status();
            if status != 0 {
                // Nothing can be done about an error that cannot be shown.
                let _ = io::stderr().write_all(format!("{failure}\n").as_bytes());
            }
            ExitCode::from(status)
        }
    }
}

fn read_command_line(mut arguments: impl Iterator<Item = OsString>) -> Result<Request, Failure> {
    let Some(first) = arguments.next() else {
        return Ok(Request::StandardInput);
    };
    let request = match first.to_str() {
        Some("-h" | "--help") => return Ok(Request::Help),
        Some("-V" | "--version") => return Ok(Request::Version),
        Some("-c") => Request::Code(code_argument(arguments.next())?),
        Some("-") => Request::StandardInput,
        Some(option) if option.starts_with('-') => {
            return Err(Failure::Usage(format!("unknown option '{option}'")));
        }
        _ => Request::File(first),
    };
    match arguments.next() {
        None => Ok(request),
        Some(extra) => Err(Failure::Usage(format!(
            "unexpected argument '{}'",
            extra.display()
        ))),
    }
}

fn code_argument(argument: Option<OsString>) -> Result<String, Failure> {
    argument
        .ok_or_else(|| Failure::Usage("option '-c' needs CODE".to_owned()))?
        .into_string()
        .map_err(|_| Failure::Usage("CODE is not valid UTF-8".to_owned()))
}

fn fulfil(request: Request) -> Result<(), Failure> {
    match request {
        Request::Help => print_text(HELP),
        Request::Version => print_text(VERSION),
        Request::Code(code) => run("<string>".to_owned(), &code),
        Request::File(path) => {
            let name = path.display().to_string();
            let bytes = fs::read(&path);
            run_bytes(name, bytes)
        }
        Request::StandardInput => {
            let mut bytes = Vec::new();
            let result = io::stdin().lock().read_to_end(&mut bytes);
            run_bytes("<stdin>".to_owned(), result.map(|_| bytes))
        }
    }
}

fn print_text(text: &str) -> Result<(), Failure> {
    write_out(text).map_err(Failure::Write)
}

fn run_bytes(source_name: String, bytes: io::Result<Vec<u8>>) -> Result<(), Failure> {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(error) => {
            return Err(Failure::Read { source_name, error });
        }
    };
    match std::str::from_utf8(&bytes) {
        Ok(code) => run(source_name, code),
        Err(_) => Err(Failure::Encoding {
            source_name,
            position: end_of_valid_text(&bytes),
        }),
    }
}

fn end_of_valid_text(bytes: &[u8]) -> Position {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let mut position = Position { line: 1, column: 1 };
    for character in valid.chars() {
        position.column = position.column.saturating_add(1);
        if character == '\n' {
            position.line = position.line.saturating_add(1);
            position.column = 1;
        }
    }
    position
}

/// Runs a program; what it printed is written before its error is reported.
fn run(source_name: String, code: &str) -> Result<(), Failure> {
    let mut output = Output::default();
    let result = pyrust::execute_python_into(code, &mut output);
    output.finish().map_err(Failure::Write)?;
    result.map_err(|error| Failure::Program { source_name, error })
}

/// Standard output with a buffer, so that a program that prints little writes once.
#[derive(Default)]
struct Output {
    buffer: String,
    error: Option<io::Error>,
}

impl Output {
    const FLUSH_AT_BYTES: usize = 1 << 16;

    fn flush(&mut self) -> io::Result<()> {
        let result = write_out(&self.buffer);
        self.buffer.clear();
        result
    }

    /// Writes what is left; reports the first error that any write met.
    fn finish(mut self) -> io::Result<()> {
        match self.error.take() {
            Some(error) => Err(error),
            None => self.flush(),
        }
    }
}

impl fmt::Write for Output {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.buffer.push_str(text);
        if self.buffer.len() < Self::FLUSH_AT_BYTES {
            return Ok(());
        }
        self.flush().map_err(|error| {
            self.error = Some(error);
            fmt::Error
        })
    }
}

fn write_out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}
