//! Why nothing is heard: what a service's counts say when they cannot be right.

use super::text::{bytes, count, counted};
use crate::admin::wire::{ServiceStatus, Status};

/// Requests after which their silence means something.
const REQUESTS: u64 = 20;
/// Dials after which their shares mean something.
const DIALS: u64 = 20;
/// Destinations after which it is strange that none was obeyed.
const CANDIDATES: u64 = 5;

/// What is strange, one sentence each, with its likely cause. The program repeats these on its
/// standard error while they are true.
pub fn silence(status: &Status) -> Vec<String> {
    status
        .services
        .iter()
        .flat_map(|service| of_service(service).into_iter().map(|text| format!("{}: {text}", service.name)))
        .collect()
}

/// The same of one service, without its name.
pub(super) fn of_service(service: &ServiceStatus) -> Vec<String> {
    let (inbound, outbound) = (&service.inbound, &service.outbound);
    let mut lines = Vec::new();
    if service.off {
        lines.push("off: everything passes, nothing is judged; `sortie on` ends that".to_owned());
    }
    if let Some(failing) = &inbound.failing {
        lines.push(format!(
            "the back end at {} does not answer: {}, {} since {}; clients get an error; is it running?",
            inbound.upstream,
            failing.why,
            counted(failing.requests, "request"),
            failing.since
        ));
    }
    if inbound.requests == 0 && outbound.dials > 0 {
        lines.push(format!(
            "{} passed the outbound door, but no request the inbound door at {}: nobody can be named; let clients \
             (or the load balancer) connect to that door instead of the back end",
            counted(outbound.dials, "dial"),
            inbound.listen
        ));
    }
    if let Some(line) = gone_around(service) {
        lines.push(line);
    } else if inbound.candidates == 0 && outbound.dials == 0 && inbound.requests >= REQUESTS {
        lines.push(format!(
            "{} carried no destination, and the program dialled nothing: there is nothing to judge here, or it goes around \
             the outbound door at {}",
            counted(inbound.requests, "request"),
            outbound.listen
        ));
    }
    if outbound.dials >= DIALS && outbound.tls * 2 > outbound.dials {
        lines.push(format!(
            "{} of {} dials are TLS: their host is seen, not their path, answer or redirects; rungs E4 and E5 need plain \
             HTTP to the door{}",
            count(outbound.tls),
            count(outbound.dials),
            hidden_at(service)
        ));
    }
    if inbound.bytes_not_inspected * 10 > inbound.bytes && inbound.cut > 0 {
        lines.push(format!(
            "{} of {} were not inspected, {} cut: what was cut may hide an order; raise inspect.request_bytes where it matters",
            bytes(inbound.bytes_not_inspected),
            bytes(inbound.bytes),
            counted(inbound.cut, "request"),
        ));
    }
    lines
}

/// What a service that was just put between its clients and the world still waits for. Nothing is strange
/// about it, so it is no silence.
pub(super) fn not_yet(service: &ServiceStatus) -> Vec<String> {
    let (inbound, outbound) = (&service.inbound, &service.outbound);
    let mut lines = Vec::new();
    if inbound.requests == 0 && outbound.dials == 0 {
        lines.push(format!("no client has come through {} yet", inbound.listen));
    }
    if outbound.dials == 0 && inbound.requests < REQUESTS && gone_around(service).is_none() {
        lines.push(format!(
            "no dial has passed {} yet: is HTTP_PROXY set for the program (README.md, 60 seconds)?",
            outbound.listen
        ));
    }
    lines
}

/// Destinations are named, and nothing is dialled. One dial at the start says nothing of what the program
/// does now: where any came, what happened of late counts.
fn gone_around(service: &ServiceStatus) -> Option<String> {
    let (inbound, outbound, recent) = (&service.inbound, &service.outbound, &service.recent);
    let carried = |requests, candidates| {
        format!("{} carried {}", counted(requests, "request"), counted(candidates, "destination"))
    };
    if outbound.dials == 0 {
        let is_enough = inbound.requests >= REQUESTS || inbound.candidates >= CANDIDATES;
        return (inbound.candidates > 0 && is_enough).then(|| {
            format!(
                "{}, 0 dials passed the outbound door at {}: your program goes around it (NO_PROXY, a client without proxy \
                 support)",
                carried(inbound.requests, inbound.candidates),
                outbound.listen
            )
        });
    }
    // A pause needs more to be strange.
    let is_enough = recent.requests >= REQUESTS && recent.candidates >= CANDIDATES;
    (recent.dials == 0 && is_enough).then(|| {
        format!(
            "in the last {} minutes {}, 0 dials passed the outbound door at {}, where {} passed before: your program dials \
             nothing of it, or goes around the door now (NO_PROXY, a client without proxy support)",
            recent.minutes,
            carried(recent.requests, recent.candidates),
            outbound.listen,
            counted(outbound.dials, "dial")
        )
    })
}

