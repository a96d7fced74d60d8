//! The play of the range: customers, and attackers among them.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};

use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

use crate::client::{self, Call, Client};
use crate::listener::Log;
use crate::world::PARTNER_NAMES;

use super::aim::{self, Aim};
use super::carrier::{self, Carrier};
use super::disguise::{self, Order};

/// Requests that are under way at once.
const CONCURRENT: usize = 4;
/// Orders that each carrier gets from customers before the attacks.
const WARM_ROUNDS: usize = 5;
/// One of so many pairs of carrier and disguise is played.
const ONE_OF: usize = 4;
/// Numbers of the customers, and of the attackers.
const CUSTOMERS: usize = 30;
const ATTACKERS: (usize, usize) = (200, 6);

/// A request that was sent.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its `X-Request-Id`.
    pub id: String,
    /// What it was for.
    pub intent: Intent,
    /// The address of the client that sent it.
    pub client: Ipv4Addr,
    /// Method and path, for messages.
    pub shown: String,
    /// The status of the answer; `None` where none came.
    pub status: Option<StatusCode>,
}

/// What a request was for.
#[derive(Clone, Copy, Debug)]
pub enum Intent {
    /// A customer's request; a mention of an internal host, where it says so.
    Benign {
        /// Whether it names an internal host.
        mention: bool,
    },
    /// An attack on a denied destination.
    Attack(Attack),
    /// What an attacker sends before, to a destination that is not denied.
    Prelude,
    /// A URL that others collected.
    Collected,
}

/// See [`Intent::Attack`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attack {
    /// Number of the carrier.
    pub carrier: usize,
    /// Number of the disguise.
    pub disguise: usize,
    /// Where it is to arrive.
    pub aim: Aim,
}

impl Sent {
    /// The attack, if it is one.
    pub fn attack(&self) -> Option<Attack> {
        match self.intent {
            Intent::Attack(attack) => Some(attack),
            Intent::Benign { .. } | Intent::Prelude | Intent::Collected => None,
        }
    }

    /// Whether it is a customer's.
    pub fn is_benign(&self) -> bool {
        matches!(self.intent, Intent::Benign { .. })
    }
}

/// For messages.
impl std::fmt::Display for Sent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let status = self.status.map_or("no answer".to_owned(), |status| status.as_u16().to_string());
        write!(f, "{} {} -> {status}", self.id, self.shown)?;
        match self.attack() {
            Some(Attack { carrier, disguise, aim }) => {
                let (carrier, disguise) = (carrier::ALL[carrier].name, disguise::ALL[disguise].name);
                write!(f, " ({carrier}: {disguise}, {aim:?})")
            }
            None => Ok(()),
        }
    }
}

/// A request that is to be sent.
type Planned = (Client, Call, Intent);

/// Which attacks are played: a fourth of all; where `SORTIE_RANGE` is `all`, all; where it is the name
/// of a carrier, all of that one.
pub fn attacks() -> Vec<Attack> {
    let wanted = std::env::var("SORTIE_RANGE").ok();
    let one_of = if wanted.is_some() { 1 } else { ONE_OF };
    let is_wanted = |carrier: &Carrier| wanted.as_deref().is_none_or(|name| name == "all" || name == carrier.name);
    let mut attacks = Vec::new();
    for (carrier, c) in carrier::ALL.iter().enumerate().filter(|(_, carrier)| is_wanted(carrier)) {
        for (disguise, d) in disguise::ALL.iter().enumerate() {
            // The aims take turns, in another order for each carrier.
            let aims = (0..Aim::ALL.len()).map(|n| Aim::ALL[(n + carrier + disguise / one_of) % Aim::ALL.len()]);
            let fitting = aims.into_iter().find(|aim| d.order(*aim, "x").is_some_and(|order| c.call(&order).is_some()));
            if (carrier + disguise).is_multiple_of(one_of)
                && let Some(aim) = fitting
            {
                attacks.push(Attack { carrier, disguise, aim });
            }
        }
    }
    attacks
}

/// What customers do before anybody attacks.
pub async fn warm_up(base: SocketAddr, prefix: &str) -> Vec<Sent> {
    let mut plan = Vec::new();
    for round in 0..WARM_ROUNDS {
        for (nth, carrier) in carrier::ALL.iter().enumerate() {
            plan.push(vec![order(carrier, round * 5 + nth)]);
            plan.extend((nth % 3 == 0).then(|| vec![everyday(round * 11 + nth)]));
            plan.extend((nth % 4 == 1).then(|| vec![mention(round * 8 + nth)]));
        }
    }
    send_all(base, prefix, plan).await
}

