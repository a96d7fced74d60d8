//! The shop: an API that dials what it is told, like many.
//!
//! | call | what it dials |
//! |---|---|
//! | `POST /v1/hooks {"url"}` | the URL, at once and after each order |
//! | `POST /v1/orders {"item", "note"}` | billing, of its own accord, and the customer's webhook |
//! | `POST /v1/preview {"url"}` | the URL and where it redirects; the body comes back in base64 |
//! | `POST /v1/catalog` (XML) | external entities of the document; their text comes back |
//! | `PUT /v1/profile {"website"}` | nothing |

mod catalog;
mod hooks;
mod orders;
mod outside;
mod preview;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{post, put};
use axum::{Json, Router};
use parking_lot::Mutex;
use serde_json::{Value, json};

use crate::{ATTACKER, Account, CUSTOMERS};

pub(crate) use outside::Outside;

/// The running shop.
#[derive(Debug)]
struct Shop {
    outside: Outside,
    /// Webhooks by customer: one each, a new one replaces the old.
    hooks: Mutex<HashMap<&'static str, String>>,
    numbers: AtomicU64,
}

type Shared = State<Arc<Shop>>;

/// The shop's server.
pub(crate) fn router(outside: Outside) -> Router {
    let shop = Arc::new(Shop { outside, hooks: Mutex::default(), numbers: AtomicU64::new(1000) });
    Router::new()
        .route("/v1/hooks", post(hooks::register))
        .route("/v1/orders", post(orders::place))
        .route("/v1/preview", post(preview::preview))
        .route("/v1/catalog", post(catalog::upload))
        .route("/v1/profile", put(profile))
        .layer(middleware::from_fn(with_request_id))
        .with_state(shop)
}

impl Shop {
    fn next_number(&self) -> u64 {
        self.numbers.fetch_add(1, Ordering::Relaxed)
    }

    fn hook_of(&self, customer: &Customer) -> Option<String> {
        self.hooks.lock().get(customer.0).cloned()
    }
}

/// Who asks, by the token that the shop gave out.
#[derive(Clone, Copy, Debug)]
struct Customer(&'static str);

impl<S: Sync> FromRequestParts<S> for Customer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        let given = parts.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let known = CUSTOMERS.iter().chain([&ATTACKER]).find(|account: &&Account| account.authorization() == given);
        known
            .map(|account| Self(account.name))
            .ok_or_else(|| (StatusCode::UNAUTHORIZED, "log in first").into_response())
    }
}

/// Keeps what a customer says of himself. Nothing is dialled.
async fn profile(_: Customer, Json(profile): Json<Value>) -> Json<Value> {
    Json(json!({ "saved": profile }))
}

/// Gives the client's request id back, as gateways do.
async fn with_request_id(request: Request, next: Next) -> Response {
    let id = request.headers().get("x-request-id").cloned();
    let mut response = next.run(request).await;
    if let Some(id) = id {
        response.headers_mut().insert("x-request-id", id);
    }
    response
}
