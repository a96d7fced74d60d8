//! `cargo xtask lint`: the house rules that clippy cannot check.
//!
//! A line breaks a rule on purpose when it, or the line above it, says `house(RULE): reason`.

mod rules;

use std::fs;
use std::path::{Path, PathBuf};

use self::rules::RULES;
use crate::paths;
use crate::shell::Failed;

/// Longer files do more than one thing.
const MOST_LINES: usize = 450;
/// Files from here on are listed, so that nobody is surprised.
const MANY_LINES: usize = 350;

/// Checks all Rust files of the workspace, and lists what is wrong.
pub(crate) fn run() -> Result<(), Failed> {
    let root = paths::workspace();
    let mut files = Vec::new();
    for folder in ["crates", "e2e", "xtask"] {
        rust_files(&root.join(folder), &mut files)?;
    }
    let mut wrong = lock_file(&root)?;
    for file in &files {
        let text = fs::read_to_string(file).map_err(Failed::file(file))?;
        let name = file.strip_prefix(&root).unwrap_or(file).to_string_lossy().into_owned();
        for message in check(&name, &text) {
            eprintln!("{message}");
            wrong += 1;
        }
        let lines = production(&text).lines().count();
        if lines > MANY_LINES && lines <= MOST_LINES {
            eprintln!("note: {name} has {lines} lines before its tests, near the limit of {MOST_LINES}");
        }
    }
    if wrong == 0 { Ok(()) } else { Err(Failed::Wrong(format!("{wrong} house rules broken in {} files", files.len()))) }
}

/// The npm lock file names no host, so that whatever registry a machine has serves it.
fn lock_file(root: &Path) -> Result<usize, Failed> {
    let name = "e2e/package-lock.json";
    let file = root.join(name);
    let text = fs::read_to_string(&file).map_err(Failed::file(&file))?;
    let lines = text.lines().filter(|line| line.contains("\"resolved\"") || line.contains("://")).count();
    if lines > 0 {
        eprintln!("{name}: {lines} lines name a host: make it with 'npm install --omit-lockfile-registry-resolved'");
    }
    Ok(lines)
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failed> {
    let mut entries = Vec::new();
    for entry in fs::read_dir(folder).map_err(Failed::file(folder))? {
        entries.push(entry.map_err(Failed::file(folder))?.path());
    }
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    Ok(())
}

/// What is wrong in one file, a message each.
fn check(name: &str, text: &str) -> Vec<String> {
    let mut messages = Vec::new();
    let code = production(text);
    let lines = code.lines().count();
    if lines > MOST_LINES {
        messages.push(format!("{name}: {lines} lines before its tests, more than {MOST_LINES}: split it by purpose"));
    }
    for rule in RULES.iter().filter(|rule| rule.holds_in(name)) {
        let text = match rule.spares_tests {
            true if is_test(name) => continue,
            true => code,
            false => text,
        };
        let mut above = "";
        for (number, line) in (1..).zip(text.lines()) {
            let excused = [above, line].iter().any(|text| text.contains(&format!("house({})", rule.name)));
            if !excused && rule.is_broken_by(line) {
                messages.push(format!("{name}:{number}: {}: {}", rule.name, rule.why));
            }
            above = line;
        }
    }
    messages
}

/// A file up to its unit tests, which stand last.
fn production(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ").map_or(text, |tests| &text[..tests])
}

/// Whether a file holds nothing but tests.
fn is_test(name: &str) -> bool {
    name.ends_with("/tests.rs") || name.contains("/tests/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connect_outside_the_dialling_module_is_found() {
        let line = format!("let c = HttpConnector::{}();\n", "new");
        assert_eq!(check("crates/sortie-proxy/src/inbound/mod.rs", &line).len(), 1);
        assert_eq!(check("crates/sortie-proxy/src/dial.rs", &line).len(), 0);
    }

    #[test]
    fn a_reason_excuses_one_line() {
        let line = format!("// house(connect): it is only asked for its name\nHttpConnector::{}()\n", "new");
        assert_eq!(check("crates/sortie/src/cli/status.rs", &line).len(), 0);
    }

    #[test]
    fn tests_may_do_more() {
        let text = format!("fn f() {{}}\n\n#[cfg(test)]\nmod tests {{\n    HttpConnector::{}();\n}}\n", "new");
        assert_eq!(check("crates/sortie-proxy/src/inbound/mod.rs", &text).len(), 0);
    }

    #[test]
    fn the_engine_has_no_clock() {
        let line = format!("let now = {}::now();\n", "Instant");
        assert_eq!(check("crates/sortie-engine/src/step.rs", &line).len(), 1);
        assert_eq!(check("crates/sortie-proxy/src/clock.rs", &line).len(), 0);
    }

    #[test]
    fn long_files_are_found() {
        assert_eq!(check("crates/sortie/src/x.rs", &"fn f() {}\n".repeat(MOST_LINES + 1)).len(), 1);
    }
}
