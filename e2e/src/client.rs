//! The clients of the shop: customers and attackers.

use std::net::{Ipv4Addr, SocketAddr};

use bytes::Bytes;
use http::{HeaderName, Method, Request, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How a client signs in.
#[derive(Clone, Copy, Debug)]
enum SignIn {
    Bearer,
    Cookie,
}

/// One client: a token and an address of its own.
#[derive(Clone, Debug)]
pub struct Client {
    /// Its address, behind the load balancer that the driver stands for.
    pub address: Ipv4Addr,
    token: String,
    sign_in: SignIn,
}

impl Client {
    /// The client of a number; each second one signs in by cookie.
    pub fn new(number: u8) -> Self {
        Self {
            address: Ipv4Addr::new(198, 51, 100, number),
            token: format!("user-{number:03}-{:08x}", u32::from(number).wrapping_mul(0x9e37_79b9)),
            sign_in: if number.is_multiple_of(2) { SignIn::Bearer } else { SignIn::Cookie },
        }
    }

    fn credential(&self) -> (HeaderName, String) {
        match self.sign_in {
            SignIn::Bearer => (header::AUTHORIZATION, format!("Bearer {}", self.token)),
            SignIn::Cookie => (header::COOKIE, format!("lang=en; sid={}", self.token)),
        }
    }
}

/// What a client asks of the shop.
#[derive(Clone, Debug)]
pub struct Call {
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// Header fields beside those that every call has.
    pub headers: Vec<(&'static str, String)>,
    /// Body.
    pub body: String,
}

impl Call {
    /// A call without a body.
    pub fn get(path: impl Into<String>) -> Self {
        Self { method: Method::GET, path: path.into(), headers: Vec::new(), body: String::new() }
    }

    /// A call with a JSON body.
    pub fn json(method: Method, path: &str, value: &serde_json::Value) -> Self {
        Self::with_body(method, path, "application/json", value.to_string())
    }

    /// A call with a body of some media type.
    pub fn with_body(method: Method, path: &str, kind: &str, body: String) -> Self {
        Self { method, path: path.to_owned(), headers: vec![("content-type", kind.to_owned())], body }
    }

    /// The same call with one more header field.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }
}

/// An answer of the shop, or of a door before it.
#[derive(Clone, Debug)]
pub struct Answer {
    /// Status.
    pub status: StatusCode,
    /// Body.
    pub body: Bytes,
}

/// Sends a call to `base` as `client`, with `id` as its `X-Request-Id`.
pub async fn send(base: SocketAddr, client: &Client, id: &str, call: &Call) -> Result<Answer, Failed> {
    let (name, credential) = client.credential();
    let mut request = Request::builder()
        .method(call.method.clone())
        .uri(&call.path)
        .header(header::HOST, "shop.example")
        .header(header::USER_AGENT, "shop-app/7.2")
        .header("x-request-id", id)
        .header("x-forwarded-for", client.address.to_string())
        .header(name, credential);
    for (name, value) in &call.headers {
        request = request.header(*name, value);
    }
    exchange(base, request.body(Full::new(Bytes::from(call.body.clone())))?).await
}

/// A GET of no particular client.
pub async fn get(base: SocketAddr, path: &str) -> Result<Answer, Failed> {
    let request = Request::builder().uri(path).header(header::HOST, base.to_string());
    exchange(base, request.body(Full::default())?).await
}

/// Why there was no answer.
pub type Failed = Box<dyn std::error::Error + Send + Sync>;

async fn exchange(base: SocketAddr, request: Request<Full<Bytes>>) -> Result<Answer, Failed> {
    let stream = TcpStream::connect(base).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let response = sender.send_request(request).await?;
    let status = response.status();
    let body = response.into_body().collect().await?.to_bytes();
    driving.abort();
    Ok(Answer { status, body })
}
