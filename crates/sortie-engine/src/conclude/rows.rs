//! Dials as findings list them.

use sortie_model::Micros;
use sortie_model::event::{DialProgressed, Dialled, HopKind, Outcome};
use sortie_model::finding::FindingDial;
use sortie_model::verdict::Source;

use super::decided;

/// A dial's row at the moment of its judgement.
pub(super) fn dial_row(at: Micros, dialled: &Dialled) -> FindingDial {
    let (dial, verdict) = (&dialled.dial, &dialled.verdict);
    let leading = verdict.leading_order();
    let led_by = |kind| {
        leading.and_then(|(explanation, _)| match &explanation.source {
            Source::Hop(hop) if hop.kind == kind => Some(format!("D-{}", hop.parent)),
            _ => None,
        })
    };
    let outcome = if verdict.decision.is_denied() { Outcome::Denied.as_str() } else { "pending" };
    FindingDial {
        id: format!("D-{}", dial.dial),
        ts: at,
        host: dial.destination.host.to_string(),
        address: dial.addresses.first().copied(),
        port: dial.destination.port,
        class: dial.class,
        request: dial.request.as_ref().map(|request| format!("{} {}", request.method, request.shown)),
        outcome: outcome.to_owned(),
        status: None,
        bytes: 0,
        took_micros: 0,
        p: verdict.p_ordered,
        matched: verdict.kind_of_match().map(str::to_owned),
        ordered_by: leading.map(|(_, order)| format!("R-{}", order.request)),
        redirected_by: led_by(HopKind::Redirect),
        named_by: led_by(HopKind::Content),
        returned: None,
        decision: decided::of_row(dialled),
    }
}

/// What the row says after the dial went on.
pub(super) fn progress(row: &mut FindingDial, progressed: &DialProgressed) {
    // An answer that was seen stays seen when the connection ends later.
    let was_answered = row.outcome == Outcome::Answered.as_str();
    if !was_answered || progressed.outcome == Outcome::Answered {
        progressed.outcome.as_str().clone_into(&mut row.outcome);
    }
    row.address = progressed.address.or(row.address);
    row.status = progressed.status.or(row.status);
    row.bytes = row.bytes.max(progressed.bytes_in);
    if row.took_micros == 0 {
        row.took_micros = progressed.took;
    }
}
