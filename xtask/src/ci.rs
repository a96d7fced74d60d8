//! `cargo xtask ci`: what must hold before a change lands.

use crate::shell::{Failed, cargo, loud, quiet, succeeds};
use crate::{lint, test};

/// Runs every check, the quick ones first.
pub(crate) fn run() -> Result<(), Failed> {
    loud(cargo(&["fmt", "--all", "--check"]))?;
    lint::run()?;
    loud(cargo(&["clippy", "-q", "--workspace", "--all-targets", "--", "-D", "warnings"]))?;
    let mut doc = cargo(&["doc", "-q", "--workspace", "--no-deps", "--document-private-items"]);
    // Private items are documented too, so links to them lead somewhere.
    doc.env("RUSTDOCFLAGS", "-D warnings -A rustdoc::private-intra-doc-links");
    loud(doc)?;
    dependencies()?;
    test::run(&test::Options::everything())
}

/// Licences, sources, banned crates, and known vulnerabilities. The last need the network, and are the
/// one check that is left out without it: a change must land while the database is down, too.
fn dependencies() -> Result<(), Failed> {
    if !succeeds(cargo(&["deny", "--version"])) {
        quiet(cargo(&["install", "-q", "cargo-deny", "--locked"]))?;
    }
    quiet(cargo(&["deny", "check", "bans", "licenses", "sources"]))?;
    if succeeds(cargo(&["deny", "fetch", "db"])) {
        quiet(cargo(&["deny", "check", "--disable-fetch", "advisories"]))
    } else {
        println!("skipped: advisories, for their database (RustSec) cannot be fetched from here");
        Ok(())
    }
}
