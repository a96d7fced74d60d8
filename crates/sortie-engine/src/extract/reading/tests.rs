use super::*;
use CandidateKind::{Authority as HostPort, Host as Bare, Url as Full};

fn read(text: &str, trust: Trust) -> Option<(CandidateKind, String, Option<u16>, Option<String>)> {
    whole(text, trust).map(|r| (r.kind, r.host.to_string(), r.dialled_port(), r.path.map(Cow::into_owned)))
}

#[track_caller]
fn is(text: &str, kind: CandidateKind, host: &str, port: impl Into<Option<u16>>, path: Option<&str>) {
    let expected = Some((kind, host.to_owned(), port.into(), path.map(str::to_owned)));
    assert_eq!(read(text, Trust::Value), expected, "{text}");
}

#[test]
fn urls_of_every_scheme() {
    is("http://example.com/a?b=c#d", Full, "example.com", 80, Some("/a?b=c"));
    is("HTTPS://User:Pw@Example.com:8443", Full, "example.com", 8443, Some("/"));
    is("  http://billing/ \n", Full, "billing", 80, Some("/"));
    is("gopher://127.0.0.1:6379/_x", Full, "127.0.0.1", 6379, Some("/_x"));
    is("ldap://h.example", Full, "h.example", 389, Some(""));
    is("dict://0x7f.1:11211/stats", Full, "127.0.0.1", 11211, Some("/stats"));
    is("file:///etc/passwd", Full, "localhost", None, Some("/etc/passwd"));
    is("file:/etc/passwd", Full, "localhost", None, Some("/etc/passwd"));
    is("file://10.0.0.5/share/x", Full, "10.0.0.5", None, Some("/share/x"));
    is("jar:http://h.example/a.jar!/x", Full, "h.example", 80, Some("/a.jar"));
    is("url:http://h.example/", Full, "h.example", 80, Some("/"));
    is("php://filter/read=convert.base64-encode/RESOURCE=http://10.0.0.5/x", Full, "10.0.0.5", 80, Some("/x"));
    is("php://filter/resource=/etc/passwd", Full, "filter", None, Some("/resource=/etc/passwd"));
    is("compress.zlib://http://10.0.0.5/x", Full, "10.0.0.5", 80, Some("/x"));
    is("git::https://10.0.0.5/x", Full, "10.0.0.5", 443, Some("/x"));
    is("git+http://10.0.0.5:81/a@b/x.git@main#egg=x", Full, "10.0.0.5", 81, Some("/a@b/x.git"));
    is("feed://h.example/x", Full, "h.example", None, Some("/x"));
    is("feed:http://h.example/x", Full, "h.example", 80, Some("/x"));
    is("jdbc:mysql://db.internal:3306/app", Full, "db.internal", 3306, Some("/app"));
    is("file://h.example", Full, "h.example", None, Some(""));
    is("jar:file:/srv/a.jar!/x", Full, "localhost", None, Some("/srv/a.jar"));
    is("http:0xA9FEA9FE", Full, "169.254.169.254", 80, Some("/"));
    is("http://127.0.0.1%00.evil.example/x", Full, "127.0.0.1", 80, Some("/x"));
    is("s3://bucket/key", Full, "bucket", None, Some("/key"));
    assert_eq!(whole("jar:http://h/a.jar!/x", Trust::Value).unwrap().scheme, Some(Scheme::parse("jar")));
}

#[test]
fn slashes_that_whatwg_forgives() {
    for text in ["http:/10.0.0.5/x", "http:\\\\10.0.0.5\\x", "http:///10.0.0.5/x", "http:10.0.0.5/x"] {
        is(text, Full, "10.0.0.5", 80, Some("/x"));
    }
    is("http://10.0.\t0.5/x", Full, "10.0.0.5", 80, Some("/x"));
    is("//cdn.example.com/x", Full, "cdn.example.com", None, Some("/x"));
    is("\\\\10.0.0.5\\share", Full, "10.0.0.5", None, Some("\\share"));
    is("/\\evil.example/x", Full, "evil.example", None, Some("/x"));
    assert_eq!(read("//billing/x", Trust::Value), None);
    assert!(read("//billing/x", Trust::Destination).is_some());
    assert_eq!(read("///10.0.0.5/x", Trust::Value), None);
    assert!(read("/\\/10.0.0.5/x", Trust::Destination).is_some());
}

