//! Files that are named and come back, from the door's reading of an exchange to the finding.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use sortie_engine::step::{Fact, State};
use sortie_model::finding::{Finding, FindingKind, Impact, Rung, Severity};
use sortie_model::{Event, Policy, ServiceName};

use crate::gate::{Admission, Gate, InboundBody, InboundHead};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n";
const ENVIRON: &str = "HOSTNAME=web-1\0PATH=/usr/local/bin:/usr/bin\0HOME=/root\0";
const WIN_INI: &str = "; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n";
const KEY: &str = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA7bq0Zk1r8oG3c1m5q8V0yJrQ5mC8aTn4dQ2wz6b1Y3kq9xTa\n";
const JSON: &str = "application/json";

/// A request and its answer. Without a body it is a `GET`.
struct Exchange<'a> {
    target: &'a str,
    body: Option<(&'a str, &'a [u8])>,
    answer: (&'a str, &'a [u8]),
}

/// Target; type and text of the body; type and text of the answer.
type Shape<'a> = (&'a str, Option<(&'a str, &'a str)>, (&'a str, &'a str));

struct Service {
    gate: Arc<Gate>,
    events: Receiver<Event>,
    state: State,
    policies: BTreeMap<ServiceName, Arc<Policy>>,
    findings: BTreeMap<String, Finding>,
}

impl Service {
    fn new() -> Self {
        let (gate, events) = Gate::for_tests(Policy::default());
        let policies = [(gate.settings.name.clone(), Arc::new(Policy::default()))].into();
        Self { gate, events, state: State::default(), policies, findings: BTreeMap::new() }
    }

    fn exchange(&mut self, exchange: &Exchange<'_>) {
        let admission = self.gate.admit(&InboundHead {
            method: if exchange.body.is_some() { "POST" } else { "GET" },
            target: exchange.target,
            host: "shop.example",
            fields: &[("host", b"shop.example")],
            client: IpAddr::from([198, 51, 100, 7]),
            content_length: None,
            has_body: exchange.body.is_some(),
            asks_upgrade: false,
        });
        let Admission::Pass(mut ticket) = admission else { panic!("{} was refused", exchange.target) };
        if let Some((content_type, bytes)) = exchange.body {
            let content_type = Some(content_type);
            ticket.inspect(&InboundBody { content_type, content_encoding: None, bytes, complete: true }).unwrap();
        }
        ticket.answered(200, std::iter::empty());
        let (content_type, answer) = exchange.answer;
        if ticket.watches() > 0 {
            ticket.response_prefix(Some(content_type), None, answer);
        }
        ticket.end(Some(200), answer.len() as u64);
        for event in self.events.try_iter() {
            for fact in self.state.step(&event, &self.policies) {
                if let Fact::Finding(finding) = fact {
                    self.findings.insert(finding.id.to_string(), *finding);
                }
            }
        }
        if let Some(learned) = self.state.learned(&self.gate.settings.name) {
            self.gate.publish(Arc::new(learned.clone()));
        }
    }

    fn get(&mut self, target: &str, answer: (&str, &[u8])) {
        self.exchange(&Exchange { target, body: None, answer });
    }

    fn post(&mut self, target: &str, body: (&str, &str), answer: (&str, &[u8])) {
        self.exchange(&Exchange { target, body: Some((body.0, body.1.as_bytes())), answer });
    }

    fn files(&self) -> Vec<&Finding> {
        self.findings.values().filter(|finding| finding.kind == FindingKind::FileReturned).collect()
    }
}

