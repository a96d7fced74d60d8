//! What keeps the program from starting: each is said with its place and what helps.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::{code, sortie, stderr};

/// Flags of a service whose listeners take any free port.
fn flags<'a>(listen: &'a str, egress: &'a str) -> Vec<&'a str> {
    vec!["run", "--listen", listen, "--upstream", "http://127.0.0.1:9", "--egress", egress]
}

fn fails(folder: &Path, args: &[&str], expected: i32, parts: &[&str]) {
    let output = sortie(folder, args);
    let said = stderr(&output);
    assert_eq!(code(&output), expected, "{args:?}: {said}");
    for part in parts {
        assert!(said.contains(part), "{args:?}: '{part}' is not in: {said}");
    }
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn listeners_that_cannot_be_had() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let in_use = [taken.as_str(), "Address already in use", "stop it, or choose another port"];
    for (args, which) in [
        (flags(&taken, "127.0.0.1:0"), "for the inbound door of app"),
        (flags("127.0.0.1:0", &taken), "for the outbound door of app"),
    ] {
        fails(folder, &args, 1, &[&in_use[..], &[which]].concat());
    }
    let nowhere = flags("192.0.2.1:8080", "127.0.0.1:0");
    fails(folder, &nowhere, 1, &["cannot listen on 192.0.2.1:8080", "this machine has no such address"]);

    let file = |admin: &str| {
        let text = format!(
            "services:
  shop:
    inbound:  {{ listen: 127.0.0.1:0, upstream: \"http://127.0.0.1:9\" }}
    outbound: {{ listen: 127.0.0.1:0 }}
data: admin-data
admin: {{ listen: {admin} }}
"
        );
        fs::write(folder.join("sortie.yaml"), text).unwrap();
    };
    let run = ["run", "-c", "sortie.yaml"];
    file(&taken);
    fails(folder, &run, 1, &[&in_use[..], &["the admin side"]].concat());
    file("unix:no/where.sock");
    fails(folder, &run, 1, &["unix:no/where.sock", "its folder is not there"]);
    file("127.0.0.1:0");
    fs::create_dir(folder.join("admin-data/admin.address")).unwrap();
    fails(folder, &run, 1, &["the admin side cannot write admin-data/admin.address"]);
    fs::write(folder.join("file"), "precious").unwrap();
    file("unix:file");
    fails(folder, &run, 1, &["unix:file", "something that is no socket is there"]);
    assert_eq!(fs::read_to_string(folder.join("file")).unwrap(), "precious");
}

#[test]
fn data_folders_that_cannot_be_used() {
    let root = tempfile::tempdir().unwrap();
    let root = root.path();
    let fails_with = |prepare: &dyn Fn(&Path), parts: &[&str]| {
        let data = root.join("data");
        let _ = fs::remove_dir_all(&data); // of the case before
        let _ = fs::remove_file(&data);
        prepare(&data);
        fails(root, &[&flags("127.0.0.1:0", "127.0.0.1:0")[..], &["--data", "data"]].concat(), 1, parts);
    };
    let with = |name: &'static str, text: &'static str| {
        move |data: &Path| {
            fs::create_dir_all(data).unwrap();
            fs::write(data.join(name), text).unwrap();
        }
    };
    fails_with(&|data| fs::write(data, "").unwrap(), &["data: ", "something that is no folder is there: move it away"]);
    fails_with(&with("journal", ""), &["data/journal", "something that is no folder is there"]);
    fails_with(&with("key", "x"), &["data/key", "remove it so that a new one is made"]);
    fails_with(&with("overrides.json", "{"), &["data/overrides.json does not read", "correct it, or remove it"]);
    let noise = "no database at all, but long enough to be looked at as if it were one, and then found to be none";
    fails_with(&with("index.sqlite", noise), &["data/index.sqlite", "move it away, and a new index is made"]);
}

#[test]
fn files_that_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let text = "\
services:
  shop:
    inbound:  { listen: 127.0.0.1:0, upstream: \"http://127.0.0.1:9\" }
    outbound: { listen: 127.0.0.1:0, credentials: { user: app, password_file: proxy.password } }
";
    fs::write(folder.join("sortie.yaml"), text).unwrap();
    let run = ["run", "-c", "sortie.yaml"];
    fails(folder, &run, 1, &["outbound door's user 'app'", "proxy.password", "No such file", "first line"]);
    fs::write(folder.join("proxy.password"), "\n").unwrap();
    fails(folder, &run, 1, &["proxy.password", "its first line is empty"]);
    fails(folder, &["run", "-c", "none.yaml"], 2, &["cannot read the configuration 'none.yaml'", "No such file"]);
    let twice = text
        .replace("outbound: { listen: 127.0.0.1:0", "outbound: { listen: 127.0.0.1:7000")
        .replacen(":0,", ":7000,", 1);
    fs::write(folder.join("sortie.yaml"), twice).unwrap();
    fails(folder, &run, 2, &["both listen on 127.0.0.1:7000", "here first", "give each listener a port of its own"]);
}

/// On a disk of the test's own, which is full.
#[test]
fn a_full_disk_is_an_error_and_no_panic() {
    if !Command::new("unshare").args(["--mount", "true"]).status().is_ok_and(|status| status.success()) {
        return; // a disk of one's own takes the right to mount
    }
    let folder = tempfile::tempdir().unwrap();
    for free in [0, 32] {
        let script = format!(
            "mount -t tmpfs -o size=1024k test . && cd \"$PWD\" && head -c {}k /dev/zero > fill 2>/dev/null; \
             exec \"$0\" run --listen 127.0.0.1:0 --upstream http://127.0.0.1:9 --egress 127.0.0.1:0 --data data",
            1024 - free
        );
        let output = Command::new("unshare")
            .args(["--mount", "sh", "-c", &script, env!("CARGO_BIN_EXE_sortie")])
            .current_dir(folder.path())
            .output()
            .unwrap();
        let said = stderr(&output);
        assert_eq!(code(&output), 1, "{free} kB: {said}");
        assert!(said.contains("space") && !said.contains("panicked"), "{free} kB: {said}");
    }
}
