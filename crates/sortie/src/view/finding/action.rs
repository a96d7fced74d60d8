//! What was done: of which dial or request, and by what rule.

use sortie_model::finding::{Action, Finding, FindingDial, FindingKind};
use sortie_model::{AddressClass, Mode};

use super::{clean, dialled, shown_as};

/// The line. It is of what was decided last; what passed before, in `block` or because of the mode then, is told
/// with it.
pub(super) fn action(finding: &Finding) -> String {
    let decision = &finding.decision;
    let about = decision.about.as_deref().map_or_else(|| "it".to_owned(), |about| name(finding, about));
    let row = finding.dials.iter().find(|dial| Some(&dial.id) == decision.about.as_ref());
    let grounds = row.and_then(|row| row.decision.grounds.as_deref()).map(clean);
    let rule = decision.rule.as_deref().map(clean).unwrap_or_default();
    let class = row.map_or(finding.destination.class, |row| row.class);
    match (decision.action, grounds) {
        (Action::Passed, None) if finding.kind == FindingKind::FileReturned => {
            "PASSED: no dial is made to read a file; at a proven place, `block` refuses a file: URL".to_owned()
        }
        (Action::Passed, None) => format!("{}PASSED, no rule forbids it", before(finding)),
        (Action::Passed, Some(grounds)) if decision.mode == Mode::Block => {
            format!("{}{about} PASSED in block: {grounds}", before(finding))
        }
        (Action::Passed, Some(grounds)) => {
            format!("PASSED, and block would let {about} pass too: {grounds}")
        }
        (Action::WouldBlock, grounds) => {
            let grounds = grounds.map(|grounds| format!("; {grounds}")).unwrap_or_default();
            let mode = decision.mode;
            format!("PASSED, because mode is {mode}; block would have stopped {about}: {rule} {class}{grounds}")
        }
        (Action::Blocked, grounds) => {
            let grounds = grounds.map(|grounds| format!("; {grounds}")).unwrap_or_default();
            let door = decision.door.as_deref().map(clean).unwrap_or_default();
            format!("{}BLOCKED at the {door} door: {about}, by {rule} {class}{grounds}", before(finding))
        }
    }
}

/// What passed before what was decided last.
fn before(finding: &Finding) -> String {
    let about = finding.decision.about.as_ref();
    let mut passed = passed_in_block(finding).filter(|dial| Some(&dial.id) != about);
    if let Some(last) = passed.next_back() {
        let others = match passed.count() {
            0 => String::new(),
            others => format!(" and {others} before"),
        };
        let grounds = last.decision.grounds.as_deref().map(clean).unwrap_or_default();
        return format!("{}{others} PASSED in block: {grounds}; the last one was ", name(finding, &last.id));
    }
    let is_stopped = finding.decision.action == Action::Blocked;
    let has_passed = matches!(finding.kind, FindingKind::Honoured | FindingKind::Stored | FindingKind::FileReturned);
    if is_stopped && has_passed { "earlier ones PASSED, the last one was ".to_owned() } else { String::new() }
}

/// Dials to what policy denies that passed although the mode was `block`, as far as they are listed.
pub(in crate::view) fn passed_in_block(finding: &Finding) -> impl DoubleEndedIterator<Item = &FindingDial> {
    finding.dials.iter().filter(|dial| {
        let decision = &dial.decision;
        let is_let_through = decision.action == Action::Passed && decision.grounds.is_some();
        decision.mode == Mode::Block && is_let_through && dial.class != AddressClass::Public
    })
}

/// The dial or the request: by its number where it is shown, else by its reference and where it went.
fn name(finding: &Finding, reference: &str) -> String {
    let row = finding.dials.iter().find(|dial| dial.id == reference);
    shown_as(finding, reference).unwrap_or_else(|| match row {
        Some(row) => format!("{} to {}, not among those shown", clean(reference), dialled(row)),
        None => clean(reference).into_owned(),
    })
}
