//! Texts whose URLs a service fetches: chats with previews, lists of requirements, commands to be run.

use sortie_model::{Decision, Mode, Nature, Reference, Rule};

use crate::play::Play;

const INTERNAL: &str = "http://10.20.0.9/admin/7f3a";

/// A client's text mentions a URL, and of every so many the service fetches it.
fn text(play: &mut Play, client: u8, url: &str, is_fetched: bool) -> Option<Reference> {
    let candidate = play.candidate("text", url, Nature::Prose);
    let request = play.request(client, "POST", "/v1/messages", vec![candidate])?;
    play.wait(20);
    if is_fetched {
        let (dial, _) = play.dial(url, "8.8.8.8");
        play.answer(dial, 200, None);
    }
    play.end(request, Vec::new());
    play.wait(2_000);
    Some(request)
}

fn chat(mode: Mode, clients: u8, messages: u8, fetched_of_three: u8) -> Play {
    let mut play = Play::new(mode);
    for n in 0..messages {
        let url = format!("http://page{n}.example/articles/{n:08x}");
        text(&mut play, n % clients, &url, n % 3 < fetched_of_three).expect("admitted");
    }
    play
}

fn is_proven(play: &Play) -> bool {
    play.learned().sinks.values().any(|sink| sink.is_proven())
}

#[test]
fn a_place_that_obeys_most_of_what_texts_mention_is_proven() {
    assert!(is_proven(&chat(Mode::Observe, 4, 16, 3)));
    assert!(is_proven(&chat(Mode::Observe, 4, 30, 2)));
    assert!(!is_proven(&chat(Mode::Observe, 4, 6, 3)), "a few come together by chance");
    assert!(!is_proven(&chat(Mode::Observe, 4, 40, 1)), "most are mentions");
    assert!(!is_proven(&chat(Mode::Observe, 2, 30, 3)), "of two clients");
}

#[test]
fn what_a_text_orders_is_stopped_and_the_text_is_not() {
    let mut play = chat(Mode::Block, 4, 20, 3);
    let candidate = play.candidate("text", INTERNAL, Nature::Prose);
    play.request(66, "POST", "/v1/messages", vec![candidate]).expect("a text may mention anything");
    play.wait(20);
    let (_, verdict) = play.dial(INTERNAL, "10.20.0.9");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    let finding = play.finding("ssrf.blocked").expect("found");
    assert_eq!(finding.actor.as_ref().unwrap().id, "198.51.100.66");
}

#[test]
fn a_text_that_mentions_what_the_service_calls_anyway_stops_no_call() {
    let mut play = chat(Mode::Block, 4, 20, 3);
    play.checkouts(10);
    for n in 0..10 {
        let candidate = play.candidate("text", "http://billing.internal/", Nature::Prose);
        let message = play.request(100 + n, "POST", "/v1/messages", vec![candidate]).expect("admitted");
        play.checkouts(1);
        play.end(message, Vec::new());
        play.wait(1_000);
    }
    let denied = play.events.iter().any(|event| match &event.what {
        sortie_model::event::What::Dialled(dialled) => dialled.verdict.decision.is_denied(),
        _ => false,
    });
    assert!(!denied);
}