fn hidden_at(service: &ServiceStatus) -> String {
    let places: Vec<String> = service
        .outbound
        .hidden
        .iter()
        .take(3)
        .map(|at| format!("{} ({})", at.destination, counted(at.dials, "order")))
        .collect();
    if places.is_empty() { String::new() } else { format!("; most at {}", places.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::admin::wire::{BackEndFailing, HiddenAt, InboundStatus, OutboundStatus, RecentStatus};

    fn service(mut inbound: InboundStatus, mut outbound: OutboundStatus) -> ServiceStatus {
        inbound.listen = "127.0.0.1:8080".into();
        outbound.listen = "127.0.0.1:3128".into();
        let (requests, candidates, dials) = (inbound.requests, inbound.candidates, outbound.dials);
        let recent = RecentStatus { minutes: 10, requests, candidates, dials };
        ServiceStatus { recent, name: "shop".into(), inbound, outbound, ..ServiceStatus::default() }
    }

    #[test]
    fn a_program_that_goes_around_the_door_is_told() {
        let inbound = InboundStatus { requests: 214, candidates: 37, ..InboundStatus::default() };
        let lines = of_service(&service(inbound, OutboundStatus::default()));
        assert_eq!(
            lines,
            [
                "214 requests carried 37 destinations, 0 dials passed the outbound door at 127.0.0.1:3128: your program goes \
              around it (NO_PROXY, a client without proxy support)"
            ]
        );
    }

    #[test]
    fn a_program_that_began_to_go_around_the_door_is_told() {
        let inbound = InboundStatus { requests: 9_000, candidates: 1_500, ..InboundStatus::default() };
        let all = service(inbound, OutboundStatus { dials: 1, visible: 1, ..OutboundStatus::default() });
        assert!(of_service(&all).is_empty(), "the dial is of late");
        let late = |requests, candidates, dials| {
            let recent = RecentStatus { minutes: 10, requests, candidates, dials };
            of_service(&ServiceStatus { recent, ..all.clone() })
        };
        assert_eq!(
            late(214, 37, 0),
            ["in the last 10 minutes 214 requests carried 37 destinations, 0 dials passed the outbound door at \
              127.0.0.1:3128, where 1 dial passed before: your program dials nothing of it, or goes around the door now \
              (NO_PROXY, a client without proxy support)"]
        );
        for quiet in [late(214, 37, 1), late(214, 4, 0), late(19, 37, 0), late(0, 0, 0)] {
            assert!(quiet.is_empty(), "{quiet:?}");
        }
    }

    #[test]
    fn a_service_at_rest_is_not_strange() {
        assert!(of_service(&service(InboundStatus::default(), OutboundStatus::default())).is_empty());
        let inbound = InboundStatus { requests: 3, candidates: 1, ..InboundStatus::default() };
        assert!(of_service(&service(inbound, OutboundStatus::default())).is_empty());
        let inbound = InboundStatus { requests: 500, candidates: 90, bytes: 1_000, ..InboundStatus::default() };
        let outbound = OutboundStatus { dials: 80, visible: 70, tls: 10, ..OutboundStatus::default() };
        assert!(of_service(&service(inbound, outbound)).is_empty());
    }

    #[test]
    fn a_service_without_traffic_says_what_it_waits_for() {
        let lines = |requests, dials| {
            let inbound = InboundStatus { requests, ..InboundStatus::default() };
            not_yet(&service(inbound, OutboundStatus { dials, ..OutboundStatus::default() }))
        };
        let (client, dial) = ("no client has come through 127.0.0.1:8080", "no dial has passed 127.0.0.1:3128 yet");
        let both = lines(0, 0);
        assert!(both.len() == 2 && both[0].contains(client) && both[1].contains(dial), "{both:?}");
        let one = lines(3, 0);
        assert!(one.len() == 1 && one[0].contains(dial), "{one:?}");
        for told_otherwise in [lines(0, 2), lines(3, 1), lines(REQUESTS, 0)] {
            assert!(told_otherwise.is_empty(), "{told_otherwise:?}");
        }
    }

    #[test]
    fn a_back_end_that_does_not_answer_is_told() {
        let failing =
            BackEndFailing { since: "2026-11-24T03:07:41.000Z".into(), requests: 12, why: "dns_error".into() };
        let upstream = "http://shop.internal:5000".to_owned();
        let inbound = InboundStatus { requests: 12, upstream, failing: Some(failing), ..InboundStatus::default() };
        let outbound = OutboundStatus { dials: 1, ..OutboundStatus::default() };
        assert_eq!(
            of_service(&service(inbound, outbound)),
            ["the back end at http://shop.internal:5000 does not answer: dns_error, 12 requests since \
              2026-11-24T03:07:41.000Z; clients get an error; is it running?"]
        );
    }

    #[test]
    fn what_cannot_be_seen_is_told() {
        let inbound = InboundStatus {
            bytes: 90_000,
            bytes_not_inspected: 40_000,
            cut: 3,
            requests: 9,
            ..InboundStatus::default()
        };
        let hidden = vec![HiddenAt { destination: "cdn.example:443".into(), dials: 12 }];
        let outbound = OutboundStatus { dials: 100, tls: 80, hidden, ..OutboundStatus::default() };
        let lines = of_service(&ServiceStatus { off: true, ..service(inbound, outbound) });
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert!(
            lines[1].contains("80 of 100 dials are TLS") && lines[1].ends_with("most at cdn.example:443 (12 orders)")
        );
        assert!(lines[2].contains("40.0 kB of 90.0 kB were not inspected, 3 requests cut"), "{}", lines[2]);
    }

    #[test]
    fn dials_without_requests_name_nobody() {
        let outbound = OutboundStatus { dials: 2, ..OutboundStatus::default() };
        let lines = of_service(&service(InboundStatus::default(), outbound));
        assert!(lines[0].contains("2 dials passed the outbound door"), "{lines:?}");
    }
}
