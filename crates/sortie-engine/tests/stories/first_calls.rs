//! The service's very first calls, while a client happens to mention where they go.

use sortie_model::finding::{Finding, Severity};
use sortie_model::{Mode, Nature};

use crate::play::Play;

const STOCK: &str = "http://stock.internal:8081/stock";
const ADDRESS: &str = "10.66.0.5";
/// What a comment may be: a URL and nothing else, prose around one, a page that the client came from.
const MENTIONS: [Nature; 3] = [Nature::Value, Nature::Prose, Nature::Ambient];

fn accusations(play: &Play) -> Vec<&Finding> {
    play.findings.values().filter(|finding| finding.severity > Severity::Info).collect()
}

/// A client's comment mentions a URL; nobody dials for it.
fn comments(play: &mut Play, nature: Nature) {
    let candidate = play.candidate("text", STOCK, nature);
    let request = play.request(1, "POST", "/v1/comments", vec![candidate]).expect("admitted");
    play.wait(3);
    play.end_with(request, 201, Vec::new());
}

#[test]
fn a_mention_before_the_first_own_call_accuses_nobody() {
    for nature in MENTIONS {
        for (age, gap) in [(0, 10), (0, 47), (0, 500), (0, 2_000), (5_000, 47), (60_000, 300), (60_000, 10_000)] {
            for mode in [Mode::Observe, Mode::Block] {
                let mut play = Play::new(mode);
                play.wait(age);
                comments(&mut play, nature);
                play.wait(gap);
                for _ in 0..3 {
                    let request = play.request(2, "GET", "/v1/stock", Vec::new()).expect("admitted");
                    play.wait(4);
                    let (dial, verdict) = play.dial(STOCK, ADDRESS);
                    assert!(!verdict.decision.is_denied(), "{nature:?} {age} {gap}: {verdict:#?}");
                    play.answer(dial, 200, None);
                    play.end(request, Vec::new());
                    play.wait(700);
                }
                let told = accusations(&play);
                assert!(told.is_empty(), "{nature:?}, after {age} ms, {gap} ms before: {told:#?}");
            }
        }
    }
}

#[test]
fn a_mention_before_a_timer_first_fires_accuses_nobody() {
    for nature in MENTIONS {
        for (age, gap) in [(0, 500), (2_000, 700), (0, 5_000), (20_000, 2_000), (60_000, 30_000)] {
            let mut play = Play::new(Mode::Observe);
            play.wait(age);
            comments(&mut play, nature);
            play.wait(gap);
            for _ in 0..3 {
                let (dial, _) = play.dial(STOCK, ADDRESS);
                play.answer(dial, 200, None);
                play.wait(1_000);
            }
            let told = accusations(&play);
            assert!(told.is_empty(), "{nature:?}, after {age} ms, {gap} ms before: {told:#?}");
        }
    }
}

#[test]
fn an_order_is_told_from_the_first_on() {
    for nature in [Nature::Named, Nature::Value, Nature::Prose] {
        for others in [0, 1, 3] {
            let mut play = Play::new(Mode::Observe);
            for client in 0..others {
                play.request(30 + client, "GET", &format!("/v1/page{client}"), Vec::new()).expect("admitted");
                play.wait(15);
            }
            let candidate = play.candidate("text", STOCK, nature);
            let request = play.request(1, "POST", "/v1/comments", vec![candidate]).expect("admitted");
            play.wait(5);
            let (dial, _) = play.dial(STOCK, ADDRESS);
            play.answer(dial, 200, None);
            play.end(request, Vec::new());
            assert_eq!(accusations(&play).len(), 1, "{nature:?}, {others} beside it: {:#?}", play.findings);
        }
    }
}

/// Each first own call to a neighbour was named a moment before, where a URL is asked for.
#[test]
fn mentions_of_first_own_calls_prove_no_place() {
    for mode in [Mode::Observe, Mode::Block] {
        let mut play = Play::new(mode);
        for n in 0..8_u8 {
            let url = format!("http://10.20.1.{n}/own/word{n}");
            let candidate = play.candidate("url", &url, Nature::Named);
            let request = play.request(1 + n, "POST", "/v1/comments", vec![candidate]).expect("admitted");
            play.wait(3);
            play.end_with(request, 201, Vec::new());
            play.wait(40);
            let request = play.request(60 + n, "GET", &format!("/v1/word{n}"), Vec::new()).expect("admitted");
            play.wait(4);
            let (dial, _) = play.dial(&url, &format!("10.20.1.{n}"));
            play.answer(dial, 200, None);
            play.end(request, Vec::new());
            play.wait(700);
        }
        let learned = play.learned();
        assert!(learned.sinks.values().all(|sink| !sink.is_proven()), "{mode:?}: {:#?}", learned.sinks);
    }
}
