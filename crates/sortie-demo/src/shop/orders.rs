//! Orders.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Customer, Shared};
use crate::sites::CREDIT;

/// What a customer wants, and what else he says.
#[derive(Debug, Deserialize)]
pub(super) struct Order {
    item: String,
    #[serde(default)]
    note: String,
}

/// Takes an order: asks billing for the customer's credit, and tells his webhook.
pub(super) async fn place(
    State(shop): Shared,
    customer: Customer,
    Json(order): Json<Order>,
) -> (StatusCode, Json<Value>) {
    let credit = shop.outside.get(&format!("http://{}{CREDIT}{}", shop.outside.billing(), customer.0)).await;
    if credit.is_none_or(|answer| answer.status != 200) {
        return (StatusCode::BAD_GATEWAY, Json(json!({ "error": "the credit could not be checked" })));
    }
    let number = shop.next_number();
    let told = match shop.hook_of(&customer) {
        Some(hook) => {
            let event = json!({ "event": "order.created", "order": number, "item": order.item });
            shop.outside.post(&hook, &event).await.is_some_and(|status| status < 300)
        }
        None => false,
    };
    let answer = json!({ "order": number, "credit": "ok", "note": order.note, "webhook": told });
    (StatusCode::CREATED, Json(answer))
}
