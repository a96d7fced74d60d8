//! A stream of events as the doors tell them, made by a real gate: the traffic's requests, 64 of
//! them open at a time, and the dials that they cause.
//!
//! Every request that registers a web hook is obeyed by a TLS dial, every fourth other request makes
//! an own call to an internal host. So there are 40 dials to 100 exchanges. The gate decides by
//! snapshots of what an engine beside it learns, as in a running program.

use std::collections::{BTreeMap, VecDeque};
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use smallvec::smallvec;
use sortie_engine::step::State;
use sortie_model::candidate::Scheme;
use sortie_model::event::{Carrier, Event, What};
use sortie_model::{Destination, Host, Key, Micros, Policy, ServiceName};
use sortie_proxy::clock::Clock;
use sortie_proxy::gate::{
    Admission, EventQueue, Gate, GateSettings, InboundBody, InboundHead, OutboundDial, Ticket, VisibleRequest,
};

use crate::traffic::{self, Sent, Size};

/// Exchanges that are open at a time.
const OPEN: usize = 64;
/// Exchanges per second of the stream's own time.
const PER_SECOND: u64 = 2_000;
/// Events after which the gate gets a new snapshot.
const PUBLISH: usize = 1_000;

/// A stream of events, and the policy under which it was made.
#[derive(Debug)]
pub struct Story {
    /// The events, in the order of their numbers.
    pub events: Vec<Event>,
    /// Exchanges among them.
    pub exchanges: usize,
    /// Dials among them.
    pub dials: usize,
    /// The policies of all services.
    pub policies: BTreeMap<ServiceName, Arc<Policy>>,
}

/// Makes a stream of so many exchanges.
pub fn tell(exchanges: usize) -> Story {
    let mut teller = Teller::new();
    let requests = traffic::requests(Size::Small);
    let mut open: VecDeque<(Ticket, &Sent)> = VecDeque::new();
    for number in 0..exchanges + OPEN {
        if number < exchanges {
            let sent = &requests[number % requests.len()];
            open.extend(teller.begin(sent, number).map(|ticket| (ticket, sent)));
        }
        if let Some((_, sent)) = open.get(OPEN / 2) {
            teller.dial(sent, number);
        }
        if open.len() >= OPEN || number >= exchanges {
            teller.end(open.pop_front());
        }
    }
    teller.finish(exchanges)
}

struct Teller {
    gate: Arc<Gate>,
    told: Receiver<Event>,
    state: State,
    policies: BTreeMap<ServiceName, Arc<Policy>>,
    events: Vec<Event>,
    learned_from: usize,
}

impl Teller {
    fn new() -> Self {
        let name = ServiceName::from("shop");
        let policy = Arc::new(Policy::default());
        let (queue, told) = EventQueue::new(1, 2 * PUBLISH);
        let settings = GateSettings::new(name.clone(), Key::new(&[7; Key::LENGTH]));
        let gate = Gate::new(settings, Clock::start(), queue, Arc::clone(&policy));
        let policies = BTreeMap::from([(name, policy)]);
        Self { gate, told, state: State::default(), policies, events: Vec::new(), learned_from: 0 }
    }

    fn begin(&mut self, sent: &Sent, number: usize) -> Option<Ticket> {
        let fields: [(&str, &[u8]); 5] = [
            ("host", b"api.shop.example"),
            ("user-agent", b"shop-web/4.18.2"),
            ("accept", b"application/json"),
            ("authorization", sent.authorization.as_bytes()),
            ("content-type", b"application/json"),
        ];
        let head = InboundHead {
            method: sent.method,
            target: &sent.path,
            host: "api.shop.example",
            fields: &fields,
            client: IpAddr::from([198, 51, 100, (number % 250) as u8]),
            content_length: Some(sent.body.len() as u64),
            has_body: true,
            asks_upgrade: false,
        };
        let Admission::Pass(mut ticket) = self.gate.admit(&head) else { return None };
        // Without a mode that refuses, an inspection lets everything through.
        let content_type = Some("application/json");
        let _ =
            ticket.inspect(&InboundBody { content_type, content_encoding: None, bytes: &sent.body, complete: true });
        self.listen();
        Some(ticket)
    }

