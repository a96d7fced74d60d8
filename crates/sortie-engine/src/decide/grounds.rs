//! Why a dial was let through that a client ordered and policy denies, or refused although the service calls
//! its destination: the rule that decided, in words.

use sortie_model::Rule;
use sortie_model::event::Dialled;
use sortie_model::verdict::{OwnEvidence, Source};

use super::SURE;

/// Probability from which a dial is told as an order.
const LIKELY: f64 = 0.5;

/// The grounds; `None` where the decision goes without saying: what nobody ordered or nothing denies passed, or
/// what was ordered and is nobody's own call was refused.
pub fn grounds(dialled: &Dialled) -> Option<String> {
    let (verdict, destination) = (&dialled.verdict, &dialled.dial.destination);
    if let Some(rule) = verdict.decision.rule() {
        let is_new_path = rule == Rule::OrderedDeny && verdict.own_evidence == OwnEvidence::NewPath;
        return is_new_path.then(|| format!("the service itself calls {destination}, but never showed this path"));
    }
    if verdict.p_denied < LIKELY {
        return None;
    }
    if verdict.p_denied < SURE {
        return Some(format!("{:.2} that an order which is denied caused it, {SURE:.2} is needed", verdict.p_denied));
    }
    if verdict.q < SURE {
        return Some(format!("proven places account for {:.2} of it, {SURE:.2} is needed", verdict.q));
    }
    let own = match verdict.own_evidence {
        OwnEvidence::KnownPath => "this path".to_owned(),
        OwnEvidence::KinPath => "paths like this one".to_owned(),
        OwnEvidence::HiddenPath => format!("{destination}, and the path is not visible"),
        OwnEvidence::UnnamedPath => format!("{destination}, and no proven place named this path"),
        OwnEvidence::None | OwnEvidence::NewPath => return None,
    };
    let is_hop = verdict.leading_order().is_some_and(|(leading, _)| matches!(leading.source, Source::Hop(_)));
    let unseen = if is_hop { ", and where an answer leads is not seen there" } else { "" };
    Some(format!("the service itself calls {own}; only the inbound door can stop such an order{unseen}"))
}
