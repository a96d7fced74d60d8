//! The admin side's API.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{JsonRejection, QueryRejection};
use axum::extract::{DefaultBodyLimit, Path, Query, Request, State};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HOST};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde::{Deserialize, Serialize};
use sortie_export::Summarised;
use sortie_model::Destination;
use tokio::sync::Semaphore;
use tokio_stream::StreamExt;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::control::{Control, ControlError};
use super::token::Token;
use super::wire::{Close, Fault, ModeChanged, SetMode, Strike, Switch, Switched, TailLine};
use super::{KEEP_PATIENCE, READERS, REQUEST_BYTES, TAILS, metrics};

/// Findings of one answer, where the request does not say.
const FINDINGS: u32 = 1_000;
/// Findings of one answer at most.
const FINDINGS_MOST: u32 = 10_000;

/// What every route works with.
#[derive(Clone)]
struct Admin {
    control: Arc<dyn Control>,
    readers: Arc<Semaphore>,
    keeper: Arc<Semaphore>,
    tails: Arc<Semaphore>,
}

/// The routes. With a `token` the listener is TCP: every request must name a loopback host, so that
/// no web page can reach it under a name of its own (DNS rebinding), and `/v1` asks for the token.
pub(super) fn router(control: Arc<dyn Control>, token: Option<Token>) -> Router {
    let room = |places| Arc::new(Semaphore::new(places));
    let admin = Admin { control, readers: room(READERS), keeper: room(1), tails: room(TAILS) };
    let v1 = Router::new()
        .route("/v1/status", get(status))
        .route("/v1/sinks", get(sinks))
        .route("/v1/findings", get(findings))
        .route("/v1/explain/{reference}", get(explain))
        .route("/v1/tail", get(tail))
        .route("/v1/mode", post(mode))
        .route("/v1/off", post(off))
        .route("/v1/on", post(on))
        .route("/v1/reload", post(reload))
        .route("/v1/strike", post(strike))
        .route("/v1/close", post(close));
    let open = Router::new().route("/readyz", get(readyz)).route("/metrics", get(metrics_page));
    let all = match token {
        None => v1.merge(open),
        Some(token) => {
            let v1 = v1.layer(middleware::from_fn_with_state(Arc::new(token), ask_for_token));
            v1.merge(open).layer(middleware::from_fn(ask_for_loopback))
        }
    };
    all.fallback(unknown).layer(DefaultBodyLimit::max(REQUEST_BYTES)).with_state(admin)
}

async fn readyz(State(admin): State<Admin>) -> Response {
    if admin.control.status().ready {
        "ready\n".into_response()
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready\n").into_response()
    }
}

async fn metrics_page(State(admin): State<Admin>) -> Response {
    match metrics::metrics(admin.control.status()) {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(_) => fault(StatusCode::INTERNAL_SERVER_ERROR, "the metrics could not be written"),
    }
}

async fn status(State(admin): State<Admin>) -> Response {
    answer(&admin.control.status())
}

