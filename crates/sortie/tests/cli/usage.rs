//! Checking, and what is wrong with a command line.

use std::path::{Path, PathBuf};

use crate::{code, sortie, stderr, stdout};

const VALID: &str = "\
services:
  shop:
    inbound:  { listen: 127.0.0.1:8080, upstream: http://127.0.0.1:5000 }
    outbound: { listen: 127.0.0.1:3128 }
";

fn file(folder: &Path, text: &str) -> PathBuf {
    let path = folder.join("sortie.yaml");
    std::fs::write(&path, text).expect("the folder is ours");
    path
}

#[test]
fn a_valid_configuration_is_0_and_one_line() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), VALID);
    let output = sortie(folder.path(), &["check"]);
    assert_eq!(stdout(&output), "sortie.yaml: valid (shop)\n");
    assert_eq!(stderr(&output), "");
    assert_eq!(code(&output), 0);
}

#[test]
fn doubts_go_to_stderr_and_are_0() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), &format!("{VALID}    mode: block\n"));
    let output = sortie(folder.path(), &["check", "-c", "sortie.yaml"]);
    assert_eq!(stdout(&output), "sortie.yaml: valid (shop, 1 warning)\n");
    assert!(stderr(&output).contains("block stands at shop"), "{}", stderr(&output));
    assert_eq!(code(&output), 0);
}

#[test]
fn a_wrong_configuration_is_2_with_line_and_remedy() {
    let folder = tempfile::tempdir().unwrap();
    file(folder.path(), &VALID.replace("127.0.0.1:3128", "0.0.0.0:3128"));
    let shown = "[sortie.yaml:4:25]";
    for args in [
        &["check"][..],
        &["run", "-c", "sortie.yaml"],
        &["status", "-c", "sortie.yaml"],
        &["findings", "-c", "sortie.yaml"],
    ] {
        let output = sortie(folder.path(), args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert_eq!(stdout(&output), "");
        let stderr = stderr(&output);
        assert!(stderr.contains(shown) && stderr.contains("help: listen on 127.0.0.1"), "{stderr}");
        assert!(!stderr.contains('\u{1b}'), "no colour into a pipe: {stderr:?}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "checking made nothing");
}

#[test]
fn a_missing_configuration_is_2() {
    let folder = tempfile::tempdir().unwrap();
    let output = sortie(folder.path(), &["check"]);
    assert_eq!(code(&output), 2);
    assert!(
        stderr(&output).starts_with("sortie: cannot read the configuration 'sortie.yaml': No such file"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn the_schema_is_json() {
    let folder = tempfile::tempdir().unwrap();
    let output = sortie(folder.path(), &["schema"]);
    let schema: serde_json::Value = serde_json::from_str(&stdout(&output)).unwrap();
    assert_eq!(schema["title"], "Sortie");
    assert_eq!(code(&output), 0);
}

#[test]
fn a_wrong_command_line_is_2() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["run"][..],
        &["run", "--listen", "127.0.0.1:1"],
        &["run", "-c", "x", "--data", "y"],
        &["run", "--listen", "x", "--upstream", "y", "--egress", "z"],
        &["mode", "blok"],
        &["mode", "block", "Shop"],
        &["mode", "block", "shop", "POST"],
        &["close", "F-1", "--as", "done", "--reason", "x"],
        &["close", "F-1", "--as", "fixed", "--reason", ""],
        &["findings", "--since", "yesterday"],
        &["findings", "--min", "urgent"],
        &["findings", "--kind", "ssrf"],
        &["findings", "--format", "xml"],
        &["findings", "--limit", "0"],
        &["frobnicate"],
    ] {
        let output = sortie(folder.path(), args);
        assert_eq!(code(&output), 2, "{args:?}: {}", stderr(&output));
        assert_ne!(stderr(&output), "", "{args:?}");
    }
}

#[test]
fn flags_are_checked_like_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let output = sortie(
        folder.path(),
        &["run", "--listen", "127.0.0.1:0", "--upstream", "https://127.0.0.1:5000", "--egress", "127.0.0.1:0"],
    );
    assert_eq!(code(&output), 2);
    let said = stderr(&output);
    assert!(said.contains("only 'http' is spoken to it"), "{said}");
    assert!(said.contains("--upstream https://127.0.0.1:5000 --egress") && said.contains("command line:1:"), "{said}");
}

#[test]
fn nobody_running_is_1_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["status"][..],
        &["sinks"],
        &["tail"],
        &["off"],
        &["on", "shop"],
        &["mode", "block", "shop", "POST", "/v1/preview", "$.url"],
        &["close", "F-7K2M", "--as", "fixed", "--reason", "patched"],
    ] {
        let output = sortie(folder.path(), args);
        assert_eq!(code(&output), 1, "{args:?}");
        let expected = "sortie: no sortie is running with the data folder 'sortie-data': start it with 'sortie run'\n";
        assert_eq!(stderr(&output), expected, "{args:?}");
    }
}

#[test]
fn no_store_is_1_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    for args in [
        &["findings", "--data", "none"][..],
        &["explain", "F-7K2M", "--data", "none"],
        &["explain", "R-18C3", "--data", "none"],
    ] {
        let output = sortie(folder.path(), args);
        assert_eq!(code(&output), 1, "{args:?}");
        assert!(stderr(&output).contains("has sortie run with this data folder?"), "{}", stderr(&output));
    }
}
