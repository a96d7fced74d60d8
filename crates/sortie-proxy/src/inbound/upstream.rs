//! A request to the back end and its answer.

use std::time::Duration;

use http::{Method, Request, Response};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use sortie_model::limits;

use super::exchange::Exchange;
use super::refusal::Failure;
use super::request_body::RequestBody;
use super::{InboundConfig, MAX_BUFFER};
use crate::dial;
use crate::patience::Patience;
use crate::pool::Pool;

/// An answer, and the connection over which its body comes.
pub(super) type Answer = (Response<Incoming>, SendRequest<RequestBody>);

/// How sending over one connection went.
enum Sending {
    Answered(Answer),
    /// The request did not go out; here it is.
    Unsent(Request<RequestBody>),
    /// The connection ended before an answer.
    Lost(hyper::Error),
    TimedOut,
}

/// Sends a request over an idle or a new connection.
///
/// A back end may close an idle connection at the very moment it is used. Then the request is sent
/// once more over a new one, if nothing of it went out, or if it has no body and a method that may
/// be repeated (RFC 9110 §9.2.2).
pub(super) async fn send(
    mut request: Request<RequestBody>,
    config: &InboundConfig,
    pool: &Pool<RequestBody>,
    exchange: &Exchange,
    patience: &Patience,
) -> Result<Answer, Failure> {
    let within = config.timeouts.answer_head;
    if let Some(connection) = pool.take() {
        let again = is_idempotent(&request).then(|| copy(&request));
        match send_over(connection, request, exchange, (patience, within)).await {
            Sending::Answered(answer) => return Ok(answer),
            Sending::Unsent(unsent) => request = unsent,
            Sending::Lost(error) => request = again.ok_or_else(|| lost(&error, exchange))?,
            Sending::TimedOut => return Err(Failure::AnswerTimedOut),
        }
    }
    let connection = connect(config).await?;
    match send_over(connection, request, exchange, (patience, within)).await {
        Sending::Answered(answer) => Ok(answer),
        Sending::Unsent(_) => Err(Failure::Terminated),
        Sending::Lost(error) => Err(lost(&error, exchange)),
        Sending::TimedOut => Err(Failure::AnswerTimedOut),
    }
}

async fn connect(config: &InboundConfig) -> Result<SendRequest<RequestBody>, Failure> {
    let (upstream, within) = (&config.upstream, config.timeouts.connect);
    let stream = dial::connect_upstream(&upstream.host, upstream.port, within).await.map_err(|error| {
        tracing::debug!(%error, upstream = %upstream.authority(), "the back end cannot be reached");
        Failure::Connect(error.kind)
    })?;
    let handshake = http1::Builder::new()
        .max_buf_size(MAX_BUFFER)
        .max_headers(limits::HEAD_FIELDS)
        // What clients accept, the door between must not refuse.
        .allow_obsolete_multiline_headers_in_responses(true)
        .allow_spaces_after_header_name_in_responses(true)
        .handshake(TokioIo::new(stream));
    let (sender, connection) = handshake.await.map_err(|_| Failure::Terminated)?;
    tokio::spawn(async move {
        // An error reaches whoever waits for the answer.
        let _ = connection.with_upgrades().await;
    });
    Ok(sender)
}

async fn send_over(
    mut connection: SendRequest<RequestBody>,
    request: Request<RequestBody>,
    exchange: &Exchange,
    (patience, within): (&Patience, Duration),
) -> Sending {
    let sending = connection.try_send_request(request);
    match patience.wait(sending, within, || exchange.moves()).await {
        Some(Ok(response)) => Sending::Answered((response, connection)),
        Some(Err(mut error)) => match error.take_message() {
            Some(request) => Sending::Unsent(request),
            None => Sending::Lost(error.into_error()),
        },
        None => Sending::TimedOut,
    }
}

/// Why a connection ended before an answer: our own body may have broken off.
fn lost(error: &hyper::Error, exchange: &Exchange) -> Failure {
    exchange.refused_or(if error.is_user() {
        Failure::Client(None)
    } else if error.is_parse() {
        Failure::BadAnswer
    } else {
        Failure::Terminated
    })
}

/// Whether a request has no body, and the same effect when it comes twice.
fn is_idempotent(request: &Request<RequestBody>) -> bool {
    matches!(request.body(), RequestBody::Empty)
        && request.method().is_idempotent()
        && *request.method() != Method::TRACE
}

fn copy(request: &Request<RequestBody>) -> Request<RequestBody> {
    let mut copy = Request::new(RequestBody::Empty);
    *copy.method_mut() = request.method().clone();
    *copy.uri_mut() = request.uri().clone();
    *copy.headers_mut() = request.headers().clone();
    copy
}
