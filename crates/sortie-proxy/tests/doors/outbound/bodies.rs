//! Bodies, and heads that speak of them.

use std::net::IpAddr;

use sortie_model::Policy;
use sortie_model::event::{ReturnedForm, What};
use sortie_model::policy::Scope;
use sortie_proxy::gate::{Admission, InboundBody, InboundHead, Ticket};

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
        use tokio::io::AsyncWriteExt as _;
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
