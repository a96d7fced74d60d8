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

/// A fresh folder for what one run writes: configuration, data, logs.
pub fn run_folder(name: &str) -> PathBuf {
    let folder = installed().join("runs").join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap_or_else(|e| panic!("cannot empty {}: {e}", folder.display()));
    }
    std::fs::create_dir_all(&folder).unwrap_or_else(|e| panic!("cannot make {}: {e}", folder.display()));
    folder
}

fn needed(path: PathBuf) -> PathBuf {
    assert!(path.exists(), "{} is missing: run `cargo xtask test`, which builds and installs it", path.display());
    path
}
