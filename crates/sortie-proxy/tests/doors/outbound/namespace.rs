//! A network of one test's own: addresses on loopback, a resolver's files, no way out.

use std::io::Write as _;
use std::path::Path;
use std::process::Command;

/// Set in the test that runs inside.
const INSIDE: &str = "SORTIE_DOORS_INSIDE";
/// Set where a test that cannot run is to fail, see `CONTRIBUTING.md`.
const NO_SKIP: &str = "SORTIE_NO_SKIP";
const UNSHARE: [&str; 5] = ["--net", "--mount", "--pid", "--fork", "--kill-child"];

/// What the network holds.
pub(super) struct Network<'a> {
    pub(super) addresses: &'a [&'a str],
    pub(super) hosts: &'a str,
    pub(super) resolv_conf: &'a str,
}

/// Runs `test` inside a namespace that ends with it. `name` is the calling test's path, so that
/// exactly it is run again. Where this machine lets nobody make one, the test is skipped.
pub(super) fn inside(name: &str, network: &Network<'_>, test: impl FnOnce()) {
    if std::env::var_os(INSIDE).is_some() {
        furnish(name, network);
        test();
        return;
    }
    if !unshare().arg("true").status().is_ok_and(|status| status.success()) {
        let why = format!("{name} needs unshare(1), ip(8) and the right to make a network namespace");
        assert!(std::env::var_os(NO_SKIP).is_none(), "{why}");
        let _ = writeln!(std::io::stderr(), "skipped: {why}");
        return;
    }
    let own = std::env::current_exe().unwrap();
    let status = unshare().arg(own).args(["--exact", name, "--nocapture"]).env(INSIDE, "1").status().unwrap();
    assert!(status.success(), "{name} failed inside its namespace: {status}");
}

fn unshare() -> Command {
    let mut unshare = Command::new("unshare");
    let id = Command::new("id").arg("-u").output();
    if !id.is_ok_and(|id| id.stdout.trim_ascii() == b"0") {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(UNSHARE);
    unshare
}

fn furnish(name: &str, network: &Network<'_>) {
    run("ip", &["link", "set", "lo", "up"]);
    for address in network.addresses {
        run("ip", &["address", "add", address, "dev", "lo", "nodad"]);
    }
    // A file system that is gone with the namespace: process numbers repeat there.
    let folder = std::env::temp_dir().join(format!("sortie-{}", name.replace("::", "-")));
    std::fs::create_dir_all(&folder).unwrap();
    run("mount", &["-t", "tmpfs", "tmpfs", &folder.to_string_lossy()]);
    let files =
        [("hosts", network.hosts), ("resolv.conf", network.resolv_conf), ("nsswitch.conf", "hosts: files dns\n")];
    for (file, text) in files {
        let copy = folder.join(file);
        std::fs::write(&copy, text).unwrap();
        mount(&copy, &Path::new("/etc").join(file));
    }
}

fn mount(copy: &Path, over: &Path) {
    run("mount", &["--bind", &copy.to_string_lossy(), &over.to_string_lossy()]);
}

fn run(program: &str, arguments: &[&str]) {
    let output =
        Command::new(program).args(arguments).output().unwrap_or_else(|e| panic!("cannot start {program}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {}: {said}", arguments.join(" "));
}
