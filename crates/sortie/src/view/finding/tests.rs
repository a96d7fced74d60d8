//! Findings as people read them.

use sortie_model::Mode;
use sortie_model::finding::{Action, Closed, DialDecision, FindingKind, Resolution, Rung};

use super::super::fixtures::{at, metadata, open_sink, refused};
use super::*;

#[test]
fn a_whole_story() {
    insta::assert_snapshot!(finding(&metadata(), None, at("12:00:00"), Paint::Plain));
}

/// What the README shows is what is printed.
#[test]
fn the_sample_of_the_readme() {
    let readme = include_str!("../../../../../README.md");
    let sample = readme.split("```\n").nth(1).expect("the README has a sample");
    let elsewhere = Some("elsewhere 12 % of shop's dials are TLS: host only");
    assert_eq!(finding(&metadata(), elsewhere, at("12:00:00"), Paint::Plain), sample);
}

#[test]
fn a_refusal() {
    insta::assert_snapshot!(finding(&refused(), None, at("12:00:00"), Paint::Plain));
}

#[test]
fn posture() {
    insta::assert_snapshot!(finding(&open_sink(), None, at("12:00:00").plus(Micros::DAY), Paint::Plain));
}

#[test]
fn a_closed_one_says_why() {
    let closed = Closed {
        resolution: Resolution::FalsePositive,
        reason: "the\u{1b}[2J monitor".into(),
        at: at("06:00:00"),
        rung: Rung::E5,
    };
    let shown = finding(&Finding { closed: Some(closed), ..metadata() }, None, at("12:00:00"), Paint::Plain);
    assert!(shown.ends_with("closed  as false-positive at 06:00:00Z, on E5: the\\u{1b}[2J monitor\n"), "{shown}");
}

#[test]
fn every_kind_has_a_sentence() {
    use FindingKind::{Attempt, Blocked, CredentialSent, FileReturned, HiddenHop, Honoured, OpenSink, Stored};
    let shown: Vec<String> = [Honoured, Blocked, Attempt, Stored, CredentialSent, OpenSink, HiddenHop, FileReturned]
        .into_iter()
        .flat_map(|kind| {
            let impactless = Finding { kind, impact: Vec::new(), rung: Rung::E3, ..metadata() };
            [summary(&Finding { kind, ..metadata() }), summary(&impactless)]
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn what_a_client_wrote_cannot_move_the_cursor() {
    let evil = "http://x/\u{1b}]0;owned\u{7}\n\u{202e}";
    let mut hostile = Finding { candidate: Some(evil.into()), location: Some(evil.into()), ..metadata() };
    hostile.dials[0].host = evil.into();
    hostile.dials[1].request = Some(format!("GET {evil}"));
    hostile.requests[0].request_id = Some(evil.into());
    let shown = finding(&hostile, None, at("12:00:00"), Paint::Plain);
    assert!(!shown.contains(['\u{1b}', '\u{7}', '\u{202e}']), "{shown}");
    assert!(!shown.contains("sortie mode"), "a scope that cannot be typed is not offered: {shown}");
}

#[test]
fn a_quote_in_a_place_is_not_offered_as_a_command() {
    let quoted = Finding { location: Some("$.a'b".into()), ..metadata() };
    assert!(!finding(&quoted, None, at("12:00:00"), Paint::Plain).contains("sortie mode"));
}

#[test]
fn colour_is_only_for_terminals() {
    assert!(!finding(&metadata(), None, at("12:00:00"), Paint::Plain).contains('\u{1b}'));
    assert!(finding(&metadata(), None, at("12:00:00"), Paint::Coloured).contains('\u{1b}'));
}

#[test]
fn the_table_is_short_and_fits() {
    let list = [metadata(), refused(), open_sink()];
    insta::assert_snapshot!(super::super::findings(&list, at("12:00:00"), None, Paint::Plain));
    let narrow = super::super::findings(&list, at("12:00:00"), Some(120), Paint::Plain);
    assert!(narrow.lines().all(|line| width(line) <= 120), "{narrow}");
}

#[test]
fn what_was_stopped_is_the_dial_that_the_decision_is_about() {
    let mut probes = metadata();
    probes.dials_total = 12;
    probes.dials = (1..=12).map(|n| FindingDial { id: format!("D-{n}"), ..metadata().dials[1].clone() }).collect();
    let mut action_about = |dial: &str| {
        probes.decision.about = Some(dial.into());
        action::action(&probes)
    };
    assert_eq!(
        action_about("D-9"),
        "PASSED, because mode is observe; block would have stopped dial 9: ordered.deny metadata"
    );
    let unshown = action_about("D-2");
    assert!(unshown.contains("stopped D-2 to 169.254.169.254:80 (metadata), not among those shown:"), "{unshown}");
    let gone = action_about("D-99");
    assert!(gone.contains("stopped D-99:"), "{gone}");
}

#[test]
fn what_passed_in_block_is_not_hidden_behind_what_was_stopped() {
    let decided =
        |action, grounds: Option<&str>| DialDecision { mode: Mode::Block, action, grounds: grounds.map(str::to_owned) };
    let mut finding = metadata();
    finding.dials[1].decision = decided(Action::Passed, Some("the service itself calls this path"));
    finding.decision.mode = Mode::Block;
    finding.decision.action = Action::Passed;
    assert_eq!(action::action(&finding), "dial 2 PASSED in block: the service itself calls this path");
    finding.dials.push(FindingDial { id: "D-18C6".into(), ..finding.dials[1].clone() });
    finding.dials[2].decision = decided(Action::Blocked, None);
    finding.dials_total = 3;
    finding.decision.action = Action::Blocked;
    finding.decision.about = Some("D-18C6".into());
    assert_eq!(
        action::action(&finding),
        "dial 2 PASSED in block: the service itself calls this path; the last one was BLOCKED at the outbound door: \
         dial 3, by ordered.deny metadata"
    );
    let table = super::super::findings(&[finding.clone()], at("12:00:00"), None, Paint::Plain);
    assert!(table.contains("E5 returned, passed in block"), "{table}");
    finding.dials[1].decision = DialDecision { mode: Mode::Observe, ..decided(Action::WouldBlock, None) };
    assert!(action::action(&finding).starts_with("earlier ones PASSED, the last one was BLOCKED"));
}

#[test]
fn a_dial_that_an_answer_names_says_so() {
    let mut named = metadata();
    named.dials[1].named_by = named.dials[1].redirected_by.take();
    let shown = finding(&named, None, at("12:00:00"), Paint::Plain);
    assert!(shown.contains("; named by the answer of dial 1\n") && !shown.contains("redirect hop"), "{shown}");
}

#[test]
fn a_file_is_listed_as_such() {
    let read = Finding { kind: FindingKind::FileReturned, candidate: Some("/etc/passwd\u{1b}".into()), ..metadata() };
    let listed = super::super::findings::table(&[read], at("12:00:00"), None, Paint::Plain);
    assert!(listed.contains("file /etc/passwd\\u{1b}") && !listed.contains("169.254"), "{listed}");
}
