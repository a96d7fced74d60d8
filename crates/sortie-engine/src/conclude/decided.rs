//! What a door decided, and of which dial or request.

use sortie_model::event::{Dialled, Refused};
use sortie_model::finding::{Action, DialDecision, FindingDecision};
use sortie_model::{Decision, Reference};

use super::notes::RequestNote;
use crate::decide::grounds;

/// What was decided of a dial. One that passed may have been ordered by a request that `block` would have
/// refused before.
pub(super) fn of_dial(dialled: &Dialled, requests: &[(Reference, RequestNote)]) -> FindingDecision {
    let (verdict, dial) = (&dialled.verdict, dialled.dial.dial);
    if verdict.decision == Decision::Pass
        && let Some((request, refused)) = requests.iter().find_map(|(r, note)| Some((*r, note.would_refuse?)))
    {
        return at_inbound(request, refused);
    }
    let rule = verdict.decision.rule();
    FindingDecision {
        mode: verdict.mode,
        action: action(verdict.decision),
        door: rule.map(|_| "outbound".to_owned()),
        rule: rule.map(|rule| rule.as_str().to_owned()),
        about: Some(format!("D-{dial}")),
    }
}

/// The same for the dial's row.
pub(super) fn of_row(dialled: &Dialled) -> DialDecision {
    let verdict = &dialled.verdict;
    DialDecision { mode: verdict.mode, action: action(verdict.decision), grounds: grounds(dialled) }
}

fn action(decision: Decision) -> Action {
    match decision {
        Decision::Pass => Action::Passed,
        Decision::WouldDeny(_) => Action::WouldBlock,
        Decision::Deny(_) => Action::Blocked,
    }
}

/// What the inbound door decided of a request.
pub(super) fn at_inbound(request: Reference, refused: Refused) -> FindingDecision {
    FindingDecision {
        mode: refused.mode,
        action: if refused.is_enforced() { Action::Blocked } else { Action::WouldBlock },
        door: Some("inbound".to_owned()),
        rule: Some(refused.rule.as_str().to_owned()),
        about: Some(format!("R-{request}")),
    }
}
