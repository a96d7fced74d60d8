//! Reading the configuration again.

use std::path::Path;

use crate::program::Daemon;
use crate::{code, sortie, stderr, works};

fn write(folder: &Path, mode: &str, more: &str) {
    let text = format!(
        "services:
  shop:
    inbound:  {{ listen: 127.0.0.1:0, upstream: \"http://127.0.0.1:9\" }}
    outbound: {{ listen: 127.0.0.1:0 }}
    mode: {mode}
{more}"
    );
    std::fs::write(folder.join("sortie.yaml"), text).unwrap();
}

#[test]
fn a_new_policy_is_in_force_and_a_wrong_file_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    write(folder, "observe", "");
    let daemon = Daemon::start(folder, &["-c", "sortie.yaml"]);
    assert!(works(folder, &["reload", "-c", "sortie.yaml"]).contains("nothing changed"));

    write(folder, "shadow", "alerts: [{ jsonl: alerts.jsonl }]\ntimeouts: { head: 5s }\n");
    let shown = works(folder, &["reload", "--data", "sortie-data"]);
    for line in ["in force       services.shop", "in force       alerts", "needs restart  timeouts"] {
        assert!(shown.contains(line), "{shown}");
    }
    assert!(works(folder, &["status", "-c", "sortie.yaml"]).contains("shop  shadow"));

    write(folder, "blok", "");
    daemon.signal("HUP");
    let said = daemon.hears_part("what is in force stays").join("\n");
    assert!(said.contains("[sortie.yaml:5:") && said.contains("blok"), "{said}");
    let output = sortie(folder, &["reload", "--data", "sortie-data"]);
    assert_eq!(code(&output), 1);
    assert!(stderr(&output).contains("`sortie check sortie.yaml` shows why"), "{}", stderr(&output));
    assert!(works(folder, &["status", "--data", "sortie-data"]).contains("shop  shadow"));

    write(folder, "block", "");
    daemon.signal("HUP");
    daemon.hears("  in force       services.shop");
    assert!(works(folder, &["status", "-c", "sortie.yaml"]).contains("shop  block"));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn without_a_file_a_hang_up_ends_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let flags = ["--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9", "--egress", "127.0.0.1:0"];
    let daemon = Daemon::start(folder.path(), &flags);
    daemon.signal("HUP");
    daemon.hears_part("started without a configuration file");
    assert_eq!(daemon.end(), Some(0));
}
