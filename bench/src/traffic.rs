//! The traffic: what clients of a shop's API send, and what it answers.
//!
//! Of 20 requests, 14 carry no URL (orders, customers), 4 carry one (web hooks; in large bodies
//! four), 2 carry four (product pictures; in large bodies 40). All carry what extraction has to look
//! at and to let go: e-mail addresses, prices, versions, dates, prose. Bodies are JSON of exactly
//! their size, sent under 200 session tokens to 300 paths of four endpoints. Everything is made by
//! arithmetic, so that every run sends the same.

use bytes::Bytes;
use serde_json::{Value, json};

/// Different requests of a size, sent in turn.
pub const REQUESTS: usize = 400;
/// Different session tokens.
const SESSIONS: usize = 200;
/// Prose to fill a body with.
const PROSE: &str = "Please ring twice and leave it with the neighbour, no. 7b, if nobody is at home; thank you. ";

/// How large bodies are, in both directions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Size {
    /// 1 KiB.
    #[value(name = "1k")]
    Small,
    /// 64 KiB: the most that is inspected by default.
    #[value(name = "64k")]
    Large,
}

impl Size {
    /// Bytes of a body.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Small => 1024,
            Self::Large => 64 * 1024,
        }
    }
}

/// One request.
#[derive(Clone, Debug)]
pub struct Sent {
    /// Its method.
    pub method: &'static str,
    /// Its path.
    pub path: String,
    /// The value of `Authorization`.
    pub authorization: String,
    /// Its body.
    pub body: Bytes,
}

/// All requests of a size, in the order in which they are sent.
pub fn requests(size: Size) -> Vec<Sent> {
    (0..REQUESTS).map(|number| request(size, number)).collect()
}

/// The answer to every request of a size.
pub fn answer(size: Size) -> Vec<u8> {
    filled(size, json!({ "id": "ord_01HZX4", "status": "accepted", "version": "2.14.0", "total": "184.20" }))
}

fn request(size: Size, number: usize) -> Sent {
    let customer = number * 7919 % 150;
    let (method, path, body) = match number % 20 {
        0..7 => ("POST", "/v1/orders".to_owned(), order(number, customer)),
        7..14 => ("PUT", format!("/v1/customers/{customer}"), profile(customer)),
        14..18 => ("POST", "/v1/hooks".to_owned(), hook(number, if size == Size::Small { 1 } else { 4 })),
        _ => {
            let pictures = if size == Size::Small { 4 } else { 40 };
            ("PATCH", format!("/v1/products/{customer}"), product(number, pictures))
        }
    };
    // A session's token has the shape of one, and nothing that can be decoded.
    let authorization = format!("Bearer {:032x}", (number % SESSIONS + 1) as u128 * 0x9e37_79b9_7f4a_7c15_f39c_c060);
    Sent { method, path, authorization, body: Bytes::from(filled(size, body)) }
}

fn order(number: usize, customer: usize) -> Value {
    json!({
        "reference": format!("A-{number:05}"),
        "currency": "EUR",
        "customer": { "id": customer, "name": "Ada Example", "email": format!("ada{customer}@mail.example") },
        "ship_to": { "street": "Hafenstr. 12", "city": "Kiel", "zip": "24103", "country": "DE" },
        "client": "shop-web/4.18.2",
    })
}

fn profile(customer: usize) -> Value {
    json!({
        "name": format!("Grace Example {customer}"),
        "email": format!("grace.{customer}@post.example"),
        "phone": "+49 431 5550123",
        "born": "1987-03-14",
        "newsletter": customer.is_multiple_of(2),
        "locale": "de-DE",
        "tags": ["regular", "pays.by.invoice"],
    })
}

fn hook(number: usize, urls: usize) -> Value {
    let url = |n: usize| format!("https://hooks{}.partner.example/in/{number:04x}?v=2", n + number % 50);
    let mut body = json!({ "event": "order.paid", "secret": "whsec_5f1c07", "active": true, "url": url(0) });
    for further in 1..urls {
        body[format!("fallback_{further}")] = Value::from(url(further));
    }
    body
}

fn product(number: usize, pictures: usize) -> Value {
    let url = |n: usize| format!("https://cdn{}.pictures.example/p/{number:05}/{n:02}.jpg", number % 10);
    json!({
        "sku": format!("P-{number:05}.{}", number % 9),
        "title": "Fountain pen, 0.7 mm",
        "price": "49.90",
        "pictures": (0..pictures).map(url).collect::<Vec<_>>(),
    })
}

/// The body, filled up to its size with order lines and prose.
fn filled(size: Size, mut body: Value) -> Vec<u8> {
    body["lines"] = json!([]);
    body["note"] = json!("");
    let mut left = size.bytes() - body.to_string().len();
    let mut lines = Vec::new();
    loop {
        let line = json!({ "sku": format!("B-{:05}", lines.len()), "quantity": 2, "price": "12.50", "vat": 0.19 });
        let length = line.to_string().len() + 1;
        if length + PROSE.len() > left {
            break;
        }
        left -= length;
        lines.push(line);
    }
    // No comma stands before the first line.
    left += usize::from(!lines.is_empty());
    body["lines"] = Value::from(lines);
    body["note"] = Value::from(PROSE.chars().cycle().take(left).collect::<String>());
    body.to_string().into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_json_of_exactly_their_size() {
        for size in [Size::Small, Size::Large] {
            let sent = requests(size).into_iter().map(|sent| sent.body.to_vec());
            for body in sent.chain([answer(size)]) {
                assert_eq!(body.len(), size.bytes());
                serde_json::from_slice::<Value>(&body).expect("a body is JSON");
            }
        }
    }

    #[test]
    fn urls_are_as_often_as_stated() {
        for (size, some, many) in [(Size::Small, 1, 4), (Size::Large, 4, 40)] {
            let urls = |sent: &Sent| String::from_utf8_lossy(&sent.body).matches("https://").count();
            let counts: Vec<usize> = requests(size)[..20].iter().map(urls).collect();
            let with = |count: usize| counts.iter().filter(|&&urls| urls == count).count();
            assert_eq!((with(0), with(some), with(many)), (14, 4, 2), "{counts:?}");
        }
    }
}
