//! What hostile clients must not be able to do, whatever they send.

use proptest::prelude::*;
use sortie_model::event::What;
use sortie_model::{Decision, Mode, Nature};

use crate::play::Play;

const OWN: &str = "http://billing.internal/v1/credit/status";
const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/security-credentials/shop";

/// One hostile request: who, where, what.
#[derive(Clone, Debug)]
struct Mention {
    client: u8,
    parameter: &'static str,
    text: &'static str,
    nature: Nature,
    template: &'static str,
    pause: u64,
}

fn mention() -> impl Strategy<Value = Mention> {
    let texts = prop::sample::select(vec![
        OWN,
        "billing.internal",
        METADATA,
        "http://hooks0.example/events/00000000",
        "http://10.20.0.9/admin",
    ]);
    let places = prop::sample::select(vec![
        ("note", Nature::Prose),
        ("website", Nature::Value),
        ("origin", Nature::Ambient),
        ("comment", Nature::Value),
    ]);
    let templates = prop::sample::select(vec!["/v1/checkout", "/v1/hooks", "/v1/profile"]);
    (100_u8..250, places, texts, templates, 0_u64..400).prop_map(
        |(client, (parameter, nature), text, template, pause)| Mention {
            client,
            parameter,
            text,
            nature,
            template,
            pause,
        },
    )
}

/// A service with a proven sink and own calls, some of them to one fixed path.
fn settled() -> Play {
    let mut play = Play::new(Mode::Block);
    play.customers(6);
    play.checkouts(10);
    for _ in 0..5 {
        let (dial, _) = play.dial(OWN, "10.20.0.5");
        play.answer(dial, 200, None);
        play.wait(5_000);
    }
    play
}

fn send(play: &mut Play, mention: &Mention) {
    let candidate = play.candidate(mention.parameter, mention.text, mention.nature);
    let request = play.request(mention.client, "POST", mention.template, vec![candidate]);
    play.wait(mention.pause);
    if let Some(request) = request {
        play.end(request, Vec::new());
    }
}

fn denied_dials(play: &Play) -> usize {
    let is_denied = |event: &&sortie_model::Event| match &event.what {
        What::Dialled(dialled) => dialled.verdict.decision.is_denied(),
        _ => false,
    };
    play.events.iter().filter(is_denied).count()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// What is sent to places that are no sinks neither causes nor prevents a block.
    #[test]
    fn mentions_change_no_decision(mentions in prop::collection::vec(mention(), 0..40)) {
        let (mut quiet, mut flooded) = (settled(), settled());
        for mention in &mentions {
            send(&mut flooded, mention);
            quiet.wait(mention.pause);
        }
        prop_assert_eq!(denied_dials(&flooded), 0);
        // An own call still passes, an order at the proven sink is still refused, in both.
        for play in [&mut quiet, &mut flooded] {
            let (_, verdict) = play.dial(OWN, "10.20.0.5");
            prop_assert_eq!(verdict.decision, Decision::Pass);
            let candidate = play.candidate("url", METADATA, Nature::Named);
            prop_assert_eq!(play.request(66, "POST", "/v1/hooks", vec![candidate]), None);
            let lure = "http://cdn.evil.example/r/9c1f";
            let candidate = play.candidate("url", lure, Nature::Named);
            let request = play.request(67, "POST", "/v1/hooks", vec![candidate]);
            prop_assert!(request.is_some());
            play.wait(10);
            let (dial, _) = play.dial(lure, "8.8.4.4");
            play.answer(dial, 302, Some(METADATA));
            play.wait(2);
            let (_, verdict) = play.dial(METADATA, "169.254.169.254");
            prop_assert!(verdict.decision.is_denied(), "{:#?}", verdict);
        }
    }

    /// Under any flood, of a true sink too, an own dial to a known own path is never blocked.
    #[test]
    fn known_own_dials_always_pass(
        orders in prop::collection::vec((0_u8..200, any::<bool>(), 0_u64..300), 1..40),
    ) {
        let mut play = settled();
        for (client, own_path, pause) in orders {
            let text = if own_path { OWN } else { "http://billing.internal/v1/admin" };
            let candidate = play.candidate("url", text, Nature::Named);
            // Observe at this place, so that the orders get as far as the outbound door.
            let observed = std::sync::Arc::make_mut(&mut play.policy);
            observed.scopes = vec![("/v1/hooks".parse().unwrap(), Mode::Observe)];
            play.request(client, "POST", "/v1/hooks", vec![candidate]);
            std::sync::Arc::make_mut(&mut play.policy).scopes.clear();
            play.wait(pause);
            let (dial, verdict) = play.dial(OWN, "10.20.0.5");
            prop_assert_eq!(verdict.decision, Decision::Pass, "{:#?}", verdict);
            play.answer(dial, 200, None);
        }
    }

    /// A note that repeats what other channels ordered never proves its place.
    #[test]
    fn echoes_prove_nothing(rounds in 4_u8..20) {
        let mut play = Play::new(Mode::Block);
        for n in 0..rounds {
            let url = format!("http://hooks{n}.example/events/{n:08x}");
            let candidates = vec![
                play.candidate("url", &url, Nature::Named),
                play.candidate("echo", &url, Nature::Value),
            ];
            let request = play.request(n, "POST", "/v1/hooks", candidates).unwrap();
            play.wait(20);
            let (dial, _) = play.dial(&url, "8.8.8.8");
            play.answer(dial, 200, None);
            play.end(request, Vec::new());
            play.wait(2_000);
        }
        let learned = play.learned();
        let echo = learned.sinks.iter().find(|(key, _)| &*key.place.parameter == "echo");
        prop_assert!(echo.is_none_or(|(_, sink)| !sink.is_proven()));
    }
}

