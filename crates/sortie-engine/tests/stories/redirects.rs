//! Redirects, however many, long or ill-formed, lead nowhere that an order may not go.

use sortie_model::policy::{Allow, AllowTarget};
use sortie_model::{Decision, Micros, Mode, Nature, Reference, Rule, limits};

use crate::play::Play;

const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/shop";

/// An order at the proven sink, and the dial that obeys it.
fn order(play: &mut Play, client: u8, url: &str) -> (Reference, Reference) {
    let candidate = play.candidate("url", url, Nature::Named);
    let request = play.request(client, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    let (dial, verdict) = play.dial(url, "8.8.4.4");
    assert_eq!(verdict.decision, Decision::Pass);
    (request, dial)
}

#[test]
fn a_flood_of_redirects_hides_none() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    for n in 0..limits::HOPS as u32 + 10 {
        let url = format!("http://r{n}.evil.example/{n:08x}");
        let (request, dial) = order(&mut play, 66, &url);
        play.answer(dial, 302, Some(if n == 0 { METADATA } else { "http://next.evil.example/never" }));
        play.end(request, Vec::new());
        // All within the time in which a redirect may be followed.
        play.now = Micros(play.now.0 - 10_000);
    }
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::HopWindow), "{verdict:#?}");
}

#[test]
fn a_flood_of_one_actor_leaves_the_redirects_of_others() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (_, dial) = order(&mut play, 7, "http://cdn.example/r/9c1f");
    play.answer(dial, 302, Some("http://10.1.2.3/admin/7f00"));
    for n in 0..limits::HOPS as u32 + 10 {
        let (_, dial) = order(&mut play, 66, &format!("http://r{n}.evil.example/{n:08x}"));
        play.answer(dial, 302, Some("http://next.evil.example/never"));
        play.now = Micros(play.now.0 - 10_000);
    }
    let (_, verdict) = play.dial("http://10.1.2.3/admin/7f00", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn a_chain_has_no_length_at_which_it_is_lost() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (_, mut dial) = order(&mut play, 66, "http://hop0.evil.example/r/0");
    for n in 1..=2 * limits::HOP_CHAIN {
        let next = format!("http://hop{n}.evil.example/r/{n}");
        play.answer(dial, 302, Some(&next));
        play.wait(3);
        dial = play.dial(&next, "8.8.4.4").0;
    }
    play.answer(dial, 302, Some(METADATA));
    play.wait(3);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn an_unreadable_redirect_opens_a_window_at_its_order() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (request, dial) = order(&mut play, 66, "http://cdn.evil.example/r/9c1f");
    play.hides(dial);
    play.answer(dial, 302, None);
    play.end(request, Vec::new());
    // Longer than a request's own window, shorter than a redirect may be followed.
    play.wait(10_000);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::HopWindow));
    play.wait(30_000);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Pass);
}

#[test]
fn what_an_allowed_destination_redirects_to_is_not_allowed() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    std::sync::Arc::make_mut(&mut play.policy).allow = vec![Allow {
        sink: Some("/v1/hooks $.url".parse().unwrap()),
        actor: None,
        to: AllowTarget::Net("10.9.0.0/16".parse().unwrap()),
        ports: Vec::new(),
        until: None,
        reason: "customer network".into(),
    }];
    let url = "http://10.9.0.7/in/1";
    let candidate = play.candidate("url", url, Nature::Named);
    play.request(66, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    let (dial, verdict) = play.dial(url, "10.9.0.7");
    assert_eq!(verdict.decision, Decision::Pass);
    play.answer(dial, 302, Some("http://10.9.0.8/in/2"));
    play.wait(3);
    let (dial, verdict) = play.dial("http://10.9.0.8/in/2", "10.9.0.8");
    assert_eq!(verdict.decision, Decision::Pass, "the entry covers it");
    play.answer(dial, 302, Some(METADATA));
    play.wait(3);
    let (_, verdict) = play.dial(METADATA, "169.254.169.254");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn of_two_redirects_to_one_host_each_may_be_followed_once() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let (_, dial) = order(&mut play, 66, "http://cdn.evil.example/r/9c1f");
    play.redirect(dial, "http://10.1.2.3/one/7f00");
    play.redirect(dial, "http://10.1.2.3/two/7f00");
    play.wait(3);
    for url in ["http://10.1.2.3/two/7f00", "http://10.1.2.3/one/7f00"] {
        let (_, verdict) = play.dial(url, "10.1.2.3");
        assert_eq!(verdict.decision, Decision::WouldDeny(Rule::OrderedDeny));
    }
    let host = sortie_model::Host::parse("10.1.2.3");
    assert!(play.table.hops_to(&host, play.now).all(|hop| hop.used > 0.9));
}

#[test]
fn a_redirect_to_a_name_is_followed_by_a_dial_to_its_address() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    // Some clients resolve for themselves and ask the door for the address.
    play.dial("http://inner.evil.example/", "10.1.2.3");
    let (_, dial) = order(&mut play, 66, "http://cdn.evil.example/r/9c1f");
    play.answer(dial, 302, Some("http://inner.evil.example/admin/7f00"));
    play.wait(3);
    let (_, verdict) = play.dial("http://10.1.2.3/admin/7f00", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
    let host = sortie_model::Host::name("inner.evil.example");
    assert!(play.table.hops_to(&host, play.now).all(|hop| hop.used > 0.5), "the redirect is used up by it");
}

/// A program that adds its own path to the base URL that its customers name.
#[test]
fn where_base_urls_are_named_what_is_dialled_below_one_is_ordered() {
    let mut play = Play::new(Mode::Block);
    let use_base = |play: &mut Play, client: u8, base: &str| {
        let candidate = play.candidate("base_url", base, Nature::Named);
        let request = play.request(client, "PUT", "/v1/gateway", vec![candidate]).expect("admitted");
        play.end(request, Vec::new());
        play.wait(12_000);
        let call = play.request(client, "GET", "/v1/models", Vec::new()).expect("admitted");
        play.wait(10);
        let (dial, verdict) = play.dial(&format!("{base}/models/latest"), "8.8.8.8");
        (call, dial, verdict)
    };
    for n in 0..9 {
        let (call, dial, _) = use_base(&mut play, n, &format!("http://models{n}.example/api/{n:08x}"));
        play.answer(dial, 200, None);
        play.end(call, Vec::new());
        play.wait(2_000);
    }
    // What the client had it dial there before was not read.
    let (dial, _) = play.dial("http://cdn.evil.example/ok/1", "8.8.8.8");
    play.answer(dial, 200, None);
    play.wait(3_000);
    let (_, _, verdict) = use_base(&mut play, 66, "http://cdn.evil.example/go/8f14e45f");
    let (_, order) = verdict.leading_order().expect("an order");
    assert_eq!(order.actor.id().to_string(), "198.51.100.66");
    assert!(verdict.p_ordered > 0.8, "{verdict:#?}");
}