#[test]
fn addresses_that_only_some_take_for_one() {
    is("http://[%3A%3A1%25eth0]:81/x", Full, "[::1]", 81, Some("/x"));
    let overflowing = whole("http://425.510.425.510/x", Trust::Value).unwrap();
    assert_eq!(overflowing.host, Host::name("425.510.425.510"));
    assert_eq!(overflowing.others[..], [Host::parse("169.254.169.254")]);
    assert!(overflowing.is_disguised());
    assert!(whole("http://../x", Trust::Value).is_none());
}

#[test]
fn bare_hosts_and_authorities() {
    is("example.com", Bare, "example.com", None, None);
    is("10.20.0.5:8080", HostPort, "10.20.0.5", 8080, None);
    is("cdn.example.test/og/p.png?x", HostPort, "cdn.example.test", None, Some("/og/p.png?x"));
    is("localhost:3000/x", HostPort, "localhost", 3000, Some("/x"));
    is("[::1]:80", HostPort, "[::1]", 80, None);
    is("[::ffff:10.0.0.1].", Bare, "10.0.0.1", None, None);
    is("localhost..", Bare, "localhost", None, None);
    is("ip6-loopback", Bare, "ip6-loopback", None, None);
    is("fe80::1%eth0", Bare, "[fe80::1]", None, None);
    is("u:p@10.0.0.5/x", HostPort, "10.0.0.5", None, Some("/x"));
    assert_eq!(read("billing:8080", Trust::Value), None);
    assert!(read("billing:8080/x", Trust::Destination).is_some());
    assert!(read("billing:6", Trust::Host).is_some());
    assert_eq!(read("node:20", Trust::Destination), None);
    assert!(read("①②⑦.⓪.⓪.①", Trust::Destination).is_some_and(|r| r.1 == "127.0.0.1"));
}

#[test]
fn what_names_no_destination() {
    for text in [
        "",
        "/",
        "//",
        "/a/b",
        "./a",
        "../../etc/passwd",
        "and/or",
        "application/json",
        "10.0.0.0/8",
        "12:30",
        "12:30:45",
        "user@example.com",
        "mailto:user@example.com",
        "tel:+491701234567",
        "javascript:alert(1)",
        "urn:isbn:12",
        "arn:aws:s3:::bucket",
        "sha256:ab12",
        "data:text/plain,hi",
        "C:\\temp\\x",
        "C:/temp",
        "http:",
        "http://",
        "https:yes",
        "not a url",
        "key: value",
        "2026-11-24T03:07:41Z",
        "users.read/write",
        "// a comment",
        "file:",
        "foo:///x",
        "1/2",
        "192.168.0.0/16",
        "true",
        "a:b:c",
        "report.pdf",
        "http://?x",
        "+49 170 1234567",
        "12.50",
        "$.a.b",
        "#top",
        "?a=b",
    ] {
        assert_eq!(read(text, Trust::Value), None, "{text}");
    }
}

#[test]
fn other_readings_stand_beside_the_first() {
    let others = |text: &str| {
        let reading = whole(text, Trust::Value).unwrap();
        (reading.host.to_string(), reading.others.iter().map(Host::to_string).collect::<Vec<_>>())
    };
    assert_eq!(others("http://good.example\\@evil.example/"), ("good.example".into(), vec!["evil.example".into()]));
    assert_eq!(others("http://a@b.example@c.example/"), ("c.example".into(), vec!["b.example".into()]));
    assert_eq!(others("http://good.example@evil.example/"), ("evil.example".into(), vec![]));
    // WHATWG refuses these; a client that does not is believed.
    assert_eq!(others("http://127.0.0.1:11211:80/"), ("127.0.0.1".into(), vec![]));
    assert_eq!(others("http://h.example:99999/x"), ("h.example".into(), vec![]));
    assert_eq!(others("http://1.2.3.4.5/").0, "1.2.3.4.5");
    assert_eq!(others("http://fd00:ec2::254/x").0, "[fd00:ec2::254]");
    assert_eq!(others("http://good.example%40127.0.0.1/"), ("good.example".into(), vec!["127.0.0.1".into()]));
}

