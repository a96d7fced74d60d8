//! Events as lines for `sortie tail`.

use std::collections::BTreeMap;

use sortie_model::event::{Dialled, Refused, RequestBegan, What};
use sortie_model::{Event, Reference};

use crate::admin::wire::{TailDial, TailLine, TailRequest};

/// Requests of which more is still to be judged.
const BEGUN: usize = 10_000;

/// Makes the lines. A request that is refused for its body or a message was reported in several events, and the
/// first says what it is.
#[derive(Debug, Default)]
pub(super) struct Lines {
    begun: BTreeMap<Reference, Begun>,
}

#[derive(Debug)]
struct Begun {
    request: String,
    actor: String,
}

impl Begun {
    fn of(began: &RequestBegan) -> Self {
        Self { request: format!("{} {}", began.endpoint.method, began.path), actor: began.actor.id().to_string() }
    }
}

impl Lines {
    /// The line of an event that is worth one: a dial, or a request that a rule speaks against.
    pub(super) fn line_of(&mut self, event: &Event) -> Option<TailLine> {
        let service = event.service.as_ref()?.to_string();
        match &event.what {
            What::Dialled(dialled) => Some(TailLine::Dial(dial(event, service, dialled))),
            What::RequestBegan(began) => match began.refused {
                Some(refused) => Some(request(event, service, began.request, &Begun::of(began), refused)),
                None => {
                    self.remember(began);
                    None
                }
            },
            What::RequestInspected(inspected) => {
                let refused = inspected.refused?;
                // Whoever followed later than its head arrived sees what is known.
                let unknown = Begun { request: format!("a {}", inspected.part.as_str()), actor: "-".into() };
                let begun = self.begun.get(&inspected.request).unwrap_or(&unknown);
                Some(request(event, service, inspected.request, begun, refused))
            }
            What::RequestEnded(ended) => {
                self.begun.remove(&ended.request);
                None
            }
            _ => None,
        }
    }

    fn remember(&mut self, began: &RequestBegan) {
        if !began.goes_on {
            return;
        }
        if self.begun.len() >= BEGUN {
            self.begun.pop_first();
        }
        self.begun.insert(began.request, Begun::of(began));
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

fn request(event: &Event, service: String, request: Reference, begun: &Begun, refused: Refused) -> TailLine {
    TailLine::Request(TailRequest {
        ts: event.at.rfc3339(),
        service,
        id: format!("R-{request}"),
        request: begun.request.clone(),
        actor: begun.actor.clone(),
        rule: refused.rule.as_str().to_owned(),
        denied: refused.is_enforced(),
    })
}
