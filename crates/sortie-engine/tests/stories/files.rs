//! Files that a client named at a place that is dialled.

use std::sync::Arc;

use sortie_model::candidate::{CandidateKind, Scheme};
use sortie_model::event::ReturnedForm;
use sortie_model::file::{FileMark, FilesSeen, FilesShown, NamedFile, ShownFile};
use sortie_model::finding::{Action, FindingKind, Severity};
use sortie_model::place::{Container, Location};
use sortie_model::{Candidate, Host, Mode, Nature, Policy};

use crate::play::Play;

const PASSWD: &str = "file:///etc/passwd";

fn passwd(play: &Play) -> Candidate {
    let mut candidate = play.candidate("url", PASSWD, Nature::Named);
    candidate.manner.kind = CandidateKind::Url;
    candidate.scheme = Some(Scheme::parse("file"));
    candidate.host = Host::parse("localhost");
    candidate
}

/// What stands in the answer to whoever named it.
fn shown() -> FilesSeen {
    let named = NamedFile {
        location: Location { container: Container::Json, name: "url".into() },
        parameter: "url".into(),
        shown: PASSWD.into(),
        is_plain: true,
        suggests: Some(FileMark::Accounts),
    };
    let mark = ShownFile { mark: FileMark::Accounts, form: ReturnedForm::Raw, location: "$.body".into() };
    FilesSeen::Shown(Box::new(FilesShown { named: vec![named], shown: vec![mark] }))
}

#[test]
fn what_came_back_and_what_is_refused_later_are_one_story() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let candidate = passwd(&play);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate.clone()]).expect("observed");
    play.wait(5);
    play.end_showing(request, 200, Vec::new(), shown());
    let finding = play.finding("file.returned").expect("found").clone();
    assert_eq!((finding.decision.action, finding.decision.door.as_deref()), (Action::WouldBlock, Some("inbound")));

    play.policy = Arc::new(Policy { mode: Mode::Block, ..Policy::default() });
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![candidate]), None);
    let again = &play.findings[finding.id.as_str()];
    assert_eq!((again.kind, again.severity), (FindingKind::FileReturned, Severity::Critical));
    assert_eq!((again.decision.action, again.requests_total), (Action::Blocked, 2));
    let told = play.findings.values().filter(|other| other.severity > Severity::Info).count();
    assert_eq!(told, 1);
}