#[test]
fn disguises_are_told() {
    for text in [
        "http://2130706433/",
        "http://0x7f.1/",
        "http://0177.0.0.1/",
        "http://[::ffff:127.0.0.1]/",
        "http://127.0.0.1./",
        "http://①27.0.0.1/",
    ] {
        let reading = whole(text, Trust::Value).unwrap();
        assert_eq!(reading.host.to_string(), "127.0.0.1", "{text}");
        assert!(reading.is_disguised(), "{text}");
    }
    for text in ["http://127.0.0.1/", "http://[::1]/", "http://[0:0:0:0:0:0:0:1]:80/", "http://EXAMPLE.com/"] {
        assert!(!whole(text, Trust::Value).unwrap().is_disguised(), "{text}");
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(text in "\\PC{0,80}") {
        for trust in [Trust::Strict, Trust::Value, Trust::Destination, Trust::Host] {
            let _ = whole(&text, trust);
        }
    }

    #[test]
    fn never_panics_on_what_looks_like_urls(text in "(http|https|ftp|file|jar|gopher|x)?:?[/\\\\]{0,3}[a-z0-9.:@%\\[\\]\\\\①。-]{0,30}[/?#]?.{0,10}") {
        for trust in [Trust::Strict, Trust::Value, Trust::Destination, Trust::Host] {
            let _ = whole(&text, trust);
        }
    }

    #[test]
    fn plain_urls_are_read_as_written(host in "[a-z]{1,8}(\\.[a-z]{2,6}){0,2}", port in 1_u16.., path in "(/[a-z0-9]{1,6}){0,3}") {
        let text = format!("http://{host}:{port}{path}");
        let reading = whole(&text, Trust::Strict).unwrap();
        proptest::prop_assert_eq!(reading.host, Host::name(&host));
        proptest::prop_assert_eq!(reading.port.unwrap_or(80), port);
        proptest::prop_assert!(reading.others.is_empty());
    }
}

#[test]
fn a_suffix_makes_userinfo_of_what_stands_before_it() {
    let read =
        |text: &str| suffix(text).map(|reading| format!("{} {:?} {:?}", reading.host, reading.port, reading.path));
    assert_eq!(read("@169.254.169.254/latest/").as_deref(), Some("169.254.169.254 None Some(\"/latest/\")"));
    assert_eq!(read("@0x7f.1:9000").as_deref(), Some("127.0.0.1 Some(9000) Some(\"/\")"));
    assert_eq!(read(":x@billing:8080/y").as_deref(), Some("billing Some(8080) Some(\"/y\")"));
    assert_eq!(read("@10.20\t.0.5/x").as_deref(), Some("10.20.0.5 None Some(\"/x\")"));
    assert_eq!(read("@cdn.example@10.0.0.1/").as_deref(), Some("10.0.0.1 None Some(\"/\")"));
    for text in ["", "@", "@alice", "@alice.example", "alice@example.com/x", ":80/x", "@a b.example/", "/x@10.0.0.1/"] {
        assert_eq!(read(text), None, "{text}");
    }
}

#[test]
fn a_host_for_a_url_may_hold_line_breaks() {
    assert_eq!(read("10.20\t.0\n.5", Trust::Host).map(|read| read.1).as_deref(), Some("10.20.0.5"));
    assert_eq!(read("10.20\t.0.5", Trust::Value), None);
    assert_eq!(read("10.20.0.5\n10.20.0.6", Trust::Host), None);
}

#[test]
fn an_empty_port_is_a_port() {
    assert_eq!(read("0://evil.example/", Trust::Destination).map(|read| read.1).as_deref(), Some("0.0.0.0"));
    assert_eq!(read("10.0.0.5:/x", Trust::Value).map(|read| read.1).as_deref(), Some("10.0.0.5"));
    for text in ["0", "0/1", "C:/x", "note:/x"] {
        assert_eq!(read(text, Trust::Destination), None, "{text}");
    }
}
