//! The real parsers, each driven by a small program in its own language.
//!
//! A program reads a URL per line from its standard input, as hexadecimal UTF-8. It writes a line
//! with `NAME=VERSION` of each parser it drives, then a line with each parser's answer for each URL,
//! all separated by tabs. An answer is `!` for a refusal, else host and port with a comma between
//! them; each is `-` where the parser has none, else `=` and hexadecimal UTF-8.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use super::recording::{Answer, Line, Parser, Recording};
use crate::install::{self, Needed};
use crate::paths;
use crate::shell::{Failed, command, conversation, quiet};

const NEEDED: [Needed; 6] = [
    Needed { probe: &["python3", "-c", "import ensurepip, venv"], package: "python3-venv" },
    Needed { probe: &["node", "--version"], package: "nodejs" },
    Needed { probe: &["javac", "--version"], package: "default-jdk-headless" },
    Needed { probe: &["go", "version"], package: "golang-go" },
    Needed { probe: &["gcc", "--version"], package: "gcc" },
    Needed {
        probe: &["gcc", "-fsyntax-only", "-include", "curl/curl.h", "-x", "c", "/dev/null"],
        package: "libcurl4-openssl-dev",
    },
];

/// Installs and builds what is missing, and asks every parser about every URL.
pub(super) fn ask(urls: Vec<String>) -> Result<Recording, Failed> {
    install::debian("the recording of readings", &NEEDED)?;
    let sources = paths::workspace().join("xtask/readings");
    let built = paths::target().join("readings");
    fs::create_dir_all(&built).map_err(Failed::file(&built))?;
    let questions: String = urls.iter().map(|url| hexadecimal(url) + "\n").collect();
    let lines = urls.into_iter().map(|url| Line { url, answers: Vec::new() }).collect();
    let mut recording = Recording { parsers: Vec::new(), lines };
    for program in programs(&sources, &built)? {
        let name = format!("{program:?}");
        let answers = conversation(program, &name, questions.clone())?;
        add(&answers, &mut recording).map_err(|what| Failed::Wrong(format!("{name}: {what}")))?;
    }
    Ok(recording)
}

fn programs(sources: &Path, built: &Path) -> Result<[Command; 5], Failed> {
    let source = |name: &str| sources.join(name).to_string_lossy().into_owned();
    let target = |name: &str| built.join(name).to_string_lossy().into_owned();
    let classes = built.to_string_lossy();
    let venv = built.join("venv");
    install::python(&venv, &sources.join("requirements.txt"))?;
    quiet(command("javac", &["-d", &classes, &source("RecordReadings.java")]))?;
    quiet(command("go", &["build", "-o", &target("record-go"), &source("record.go")]))?;
    quiet(command("gcc", &["-O1", "-Wall", "-o", &target("record-c"), &source("record.c"), "-lcurl"]))?;
    Ok([
        command("node", &["--no-deprecation", &source("record.js")]),
        command(venv.join("bin/python"), &[&source("record.py")]),
        command("java", &["-cp", &classes, "RecordReadings"]),
        command(built.join("record-go"), &[]),
        command(built.join("record-c"), &[]),
    ])
}

/// Adds a program's parsers and their answers; the error says what is wrong with those.
fn add(text: &str, recording: &mut Recording) -> Result<(), String> {
    let mut rows = text.lines();
    let parsers: Option<Vec<Parser>> = rows.next().unwrap_or_default().split('\t').map(Parser::named).collect();
    recording.parsers.extend(parsers.ok_or("it names no versions")?);
    for line in &mut recording.lines {
        let row = rows.next().ok_or("an answer is missing")?;
        for text in row.split('\t') {
            line.answers.push(answer(text).ok_or_else(|| format!("this is no answer: {text}"))?);
        }
    }
    Ok(())
}

/// Nothing where it is no answer.
fn answer(text: &str) -> Option<Answer> {
    if text == "!" {
        return Some(None);
    }
    let (host, port) = text.split_once(',')?;
    Some(Some((field(host).ok()?, field(port).ok()?)))
}

/// A host or a port; the error is what is neither.
fn field(text: &str) -> Result<Option<String>, &str> {
    if text == "-" {
        return Ok(None);
    }
    let digits = text.strip_prefix('=').ok_or(text)?;
    let pairs = (0..digits.len()).step_by(2).map(|at| digits.get(at..at + 2).unwrap_or_default());
    let bytes: Result<Vec<u8>, _> = pairs.map(|pair| u8::from_str_radix(pair, 16)).collect();
    // Go and curl decode escapes to bytes that need be no text.
    Ok(Some(String::from_utf8_lossy(&bytes.map_err(|_| text)?).into_owned()))
}

fn hexadecimal(text: &str) -> String {
    text.bytes().fold(String::new(), |mut digits, byte| {
        let _ = write!(digits, "{byte:02x}");
        digits
    })
}
