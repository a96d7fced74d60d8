//! Webhooks.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Customer, Shared};

/// A customer's wish to be called.
#[derive(Debug, Deserialize)]
pub(super) struct Registration {
    url: String,
}

/// Registers a webhook, and calls it at once to see whether it is there.
pub(super) async fn register(
    State(shop): Shared,
    customer: Customer,
    Json(registration): Json<Registration>,
) -> (StatusCode, Json<Value>) {
    let id = shop.next_number();
    let event = json!({ "event": "hook.registered", "hook": id, "customer": customer.0 });
    let status = shop.outside.post(&registration.url, &event).await;
    let delivered = status.is_some_and(|status| status < 300);
    shop.hooks.lock().insert(customer.0, registration.url);
    (StatusCode::CREATED, Json(json!({ "hook": id, "delivered": delivered, "status": status })))
}
