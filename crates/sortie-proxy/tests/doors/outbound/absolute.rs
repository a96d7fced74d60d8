//! Absolute-form requests.

use sortie_model::Host;
use sortie_model::event::{Carrier, Outcome};
use sortie_proxy::outbound::{OutboundConfig, ProxyCredentials};

use super::world::{Choices, Door, HELLO, Origin};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_forwarded_in_origin_form() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let reply = door
        .ask(&format!(
            "GET http://{0}/a/b?c=d HTTP/1.1\r\nHost: {0}\r\nProxy-Authorization: Basic eA==\r\n\
             Proxy-Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: 1\r\nAccept: */*\r\n\r\n",
            origin.address
        ))
        .await;
    assert_eq!((reply.status(), reply.body.as_str()), (200, "hello"));
    assert_eq!(reply.field("x-origin"), "Yes");
    let request = origin.requests().remove(0);
    assert!(request.head.starts_with("GET /a/b?c=d HTTP/1.1\r\n"), "{}", request.head);
    assert_eq!(request.field("host"), origin.address.to_string());
    assert_eq!(request.field("via"), "1.1 sortie");
    for gone in ["proxy-authorization", "proxy-connection", "x-hop", "connection"] {
        assert_eq!(request.field(gone), "", "{gone}");
    }

    let dialled = door.dialled();
    assert_eq!(dialled.dial.carrier, Carrier::Absolute);
    assert_eq!(dialled.dial.destination.to_string(), origin.address.to_string());
    let request = dialled.dial.request.unwrap();
    assert_eq!((request.method.to_string().as_str(), &*request.shown), ("GET", "/a/b?c=…"));
    let ended = door.ended();
    assert_eq!((ended.outcome, ended.status, ended.bytes_in), (Outcome::Answered, Some(200), 5));
    assert_eq!(ended.address, Some(origin.address.ip()));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_fields_pass_both_ways() {
    let fields = "X-Many: 1\r\n".repeat(200);
    let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n{fields}\r\nhello");
    let (door, origin) = (Door::open().await, Origin::answering(answer).await);
    let reply = door.ask(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n{fields}\r\n", origin.address)).await;
    let many = |head: &str| head.lines().filter(|line| line.eq_ignore_ascii_case("x-many: 1")).count();
    assert_eq!((reply.status(), many(&reply.head)), (200, 200));
    assert_eq!(many(&origin.requests().remove(0).head), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_post_streams_both_ways() {
    let answer = "HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let (door, origin) = (Door::open().await, Origin::answering(answer).await);
    let reply = door
        .ask(&format!(
            "POST http://{0}/ HTTP/1.1\r\nHost: {0}\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nwxyz\r\n0\r\n\r\n",
            origin.address
        ))
        .await;
    assert_eq!((reply.status(), reply.body.as_str()), (201, "abcde"));
    assert_eq!(origin.requests().remove(0).body, "wxyz");
    let ended = door.ended();
    assert_eq!((ended.bytes_in, ended.bytes_out), (5, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_are_kept_and_not_mixed() {
    let (door, one, other) = (Door::open().await, Origin::answering(HELLO).await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    for round in 0..3 {
        for origin in [&one, &other] {
            app.send(&format!("GET http://{0}/{round} HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
            assert_eq!(app.reply().await.body, "hello");
            let requests = origin.requests();
            assert_eq!(requests.len(), 1);
            assert!(requests[0].head.starts_with(&format!("GET /{round} ")), "{}", requests[0].head);
        }
    }
    assert_eq!((one.connections(), other.connections()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_share_an_address_share_no_connection() {
    let door = Door::with(Choices { hosts: "127.0.0.1 one.example two.example\n".into(), ..Choices::default() }).await;
    let origin = Origin::answering(HELLO).await;
    let mut app = door.app().await;
    for host in ["one.example", "two.example", "ONE.example"] {
        let authority = format!("{host}:{}", origin.address.port());
        app.send(&format!("GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await;
        assert_eq!(app.reply().await.status(), 200);
        assert_eq!(origin.requests()[0].field("host"), authority);
    }
    assert_eq!(origin.connections(), 2, "one for each name, whatever its letters");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_pins_an_address_says_which_name_it_means() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    for host in ["Shop.example", "shop.example:8080", "other.example"] {
        app.send(&format!("GET http://{}/x HTTP/1.1\r\nHost: {host}\r\n\r\n", origin.address)).await;
        assert_eq!(app.reply().await.status(), 200);
        assert_eq!(origin.requests()[0].field("host"), host, "the destination answers as without a door");
        let dial = door.dialled().dial;
        assert_eq!(dial.destination.to_string(), origin.address.to_string());
        let name = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
        assert_eq!(dial.further_hosts.as_slice(), [Host::name(&name)], "{host}");
    }
    assert_eq!(origin.connections(), 1, "one for each address that is dialled");
    app.send(&format!("GET http://{}/old HTTP/1.0\r\n\r\n", origin.address)).await;
    assert_eq!(app.reply().await.status(), 200);
    assert_eq!(origin.requests()[0].field("host"), origin.address.to_string(), "who names none means the target");
    assert!(door.dialled().dial.further_hosts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_does_not_outlive_the_policy_that_permitted_it() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let mut app = door.app().await;
    for _ in 0..2 {
        app.send(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
        assert_eq!(app.reply().await.status(), 200);
        door.gate.set_policy(door.gate.policy());
    }
    assert_eq!(origin.connections(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kept_connection_that_closes_costs_the_app_nothing() {
    // The destination closes after each answer without announcing it.
    let (door, origin) = (Door::open().await, Origin::at("127.0.0.1:0", HELLO.to_owned(), 1).await);
    let mut app = door.app().await;
    for _ in 0..20 {
        app.send(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
        assert_eq!(app.reply().await.status(), 200);
    }
    assert_eq!(origin.requests().len(), 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_passes() {
    let address = super::world::destination(|stream| async move {
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
        let mut stream = tokio::io::BufReader::new(stream);
        let request = super::world::read_message(&mut stream).await.unwrap();
        assert_eq!((request.field("upgrade"), request.field("connection")), ("websocket", "upgrade"));
        let answer = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhi";
        stream.write_all(answer.as_bytes()).await.unwrap();
        let mut echo = [0; 4];
        stream.read_exact(&mut echo).await.unwrap();
        stream.write_all(&echo).await.unwrap();
    })
    .await;
    let door = Door::open().await;
    let mut app = door.app().await;
    app.send(&format!(
        "GET http://{address}/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nping"
    ))
    .await;
    let reply = app.reply().await;
    assert_eq!((reply.status(), reply.field("upgrade")), (101, "websocket"));
    assert_eq!(app.exactly(6).await, b"hiping");
    drop(app);
    let ended = door.ended();
    assert_eq!((ended.status, ended.bytes_in, ended.bytes_out), (Some(101), 6, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_told_before_the_answer_goes_on() {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n";
    let (door, origin) = (Door::open().await, Origin::answering(answer).await);
    let reply = door.ask(&format!("GET http://{0}/r HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
    assert_eq!((reply.status(), reply.field("location")), (302, "http://169.254.169.254/latest"));
    let target = door.event(|what| match what {
        sortie_model::event::What::DialProgressed(progressed) => progressed.targets.into_iter().next(),
        _ => None,
    });
    assert_eq!(target.destination.to_string(), "169.254.169.254:80");
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_a_proxy_is_asked_for_is_done() {
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    let server = door.ask("GET / HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert_eq!(server.status(), 400);
    assert!(server.body.contains("this is a proxy"), "{}", server.body);
    let https = door.ask("GET https://a.example/ HTTP/1.1\r\nHost: a.example\r\n\r\n").await;
    assert_eq!(https.status(), 501);
    assert!(https.body.contains("CONNECT"), "{}", https.body);
    for hosts in ["Host: a/b", "Host: a@b", "Host: a\r\nHost: a"] {
        let unclear = door.ask(&format!("GET http://{}/ HTTP/1.1\r\n{hosts}\r\n\r\n", origin.address)).await;
        assert_eq!(unclear.status(), 400, "{hosts}");
    }
    assert!(origin.requests().is_empty() && door.is_silent());
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_asked_for() {
    let credentials = Some(ProxyCredentials { user: "app".into(), password: "secret".into() });
    let config = OutboundConfig { credentials, ..OutboundConfig::default() };
    let door = Door::with(Choices { config, ..Choices::default() }).await;
    let origin = Origin::answering(HELLO).await;
    let mut app = door.app().await;
    app.send(&format!("GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\n\r\n", origin.address)).await;
    let asked = app.reply().await;
    assert_eq!((asked.status(), asked.field("proxy-authenticate")), (407, "Basic realm=\"sortie\""));
    assert_eq!(app.connect_to(&origin.address.to_string()).await.status(), 407);
    app.send(&format!(
        "GET http://{0}/ HTTP/1.1\r\nHost: {0}\r\nProxy-Authorization: Basic YXBwOnNlY3JldA==\r\n\r\n",
        origin.address
    ))
    .await;
    assert_eq!(app.reply().await.status(), 200);
    assert_eq!(origin.requests()[0].field("proxy-authorization"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_address_of_a_name_is_judged_and_tried() {
    let hosts = "::1 dual.example\n127.0.0.1 dual.example\n".to_owned();
    let door = Door::with(Choices { hosts, ..Choices::default() }).await;
    let origin = Origin::answering(HELLO).await; // on 127.0.0.1 only
    let authority = format!("dual.example:{}", origin.address.port());
    let reply = door.ask(&format!("GET http://{authority}/ HTTP/1.1\r\nHost: {authority}\r\n\r\n")).await;
    assert_eq!(reply.status(), 200);
    assert_eq!(door.dialled().dial.addresses.len(), 2);
    assert_eq!(door.ended().address, Some(origin.address.ip()));
}
