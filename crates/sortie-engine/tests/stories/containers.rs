//! A sink that was obeyed in one container is read in it, whatever a body declares.

use sortie_engine::decide::Admission;
use sortie_engine::extract::{self, Body};
use sortie_model::{Actor, Container, Containers, Endpoint, Key, Method, Mode, Policy, Reference};

use crate::play::Play;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
const HTML: &str = "text/html";
const MULTIPART: &str = "multipart/form-data; boundary=xyzw";
const INTERNAL: &str = "http://10.20.0.5/x";

/// A body that is sent to `/v1/import`, as the inbound door reads it; `None` where it is refused.
fn post(play: &mut Play, client: u8, content_type: &str, text: &str) -> Option<Reference> {
    let endpoint = Endpoint { method: Method::Post, host: None, template: "/v1/import".into() };
    let learned = play.learned();
    let actor = Actor::by_address([198, 51, 100, client].into());
    let sinks = Admission::new(&learned, &play.policy, &endpoint, actor, play.now).sinks();
    let body = Body {
        content_type: Some(content_type),
        content_encoding: None,
        bytes: text.as_bytes(),
        complete: true,
        sinks: &sinks,
    };
    let found = extract::from_body(&body, &Key::new(&[9; Key::LENGTH]));
    play.request_cut(client, "POST", "/v1/import", found.candidates, found.cut)
}

/// Customers whose bodies of this type are obeyed.
fn customers(play: &mut Play, content_type: &str, body: impl Fn(&str) -> String) {
    for client in 0..5 {
        let url = format!("http://files{client}.example/feed/{client:08x}");
        let request = post(play, client, content_type, &body(&url)).expect("admitted");
        play.wait(20);
        let (dial, _) = play.dial(&url, "8.8.8.8");
        play.answer(dial, 200, None);
        play.end(request, Vec::new());
        play.wait(2_000);
    }
}

fn play() -> Play {
    Play::new(Mode::Block)
}

fn form(url: &str) -> String {
    format!("a=1&url={}", url.replace('/', "%2F"))
}

fn part(url: &str) -> String {
    format!("--xyzw\r\nContent-Disposition: form-data; name=\"url\"\r\n\r\n{url}\r\n--xyzw--\r\n")
}

#[track_caller]
fn is_refused(play: &mut Play, content_type: &str, text: &str) {
    assert!(post(play, 66, content_type, text).is_none(), "{content_type} {text}");
}

#[track_caller]
fn passes(play: &mut Play, content_type: &str, text: &str) {
    assert!(post(play, 67, content_type, text).is_some(), "{content_type} {text}");
}

#[test]
fn a_page_that_is_declared_xml_is_refused_where_pages_are_rendered() {
    let mut play = play();
    customers(&mut play, HTML, |url| format!("<p>Report<img src=\"{url}\">"));
    for content_type in ["application/xml", "image/svg+xml", JSON, FORM, "text/csv", "text/plain"] {
        is_refused(&mut play, content_type, &format!("<p>1 < 2<img src={INTERNAL}>"));
        passes(&mut play, "text/html", "<p>1 < 2<img src=http://cdn.example/a.png>");
    }
    is_refused(&mut play, JSON, &format!("{{\"a\":\"<img src={INTERNAL}>\"}}"));
    passes(&mut play, JSON, "{\"a\":\"<b>1</b>\"}");
    passes(&mut play, "application/xml", "<r><a>b</a></r>");
}

#[test]
fn json_that_is_a_form_is_refused_where_forms_are_obeyed() {
    let text = format!("{{\"a\":1,\"b\":\"&{}\"}}", form(INTERNAL));
    let mut play = play();
    customers(&mut play, FORM, form);
    is_refused(&mut play, JSON, &text);
    is_refused(&mut play, "image/gif", &format!("GIF89a=\u{1}&{}", form(INTERNAL)));
    passes(&mut play, "image/gif", "GIF89a\u{1}&\u{2}=\u{3}");
    passes(&mut play, JSON, "{\"a\":1,\"b\":\"x&y=z\"}");
    // Who obeys JSON alone reads no form in it.
    let mut play = self::play();
    customers(&mut play, JSON, |url| format!("{{\"url\":\"{url}\"}}"));
    passes(&mut play, JSON, &text);
    is_refused(&mut play, MULTIPART, &format!("{{\"url\":\"{INTERNAL}\"}}\r\n{}", part("x").replace("url", "a")));
}

#[test]
fn a_sink_of_several_containers_is_read_in_each() {
    let mut play = play();
    customers(&mut play, MULTIPART, part);
    let declared = "text/plain; boundary=xyzw";
    is_refused(&mut play, declared, &format!("x\r\n{}", part(INTERNAL)));
    passes(&mut play, JSON, &format!("{{\"a\":\"&{}\"}}", form(INTERNAL)));
    customers(&mut play, FORM, form);
    is_refused(&mut play, JSON, &format!("{{\"a\":\"&{}\"}}", form(INTERNAL)));
    is_refused(&mut play, declared, &format!("x\r\n{}", part(INTERNAL)));
    let learned = play.learned();
    let (_, sink) = learned.sinks.iter().find(|(_, sink)| sink.is_proven()).expect("is proven");
    assert_eq!(sink.obeyed_in(), Containers::from(Container::Form).with(Container::Multipart));
}

#[test]
fn what_a_sink_is_read_as_is_known_after_a_restart() {
    let mut play = play();
    customers(&mut play, FORM, form);
    play.restart();
    is_refused(&mut play, JSON, &format!("{{\"a\":\"&{}\"}}", form(INTERNAL)));
}

#[test]
fn a_sink_by_the_operators_word_is_read_in_all_that_its_name_allows() {
    let proven = vec!["/v1/import $.url".parse().expect("a scope")];
    let mut play = Play::with(Policy { mode: Mode::Block, proven, ..Policy::default() });
    let pair = format!("{{\"a\":\"&{}\"}}", form(INTERNAL));
    is_refused(&mut play, JSON, &pair);
    // Once it is seen how it is obeyed, that holds.
    customers(&mut play, JSON, |url| format!("{{\"url\":\"{url}\"}}"));
    passes(&mut play, JSON, &pair);
}

#[test]
fn a_path_that_becomes_part_of_the_host_is_judged_with_it() {
    let parts = |host: &str, path: &str| format!("{{\"host\":\"{host}\",\"port\":80,\"path\":\"{path}\"}}");
    let mut play = play();
    customers(&mut play, JSON, |url| {
        let (host, path) = url.strip_prefix("http://").and_then(|url| url.split_once('/')).expect("has a path");
        parts(host, &format!("/{path}"))
    });
    is_refused(&mut play, JSON, &parts("pub.example", "@169.254.7.7/"));
    is_refused(&mut play, JSON, &parts("172.16", ".0.1/"));
    is_refused(&mut play, JSON, &parts("local", "host/"));
    passes(&mut play, JSON, &parts("pub.example", ".cdn.example/"));
    passes(&mut play, JSON, &parts("pub.example", "v1/a@b"));
}
