//! Whole files, and what is said about them.

use std::path::Path;

use sortie_model::policy::{AllowTarget, Locality};
use sortie_model::{AddressClass, Host, Micros, Mode, ServiceName};

use crate::config::checked::{AdminListen, Config};
use crate::config::{Flags, LoadError, from_flags, from_text};

const SHOP: &str = "\
services:
  shop:
    inbound:  { listen: 127.0.0.1:8080, upstream: http://127.0.0.1:5000 }
    outbound: { listen: 127.0.0.1:3128 }
";

fn now() -> Micros {
    Micros::parse_rfc3339("2026-11-24").unwrap()
}

fn valid(text: &str) -> (Config, String) {
    let loaded = from_text("sortie.yaml", text.to_owned(), Path::new("/etc/sortie"), now())
        .unwrap_or_else(|error| panic!("{}", shown(&error)));
    (loaded.config, loaded.warnings.render(false))
}

fn shown(error: &LoadError) -> String {
    match error {
        LoadError::Invalid(report) => report.render(false),
        other => other.to_string(),
    }
}

fn errors(text: &str) -> String {
    shown(&from_text("sortie.yaml", text.to_owned(), Path::new("/etc/sortie"), now()).unwrap_err())
}

#[test]
fn the_published_example_is_valid() {
    let (config, warnings) = valid(
        r#"
services:
  shop:
    inbound:  { listen: 127.0.0.1:8080, upstream: http://127.0.0.1:5000, trusted_proxies: [], hosts: [] }
    outbound: { listen: 127.0.0.1:3128, locality: same-host }
    mode: observe                      # observe | shadow | block
sinks: [{at: "POST /v1/hooks $.url", proven: true, mode: block, allow: [10.9.0.0/16], until: 2027-01-01, reason: "customer VPN"}]
addresses:
  public:   [203.0.113.0/24]
  internal: [198.18.0.0/15, "*.corp.example"]
policy:
  ordered: { deny: [loopback, link-local, private, metadata, multicast, reserved], allow: [], allow_ports: [80, 443, 8080, 8443], internal_credentials: deny }
  own: learned
  cold_start: exact
data: ./sortie-data
admin: { listen: unix:./sortie-data/admin.sock }
"#,
    );
    assert_eq!(warnings, "");
    let shop = &config.services[&ServiceName::from("shop")];
    assert_eq!(shop.policy.mode, Mode::Observe);
    assert_eq!(shop.policy.scopes[0].1, Mode::Block);
    assert_eq!(shop.policy.proven[0].to_string(), "/v1/hooks $.url");
    assert_eq!(shop.policy.allow[0].to, AllowTarget::Net("10.9.0.0/16".parse().unwrap()));
    assert_eq!(shop.policy.addresses.class_of("203.0.113.9".parse().unwrap()), AddressClass::Public);
    assert_eq!(shop.policy.addresses.class_of_name("a.corp.example"), Some(AddressClass::Private));
    assert_eq!(shop.inbound.upstream.to_string(), "http://127.0.0.1:5000");
    assert_eq!(config.data, Path::new("/etc/sortie/sortie-data"));
    assert_eq!(config.admin, AdminListen::Unix("/etc/sortie/sortie-data/admin.sock".into()));
}

#[test]
fn everything_has_a_default() {
    let (config, warnings) = valid(SHOP);
    assert_eq!(warnings, "");
    let policy = &config.services[&ServiceName::from("shop")].policy;
    assert_eq!(*policy, sortie_model::Policy::default());
    assert_eq!(config.inspect.request_bytes, 65_536);
}

#[test]
fn every_key_is_read() {
    let (config, warnings) = valid(
        r#"
services:
  shop:
    inbound:  { listen: 0.0.0.0:8080, upstream: "http://app.internal", trusted_proxies: [10.0.0.0/8, 192.168.1.1], hosts: [API.example], max_connections: 7 }
    outbound: { listen: 10.1.0.2:3128, locality: remote, sources: [10.1.0.0/16], own: ["169.254.169.254:80"], credentials: {user: shop, password_file: ./proxy}, max_connections: 9 }
    mode: shadow
  news:
    inbound:  { listen: 127.0.0.1:8081, upstream: "http://[::1]:5001/" }
    outbound: { listen: "[::1]:3129" }
sinks:
  - { at: "shop POST /v1/hooks", mode: block }
  - { at: "shop POST /v1/hooks $.url", proven: true, mode: shadow }
policy:
  ordered:
    deny: [metadata]
    allow: [{sink: "news GET /p query u", actor: 9f2c, to: partner.example, ports: [443], until: "2027-01-01T12:00:00Z", reason: contract}]
    allow_ports: [443]
    ports: enforce
    internal_credentials: allow
  cold_start: lenient
  hidden_hops: forbid-private
inspect: { request_bytes: 128KiB, response_bytes: 1KiB, endpoints: [{at: "shop POST /v1/import", request_bytes: 1MiB}] }
timeouts: { head: 5s, body: 6s, connect: 500ms, answer: 7s, idle: 8s, tunnel: 9m }
alerts: [{webhook: "https://hooks.example/x", min: high, secret_file: hook.secret}, {jsonl: stdout}, {jsonl: alerts.jsonl, min: low}]
retention: { findings: 90d, events: 1d, events_bytes: 1GB }
data: /var/lib/sortie
admin: { listen: 127.0.0.1:9900 }
"#,
    );
    assert_eq!(warnings, "");
    insta::assert_debug_snapshot!(config);
}

#[test]
fn a_target_has_one_alert() {
    let twice = "alerts:\n  - {webhook: \"https://hooks.example/x\", secret_file: a}\n  - {jsonl: stdout}\n  \
                 - {webhook: \"https://hooks.example/x\", secret_file: b}\n  - {webhook: \"https://hooks.example/y\"}\n";
    insta::assert_snapshot!(errors(&format!("{SHOP}{twice}")));
}

#[test]
fn a_scope_of_a_place_stands_before_that_of_its_endpoint() {
    let (config, _) = valid(&format!(
        "{SHOP}sinks:\n  - {{at: /a, mode: shadow}}\n  - {{at: POST /a, mode: block}}\n  - {{at: /a $.u, mode: observe}}\n"
    ));
    let scopes = &config.services[&ServiceName::from("shop")].policy.scopes;
    assert_eq!(scopes.iter().map(|(scope, _)| scope.to_string()).collect::<Vec<_>>(), ["/a $.u", "POST /a", "/a"]);
}

#[test]
fn flags_make_one_service() {
    let flags = Flags {
        listen: "127.0.0.1:8080".into(),
        upstream: "http://localhost:5000".into(),
        egress: "127.0.0.1:3128".into(),
        mode: Some(Mode::Shadow),
        data: Some("/tmp/x".into()),
    };
    let config = from_flags(flags.clone(), now()).unwrap().config;
    let app = &config.services[&ServiceName::from(Flags::SERVICE)];
    assert_eq!(app.inbound.upstream.0.host, Host::name("localhost"));
    assert_eq!(app.policy.mode, Mode::Shadow);
    assert_eq!(app.policy.locality, Locality::SameHost);
    assert_eq!(config.admin, AdminListen::Unix("/tmp/x/admin.sock".into()));
    let error = from_flags(Flags { egress: "3128".into(), ..flags }, now()).unwrap_err();
    let shown = shown(&error);
    insta::assert_snapshot!(shown);
}

#[test]
fn errors_point_at_the_line_and_name_the_remedy() {
    let shown = errors(
        r#"services:
  shop:
    inbound:
      listen: 8080
      upstream: https://127.0.0.1:5000
      trusted_proxies: [10.0.0.0/33]
      hosts: ["a b"]
      max_connections: 0
    outbound: { listen: 0.0.0.0:3128 }
  Shop2:
    inbound:  { listen: 127.0.0.1:8081, upstream: http://127.0.0.1:5001/api }
    outbound: { listen: 127.0.0.1:8081 }
sinks:
  - { at: "hooks", proven: true }
  - { at: "shop POST /v1/hooks", proven: true }
  - { at: "blog POST /v1/hooks $.url", proven: true }
  - { at: "shop POST /v1/hooks $.url", allow: [10.9.0.0/16], until: soon }
addresses: { public: [300.1.1.1], internal: ["*.*.corp"] }
inspect: { request_bytes: 1GB }
timeouts: { head: 0s, idle: 5 }
alerts: [{min: high}, {webhook: "ftp://x/secret"}]
retention: { events_bytes: 1KB }
admin: { listen: 0.0.0.0:9900 }
"#,
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn what_is_no_yaml_names_its_line() {
    for (line, text) in [
        (
            4,
            "services:\n  shop:\n    inbound: { listen: 127.0.0.1:80, upstream: http://127.0.0.1:5000\n    outbound: {}\n",
        ),
        (3, "services:\n  shop:\n\tinbound: {}\n"),
        (4, "services:\n  shöp:\n    inbound: {}\n   mode: block\n"),
    ] {
        let shown = errors(text);
        assert!(shown.contains(&format!("sortie.yaml:{line}:")), "{shown}");
    }
}

#[test]
fn two_listeners_of_one_address_name_both_lines() {
    let shown = errors(
        r"services:
  shop:
    inbound:  { listen: 0.0.0.0:8080, upstream: http://127.0.0.1:5000 }
    outbound: { listen: 127.0.0.1:8080 }
admin: { listen: 127.0.0.1:8080 }
",
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn a_place_of_several_services_names_its_own() {
    let two = format!(
        "{SHOP}  news:\n    inbound: {{ listen: 127.0.0.1:1, upstream: http://127.0.0.1:2 }}\n    outbound: {{ listen: 127.0.0.1:3 }}\n"
    );
    let shown = errors(&format!("{two}sinks: [{{at: POST /v1/hooks $.url, proven: true}}]\n"));
    assert!(shown.contains("put the service in front: 'shop POST /v1/hooks $.url'"), "{shown}");
}

#[test]
fn what_is_perhaps_not_meant_is_a_warning() {
    let (_, warnings) = valid(
        r#"services:
  shop:
    inbound:  { listen: 127.0.0.1:8080, upstream: http://127.0.0.1:5000 }
    outbound: { listen: 127.0.0.1:3128, locality: remote }
    mode: block
sinks:
  - { at: "POST /v1/hooks $.url", mode: block }
  - { at: "POST /v1/x $.url" }
  - { at: "POST /v1/y $.url", allow: [10.9.1.2/16], until: 2026-01-01, reason: test }
  - { at: "POST /v1/z", mode: block }
addresses: { public: [127.0.0.0/8, 0.0.0.0/0, 169.254.169.254, 224.0.0.0/4, 10.0.0.0/8] }
"#,
    );
    insta::assert_snapshot!(warnings);
}

#[test]
fn block_is_right_where_another_entry_proves_the_place() {
    let (_, warnings) = valid(&format!(
        "{SHOP}sinks:
  - {{ at: POST /v1/hooks, mode: block }}
  - {{ at: POST /v1/hooks $.url, mode: block }}
  - {{ at: /v1/hooks $.url, proven: true }}
"
    ));
    assert_eq!(warnings, "");
}

#[test]
fn unknown_keys_and_words_are_errors_with_the_list() {
    let shown = [
        errors(&format!("{SHOP}polices: {{}}\n")),
        errors(&format!("{SHOP}    mode: blok\n")),
        errors(&format!("{SHOP}policy: {{ ordered: {{ deny: [loopback, internal] }} }}\n")),
        errors(&format!("{SHOP}  shop: {{}}\n")),
        errors("services: [\n"),
        errors(""),
        errors("services: {}\n"),
    ]
    .join("\n");
    insta::assert_snapshot!(shown);
}

proptest::proptest! {
    #[test]
    fn no_text_makes_it_panic(text in "[ \\n:{}\\[\\],&*a-z0-9./\"é-]{0,200}") {
        let file = format!("{SHOP}{text}");
        if let Err(error) = from_text("sortie.yaml", file, Path::new(""), now()) {
            proptest::prop_assert!(!shown(&error).is_empty());
        }
    }
}

#[test]
fn every_slip_of_the_shape_is_shown_at_once() {
    let shown = errors(
        "\
services:
  shop:
    inbound:  { lisen: 127.0.0.1:8080, upstream: http://127.0.0.1:5000, trusted_proxies: 10.0.0.0/8 }
    outbound: { listen: 127.0.0.1:3128, max_connections: many }
    mode: blok
  news:
    inbound: { listen: 127.0.0.1:8081, upstream: http://127.0.0.1:5001 }
alerts: [{ jsonl: stdout, min: urgent }]
policy: { cold_start: exakt, ordered: { deny: [privat] } }
colour: blue
",
    );
    insta::assert_snapshot!(shown);
}

/// A wrong key or word hides no wrong value, nor the other way round.
#[test]
fn slips_of_shape_and_of_meaning_are_shown_together() {
    let shown = errors(
        "\
services:
  Shop:
    inbound:  { lisen: 127.0.0.1:8080, upstream: https://127.0.0.1:5000 }
    outbound: { listen: 0.0.0.0:3128, locality: here }
    mode: blok
policy: { ordered: { deny: [privat], ports: enforced } }
alerts: [{ webhook: ftp://x, min: urgent }]
retention: { findings: 30 }
colour: blue
",
    );
    insta::assert_snapshot!(shown);
}

#[test]
fn a_key_without_its_value_is_none() {
    let shown = errors(&SHOP.replace("listen: 127.0.0.1:8080", "listen:"));
    assert!(shown.contains("'inbound' lacks 'listen'"), "{shown}");
    let shown = errors(&SHOP.replace("outbound: { listen: 127.0.0.1:3128 }", "outbound:"));
    assert!(shown.contains("'shop' lacks 'outbound'"), "{shown}");
}

/// Keys that are merged in are keys of the file.
#[test]
fn a_merged_mapping_is_read() {
    let text = SHOP.replace("outbound: {", "outbound: &door {")
        + "  news:\n    inbound: { listen: 127.0.0.1:1, upstream: http://127.0.0.1:2 }\n    \
           outbound: { <<: *door, listen: 127.0.0.1:3 }\n";
    assert_eq!(valid(&text).0.services.len(), 2);
}

/// The example that people copy: valid, without a doubt, and with every key that there is.
#[test]
fn the_example_of_the_readme_names_every_key() {
    let readme = include_str!("../../../../../README.md");
    let (_, rest) = readme.split_once("```yaml\n").expect("the README has an example");
    let (example, _) = rest.split_once("```").expect("it ends");
    let (config, warnings) = valid(example);
    assert_eq!(warnings, "");
    assert_eq!(config.services.len(), 1);
    let schema: serde_json::Value = serde_json::from_str(&crate::config::schema()).unwrap();
    let definitions = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    let keys = definitions.filter_map(|definition| definition["properties"].as_object()).flat_map(|keys| keys.keys());
    for key in keys {
        assert!(example.contains(&format!("{key}:")), "'{key}' is not in the README's example");
    }
}
