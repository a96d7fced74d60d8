//! Where things are.

use std::path::{Path, PathBuf};

/// The workspace's folder.
pub fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_path_buf()
}

/// What `cargo xtask test` installed for the tests.
pub fn installed() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from);
    target.join("e2e")
}

/// Python with the back end's packages.
pub fn python() -> PathBuf {
    needed(installed().join("venv/bin/python"))
}

/// The folder that holds the Node back end's packages.
pub fn node_folder() -> PathBuf {
    needed(installed().join("node"))
}

/// The sources of a back end.
pub fn app(name: &str) -> PathBuf {
    workspace().join("e2e/apps").join(name)
}

/// The `sortie` binary under test: `SORTIE_BIN`, else the debug build.
pub fn sortie() -> PathBuf {
    let built = || installed().with_file_name("debug").join("sortie");
    needed(std::env::var_os("SORTIE_BIN").map_or_else(built, PathBuf::from))
}

/// A fresh folder for what one run writes: configuration, data, logs. `run` tells runs apart that go
/// on at once; folders of earlier runs of that name are removed.
pub fn run_folder(name: &str, run: &str) -> PathBuf {
    let runs = installed().join("runs");
    let folder = runs.join(format!("{name}.{run}"));
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("cannot make {}: {e}", folder.display()));
    folder
}

/// Removes the folders of runs of a test that are over: their number is a process that is gone.
pub fn remove_old_runs(name: &str) {
    let Ok(entries) = std::fs::read_dir(installed().join("runs")) else { return };
    for entry in entries.flatten() {
        let file_name = entry.file_name();
        let run = file_name.to_str().and_then(|text| text.strip_prefix(name)?.strip_prefix('.'));
        if run.is_some_and(|process| !Path::new("/proc").join(process).exists()) {
            // Another run of the same test may be removing it too.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
}

fn needed(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `cargo xtask test`, which builds and installs it", path.display());
    path
}