#[test]
fn later_mentions_never_push_a_planted_order_out() {
    let mut play = settled();
    let target = "http://partner.example/drop/5f3a9c";
    let candidate = play.candidate("url", target, Nature::Named);
    let request = play.request(66, "POST", "/v1/hooks", vec![candidate]).unwrap();
    play.end(request, Vec::new());
    play.wait(2_000);
    for n in 0..150_u16 {
        let candidate = play.candidate("note", target, Nature::Value);
        let mention = play.request((n % 250) as u8, "POST", "/v1/profile", vec![candidate]).unwrap();
        play.end(mention, Vec::new());
        play.wait(1_200);
    }
    let host = sortie_model::Host::name("partner.example");
    let pick = sortie_engine::inflight::Pick { path: None, start: 0.0 };
    assert!(play.table.candidates_of(&host, pick).any(|(live, _)| live.id.request == request));
}

#[test]
fn an_allowed_order_is_never_blocked() {
    let mut play = settled();
    let allow = sortie_model::policy::Allow {
        sink: Some("/v1/hooks $.url".parse().unwrap()),
        actor: None,
        to: sortie_model::policy::AllowTarget::Net("10.9.0.0/16".parse().unwrap()),
        ports: Vec::new(),
        until: None,
        reason: "customer network".into(),
    };
    std::sync::Arc::make_mut(&mut play.policy).allow = vec![allow];
    for n in 0..10_u8 {
        let url = format!("http://10.9.0.{n}/in/{n}");
        let candidate = play.candidate("url", &url, Nature::Named);
        let request = play.request(n, "POST", "/v1/hooks", vec![candidate]).expect("admitted");
        play.wait(10);
        let (_, verdict) = play.dial(&url, &format!("10.9.0.{n}"));
        assert_eq!(verdict.decision, Decision::Pass, "{verdict:#?}");
        play.end(request, Vec::new());
        play.wait(500);
    }
    let candidate = play.candidate("url", "http://10.8.0.1/", Nature::Named);
    assert_eq!(play.request(9, "POST", "/v1/hooks", vec![candidate]), None, "others are still refused");
}

#[test]
fn an_allowed_name_that_turns_to_the_metadata_service_is_stopped_at_both_doors() {
    let mut play = settled();
    let to_name = |to: &str| sortie_model::policy::Allow {
        sink: Some("/v1/hooks $.url".parse().unwrap()),
        actor: None,
        to: sortie_model::policy::AllowTarget::Name(to.parse().unwrap()),
        ports: Vec::new(),
        until: None,
        reason: "partner".into(),
    };
    std::sync::Arc::make_mut(&mut play.policy).allow = vec![to_name("*.partner.example"), to_name("*.nip.io")];
    for (host, address, is_allowed) in [("a", "10.9.0.1", true), ("b", "169.254.169.254", false)] {
        let url = format!("http://{host}.partner.example/in/5f3a9c");
        let candidate = play.candidate("url", &url, Nature::Named);
        play.request(66, "POST", "/v1/hooks", vec![candidate.clone()]).expect("nothing is known of the name");
        play.wait(10);
        let (_, verdict) = play.dial(&url, address);
        assert_eq!(verdict.decision == Decision::Pass, is_allowed, "{verdict:#?}");
        let again = play.request(66, "POST", "/v1/hooks", vec![candidate]);
        assert_eq!(again.is_some(), is_allowed, "where {host} points is known now");
    }
    let embedded = play.candidate("url", "http://169.254.169.254.nip.io/latest", Nature::Named);
    assert_eq!(play.request(66, "POST", "/v1/hooks", vec![embedded]), None);
}
