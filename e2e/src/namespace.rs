//! A network, mount and process namespace for one test.
//!
//! The kernel takes everything down with the namespace's first process, so nothing is left behind
//! after a panic or a kill, and no packet of a test leaves the machine.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::paths;
use crate::world::Hosts;

/// Set in the re-executed test, to the number of the process that started it.
const INSIDE: &str = "SORTIE_E2E_INSIDE";

/// Runs `test` inside a namespace. `name` is the path by which the test harness knows the calling
/// test, so that exactly it is run again; `test`
/// gets a fresh folder for its files.
fn inside(name: &str, hosts: &Hosts, test: impl FnOnce(PathBuf)) {
    if let Ok(run) = std::env::var(INSIDE) {
        let folder = paths::run_folder(name, &run);
        furnish(&folder, hosts);
        test(folder);
        return;
    }
    paths::remove_old_runs(name);
    let own = std::env::current_exe().expect("the test's own path");
    let mut unshare = Command::new("unshare");
    if !is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    let status = unshare
        .args(["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"])
        .arg(own)
        .args(["--exact", name, "--nocapture", "--include-ignored"])
        .env(INSIDE, std::process::id().to_string())
        .status()
        .expect("unshare (util-linux) starts");
    assert!(status.success(), "{name} failed inside its namespace: {status}");
}

/// The same for a test that awaits.
pub fn run(name: &str, hosts: &Hosts, test: impl AsyncFnOnce(PathBuf)) {
    inside(name, hosts, |folder| {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.expect("a runtime starts").block_on(test(folder));
    });
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().expect("id (coreutils) starts");
    id.stdout.trim_ascii() == b"0"
}

/// Gives the namespace its addresses, and its programs their resolver and hosts file.
fn furnish(folder: &Path, hosts: &Hosts) {
    must("ip", &["link", "set", "lo", "up"]);
    for address in hosts.addresses {
        must("ip", &["address", "add", &format!("{address}/32"), "dev", "lo"]);
    }
    let names = format!("127.0.0.1 localhost\n::1 localhost\n{}", hosts.file);
    for (file, text) in [("resolv.conf", "nameserver 127.0.0.1\n"), ("hosts", &names)] {
        let copy = folder.join(file);
        std::fs::write(&copy, text).unwrap_or_else(|e| panic!("cannot write {}: {e}", copy.display()));
        must("mount", &["--bind", &copy.to_string_lossy(), &format!("/etc/{file}")]);
    }
}

fn must(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).output().unwrap_or_else(|e| {
        panic!("cannot start {program}: {e}; `cargo xtask test` installs it");
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {said}", arguments.join(" "));
}
