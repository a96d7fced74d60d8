//! The service's very first calls, while a client happens to mention where they go.

use sortie_model::event::Cut;
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

/// A page of the service that is called, as the `Referer` of the very requests that make it be called.
#[test]
fn a_page_that_the_client_came_from_accuses_nobody() {
    for (age, is_other) in [(0, false), (0, true), (5_000, false), (60_000, true)] {
        for mode in [Mode::Observe, Mode::Block] {
            let mut play = Play::new(mode);
            play.wait(age);
            let caller = is_other.then(|| play.request(2, "GET", "/v1/stock", Vec::new()).expect("admitted"));
            for _ in 0..3 {
                let candidate = play.candidate("referer", STOCK, Nature::Ambient);
                let request = play.request(1, "GET", "/v1/shelf", vec![candidate]).expect("admitted");
                play.wait(4);
                let (dial, verdict) = play.dial(STOCK, ADDRESS);
                assert!(!verdict.decision.is_denied(), "{age} {is_other}: {verdict:#?}");
                play.answer(dial, 200, None);
                play.end(request, Vec::new());
                play.wait(700);
            }
            if let Some(caller) = caller {
                play.end(caller, Vec::new());
            }
            let told = accusations(&play);
            assert!(told.is_empty(), "after {age} ms, {is_other}: {told:#?}");
        }
    }
}

/// A service that fetches the page its clients came from does so for every page.
#[test]
fn a_header_that_is_fetched_is_told_from_its_third_page_on() {
    for wait in [0, 30_000, 600_000] {
        let mut play = Play::new(Mode::Observe);
        play.wait(wait);
        for n in 0..6_u8 {
            let url = format!("http://10.20.1.{n}/page/{n}");
            let candidate = play.candidate("referer", &url, Nature::Ambient);
            let request = play.request(1, "GET", "/v1/shelf", vec![candidate]).expect("admitted");
            play.wait(4);
            let (dial, _) = play.dial(&url, &format!("10.20.1.{n}"));
            play.answer(dial, 200, None);
            play.end(request, Vec::new());
            play.wait(1_500);
            if n == 2 {
                assert!(!accusations(&play).is_empty(), "after {wait} ms: {:#?}", play.findings);
            }
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

/// Each order is sent in a format that is not read, and its destination mentioned elsewhere a moment before, by a
/// request that is over by then or one that is still open.
#[test]
fn mentions_of_unread_orders_prove_no_place() {
    for (mode, is_open) in [(Mode::Observe, false), (Mode::Shadow, false), (Mode::Observe, true)] {
        let mut play = Play::new(mode);
        play.customers(6);
        for n in 0..8_u8 {
            let url = format!("http://h{n}.example/own/word{n}");
            let candidate = play.candidate("link", &url, Nature::Named);
            let mention = play.request(n, "POST", "/v1/comments", vec![candidate]).expect("admitted");
            play.wait(3);
            if !is_open {
                play.end_with(mention, 201, Vec::new());
            }
            let cut = Some(Cut::Format);
            let order = play.request_cut(60, "POST", "/v1/hooks", Vec::new(), cut).expect("admitted");
            play.wait(4);
            let (dial, _) = play.dial(&url, "8.8.8.8");
            play.answer(dial, 200, None);
            play.end(order, Vec::new());
            if is_open {
                play.end_with(mention, 201, Vec::new());
            }
            play.wait(1_500);
        }
        let learned = play.learned();
        let proven = learned.sinks.iter().filter(|(_, sink)| sink.is_proven());
        let templates: Vec<_> = proven.map(|(key, _)| &*key.place.template).collect();
        assert_eq!(templates, ["/v1/hooks"], "{mode:?}, open: {is_open}");
    }
}

/// A client names, where destinations stand, what is like the very first calls of others.
#[test]
fn who_names_another_path_of_what_is_called_first_is_not_accused() {
    for mode in [Mode::Observe, Mode::Block] {
        let mut play = Play::new(mode);
        let candidate = play.candidate("website", "http://billing.internal/v1/credit/c1001", Nature::Named);
        let ticket = play.request(9, "POST", "/v1/tickets", vec![candidate]).expect("admitted");
        play.wait(1);
        for n in [1000, 1002, 1003] {
            let (dial, _) = play.dial(&format!("http://billing.internal/v1/credit/c{n}"), ADDRESS);
            play.answer(dial, 200, None);
            play.wait(2);
        }
        play.end(ticket, Vec::new());
        play.wait(5_000);
        let told = accusations(&play);
        assert!(told.iter().all(|finding| finding.actor.is_none()), "{told:#?}");
    }
}
