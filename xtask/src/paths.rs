//! Where things are.

use std::path::{Path, PathBuf};

/// The workspace's folder.
pub(crate) fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").to_path_buf()
}

/// Cargo's target folder.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| workspace().join("target"), PathBuf::from)
}

/// What the end-to-end tests have installed for them.
pub(crate) fn installed() -> PathBuf {
    target().join("e2e")
}

/// Drivers for real programs, where they are laid beside the project.
pub(crate) fn shared_apps() -> Option<PathBuf> {
    let folder = workspace().parent()?.join("shared/apps");
    folder.is_dir().then_some(folder)
}