/// Every attack, each among requests of customers.
pub async fn attack(base: SocketAddr, prefix: &str, attacks: &[Attack]) -> Vec<Sent> {
    let mut plan = Vec::new();
    for (nth, attack) in attacks.iter().enumerate() {
        plan.push(strike(*attack, nth));
        plan.push(vec![order(&carrier::ALL[(nth * 7 + 3) % carrier::ALL.len()], nth)]);
        plan.extend((nth % 2 == 0).then(|| vec![everyday(nth)]));
        plan.extend((nth % 3 == 0).then(|| vec![mention(nth)]));
    }
    send_all(base, prefix, plan).await
}

/// Orders to preview a link, one after the other.
pub async fn previews(base: SocketAddr, prefix: &str, orders: &[Order]) -> Vec<Sent> {
    let preview = carrier::ALL.iter().find(|carrier| carrier.name == "preview").expect("there is a preview");
    let mut sent = Vec::new();
    for (nth, order) in orders.iter().enumerate() {
        let call = preview.call(order).expect("JSON carries any text");
        let planned = (one_of(ATTACKERS.0, ATTACKERS.1, nth, None), call, Intent::Collected);
        let mut request = send(base, format!("{prefix}-{nth}"), planned).await;
        request.shown.clone_from(&order.url);
        sent.push(request);
    }
    sent
}

/// The ids of requests of which a denied destination was reached.
pub fn reached(log: &Log, mark: usize) -> HashSet<String> {
    log.since(mark).into_iter().filter(aim::is_denied).filter_map(|hit| hit.cause).collect()
}

/// Sends groups of requests, several groups at once; within a group one after the other.
async fn send_all(base: SocketAddr, prefix: &str, plan: Vec<Vec<Planned>>) -> Vec<Sent> {
    let mut sent = Vec::new();
    let mut under_way = JoinSet::new();
    for (nth, group) in plan.into_iter().enumerate() {
        if under_way.len() == CONCURRENT {
            sent.extend(
                under_way.join_next().await.into_iter().flat_map(|group| group.expect("sending does not panic")),
            );
        }
        let prefix = format!("{prefix}-{nth:05}");
        under_way.spawn(async move {
            let mut sent: Vec<Sent> = Vec::new();
            for (nth, planned) in group.into_iter().enumerate() {
                sent.push(send(base, format!("{prefix}-{nth}"), planned).await);
            }
            sent
        });
    }
    sent.extend(under_way.join_all().await.into_iter().flatten());
    sent
}

async fn send(base: SocketAddr, id: String, (client, call, intent): Planned) -> Sent {
    let answer = client::send(base, &client, &id, &call).await;
    let shown = format!("{} {}", call.method, call.path.get(..call.path.len().min(120)).unwrap_or("…"));
    Sent { id, intent, client: client.address, shown, status: answer.ok().map(|answer| answer.status) }
}

/// One client of many; those who send a cookie of their own sign in by a token.
fn one_of(first: usize, count: usize, number: usize, carrier: Option<&Carrier>) -> Client {
    let sends_cookie = carrier.is_some_and(|carrier| carrier.name == "cookie");
    let number = first + number % count;
    Client::new(u8::try_from(if sends_cookie { number & !1 } else { number }).expect("clients have small numbers"))
}

fn customer(number: usize, carrier: Option<&Carrier>) -> Client {
    one_of(2, CUSTOMERS, number, carrier)
}

fn strike(attack: Attack, nth: usize) -> Vec<Planned> {
    let marker = format!("x{:06x}", (nth + 1) * 0x1_0f2d % 0xff_fffd);
    let carrier = &carrier::ALL[attack.carrier];
    let order = disguise::ALL[attack.disguise].order(attack.aim, &marker).expect("only what can be written is played");
    let call = carrier.call(&order).expect("only what can be carried is played");
    let attacker = one_of(ATTACKERS.0, ATTACKERS.1, nth, Some(carrier));
    let mut group = vec![(attacker, call, Intent::Attack(attack))];
    if order.twice {
        group.insert(0, (group[0].0.clone(), group[0].1.clone(), Intent::Prelude));
    }
    group
}