async fn sinks(State(admin): State<Admin>) -> Response {
    read(&admin, |control| Ok(control.sinks())).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FindingsQuery {
    limit: Option<u32>,
}

async fn findings(State(admin): State<Admin>, query: Result<Query<FindingsQuery>, QueryRejection>) -> Response {
    match query {
        Ok(Query(query)) => {
            let limit = query.limit.unwrap_or(FINDINGS).min(FINDINGS_MOST);
            read(&admin, move |control| {
                let list = control.findings(limit)?;
                Ok(list.iter().map(|finding| serde_json::json!(Summarised::from(finding))).collect::<Vec<_>>())
            })
            .await
        }
        Err(rejection) => fault(StatusCode::BAD_REQUEST, &rejection.body_text()),
    }
}

async fn explain(State(admin): State<Admin>, Path(reference): Path<String>) -> Response {
    read(&admin, move |control| control.explain(&reference)).await
}

async fn mode(State(admin): State<Admin>, body: Result<Json<SetMode>, JsonRejection>) -> Response {
    change(&admin, body, |control, asked| control.set_mode(&asked.target, asked.mode)).await
}

async fn off(State(admin): State<Admin>, body: Result<Json<Switch>, JsonRejection>) -> Response {
    change(&admin, body, |control, asked| control.switch(&asked.target, true)).await
}

async fn on(State(admin): State<Admin>, body: Result<Json<Switch>, JsonRejection>) -> Response {
    change(&admin, body, |control, asked| control.switch(&asked.target, false)).await
}

async fn reload(State(admin): State<Admin>) -> Response {
    read(&admin, Control::reload).await
}

async fn strike(State(admin): State<Admin>, body: Result<Json<Strike>, JsonRejection>) -> Response {
    with_body(body, |asked| match asked.destination.parse::<Destination>() {
        Ok(destination) => control_answer(admin.control.strike(&asked.target, &destination)),
        Err(error) => fault(StatusCode::BAD_REQUEST, &error.to_string()),
    })
}

async fn close(State(admin): State<Admin>, body: Result<Json<Close>, JsonRejection>) -> Response {
    match body {
        Ok(Json(asked)) if asked.reason.trim().is_empty() => {
            fault(StatusCode::BAD_REQUEST, "a finding is closed with a reason")
        }
        Ok(Json(asked)) => read(&admin, move |control| control.close(&asked)).await,
        Err(rejection) => fault(rejection.status(), &rejection.body_text()),
    }
}

async fn tail(State(admin): State<Admin>) -> Response {
    let Ok(place) = Arc::clone(&admin.tails).try_acquire_owned() else {
        return fault(StatusCode::SERVICE_UNAVAILABLE, "too many readers follow already");
    };
    // The place is held for as long as the stream lives.
    let lines = BroadcastStream::new(admin.control.subscribe()).map(move |line| {
        let _place = &place;
        Ok::<_, Infallible>(line_of(line))
    });
    ([(CONTENT_TYPE, "application/jsonl"), (CACHE_CONTROL, "no-store")], Body::from_stream(lines)).into_response()
}

/// One line as JSON.
fn line_of(line: Result<Arc<TailLine>, BroadcastStreamRecvError>) -> Bytes {
    let line = match line {
        Ok(line) => serde_json::to_vec(&*line),
        Err(BroadcastStreamRecvError::Lagged(count)) => serde_json::to_vec(&TailLine::Lost { count }),
    };
    let mut line = line.unwrap_or_default();
    line.push(b'\n');
    Bytes::from(line)
}

async fn unknown() -> Response {
    fault(
        StatusCode::NOT_FOUND,
        "there is no such page: /readyz, /metrics, /v1/status, /v1/sinks, /v1/findings, /v1/explain/REF, /v1/tail",
    )
}

/// Runs what may touch the disk where it may block, a few at once.
async fn read<T, F>(admin: &Admin, work: F) -> Response
where
    T: Serialize + Send + 'static,
    F: FnOnce(&dyn Control) -> Result<T, ControlError> + Send + 'static,
{
    let Ok(place) = Arc::clone(&admin.readers).try_acquire_owned() else {
        return fault(StatusCode::SERVICE_UNAVAILABLE, "too many requests read the disk already; try again");
    };
    let control = Arc::clone(&admin.control);
    let worked = tokio::task::spawn_blocking(move || {
        let _place = place;
        work(&*control)
    });
    match worked.await {
        Ok(result) => control_answer(result),
        Err(_) => fault(StatusCode::INTERNAL_SERVER_ERROR, "the request failed inside; the log has more"),
    }
}

/// An answer that says whether what was changed lasts.
trait Change: Serialize {
    fn not_kept(&mut self) -> &mut Option<String>;
}

impl Change for ModeChanged {
    fn not_kept(&mut self) -> &mut Option<String> {
        &mut self.not_kept
    }
}

impl Change for Switched {
    fn not_kept(&mut self) -> &mut Option<String> {
        &mut self.not_kept
    }
}

/// Changes something at once, here; then keeps it, where it may block.
async fn change<A, T: Change>(
    admin: &Admin,
    body: Result<Json<A>, JsonRejection>,
    work: impl FnOnce(&dyn Control, A) -> Result<T, ControlError>,
) -> Response {
    let changed = match body {
        Ok(Json(asked)) => work(&*admin.control, asked),
        Err(rejection) => return fault(rejection.status(), &rejection.body_text()),
    };
    let mut changed = match changed {
        Ok(changed) => changed,
        Err(error) => return refusal(&error),
    };
    let kept = tokio::time::timeout(KEEP_PATIENCE, keep(admin)).await;
    *changed.not_kept() = kept.unwrap_or_else(|_| Some("the disk does not answer".to_owned()));
    answer(&changed)
}

/// Keeps what was changed; one at a time, so that the last one is what stands in the file. Says why
/// it failed.
async fn keep(admin: &Admin) -> Option<String> {
    // The semaphore is never closed.
    let place = Arc::clone(&admin.keeper).acquire_owned().await.ok()?;
    let control = Arc::clone(&admin.control);
    let kept = tokio::task::spawn_blocking(move || {
        let _place = place;
        control.keep()
    });
    match kept.await {
        Ok(kept) => kept.err().map(|error| error.to_string()),
        Err(_) => Some("it failed inside; the log has more".to_owned()),
    }
}

fn with_body<T>(body: Result<Json<T>, JsonRejection>, work: impl FnOnce(T) -> Response) -> Response {
    match body {
        Ok(Json(asked)) => work(asked),
        Err(rejection) => fault(rejection.status(), &rejection.body_text()),
    }
}

fn control_answer<T: Serialize>(result: Result<T, ControlError>) -> Response {
    match result {
        Ok(value) => answer(&value),
        Err(error) => refusal(&error),
    }
}

fn refusal(error: &ControlError) -> Response {
    let status = match error {
        ControlError::NotFound(_) => StatusCode::NOT_FOUND,
        ControlError::Invalid(_) => StatusCode::BAD_REQUEST,
        ControlError::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    fault(status, &error.to_string())
}

fn answer<T: Serialize>(value: &T) -> Response {
    ([(CACHE_CONTROL, HeaderValue::from_static("no-store"))], Json(value)).into_response()
}

fn fault(status: StatusCode, error: &str) -> Response {
    (status, Json(Fault { error: error.to_owned() })).into_response()
}

async fn ask_for_token(State(token): State<Arc<Token>>, request: Request, next: Next) -> Response {
    if token.admits(header(request.headers(), AUTHORIZATION.as_str())) {
        return next.run(request).await;
    }
    fault(StatusCode::UNAUTHORIZED, "send 'Authorization: Bearer TOKEN'; the token is in DATA/admin.token")
}

async fn ask_for_loopback(request: Request, next: Next) -> Response {
    // HTTP/1.1 has one Host; a second one is what another parser might read.
    let mut hosts = request.headers().get_all(HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok());
    if hosts.next().is_none() && host.is_some_and(is_loopback) {
        return next.run(request).await;
    }
    fault(StatusCode::MISDIRECTED_REQUEST, "the admin side answers to a loopback address or 'localhost' only")
}

/// Whether a `Host` is an address of this machine's own, or `localhost`.
fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<http::uri::Authority>() else { return false };
    let name = authority.host().trim_start_matches('[').trim_end_matches(']');
    let is_address = name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback());
    is_address || name.eq_ignore_ascii_case("localhost")
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).and_then(|value| value.to_str().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_hosts_are_answered() {
        for host in ["127.0.0.1", "127.0.0.1:9900", "[::1]:9900", "localhost:9900", "LOCALHOST"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in [
            "",
            "evil.example",
            "127.0.0.1.evil.example",
            "localhost.evil.example",
            "10.0.0.1:9900",
            "user@evil",
            "0.0.0.0",
        ] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
