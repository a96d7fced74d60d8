//! The play: customers, then attackers among customers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::backend::Backend;
use crate::client::{self, Call, Client};
use crate::disguise::Disguise;
use crate::listener::Log;
use crate::named::Named;
use crate::shape::Shape;
use crate::target::{Goal, Target};
use crate::truth::{Attack, Intent, Truth};
use crate::world::PARTNER_NAMES;
use http::{Method, StatusCode};
use serde_json::json;
use tokio::task::JoinSet;

/// Requests that are under way at once.
const CONCURRENT: usize = 4;
/// Orders that each shape gets from customers before the attacks.
const WARM_ROUNDS: usize = 6;
/// Requests that mention the back end's own internal hosts.
const MENTIONS: usize = 40;
/// Numbers of the customers.
const CUSTOMERS: u8 = 24;
/// Number of the first attacker, and how many there are.
const ATTACKERS: (u8, u8) = (201, 3);

/// Plays against one base address.
#[derive(Clone, Debug)]
pub struct Driver {
    base: SocketAddr,
    next: Arc<AtomicU32>,
}

/// A request that is still to be sent.
type Planned = (Client, Call, Intent);

impl Driver {
    /// A driver whose clients talk to `base`: a door, or the back end itself.
    pub fn new(base: SocketAddr) -> Self {
        Self { base, next: Arc::new(AtomicU32::new(1)) }
    }

    /// What customers do before anybody attacks; half of the mentions are among it.
    pub async fn warm_up(&self) -> Vec<Truth> {
        let mut truths = self.play((0..12).map(checkout).collect()).await;
        let mut plan = Vec::new();
        for round in 0..WARM_ROUNDS {
            for (nth, shape) in Shape::ALL.into_iter().enumerate() {
                plan.push(order(shape, round * 5 + nth));
                if nth % 3 == 0 {
                    plan.push(checkout(round * 7 + nth));
                }
                if nth % 5 == 1 {
                    plan.push(browse(round + nth));
                }
                if nth % 4 == 2 && plan.len() > 40 {
                    plan.push(mention(plan.len()));
                }
            }
        }
        truths.extend(self.play(plan).await);
        truths
    }

    /// Every attack, one after the other, each among requests of customers; then what mentions are
    /// left of the 40.
    pub async fn attack(&self, backend: &Backend, log: &Log, so_far: &[Truth]) -> Vec<Truth> {
        let mut truths = Vec::new();
        let mut mentions = so_far.iter().filter(|truth| matches!(truth.intent, Intent::Mention { .. })).count();
        for (nth, (shape, goal)) in attacks().enumerate() {
            let mut around = vec![checkout(nth), order(Shape::ALL[(nth * 5 + 3) % Shape::ALL.len()], nth)];
            if mentions < MENTIONS {
                around.push(mention(nth));
                mentions += 1;
            }
            let Some(target) = Target::new(goal, shape, &marker(nth)) else { continue };
            let strike = self.strike(shape, goal, target, nth, (backend, log));
            let (attack, benign) = tokio::join!(strike, self.play(around));
            truths.push(attack);
            truths.extend(benign);
        }
        truths.extend(self.play((mentions..MENTIONS).map(mention).collect()).await);
        truths
    }

    /// Every disguise of every address, by every client library, each beside a customer's request.
    pub async fn disguised(&self, backend: &Backend, log: &Log) -> Vec<(Disguise, Truth)> {
        let goals = [Goal::Metadata, Goal::InternalAddress, Goal::Loopback];
        let shapes = [Shape::Webhook, Shape::Avatar, Shape::Preview, Shape::Path];
        let mut truths = Vec::new();
        for (nth, disguise) in Disguise::ALL.into_iter().enumerate() {
            for (goal, shape) in goals.into_iter().flat_map(|goal| shapes.map(|shape| (goal, shape))) {
                let number = 100 + truths.len();
                let plain = Target::new(goal, shape, &marker(number));
                let Some(target) = plain.and_then(|plain| plain.disguised(disguise)) else { continue };
                let strike = self.strike(shape, goal, target, number, (backend, log));
                let (attack, _) = tokio::join!(strike, self.play(vec![checkout(nth)]));
                truths.push((disguise, attack));
            }
        }
        truths
    }

    /// One attack of the `nth` attacker.
    pub async fn strike(
        &self,
        shape: Shape,
        goal: Goal,
        target: Target,
        nth: usize,
        (backend, log): (&Backend, &Log),
    ) -> Truth {
        let attacker = Client::new(ATTACKERS.0 + (nth % usize::from(ATTACKERS.1)) as u8);
        let mark = log.len();
        let call = shape.call(&target.named);
        let mut truth =
            self.send((attacker, call, Intent::Attack(Attack { shape, goal, target, reached: false }))).await;
        if shape == Shape::Delayed {
            backend.settle().await;
        }
        if let Intent::Attack(attack) = &mut truth.intent {
            attack.reached = log.since(mark).iter().any(|hit| attack.target.is_hit(hit));
        }
        truth
    }