/// An order for a customer's public host.
fn order(carrier: &Carrier, number: usize) -> Planned {
    let (host, port) = match carrier.name {
        "tenant" => (format!("tenant{}.apps.example", number % 9), 80),
        "suffix" => ("docs.partner.example".to_owned(), 80),
        "host and port" | "bare host" if number % 3 == 1 => {
            (PARTNER_NAMES[number % PARTNER_NAMES.len()].to_owned(), 8080)
        }
        _ => (PARTNER_NAMES[number % PARTNER_NAMES.len()].to_owned(), 80),
    };
    let order = Order::plain(&host, port, &format!("/shop/{}-{}.html", carrier.name.len(), 100 + number));
    let call = carrier.call(&order).expect("a plain order can be carried");
    (customer(number * 3 + carrier.name.len(), Some(carrier)), call, Intent::Benign { mention: false })
}

/// What makes the help desk dial nobody, or only on its own account.
fn everyday(number: usize) -> Planned {
    let ticket = || {
        let name = if number % 5 == 3 { format!("busy-{number}") } else { format!("c{}", 1000 + number % 30) };
        Call::json(Method::POST, "/api/tickets", &json!({ "customer": name, "text": "the lamp flickers", "floor": 3 }))
    };
    let call = match number % 5 {
        0 | 1 => ticket(),
        2 => Call::get(format!("/api/articles?q=lamp&page={}", number % 4)),
        3 => {
            let body = "--77\r\nContent-Disposition: form-data; name=\"file\"; filename=\"report.v2.pdf\"\r\n\
                        Content-Type: application/pdf\r\n\r\n%PDF-1.7 about cdn.example and more\r\n--77--\r\n";
            Call::with_body(Method::POST, "/api/attachments", "multipart/form-data; boundary=77", body.to_owned())
        }
        _ => Call::json(
            Method::POST,
            "/api/notes",
            &json!({ "text": "10.5 kg, v1.2.3, at 12:30", "tags": ["a.b", "c"] }),
        ),
    };
    (customer(number, None), call, Intent::Benign { mention: false })
}

/// A request that names an internal host and orders nothing there.
fn mention(number: usize) -> Planned {
    let credit = format!("http://billing.internal/v1/credit/c{}", 1000 + number % 30);
    let public = Order::plain(PARTNER_NAMES[number % PARTNER_NAMES.len()], 80, &format!("/m/{number}"));
    let ticket = |extra: serde_json::Value| {
        let mut body = json!({ "customer": format!("c{}", 1000 + number % 30), "text": "as always" });
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        Call::json(Method::POST, "/api/tickets", &body)
    };
    let beside = |extra: serde_json::Value| {
        let mut body = json!({ "url": public.url, "secret": "s3" });
        body.as_object_mut().expect("an object").extend(extra.as_object().expect("an object").clone());
        Call::json(Method::POST, "/api/hooks", &body)
    };
    let call = match number % 12 {
        0 => ticket(json!({ "text": format!("your page {credit} says I still owe you money") })),
        1 => ticket(json!({ "website": credit })),
        2 => ticket(json!({})).header("origin", "http://billing.internal"),
        3 => ticket(json!({})).header("referer", credit),
        4 => Call::get("/api/articles?q=http%3A%2F%2F127.0.0.1%3A9000%2Fstats"),
        5 => Call::json(Method::POST, "/api/notes", &json!({ "website": "http://billing.internal/healthz" })),
        6 => Call::json(
            Method::POST,
            "/api/notes",
            &json!({ "text": "is 169.254.169.254 down? see http://169.254.169.254/latest/" }),
        ),
        // Beside an order that is obeyed.
        7 => beside(json!({ "description": format!("replaces {credit}") })),
        8 => beside(json!({ "homepage": "http://billing.internal/healthz" })),
        9 => beside(json!({})).header("referer", "http://127.0.0.1:9000/stats"),
        10 => Call::json(Method::POST, "/api/notes", &json!({ "host": "billing.internal", "port": 80 })),
        _ => carrier::ALL[4]
            .call(&public)
            .expect("a plain order can be carried")
            .header("origin", "http://admin.internal"),
    };
    (customer(number * 5 + 2, None), call, Intent::Benign { mention: true })
}
