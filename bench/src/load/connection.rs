//! One connection to a contender.

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::Request;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::{LoadError, Plan};
use crate::traffic::{self, Size};

/// The requests of a plan, made once and sent again and again.
pub(super) struct Requests(Vec<Request<Full<Bytes>>>);

impl Requests {
    pub(super) fn of(plan: &Plan) -> Arc<Self> {
        let prefix = plan.through_to.map(|to| format!("http://{to}")).unwrap_or_default();
        Self::with_prefix(plan, &prefix)
    }

    /// In origin form, whatever the plan says: for the inside of a tunnel.
    pub(super) fn inside(plan: &Plan) -> Arc<Self> {
        Self::with_prefix(plan, "")
    }

    fn with_prefix(plan: &Plan, prefix: &str) -> Arc<Self> {
        let host = plan.through_to.unwrap_or(plan.to).to_string();
        let requests = traffic::requests(plan.size).into_iter().map(|sent| {
            Request::builder()
                .method(sent.method)
                .uri(format!("{prefix}{}", sent.path))
                .header(HOST, &host)
                .header(USER_AGENT, "shop-web/4.18.2")
                .header(ACCEPT, "application/json")
                .header(AUTHORIZATION, sent.authorization)
                .header(CONTENT_TYPE, "application/json")
                .body(Full::new(sent.body))
                .expect("generated requests are well formed")
        });
        Arc::new(Self(requests.collect()))
    }

    pub(super) fn nth(&self, number: usize) -> Request<Full<Bytes>> {
        self.0[number % self.0.len()].clone()
    }
}

/// How a request was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Answer {
    /// By the origin.
    Origin,
    /// By the contender, which did not send it on.
    Refused,
}

/// A connection that is kept open, and opened anew where the other side closed it.
pub(super) struct Connection {
    plan: Plan,
    sender: Option<SendRequest<Full<Bytes>>>,
}

impl Connection {
    pub(super) fn new(plan: &Plan) -> Self {
        Self { plan: plan.clone(), sender: None }
    }

    /// Sends a request and reads the whole answer.
    pub(super) async fn ask(&mut self, request: Request<Full<Bytes>>) -> Result<Answer, LoadError> {
        let mut sender = match self.sender.take() {
            Some(sender) if !sender.is_closed() => sender,
            _ => over(connect(&self.plan).await?).await?,
        };
        sender.ready().await?;
        let answer = exchange(&mut sender, request, self.plan.size).await?;
        self.sender = Some(sender);
        Ok(answer)
    }
}

pub(super) async fn connect(plan: &Plan) -> Result<TcpStream, LoadError> {
    let connected = TcpStream::connect(plan.to).await;
    let stream = connected.map_err(|source| LoadError::Connect { address: plan.to, source })?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Speaks HTTP over a stream.
pub(super) async fn over(stream: TcpStream) -> Result<SendRequest<Full<Bytes>>, LoadError> {
    let (sender, connection) = handshake(TokioIo::new(stream)).await?;
    // What goes wrong with it, the sender says too.
    tokio::spawn(connection);
    Ok(sender)
}

/// Sends a request and reads the whole answer: the origin's, or a refusal (403, 413, 503).
pub(super) async fn exchange(
    sender: &mut SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
    size: Size,
) -> Result<Answer, LoadError> {
    let mut response = sender.send_request(request).await?;
    let mut bytes = 0;
    while let Some(frame) = response.frame().await {
        bytes += frame?.data_ref().map_or(0, Bytes::len);
    }
    let status = response.status().as_u16();
    match status {
        200 if bytes == size.bytes() => Ok(Answer::Origin),
        403 | 413 | 503 => Ok(Answer::Refused),
        _ => Err(LoadError::Answer { status, bytes }),
    }
}
