//! How actors send.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

use super::Account;
use crate::DemoError;

/// An HTTP client that stands where a load balancer would: it says for whom it sends.
#[derive(Debug)]
pub(crate) struct Client {
    http: reqwest::Client,
    door: SocketAddr,
    sent: AtomicU32,
}

/// What the shop said.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn new(door: SocketAddr) -> Result<Self, DemoError> {
        let http = reqwest::Client::builder().no_proxy().build().map_err(DemoError::Client)?;
        Ok(Self { http, door, sent: AtomicU32::new(0) })
    }

    /// Sends JSON.
    pub(crate) async fn send(&self, who: &Account, operation: &str, body: &Value) -> Result<Reply, DemoError> {
        self.send_as(who, operation, "application/json", body.to_string()).await
    }

    /// Sends a body of any type. `operation` is method and path.
    pub(crate) async fn send_as(
        &self,
        who: &Account,
        operation: &str,
        content_type: &str,
        body: String,
    ) -> Result<Reply, DemoError> {
        let (method, path) = operation.split_once(' ').unwrap_or(("GET", operation));
        let method = method.parse().unwrap_or(reqwest::Method::GET);
        let id = self.sent.fetch_add(1, Ordering::Relaxed);
        let failed = |source| DemoError::NoAnswer { request: operation.to_owned(), source };
        let request = self
            .http
            .request(method, format!("http://{}{path}", self.door))
            .header("authorization", who.authorization())
            .header("x-forwarded-for", who.address.to_string())
            .header("x-request-id", format!("{}-{id:03}", who.name))
            .header("content-type", content_type)
            .body(body);
        let response = request.send().await.map_err(failed)?;
        let status = response.status().as_u16();
        let text = response.text().await.map_err(failed)?;
        Ok(Reply { status, body: serde_json::from_str(&text).unwrap_or(Value::String(text)) })
    }
}