#[test]
fn a_file_that_is_named_and_comes_back_is_told() {
    let json = |key: &str, text: &str| serde_json::json!({ key: text }).to_string();
    let base64 = json("preview", &BASE64_STANDARD.encode(PASSWD));
    let html = format!("<pre>{}</pre>", PASSWD.replace('\n', "<br>").replace('/', "&#x2F;"));
    let xxe = "<?xml version=\"1.0\"?><!DOCTYPE r [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><r>&x;</r>";
    let filter =
        "<!DOCTYPE r [<!ENTITY x SYSTEM \"php://filter/convert.base64-encode/resource=/etc/passwd\">]><r>&x;</r>";
    let svg = "<svg xmlns=\"http://www.w3.org/2000/svg\" xmlns:xlink=\"http://www.w3.org/1999/xlink\"><image xlink:href=\"file:///proc/self/environ\"/></svg>";
    let multipart = format!(
        "--B\r\nContent-Disposition: form-data; name=\"doc\"; filename=\"a.svg\"\r\nContent-Type: image/svg+xml\r\n\r\n{svg}\r\n--B--\r\n"
    );
    let encoded = json("u", &BASE64_STANDARD.encode("file:///etc/passwd"));
    let form = "application/x-www-form-urlencoded";
    let shapes: [Shape<'_>; 14] = [
        ("/v1/preview", Some((JSON, r#"{"url":"file:///etc/passwd"}"#)), (JSON, &json("preview", PASSWD))),
        ("/v1/preview", Some((JSON, r#"{"url":"file:///etc/passwd"}"#)), (JSON, &base64)),
        ("/v1/fetch?url=file:///etc/passwd", None, ("text/plain", PASSWD)),
        ("/v1/fetch?url=netdoc:///etc/passwd", None, ("text/html", &html)),
        ("/v1/read", Some((form, "doc=..%2f..%2f..%2f..%2fetc%2fpasswd")), ("text/plain", PASSWD)),
        ("/v1/read?file=/etc/passwd", None, ("text/plain", PASSWD)),
        ("/v1/read?file=/etc/ssl/private/site.key", None, ("text/plain", KEY)),
        ("/v1/read?file=..%5C..%5Cwindows%5Cwin.ini", None, ("text/plain", WIN_INI)),
        ("/v1/read", Some((JSON, r#"{"a":{"path":"C:\\Windows\\win.ini"}}"#)), ("text/plain", WIN_INI)),
        ("/v1/orders", Some(("application/xml", xxe)), ("application/xml", PASSWD)),
        ("/v1/orders", Some(("text/xml", filter)), (JSON, &base64)),
        ("/v1/render", Some(("multipart/form-data; boundary=B", &multipart)), (JSON, &json("out", ENVIRON))),
        ("/v1/render", Some(("text/html", "<iframe src=\"file:///etc/passwd\">")), ("text/plain", PASSWD)),
        ("/v1/preview", Some((JSON, &encoded)), ("text/plain", PASSWD)),
    ];
    for (target, body, (answer_type, answer)) in shapes {
        let mut service = Service::new();
        let answer = (answer_type, answer.as_bytes());
        match body {
            Some(body) => service.post(target, body, answer),
            None => service.get(target, answer),
        }
        let told = service.files();
        assert_eq!(told.len(), 1, "{target} {body:?}: {:#?}", service.findings);
        assert_eq!((told[0].severity, told[0].rung), (Severity::Critical, Rung::E5));
        assert_eq!(told[0].impact, [Impact::FileReturned]);
        assert!(told[0].dials.is_empty() && told[0].requests.len() == 1);
        assert!(told[0].location.is_some() && told[0].candidate.is_some(), "{target}: {told:#?}");
    }
}

#[test]
fn what_only_looks_like_it_accuses_nobody() {
    let json = |key: &str, text: &str| serde_json::json!({ key: text }).to_string();
    let contents = [PASSWD, ENVIRON, WIN_INI, KEY];
    let ordinary = [
        "{\"ok\":true}",
        "File not found: /etc/passwd",
        "root is not permitted to open passwd",
        "PATH=/usr/bin",
        "[extensions]\nrecommendations = []\n",
        "export PATH=/usr/bin:$PATH\n",
        "-----BEGIN CERTIFICATE----- goes here",
        "uid=0(root) gid=0(root)",
    ];
    let names = [
        "/v1/read?file=/etc/passwd",
        "/v1/read?file=..%2f..%2fa.pem",
        "/v1/read?url=file:///srv/app/readme.txt",
        "/v1/read?file=C:%5CWindows%5Cwin.ini",
        "/v1/read?next=/home/orders",
        "/v1/read?file=/proc/self/environ",
    ];
    let plain =
        ["/docs/passwd", "/docs?page=accounts", "/v1/certificates/17", "/v1/hosts?name=web-1", "/wiki?title=win.ini"];
    let mut exchanges = 0;
    // Nothing is named.
    let mut service = Service::new();
    for target in plain {
        for content in contents {
            for body in [content.to_owned(), json("text", content), json("text", &BASE64_STANDARD.encode(content))] {
                service.get(target, (JSON, body.as_bytes()));
                exchanges += 1;
            }
        }
    }
    // What is named does not come back.
    for target in names {
        for body in ordinary {
            service.get(target, ("text/plain", body.as_bytes()));
            exchanges += 1;
        }
    }
    // The endpoint shows such things whatever it is asked for.
    for content in contents {
        for target in
            ["/v1/samples?id=1", "/v1/samples?id=2", "/v1/samples?file=/etc/passwd", "/v1/samples?file=../../a.pem"]
        {
            service.get(target, ("text/plain", content.as_bytes()));
            exchanges += 1;
        }
    }
    // The request held it itself.
    for (n, content) in contents.into_iter().enumerate() {
        for name in ["file:///etc/passwd", "../../site.pem", "/proc/self/environ", "C:/Windows/win.ini"] {
            let target = format!("/v1/pastes{n}");
            let paste = serde_json::json!({ "name": name, "text": content }).to_string();
            service.post(&target, (JSON, &paste), (JSON, paste.as_bytes()));
            let back = json("text", &BASE64_STANDARD.encode(content));
            service.post(&target, (JSON, &paste), (JSON, back.as_bytes()));
            exchanges += 2;
        }
    }
    // The content is of another kind than the name says, and little is known of the endpoint.
    for (n, (name, content)) in
        [("/etc/passwd", KEY), ("../../a.pem", PASSWD), ("/var/www/x.txt", WIN_INI), ("/home/x/a.txt", KEY)]
            .into_iter()
            .enumerate()
    {
        for m in 0..12 {
            service.get(&format!("/v1/s{n}x{m}?q={name}"), ("text/plain", content.as_bytes()));
            exchanges += 1;
        }
    }
    // What somebody stored is found by who looks for it.
    for (n, content) in contents.into_iter().enumerate() {
        for name in ["/etc/passwd", "/proc/self/environ", "C:/Windows/win.ini", "/etc/ssl/site.key"] {
            service.get(&format!("/v1/wiki{n}{}?q={name}", name.len()), ("text/html", content.as_bytes()));
            exchanges += 1;
        }
    }
    assert!(exchanges >= 200, "{exchanges}");
    assert!(service.files().is_empty(), "{:#?}", service.files());
}

#[test]
fn what_an_endpoint_shows_later_is_no_longer_new() {
    let mut service = Service::new();
    for _ in 0..20 {
        service.get("/v1/read?id=7", ("text/plain", b"hello"));
    }
    service.get("/v1/read?file=../notes.txt", ("text/plain", KEY.as_bytes()));
    assert_eq!(service.files().len(), 1, "none of twenty answers showed a key");
    let confidence = service.files()[0].confidence;
    assert!((0.9..0.97).contains(&confidence), "{confidence}");
    service.get("/v1/read?file=/etc/passwd", ("text/plain", PASSWD.as_bytes()));
    assert_eq!(service.files().len(), 1, "one actor and place are one story");
    assert!(service.files()[0].confidence > 0.99);
    service.get("/v1/read?id=8", ("text/plain", KEY.as_bytes()));
    let told = service.files()[0].requests_total;
    service.get("/v1/read?file=../notes.txt", ("text/plain", KEY.as_bytes()));
    assert_eq!(service.files()[0].requests_total, told, "by now it shows keys anyway");
}