    fn dial(&mut self, sent: &Sent, number: usize) {
        if let Some(host) = ordered_host(sent) {
            self.dial_by_order(&host);
        } else if number.is_multiple_of(4) {
            self.dial_billing(number);
        }
        self.listen();
    }

    fn dial_by_order(&self, host: &str) {
        let address = IpAddr::V4(Ipv4Addr::new(8, 8, 4, host.len() as u8));
        self.dialled(OutboundDial {
            destination: Destination::new(Host::name(host), 443),
            addresses: smallvec![address],
            further_hosts: smallvec![Host::name(host)],
            carrier: Carrier::TunnelTls,
            scheme: Some(Scheme::Https),
            request: None,
            via: 0,
        });
    }

    fn dial_billing(&self, number: usize) {
        let target = format!("/v1/credit/{}", number % 150);
        let fields: [(&str, &[u8]); 2] = [("host", b"billing.internal"), ("authorization", b"Bearer own")];
        self.dialled(OutboundDial {
            destination: Destination::new(Host::name("billing.internal"), 80),
            addresses: smallvec![IpAddr::V4(Ipv4Addr::new(10, 20, 0, 5))],
            further_hosts: smallvec![],
            carrier: Carrier::Absolute,
            scheme: Some(Scheme::Http),
            request: Some(VisibleRequest { method: "GET", target: &target, fields: &fields }),
            via: 0,
        });
    }

    fn dialled(&self, asked: OutboundDial<'_>) {
        let address = asked.addresses[0];
        let is_visible = asked.request.is_some();
        let (mut record, _) = self.gate.judge(asked).commit();
        record.connected(address);
        if is_visible {
            record.answered(200, None);
        }
        record.ended(1_204, 380);
    }

    fn end(&mut self, ended: Option<(Ticket, &Sent)>) {
        if let Some((ticket, sent)) = ended {
            ticket.end(Some(200), sent.body.len() as u64);
        }
        self.listen();
    }

    /// Takes over what the gate told, and now and then gives it what was learned from that.
    fn listen(&mut self) {
        self.events.extend(self.told.try_iter());
        if self.events.len() - self.learned_from >= PUBLISH {
            for event in &self.events[self.learned_from..] {
                self.state.step(event, &self.policies);
            }
            self.learned_from = self.events.len();
            if let Some(learned) = self.state.learned(self.gate.name()) {
                self.gate.publish(Arc::new(learned.clone()));
            }
            self.gate.tick();
        }
    }

    fn finish(mut self, exchanges: usize) -> Story {
        self.listen();
        let from = self.events.first().map_or(Micros(0), |event| event.at);
        let each = exchanges as u64 * Micros::SECOND / PER_SECOND / self.events.len().max(1) as u64;
        for (event, number) in self.events.iter_mut().zip(0..) {
            event.at = from.plus(number * each);
        }
        let dials = self.events.iter().filter(|event| matches!(event.what, What::Dialled(_))).count();
        Story { events: self.events, exchanges, dials, policies: self.policies }
    }
}

/// The host that the service will dial because this request says so.
fn ordered_host(sent: &Sent) -> Option<String> {
    let body: serde_json::Value = serde_json::from_slice(&sent.body).ok()?;
    let host = body.get("url")?.as_str()?.strip_prefix("https://")?.split('/').next()?;
    Some(host.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_exchange_is_told_whole() {
        let story = tell(400);
        let count = |of: fn(&What) -> bool| story.events.iter().filter(|event| of(&event.what)).count();
        assert_eq!(count(|what| matches!(what, What::RequestBegan(_))), 400);
        // Bodies that hold nothing are no event.
        assert!((200..400).contains(&count(|what| matches!(what, What::RequestInspected(_)))));
        assert_eq!(count(|what| matches!(what, What::RequestEnded(_))), 400);
        assert!((140..=180).contains(&story.dials), "{} dials", story.dials);
        assert!(story.events.is_sorted_by_key(|event| (event.number, event.at)));
    }
}
