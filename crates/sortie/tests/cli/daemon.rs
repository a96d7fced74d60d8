//! The running program and the commands that reach it.

use std::path::Path;

use serde_json::Value;

use crate::http::{exchange, free_address, get_through, serve, serve_at};
use crate::program::{Daemon, until};
use crate::{code, sortie, stderr, stdout, works};

const FLAGS: &[&str] = &["--listen", "127.0.0.1:0", "--upstream", "http://127.0.0.1:9", "--egress", "127.0.0.1:0"];

#[test]
fn a_daemon_listens_to_its_operator() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = Daemon::start(folder, FLAGS);
    assert_eq!(daemon.said.first().map(String::as_str), Some("sortie is ready"));
    assert!(daemon.said.iter().any(|line| line.contains("HTTP_PROXY=http://127.0.0.1:")), "{:?}", daemon.said);

    let status: Value = serde_json::from_str(&works(folder, &["status", "--json"])).unwrap();
    assert_eq!((&status["ready"], &status["services"][0]["mode"]), (&Value::Bool(true), &Value::from("observe")));
    let changed = works(folder, &["mode", "block", "POST", "/v1/preview", "$.url"]);
    assert!(changed.starts_with("app /v1/preview $.url: block"), "{changed}");
    assert!(changed.contains("  undo  sortie mode inherit 'app /v1/preview $.url'\n"), "{changed}");
    assert!(works(folder, &["off"]).starts_with("app: off"));
    assert!(works(folder, &["status"]).contains("app  observe  OFF"));
    assert_eq!(works(folder, &["on", "app"]), "app: on\n");
    let changed = works(folder, &["off", "app", "/v1/preview", "$.url"]);
    assert!(changed.starts_with("app /v1/preview $.url: observe, was block"), "{changed}");
    assert_eq!(works(folder, &["mode"]), "app  observe\n  mode    observe at /v1/preview $.url\n");
    let changed = works(folder, &["on", "app", "/v1/preview", "$.url"]);
    assert!(changed.contains("no longer by a mode of its own"), "{changed}");
    assert_eq!(works(folder, &["mode"]), "app  observe\n");
    assert!(works(folder, &["sinks"]).starts_with("no place was seen to be dialled yet"));
    assert!(works(folder, &["findings"]).starts_with("no findings"));

    for (args, why) in [
        (&["off", "news"][..], "there is no service 'news'"),
        (&["strike", "10.0.0.1:80"], "nobody is known to have dialled 10.0.0.1:80"),
        (&["close", "F-7K2M", "--as", "fixed", "--reason", "patched"], "nothing is known of 'F-7K2M'"),
    ] {
        let output = sortie(folder, args);
        assert_eq!(code(&output), 1, "{args:?}");
        assert!(stderr(&output).contains(why), "{}", stderr(&output));
    }
    let second = sortie(folder, &[&["run"], FLAGS].concat());
    assert_eq!(code(&second), 1);
    assert!(stderr(&second).contains("is in use by process"), "{}", stderr(&second));
    assert_eq!(daemon.end(), Some(0));
    assert!(!folder.join("sortie-data/admin.sock").exists());
}