    async fn play(&self, plan: Vec<Planned>) -> Vec<Truth> {
        let mut truths = Vec::with_capacity(plan.len());
        let mut under_way = JoinSet::new();
        for planned in plan {
            if under_way.len() == CONCURRENT {
                truths.extend(under_way.join_next().await.map(|sent| sent.expect("sending does not panic")));
            }
            let driver = self.clone();
            under_way.spawn(async move { driver.send(planned).await });
        }
        truths.extend(under_way.join_all().await);
        truths
    }

    async fn send(&self, (client, call, intent): Planned) -> Truth {
        let id = format!("e2e-{:05}", self.next.fetch_add(1, Ordering::Relaxed));
        let answer = client::send(self.base, &client, &id, &call).await;
        Truth {
            id,
            intent,
            client: client.address,
            method: call.method,
            path: call.path,
            status: answer.ok().map(|answer| answer.status),
        }
    }
}

/// Every pair that a shape can be used for.
pub fn attacks() -> impl Iterator<Item = (Shape, Goal)> {
    Goal::ALL.into_iter().flat_map(|goal| Shape::ALL.into_iter().map(move |shape| (shape, goal)))
}

/// A part of a path that no other attack has.
pub fn marker(nth: usize) -> String {
    format!("x{:06x}", (nth + 1) * 0x1_0f2d)
}

fn customer(number: usize) -> Client {
    Client::new(1 + (number % usize::from(CUSTOMERS)) as u8)
}

/// A checkout: the back end asks billing of its own accord. Some customers make billing fail once.
fn checkout(number: usize) -> Planned {
    let name = if number % 5 == 3 { format!("busy-{number}") } else { format!("c{}", 1000 + number % 30) };
    let call = Call::json(Method::POST, "/v1/orders", &json!({ "customer": name, "item": 2, "note": "ring twice" }));
    (customer(number), call, Intent::Plain { expected: StatusCode::CREATED })
}

fn browse(number: usize) -> Planned {
    let call = Call::get(format!("/v1/items?q=lamp&page={}", number % 4));
    (customer(number), call, Intent::Plain { expected: StatusCode::OK })
}

/// An order for a customer's public host. Routes that follow redirects meet one now and then.
fn order(shape: Shape, number: usize) -> Planned {
    let name = PARTNER_NAMES[number % PARTNER_NAMES.len()];
    let moved = if shape.follows_redirects() && number.is_multiple_of(4) { "moved/" } else { "" };
    let port = if matches!(shape, Shape::HostPort | Shape::BareHost) && number % 3 == 1 { ":8080" } else { "" };
    let url = format!("http://{name}{port}/{moved}shop/{}-{}.html", shape.route().len(), 100 + number);
    (customer(number * 3 + shape.route().len()), shape.call(&Named::new(url)), Intent::Order { shape })
}

/// A mention of a host that the back end calls itself, where nothing is ever dialled by order.
fn mention(number: usize) -> Planned {
    let credit = format!("http://billing.internal/v1/credit/c{}", 1000 + number % 30);
    let checkout = |note: &str, extra: Option<&str>| {
        let name = format!("c{}", 1000 + number % 30);
        let mut body = json!({ "customer": name, "item": 1, "note": note });
        if let Some(website) = extra {
            body["website"] = json!(website);
        }
        (Call::json(Method::POST, "/v1/orders", &body), StatusCode::CREATED)
    };
    let (call, expected) = match number % 8 {
        0 => checkout(&format!("your page {credit} says I still owe you money"), None),
        1 => checkout("please hurry", Some(&credit)),
        2 => {
            let (call, expected) = checkout("as always", None);
            (call.header("origin", "http://billing.internal"), expected)
        }
        3 => {
            let (call, expected) = checkout("as always", None);
            (call.header("referer", credit), expected)
        }
        4 => (Call::get("/v1/items?q=http%3A%2F%2F127.0.0.1%3A9000%2Fstats"), StatusCode::OK),
        5 => {
            let body = json!({ "name": "Ann", "website": "http://billing.internal/healthz" });
            (Call::json(Method::POST, "/v1/profile", &body), StatusCode::OK)
        }
        6 => {
            let body = json!({ "bio": "I run billing.internal and 10.20.0.5, ask me anything" });
            (Call::json(Method::POST, "/v1/profile", &body), StatusCode::OK)
        }
        _ => {
            (Call::get("/v1/items?q=billing.internal").header("referer", "http://127.0.0.1:9000/stats"), StatusCode::OK)
        }
    };
    (customer(number * 5 + 2), call, Intent::Mention { expected })
}
