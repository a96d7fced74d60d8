//! Link previews.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Customer, Shared};

/// What is to be shown.
#[derive(Debug, Deserialize)]
pub(super) struct Link {
    url: String,
}

/// Fetches a page, wherever it redirects to, and gives its body back.
pub(super) async fn preview(State(shop): Shared, _: Customer, Json(link): Json<Link>) -> (StatusCode, Json<Value>) {
    match shop.outside.get(&link.url).await {
        Some(page) => {
            let body = STANDARD.encode(&page.body);
            (StatusCode::OK, Json(json!({ "status": page.status, "preview": body })))
        }
        None => (StatusCode::UNPROCESSABLE_ENTITY, Json(json!({ "error": "the page could not be fetched" }))),
    }
}
