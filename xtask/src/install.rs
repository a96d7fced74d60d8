//! What the end-to-end tests need: Debian packages, and packages of PyPI and npm under
//! `target/e2e`. Each part is installed once, and again when its list has changed.

use std::fs;
use std::path::{Path, PathBuf};

use crate::paths;
use crate::shell::{Failed, command, quiet, succeeds};

/// A program that must run, and the Debian package that brings it.
pub(crate) struct Needed {
    pub(crate) probe: &'static [&'static str],
    pub(crate) package: &'static str,
}

const NEEDED: [Needed; 6] = [
    Needed { probe: &["ip", "-V"], package: "iproute2" },
    Needed { probe: &["unshare", "--version"], package: "util-linux" },
    Needed { probe: &["python3", "--version"], package: "python3" },
    Needed { probe: &["python3", "-c", "import ensurepip, venv"], package: "python3-venv" },
    Needed { probe: &["node", "--version"], package: "nodejs" },
    Needed { probe: &["npm", "--version"], package: "npm" },
];

/// Installs everything that is missing.
pub(crate) fn all() -> Result<(), Failed> {
    debian("the end-to-end tests", &NEEDED)?;
    let lists = paths::workspace().join("e2e");
    python(&paths::installed().join("venv"), &lists.join("requirements.txt"))?;
    node(&paths::installed().join("node"), &lists)?;
    if paths::shared_apps().is_some() {
        python(&paths::installed().join("octoprint"), &lists.join("requirements-octoprint.txt"))?;
    }
    Ok(())
}

/// Installs those packages of Debian whose programs do not run, for `what`.
pub(crate) fn debian(what: &str, needed: &[Needed]) -> Result<(), Failed> {
    let missing: Vec<&str> = needed.iter().filter(|needed| !runs(needed.probe)).map(|needed| needed.package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    if !runs(&["apt-get", "--version"]) {
        return Err(Failed::Wrong(format!("missing for {what}: {list}")));
    }
    if !succeeds(command("sh", &["-c", "test \"$(id -u)\" = 0"])) {
        return Err(Failed::Wrong(format!("missing for {what}: run 'sudo apt-get install {list}'")));
    }
    quiet(command("apt-get", &["update", "-q"]))?;
    let mut install = command("apt-get", &["install", "-q", "-y", "--no-install-recommends"]);
    install.args(&missing).env("DEBIAN_FRONTEND", "noninteractive");
    quiet(install)
}

fn runs(probe: &[&str]) -> bool {
    succeeds(command(probe[0], &probe[1..]))
}

/// A virtual environment with the packages of `list`.
pub(crate) fn python(folder: &Path, list: &Path) -> Result<(), Failed> {
    stamped(folder, &[list], || {
        let (folder_text, list_text) = (folder.to_string_lossy(), list.to_string_lossy());
        quiet(command("python3", &["-m", "venv", "--clear", &folder_text]))?;
        let install = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "-r", &list_text];
        quiet(command(folder.join("bin/python"), &install))
    })
}

/// The packages of `e2e/package.json`, exactly as its lock file has them.
fn node(folder: &Path, lists: &Path) -> Result<(), Failed> {
    let files = ["package.json", "package-lock.json"].map(|name| lists.join(name));
    stamped(folder, &[&files[0], &files[1]], || {
        fs::create_dir_all(folder).map_err(Failed::file(folder))?;
        for file in &files {
            let copy = folder.join(file.file_name().expect("a list has a name"));
            fs::copy(file, &copy).map_err(Failed::file(&copy))?;
        }
        let mut install = command("npm", &["ci", "--ignore-scripts", "--no-audit", "--no-fund"]);
        install.current_dir(folder);
        quiet(install)
    })
}

/// Runs `install` unless it succeeded before with the same lists.
fn stamped(folder: &Path, lists: &[&Path], install: impl FnOnce() -> Result<(), Failed>) -> Result<(), Failed> {
    let mut wanted = String::new();
    for list in lists {
        wanted += &fs::read_to_string(list).map_err(Failed::file(list))?;
    }
    let stamp = PathBuf::from(format!("{}.stamp", folder.display()));
    if folder.is_dir() && fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(());
    }
    install()?;
    fs::write(&stamp, wanted).map_err(Failed::file(&stamp))
}
