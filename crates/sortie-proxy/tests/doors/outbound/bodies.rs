//! Bodies, and heads that speak of them.

use std::net::IpAddr;
use std::sync::Arc;

use sortie_model::event::{ReturnedForm, What};
use sortie_model::policy::Scope;
use sortie_model::{AddressClass, Mode, Policy, Rule};
use sortie_proxy::gate::{Admission, InboundBody, InboundHead, Ticket};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::Notify;

use super::world::{Choices, Door, Origin};

fn answer(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

/// A caller's request that names `url` at a proven sink.
fn order(door: &Door, url: &str) -> Ticket {
    let body = format!("{{\"url\":\"{url}\"}}");
    let head = InboundHead {
        method: "POST",
        target: "/v1/preview",
        host: "shop.example",
        fields: &[("host", b"shop.example"), ("content-type", b"application/json")],
        client: IpAddr::from([198, 51, 100, 7]),
        content_length: Some(body.len() as u64),
        has_body: true,
        asks_upgrade: false,
    };
    let Admission::Pass(mut ticket) = door.gate.admit(&head) else { panic!("refused") };
    let content_type = Some("application/json");
    ticket
        .inspect(&InboundBody { content_type, content_encoding: None, bytes: body.as_bytes(), complete: true })
        .unwrap();
    ticket
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_is_known_before_the_app_has_all_of_it() {
    let proven: Scope = "POST /v1/preview $.url".parse().unwrap();
    let secret = "the quick brown fox reads the metadata of seventeen lazy instances, every single night. ".repeat(4);
    for chunked in [false, true] {
        let told = if chunked {
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{secret}\r\n0\r\n\r\n", secret.len())
        } else {
            answer(&secret)
        };
        let policy = Policy { proven: vec![proven.clone()], ..Policy::default() };
        let (door, origin) =
            (Door::with(Choices { policy, ..Choices::default() }).await, Origin::answering(told).await);
        let url = format!("http://{}/latest", origin.address);
        let mut ticket = order(&door, &url);
        let reply = door.ask(&format!("GET {url} HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
        assert_eq!(reply.body, secret);
        assert!(ticket.watches() > 0);
        ticket.response_prefix(Some("text/plain"), None, reply.body.as_bytes());
        ticket.end(Some(200), reply.body.len() as u64);
        let returned = door.event(|what| match what {
            What::RequestEnded(ended) => Some(ended.returned),
            _ => None,
        });
        assert_eq!(returned.len(), 1, "chunked: {chunked}");
        assert_eq!(returned[0].form, ReturnedForm::Raw);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_that_speak_of_bodies_elsewhere_are_left_alone() {
    // hyper leaves the length of a 304 out, which nobody needs.
    let cases = [
        ("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\nETag: \"x\"\r\n\r\n", "etag: \"x\"\r\n"),
        ("HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "content-length: 1234\r\n"),
    ];
    for (method, told, kept) in cases {
        let (door, origin) = (Door::open().await, Origin::answering(told).await);
        let mut app = door.app().await;
        for _ in 0..2 {
            app.send(&format!("{method} http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
            let head = app.head().await;
            assert!(head.contains(kept), "{method}: {head}");
            assert_eq!(door.ended().bytes_in, 0);
        }
        assert_eq!(origin.connections(), 1, "{method}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_that_waits_to_be_asked_for_its_body_is_asked() {
    let (door, origin) = (Door::open().await, Origin::answering(answer("ok")).await);
    let mut app = door.app().await;
    app.send(&format!(
        "PUT http://{0}/ HTTP/1.1\r\nHost: {0}\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n",
        origin.address
    ))
    .await;
    assert!(app.head().await.starts_with("HTTP/1.1 100 "));
    app.send("body").await;
    assert_eq!(app.reply().await.status(), 200);
    let request = origin.requests().remove(0);
    assert_eq!((request.body.as_str(), request.field("expect")), ("body", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_length_ends_with_its_connection() {
    let closing = super::world::destination(|stream| async move {
        let mut stream = tokio::io::BufReader::new(stream);
        super::world::read_message(&mut stream).await.unwrap();
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\nto the end").await.unwrap();
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    for _ in 0..2 {
        app.send(&format!("GET http://{closing}/ HTTP/1.1\r\nHost: {closing}\r\n\r\n")).await;
        let reply = app.reply().await;
        assert_eq!((reply.body.as_str(), reply.field("transfer-encoding")), ("to the end", "chunked"));
        assert_eq!(door.ended().bytes_in, 10);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trailers_pass() {
    let told =
        "HTTP/1.1 200 OK\r\nTrailer: x-sum\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nx-sum: 7\r\n\r\n";
    let (door, origin) = (Door::open().await, Origin::answering(told).await);
    let mut app = door.app().await;
    app.send(&format!(
        "GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nTE: trailers\r\nConnection: TE, close\r\n\r\n",
        origin.address
    ))
    .await;
    let received = String::from_utf8(app.rest().await).unwrap();
    assert!(received.ends_with("2\r\nab\r\n0\r\nx-sum: 7\r\n\r\n"), "{received}");
    assert_eq!(origin.requests()[0].field("te"), "trailers");
}

/// A door that refuses link-local by order, and a proven sink.
async fn guarded() -> Door {
    let policy = Policy {
        proven: vec!["POST /v1/preview $.url".parse().unwrap()],
        mode: Mode::Block,
        deny: vec![AddressClass::LinkLocal],
        ..Policy::default()
    };
    Door::with(Choices { policy, ..Choices::default() }).await
}

/// The rule by which the door refuses what a page names.
async fn image_refused_by(door: &Door) -> Option<Rule> {
    let image = door.ask("GET http://169.254.7.7/status HTTP/1.1\r\nHost: 169.254.7.7\r\n\r\n").await;
    assert_eq!(image.status(), 403, "{}", image.body);
    door.event(|what| match what {
        What::Dialled(dialled) if dialled.dial.class == AddressClass::LinkLocal => {
            Some(dialled.verdict.decision.rule())
        }
        _ => None,
    })
}

const PAGE: &str = "<html><meta property='og:image' content='http://169.254.7.7/status'></html>";

#[tokio::test(flavor = "multi_thread")]
async fn what_an_ordered_page_names_is_refused() {
    let page = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n{PAGE}", PAGE.len());
    let (door, origin) = (guarded().await, Origin::answering(page).await);
    let url = format!("http://{}/post", origin.address);
    let _ticket = order(&door, &url);
    let reply = door.ask(&format!("GET {url} HTTP/1.1\r\nHost: {}\r\n\r\n", origin.address)).await;
    assert_eq!(reply.body, PAGE);
    assert_eq!(image_refused_by(&door).await, Some(Rule::OrderedDeny));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_ordered_page_names_is_refused_before_its_end() {
    let breaks_off = Arc::new(Notify::new());
    let origin = {
        let breaks_off = Arc::clone(&breaks_off);
        super::world::destination(move |stream| {
            let breaks_off = Arc::clone(&breaks_off);
            async move {
                let mut stream = tokio::io::BufReader::new(stream);
                super::world::read_message(&mut stream).await.unwrap();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n";
                stream.write_all(format!("{head}{PAGE}").as_bytes()).await.unwrap();
                breaks_off.notified().await;
            }
        })
        .await
    };
    let door = guarded().await;
    let url = format!("http://{origin}/post");
    let _ticket = order(&door, &url);
    let mut app = door.app().await;
    app.send(&format!("GET {url} HTTP/1.1\r\nHost: {origin}\r\n\r\n")).await;
    app.head().await;
    app.exactly(PAGE.len()).await;
    assert_eq!(image_refused_by(&door).await, Some(Rule::HopWindow), "it may name anything yet");
    breaks_off.notify_one();
    assert_eq!(door.ended().bytes_in, PAGE.len() as u64);
    assert_eq!(image_refused_by(&door).await, Some(Rule::OrderedDeny), "what came of it is read");
}
