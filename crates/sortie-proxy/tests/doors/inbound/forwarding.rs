//! What the back end reads, and what the client gets.

use super::world::{BackEnd, Choices, Door, HELLO};

/// The fields that the door adds, left out of comparisons.
fn own(message: &super::world::Message) -> Vec<String> {
    let added = ["x-forwarded-for", "x-forwarded-proto", "via"];
    let fields = message.fields.iter().filter(|(name, _)| !added.contains(&name.as_str()));
    fields.map(|(name, value)| format!("{name}: {value}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_written_anew_in_one_form() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let answer = door
        .ask(
            "POST /a?b=c HTTP/1.1\r\nHOST:shop.example\r\nB: 2\r\nConnection: X-Private, keep-alive\r\nA:  1  \r\n\
             X-Private: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authorization: Basic eA==\r\nb: 3\r\nContent-Length: 003\r\n\r\nabc",
        )
        .await;
    assert_eq!((answer.status(), answer.text()), (200, "hello"));
    assert_eq!(answer.field("x-back"), "End");
    let request = back_end.request().await;
    assert_eq!(request.line, "POST /a?b=c HTTP/1.1");
    assert_eq!(own(&request), ["host: shop.example", "b: 2", "b: 3", "a: 1", "content-length: 3"]);
    assert_eq!(request.field("x-forwarded-for"), "127.0.0.1");
    assert_eq!(request.field("x-forwarded-proto"), "http");
    assert_eq!(request.field("via"), "1.1 sortie");
    assert_eq!(request.text(), "abc");
    assert_eq!(door.ended(), (Some(200), 5));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_fields_pass_both_ways() {
    let fields = "X-Many: 1\r\n".repeat(200);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n{fields}\r\nhello").leak();
    let mut back_end = BackEnd::answering(answer).await;
    let door = Door::before(back_end.address).await;
    let answer = door.ask(&format!("GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n")).await;
    assert_eq!((answer.status(), many(&answer)), (200, 200));
    assert_eq!(many(&back_end.request().await), 200);
}

fn many(message: &super::world::Message) -> usize {
    message.fields.iter().filter(|(name, _)| name == "x-many").count()
}

#[tokio::test(flavor = "multi_thread")]
async fn targets_go_on_in_origin_form() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    for (request, line, host) in [
        ("GET http://a.example/b?c HTTP/1.1\r\nHost: a.example:80\r\n\r\n", "GET /b?c HTTP/1.1", "a.example:80"),
        ("GET //a/b HTTP/1.1\r\nHost: a\r\n\r\n", "GET //a/b HTTP/1.1", "a"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "OPTIONS * HTTP/1.1", "a"),
        ("BREW /%2e%2E/x HTTP/1.1\r\nHost: a\r\n\r\n", "BREW /%2e%2E/x HTTP/1.1", "a"),
    ] {
        assert_eq!(door.ask(request).await.status(), 200, "{request}");
        let seen = back_end.request().await;
        assert_eq!((seen.line.as_str(), seen.field("host").as_str()), (line, host));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_client_gets_an_old_answer_and_a_host() {
    let mut back_end = BackEnd::answering(HELLO).await;
    let door = Door::before(back_end.address).await;
    let mut client = door.client().await;
    client.send("GET / HTTP/1.0\r\n\r\n").await;
    let answer = client.message().await;
    assert_eq!(answer.line, "HTTP/1.0 200 OK");
    assert!(client.is_at_end().await);
    let request = back_end.request().await;
    assert_eq!(request.line, "GET / HTTP/1.1");
    assert_eq!(request.field("host"), back_end.address.to_string());
    assert_eq!(request.field("via"), "1.0 sortie");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_trusted_proxy_says_who_the_client_is() {
    let request =
        "GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.9, 198.51.100.1\r\nX-Forwarded-Proto: https\r\n\r\n";
    for (trusted_proxies, proto, client) in
        [(&["127.0.0.0/8"][..], "https", "198.51.100.1"), (&[], "http", "127.0.0.1")]
    {
        let mut back_end = BackEnd::answering(HELLO).await;
        let door = Door::with(back_end.address, Choices { trusted_proxies, ..Choices::default() }).await;
        door.ask(request).await;
        let seen = back_end.request().await;
        assert_eq!(seen.field("x-forwarded-for"), "203.0.113.9, 198.51.100.1, 127.0.0.1");
        assert_eq!(seen.field("x-forwarded-proto"), proto);
        let actor = door.event(|what| match what {
            sortie_model::event::What::RequestBegan(began) => Some(began.actor),
            _ => None,
        });
        assert_eq!(actor.address.to_string(), client);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_without_a_body_keep_their_fields() {
    for (request, answer, length) in [
        ("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", "1234"),
        // hyper leaves the length out here, which nobody needs.
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n", ""),
        ("GET / HTTP/1.1\r\nHost: a\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n", ""),
    ] {
        let (method, _) = request.split_once(' ').unwrap();
        let back_end = super::world::back_end(move |mut wire, _| async move {
            while wire.head().await.is_some() {
                wire.send(answer).await;
            }
        })
        .await;
        let door = Door::before(back_end).await;
        let mut client = door.client().await;
        for _ in 0..2 {
            client.send(request).await;
            let head = super::world::within(client.head()).await.unwrap();
            assert_eq!(head.line, answer.lines().next().unwrap(), "{method}");
            assert_eq!(head.field("content-length"), length, "{method} {answer}");
            assert_eq!(head.field("transfer-encoding"), "");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_answer_said_to_the_door_alone_ends_there() {
    let answer = "HTTP/1.1 401 Nope, Sorry\r\nB: 1\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\nKeep-Alive: timeout=5\r\n\
                  A: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n";
    let back_end = BackEnd::answering(answer).await;
    let door = Door::before(back_end.address).await;
    let answer = door.ask("GET / HTTP/1.1\r\nHost: a\r\n\r\n").await;
    assert_eq!(answer.line, "HTTP/1.1 401 Nope, Sorry");
    let fields: Vec<String> = answer
        .fields
        .iter()
        .filter(|(name, _)| name != "date")
        .map(|(name, value)| format!("{name}: {value}"))
        .collect();
    assert_eq!(
        fields,
        ["b: 1", "a: 2", "set-cookie: a=1", "set-cookie: b=2", "proxy-authenticate: Basic", "content-length: 0"]
    );
}
