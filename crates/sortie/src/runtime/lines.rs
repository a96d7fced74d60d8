//! Events as lines for `sortie tail`.

use sortie_model::Event;
use sortie_model::event::{Dialled, RequestBegan, What};

use crate::admin::wire::{TailDial, TailLine, TailRequest};

/// The line of an event that is worth one: a dial, or a request that a rule speaks against.
pub(super) fn line_of(event: &Event) -> Option<TailLine> {
    let service = event.service.as_ref()?.to_string();
    match &event.what {
        What::Dialled(dialled) => Some(TailLine::Dial(dial(event, service, dialled))),
        What::RequestBegan(began) => Some(TailLine::Request(request(event, service, began)?)),
        _ => None,
    }
}

fn dial(event: &Event, service: String, dialled: &Dialled) -> TailDial {
    let Dialled { dial, verdict } = dialled;
    TailDial {
        ts: event.at.rfc3339(),
        service,
        id: format!("D-{}", dial.dial),
        destination: dial.destination.to_string(),
        class: dial.class,
        p: verdict.p_ordered,
        ordered_by: verdict.leading_order().map(|(_, order)| format!("R-{}", order.request)),
        rule: verdict.decision.rule().map(|rule| rule.as_str().to_owned()),
        denied: verdict.decision.is_denied(),
    }
}

fn request(event: &Event, service: String, began: &RequestBegan) -> Option<TailRequest> {
    let refused = began.refused?;
    Some(TailRequest {
        ts: event.at.rfc3339(),
        service,
        id: format!("R-{}", began.request),
        request: format!("{} {}", began.endpoint.method, began.path),
        actor: began.actor.id().to_string(),
        rule: refused.rule.as_str().to_owned(),
        denied: refused.is_enforced(),
    })
}
