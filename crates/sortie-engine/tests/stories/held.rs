//! Orders for what the service itself calls, before anything is known of the endpoint that carries them:
//! they are told once more is known.

use sortie_model::finding::{FindingKind, Rung};
use sortie_model::{Mode, Nature, Reference};

use crate::play::{Ask, Play};

/// A client has the service fetch a URL of its own billing.
fn fetch(play: &mut Play, client: u8, url: &str, address: &str) -> Reference {
    let candidate = play.candidate("url", url, Nature::Named);
    let request = play.request(client, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(20);
    let (dial, verdict) = play.dial(url, address);
    assert!(verdict.p_ordered >= 0.5, "{url}: {}", verdict.p_ordered);
    play.answer(dial, 200, None);
    play.wait(5);
    play.end(request, Vec::new());
    dial
}

#[test]
fn a_new_endpoint_is_accused_once_some_of_its_requests_are_over() {
    for mode in [Mode::Observe, Mode::Block] {
        let mut play = Play::new(mode);
        play.checkouts(8);
        let dials = [2, 4, 6].map(|credit| {
            // The service asked for these itself.
            let dial = fetch(&mut play, 66, &format!("http://billing.internal/v1/credit/{credit}"), "10.20.0.5");
            play.wait(1_000);
            dial
        });
        // The surest is told first, and then what the same client ordered before.
        play.wait(3_000);
        play.wait(1_000);
        let finding = play.finding("ssrf.honoured").expect("told");
        assert_eq!((finding.dials.len(), finding.rung), (3, Rung::E4));
        assert_eq!(finding.dials.iter().map(|row| row.id.clone()).collect::<Vec<_>>(), dials.map(|d| format!("D-{d}")));
    }
}

#[test]
fn what_a_place_obeyed_before_it_was_proven_is_told_afterwards() {
    let mut play = Play::new(Mode::Observe);
    play.checkouts(8);
    let dial = fetch(&mut play, 66, "http://billing.internal/v1/credit/3", "10.20.0.5");
    let at = play.now;
    play.wait(3_000);
    assert!(play.findings.is_empty(), "one order for a known path may be a mention");
    play.restart();
    play.customers(4);
    play.wait(1_000);
    let finding = play.finding("ssrf.honoured").expect("told");
    assert_eq!(finding.dials.first().map(|row| row.id.clone()), Some(format!("D-{dial}")));
    assert!(finding.first_seen < at && finding.last_seen < at);
}

#[test]
fn what_an_endpoint_calls_by_itself_stays_a_mention() {
    let mut play = Play::new(Mode::Observe);
    play.checkouts(8);
    for n in 0..12 {
        // The client names the very call, in a place that may be obeyed.
        let url = format!("http://billing.internal/v1/credit/{n}");
        let candidates = if n % 4 == 0 { vec![play.candidate("url", &url, Nature::Named)] } else { Vec::new() };
        let request = play.request(30 + n, "POST", "/v1/orders", candidates).expect("admitted");
        play.wait(15);
        let ask = Ask { url: &url, addresses: &["10.20.0.5"], hidden: false, credential: Some("Bearer own") };
        let (dial, _) = play.ask(&ask);
        play.answer(dial, 200, None);
        play.end(request, Vec::new());
        play.wait(2_000);
    }
    let accused: Vec<_> = play.findings.values().filter(|f| f.kind != FindingKind::OpenSink).collect();
    assert!(accused.is_empty(), "{accused:?}");
}
