//! The demonstration comes out as promised, on either ground.

use std::process::Command;

fn play(arguments: &[&str]) {
    let played = Command::new(env!("CARGO_BIN_EXE_sortie")).arg("demo").args(arguments).output().unwrap();
    let told = String::from_utf8_lossy(&played.stdout);
    assert!(played.status.success(), "{told}\n{}", String::from_utf8_lossy(&played.stderr));
    assert!(told.contains("As promised"), "{told}");
    assert!(!told.contains('\u{1b}'), "no colour where there is no terminal: {told}");
}

/// Where no namespace is allowed, this is the other test once more.
#[test]
fn as_promised_in_a_namespace() {
    play(&[]);
}

#[test]
fn as_promised_on_loopback() {
    play(&["--loopback"]);
}
