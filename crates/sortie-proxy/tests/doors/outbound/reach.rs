//! What needs other addresses than loopback's.

use sortie_model::event::{Carrier, Outcome};
use sortie_model::policy::Locality;
use sortie_model::{AddressClass, Decision, Policy, Rule};
use tokio::io::AsyncWriteExt as _;

use super::namespace::{Network, inside};
use super::world::{Choices, Door, HELLO, Origin};

const NETWORK: Network<'_> =
    Network { addresses: &["203.0.113.5/32"], hosts: "203.0.113.5 api.example\n", resolv_conf: "" };

fn in_network(name: &str, test: impl Future<Output = ()>) {
    inside(&format!("outbound::reach::{name}"), &NETWORK, || {
        tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap().block_on(test);
    });
}

#[test]
fn no_route_is_told() {
    in_network("no_route_is_told", async {
        let door = Door::open().await;
        let reply = door.ask("GET http://198.51.100.1/ HTTP/1.1\r\nHost: 198.51.100.1\r\n\r\n").await;
        assert_eq!(reply.status(), 502);
        assert!(reply.field("proxy-status").contains("destination_ip_unroutable"), "{}", reply.head);
        assert_eq!(door.ended().outcome, Outcome::Unreachable);
    });
}

#[test]
fn a_name_in_a_hello_is_judged_before_the_hello_goes_on() {
    in_network("a_name_in_a_hello_is_judged_before_the_hello_goes_on", async {
        let policy = Policy { locality: Locality::Remote, ..Policy::default() };
        let hosts = "203.0.113.5 api.example\n".to_owned();
        let door = Door::with(Choices { policy, hosts, ..Choices::default() }).await;
        let origin = Origin::at("203.0.113.5:443", HELLO.to_owned(), 1).await;
        let mut app = door.app().await;
        assert_eq!(app.connect_to("api.example:443").await.status(), 200);
        app.stream.write_all(&super::tunnels::hello("metadata.google.internal")).await.unwrap();
        let alert = [21, 3, 3, 0, 2, 2, 49];
        assert_eq!(app.rest().await, alert);
        let dialled = door.dialled();
        assert_eq!((dialled.dial.carrier, dialled.dial.class), (Carrier::TunnelTls, AddressClass::Metadata));
        assert_eq!(dialled.verdict.decision, Decision::Deny(Rule::RemoteLocality));
        assert!(origin.requests().is_empty());
    });
}

#[test]
fn an_inner_host_is_judged_like_the_authority() {
    in_network("an_inner_host_is_judged_like_the_authority", async {
        let policy = Policy { locality: Locality::Remote, ..Policy::default() };
        let door = Door::with(Choices { policy, ..Choices::default() }).await;
        let origin = Origin::at("203.0.113.5:80", HELLO.to_owned(), 9).await;
        let mut app = door.app().await;
        assert_eq!(app.connect_to("203.0.113.5:80").await.status(), 200);
        app.send("GET /latest HTTP/1.1\r\nHost: 169.254.169.254\r\n\r\n").await;
        assert_eq!(app.reply().await.status(), 403);
        app.send("GET / HTTP/1.1\r\nHost: api.example\r\n\r\n").await;
        assert_eq!(app.reply().await.status(), 200);
        assert_eq!(origin.requests().len(), 1);
    });
}
