//! What the content of an answer names is an order too, where the answer was ordered.

use sortie_model::event::HopKind;
use sortie_model::verdict::Window;
use sortie_model::{Decision, Mode, Nature, Policy, Reference, Rule, Verdict, limits};

use crate::play::Play;

const LINK_LOCAL: &str = "http://169.254.7.7/status";

/// An order at the proven sink, and the dial that obeys it.
fn order(play: &mut Play, client: u8, url: &str) -> (Reference, Reference) {
    let candidate = play.candidate("url", url, Nature::Named);
    let request = play.request(client, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
    play.wait(10);
    (request, play.dial(url, "8.8.4.4").0)
}

/// What `url` is judged like so long after an ordered page named it.
fn named(play: &mut Play, url: &str, address: &str, millis: u64) -> Verdict {
    let (_, dial) = order(play, 66, "http://blog.evil.example/post/9c1f");
    play.names(dial, &["http://cdn.example/style.css", url]);
    play.answer(dial, 200, None);
    play.wait(millis);
    play.dial(url, address).1
}

#[test]
fn an_image_of_a_page_that_was_ordered_is_an_order() {
    for millis in [3, 500, 20_000] {
        let mut play = Play::new(Mode::Block);
        play.customers(5);
        let verdict = named(&mut play, LINK_LOCAL, "169.254.7.7", millis);
        assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{millis} ms: {verdict:#?}");
        let finding = play.finding("ssrf.blocked").expect("is told");
        assert_eq!(finding.candidate.as_deref(), Some("http://blog.evil.example/post/9c1f"));
        let [page, image] = &finding.dials[..] else { panic!("{finding:#?}") };
        assert_eq!((&image.named_by, &image.redirected_by), (&Some(page.id.clone()), &None));
        assert_eq!(image.matched.as_deref(), Some("content"));
        assert!(finding.odds.iter().any(|odds| odds.text == format!("the answer to {} names it", page.id)));
    }
}

#[test]
fn a_url_in_json_is_followed_through_what_it_leads_to() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let next = "http://feed.evil.example/page/2";
    assert_eq!(named(&mut play, next, "8.8.4.4", 40).decision, Decision::Pass);
    let (dial, verdict) = play.dial(next, "8.8.4.4");
    assert!(verdict.p_ordered > 0.9 && verdict.obeyed_share() > 0.9, "{verdict:#?}");
    play.names(dial, &["http://10.1.2.3/admin"]);
    play.wait(40);
    let (_, verdict) = play.dial("http://10.1.2.3/admin", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::WouldDeny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn a_redirect_is_likelier_than_what_another_page_names() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let (_, page) = order(&mut play, 66, "http://blog.example/post/9c1f");
    let (_, redirecting) = order(&mut play, 67, "http://short.example/r/7f00");
    play.names(page, &[LINK_LOCAL]);
    play.redirect(redirecting, LINK_LOCAL);
    play.wait(3);
    let (_, verdict) = play.dial(LINK_LOCAL, "169.254.7.7");
    assert_eq!(verdict.kind_of_match(), Some("redirect"));
    assert!(verdict.explanations[0].share > 0.9, "{verdict:#?}");
}

#[test]
fn a_redirect_whose_body_names_the_same_is_followed_once() {
    let mut play = Play::new(Mode::Observe);
    play.customers(5);
    let (_, dial) = order(&mut play, 66, "http://short.example/r/7f00");
    play.redirect(dial, LINK_LOCAL);
    play.names(dial, &[LINK_LOCAL]);
    play.wait(3);
    play.dial(LINK_LOCAL, "169.254.7.7");
    let host = sortie_model::Host::parse("169.254.7.7");
    let used = |kind| {
        let mut hops = play.table.hops_to(&host, play.now).filter(move |hop| hop.target.kind == kind);
        hops.next().expect("is pending").used
    };
    assert!(used(HopKind::Redirect) > 0.9 && used(HopKind::Content) < 0.1);
}

#[test]
fn own_calls_to_what_a_page_names_go_on() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    play.checkouts(40);
    let own = "http://billing.internal/v1/credit/c17";
    for url in ["http://billing.internal/v1/credit/3", own] {
        let checkout = play.request(30, "POST", "/v1/checkout", Vec::new()).expect("admitted");
        let verdict = named(&mut play, url, "10.20.0.5", 5);
        assert!(verdict.own_evidence.is_some());
        assert_eq!(verdict.decision, Decision::Pass, "{url}: {verdict:#?}");
        play.end(checkout, Vec::new());
        play.wait(2_000);
    }
    // Nothing in flight makes this one, but it is like what the service calls.
    let like = "http://billing.internal/v1/credit/c18";
    assert_eq!(named(&mut play, like, "10.20.0.5", 5).decision, Decision::Pass);
    // This one is not.
    let verdict = named(&mut play, "http://billing.internal/admin/keys", "10.20.0.5", 5);
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn what_the_answer_to_an_own_call_names_is_no_order() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    play.checkouts(10);
    let (dial, _) = play.dial("http://billing.internal/v1/credit/3", "10.20.0.5");
    play.names(dial, &["http://ledger.internal/entries/3"]);
    play.hides(dial);
    play.wait(3);
    let (_, verdict) = play.dial("http://ledger.internal/entries/3", "10.20.0.9");
    assert!(verdict.p_ordered < 0.1 && verdict.window.is_none(), "{verdict:#?}");
    assert_eq!(verdict.decision, Decision::Pass);
}

#[test]
fn what_pages_of_places_that_are_no_sinks_name_is_never_refused() {
    let lenient = Policy { cold_start: sortie_model::policy::ColdStart::Lenient, ..Policy::default() };
    let mut play = Play::with(Policy { mode: Mode::Block, ..lenient });
    let verdict = named(&mut play, LINK_LOCAL, "169.254.7.7", 3);
    assert_eq!(verdict.decision, Decision::Pass, "{verdict:#?}");
    assert!(verdict.p_ordered > 0.5 && verdict.proven_share() == 0.0, "{verdict:#?}");
}

#[test]
fn while_an_answer_is_not_read_it_may_name_anything() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (_, dial) = order(&mut play, 66, "http://blog.evil.example/post/9c1f");
    let (_, verdict) = play.dialled(dial);
    play.table.answer_unread(play.now, dial, &verdict);
    play.wait(60_000);
    let judged = play.judge(LINK_LOCAL, "169.254.7.7").verdict;
    assert_eq!((judged.decision, judged.window), (Decision::Deny(Rule::HopWindow), Some(Window::Hop)));
    play.table.answer_read(play.now, dial);
    assert_eq!(play.judge(LINK_LOCAL, "169.254.7.7").verdict.decision, Decision::Pass);
}