#[test]
fn no_dial_reaches_an_outbound_door_whose_port_the_system_chose() {
    let folder = tempfile::tempdir().unwrap();
    let daemon = Daemon::start(folder.path(), FLAGS);
    let proxy = daemon.proxy();
    assert_eq!(get_through(proxy, &format!("http://{proxy}/")).0, 403);
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn modes_survive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = Daemon::start(folder, FLAGS);
    works(folder, &["mode", "shadow"]);
    let narrower = works(folder, &["mode", "block", "/v1/preview"]);
    assert!(
        narrower.contains("block, was shadow") && narrower.contains("sortie mode inherit 'app /v1/preview'"),
        "{narrower}"
    );
    assert_eq!(daemon.end(), Some(0));
    let daemon = Daemon::start(folder, FLAGS);
    assert!(works(folder, &["status"]).contains("app  shadow"));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_dead_back_end_is_told_everywhere_and_so_is_its_return() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (door, upstream) = (free_address().to_string(), free_address());
    let url = format!("http://{upstream}");
    let daemon = Daemon::start(folder, &["--listen", &door, "--upstream", &url, "--egress", "127.0.0.1:0"]);
    let ask = || exchange(door.parse().unwrap(), "GET /v1/orders HTTP/1.1\r\nHost: a\r\nX-Request-Id: first\r\n").0;
    assert_eq!(ask(), 502);
    let said = daemon.hears_part("the back end does not answer").join("\n");
    assert!(said.contains("connection_refused"), "{said}");
    let shown = works(folder, &["status"]);
    assert!(shown.contains("  failed  1 without an answer: 1 connection_refused"), "{shown}");
    assert!(shown.contains(&format!("!         the back end at {url} does not answer: connection_refused")), "{shown}");
    let why = "502: the back end did not answer (connection_refused)";
    until(|| stdout(&sortie(folder, &["explain", "first"])).contains(why).then_some(()));
    serve_at(upstream, |_| (200, String::new()));
    assert_eq!(ask(), 200);
    daemon.hears_part("the back end answers again");
    assert!(!works(folder, &["status"]).contains("!         the back end"));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn nothing_waits_for_the_engine_for_long() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = Daemon::start(folder, FLAGS);
    let queued =
        || serde_json::from_str::<Value>(&works(folder, &["status", "--json"])).unwrap()["engine"]["queued"].as_u64();
    until(|| queued().filter(|&queued| queued == 0));
    assert!(works(folder, &["status"]).contains("is HTTP_PROXY set for the program"));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn what_a_mode_does_not_reach_is_said_and_can_be_taken_back() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = Daemon::start(folder, FLAGS);
    works(folder, &["mode", "observe", "app /v1/preview $.url"]);
    let shown = works(folder, &["mode", "block", "app"]);
    let laxer = "  NOT BLOCKED: /v1/preview $.url stays observe, by a mode of its own\n    \
                 sortie mode inherit 'app /v1/preview $.url'\n";
    assert!(shown.contains(laxer) && shown.contains("  undo  sortie mode inherit app\n"), "{shown}");
    let laxer = "observe at /v1/preview $.url, LAXER than the service; `sortie mode inherit 'app /v1/preview $.url'`";
    assert!(works(folder, &["status"]).contains(laxer));
    // The method is no part of a place: it is the same one.
    let shown = works(folder, &["mode", "inherit", "app POST /v1/preview $.url"]);
    assert!(shown.contains("block, was observe") && shown.contains("no request was seen yet"), "{shown}");
    assert!(!works(folder, &["status"]).contains("/v1/preview"));
    assert!(works(folder, &["mode", "block", "app"]).contains("block, as before: nothing changed"));
    assert_eq!(daemon.end(), Some(0));
}

/// A service on ports that the system chose, with its admin side on another.
fn with_tcp_admin(folder: &Path, more: &str) -> Daemon {
    let text = "\
services:
  shop:
    inbound:  { listen: 127.0.0.1:0, upstream: http://127.0.0.1:9 }
    outbound: { listen: 127.0.0.1:0 }
admin: { listen: 127.0.0.1:0 }
";
    std::fs::write(folder.join("sortie.yaml"), format!("{text}{more}")).unwrap();
    Daemon::start(folder, &["-c", "sortie.yaml"])
}

#[test]
fn a_tcp_admin_side_is_found_through_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = with_tcp_admin(folder, "data: ./elsewhere\n");
    assert!(daemon.said.iter().any(|line| line == "  sortie findings -c sortie.yaml"), "{:?}", daemon.said);
    assert!(works(folder, &["status", "--data", "elsewhere"]).contains("shop  observe"));
    assert!(works(folder, &["off", "shop", "-c", "sortie.yaml"]).starts_with("shop: off"));
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn no_dial_reaches_an_admin_side_whose_port_the_system_chose() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = with_tcp_admin(folder, "");
    let admin = std::fs::read_to_string(folder.join("sortie-data/admin.address")).unwrap();
    assert_eq!(get_through(daemon.proxy(), &format!("http://{}/", admin.trim())).0, 403);
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn a_change_that_cannot_be_kept_is_in_force_and_no_success() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let daemon = Daemon::start(folder, FLAGS);
    std::fs::create_dir(folder.join("sortie-data/overrides.incoming")).unwrap();
    for (args, shown) in [(&["mode", "block"][..], "app  block"), (&["off"], "app  block  OFF")] {
        let output = sortie(folder, args);
        assert_eq!(code(&output), 1, "{args:?}");
        assert!(
            stderr(&output).contains("in force, but it is not kept, and a restart undoes it"),
            "{}",
            stderr(&output)
        );
        assert!(works(folder, &["status"]).contains(shown));
    }
    std::fs::remove_dir(folder.join("sortie-data/overrides.incoming")).unwrap();
    works(folder, &["mode", "shadow"]);
    daemon.kill();
    let daemon = Daemon::start(folder, FLAGS);
    assert!(works(folder, &["status"]).contains("app  shadow  OFF"), "kept, through a kill");
    assert_eq!(daemon.end(), Some(0));
}

#[test]
fn malformed_messages_are_counted_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let (door, upstream) = (free_address().to_string(), serve(|_| (200, String::new())));
    let upstream = format!("http://{upstream}");
    let flags = ["--listen", &door, "--upstream", &upstream, "--egress", "127.0.0.1:0"];
    let daemon = Daemon::start(folder, &flags);
    let twice = "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n";
    assert_eq!(exchange(door.parse().unwrap(), twice).0, 400);
    assert!(works(folder, &["status"]).contains("1 malformed: 1 host-repeated"));
    assert_eq!(daemon.end(), Some(0));
}
