//! The ways in which a request can name a destination.

use crate::client::Call;
use crate::named::Named;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::{Method, StatusCode};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

/// What a host-only order makes the shop ask for.
pub const HOST_ONLY_PATH: &str = "/status";

/// One route of the shop that dials what it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Shape {
    /// A webhook, delivered at once.
    Webhook,
    /// A webhook, stored and delivered by a worker.
    Delayed,
    /// A picture, named in a form.
    Avatar,
    /// A link preview; the answer comes back in base64, redirects are followed.
    Preview,
    /// An import; the answer comes back in JSON, redirects are followed.
    Import,
    /// Host and port apart.
    HostPort,
    /// A bare host in the query.
    BareHost,
    /// A URL in a header.
    Header,
    /// A URL in the path; the answer comes back as it is.
    Path,
    /// A URL in base64; the answer comes back as it is.
    Base64,
    /// A URL in JSON in a JSON string.
    JsonInJson,
    /// An external entity; its text comes back.
    XmlEntity,
    /// An image in HTML that is rendered.
    Html,
    /// A part of a multipart form.
    Multipart,
}

impl Shape {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::Webhook,
        Self::Delayed,
        Self::Avatar,
        Self::Preview,
        Self::Import,
        Self::HostPort,
        Self::BareHost,
        Self::Header,
        Self::Path,
        Self::Base64,
        Self::JsonInJson,
        Self::XmlEntity,
        Self::Html,
        Self::Multipart,
    ];

    /// The template of its endpoint's path, up to where a URL in the path begins.
    pub fn route(self) -> &'static str {
        match self {
            Self::Webhook => "/v1/hooks",
            Self::Delayed => "/v1/subscriptions",
            Self::Avatar => "/v1/me/avatar",
            Self::Preview => "/v1/preview",
            Self::Import => "/v1/import",
            Self::HostPort => "/v1/probe",
            Self::BareHost => "/v1/ping",
            Self::Header => "/v1/jobs",
            Self::Path => "/v1/fetch",
            Self::Base64 => "/v1/image",
            Self::JsonInJson => "/v1/events",
            Self::XmlEntity => "/v1/invoices",
            Self::Html => "/v1/render",
            Self::Multipart => "/v1/uploads",
        }
    }

    /// How a finding's location must begin.
    pub fn location(self) -> &'static str {
        match self {
            Self::Webhook | Self::Preview => "$.url",
            Self::Delayed => "$.callback",
            Self::Avatar => "form avatar_url",
            Self::Import => "$.source",
            Self::HostPort => "$.host",
            Self::BareHost => "query host",
            Self::Header => "header x-callback-url",
            Self::Path => "path",
            Self::Base64 => "query src",
            Self::JsonInJson => "$.payload",
            Self::XmlEntity => "xml",
            Self::Html => "html",
            Self::Multipart => "multipart remote_url",
        }
    }

    /// Whether the destination's answer comes back to the caller.
    pub fn returns_answer(self) -> bool {
        matches!(self, Self::Preview | Self::Import | Self::Path | Self::Base64 | Self::XmlEntity)
    }

    /// Whether redirects are followed.
    pub fn follows_redirects(self) -> bool {
        matches!(self, Self::Avatar | Self::Preview | Self::Import)
    }

    /// Whether the client names the path that is asked for.
    pub fn names_path(self) -> bool {
        !matches!(self, Self::HostPort | Self::BareHost)
    }

    /// The status of a request that the shop could serve.
    pub fn success(self) -> StatusCode {
        match self {
            Self::Delayed | Self::Header => StatusCode::ACCEPTED,
            Self::Multipart => StatusCode::CREATED,
            _ => StatusCode::OK,
        }
    }

    /// The request that orders a dial to `to`.
    pub fn call(self, to: &Named) -> Call {
        let (route, url) = (self.route(), to.url());
        match self {
            Self::Webhook | Self::Preview => Call::json(Method::POST, route, &json!({ "url": url, "label": "mine" })),
            Self::Delayed => Call::json(Method::POST, route, &json!({ "callback": url, "on": ["paid", "sent"] })),
            Self::Avatar => {
                let body = format!("avatar_url={}&crop=square", encoded(url));
                Call::with_body(Method::PUT, route, "application/x-www-form-urlencoded", body)
            }
            Self::Import => Call::json(Method::POST, route, &json!({ "source": url, "format": "csv" })),
            Self::HostPort => {
                let (host, port) = to.host_and_port();
                Call::json(Method::POST, route, &json!({ "host": host, "port": port }))
            }
            Self::BareHost => Call::get(format!("{route}?host={}&count=1", to.authority())),
            Self::Header => {
                Call::json(Method::POST, route, &json!({ "report": "weekly" })).header("x-callback-url", url)
            }
            // Both spellings are common, and clients mix them.
            Self::Path if url.len().is_multiple_of(2) => Call::get(format!("{route}/{}", encoded(url))),
            Self::Path => Call::get(format!("{route}/{url}")),
            Self::Base64 => Call::get(format!("{route}?src={}&width=80", URL_SAFE_NO_PAD.encode(url))),
            Self::JsonInJson => {
                let payload = json!({ "kind": "restock", "callback": url }).to_string();
                Call::json(Method::POST, route, &json!({ "channel": "stock", "payload": payload }))
            }
            Self::XmlEntity => Call::with_body(Method::POST, route, "application/xml", invoice(url)),
            Self::Html => Call::with_body(Method::POST, route, "text/html", letter(url)),
            Self::Multipart => {
                let kind = "multipart/form-data; boundary=7d0b1c54a3";
                Call::with_body(Method::POST, route, kind, form_data(url))
            }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

fn invoice(url: &str) -> String {
    format!(
        "<?xml version=\"1.0\"?>\n<!DOCTYPE invoice [<!ENTITY terms SYSTEM \"{url}\">]>\n\
         <invoice><number>2026-17</number><terms>&terms;</terms></invoice>"
    )
}

fn letter(url: &str) -> String {
    format!("<html><body><h1>Offer</h1><p>See our new lamp:</p><img width=\"300\" src=\"{url}\"></body></html>")
}

fn form_data(url: &str) -> String {
    format!(
        "--7d0b1c54a3\r\nContent-Disposition: form-data; name=\"title\"\r\n\r\nlamp\r\n\
         --7d0b1c54a3\r\nContent-Disposition: form-data; name=\"remote_url\"\r\n\r\n{url}\r\n--7d0b1c54a3--\r\n"
    )
}