#[test]
fn a_flood_of_names_leaves_the_redirects_of_its_actor() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (_, redirecting) = order(&mut play, 66, "http://short.example/r/7f00");
    play.redirect(redirecting, "http://10.1.2.3/admin/7f00");
    for n in 0..limits::HOPS / limits::NAMED_BY_ANSWER + 2 {
        let (_, dial) = order(&mut play, 66, &format!("http://r{n}.evil.example/{n:08x}"));
        let urls: Vec<_> = (0..limits::NAMED_BY_ANSWER).map(|k| format!("http://h{k}.evil.example/{n}")).collect();
        play.names(dial, &urls.iter().map(String::as_str).collect::<Vec<_>>());
        // All within the time in which a redirect may be followed.
        play.now = sortie_model::Micros(play.now.0 - 10_000);
    }
    let (_, verdict) = play.dial("http://10.1.2.3/admin/7f00", "10.1.2.3");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn pages_of_places_that_are_no_sinks_hide_none_of_a_sink() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (_, dial) = order(&mut play, 66, "http://blog.evil.example/post/9c1f");
    play.names(dial, &[LINK_LOCAL]);
    for n in 0..2 * limits::WEIGHED_NAMED {
        let url = format!("http://r{n}.evil.example/{n:08x}");
        let note = play.candidate("about", &url, Nature::Prose);
        play.request(67, "POST", "/v1/profile", vec![note]).expect("admitted");
        let (dial, verdict) = play.dial(&url, "8.8.4.4");
        assert!(verdict.p_ordered > 0.5 && verdict.proven_share() < 0.5);
        play.names(dial, &[LINK_LOCAL]);
    }
    let (_, verdict) = play.dial(LINK_LOCAL, "169.254.7.7");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}

#[test]
fn what_was_named_is_known_after_a_restart() {
    let mut play = Play::new(Mode::Block);
    play.customers(5);
    let (_, dial) = order(&mut play, 66, "http://blog.evil.example/post/9c1f");
    play.names(dial, &[LINK_LOCAL]);
    play.restart();
    play.wait(3);
    let (_, verdict) = play.dial(LINK_LOCAL, "169.254.7.7");
    assert_eq!(verdict.decision, Decision::Deny(Rule::OrderedDeny), "{verdict:#?}");
}
