//! Customers' hosts: a web page to preview, and an ear for webhooks.

use axum::http::Method;
use axum::response::{Html, IntoResponse, Response};

use crate::CUSTOMERS;

pub(super) fn answer(method: &Method, number: usize) -> Response {
    if *method == Method::POST {
        return "received".into_response();
    }
    let name = CUSTOMERS[number].name;
    Html(format!(
        "<!doctype html><title>{name}</title><h1>What {name} sells this season</h1><p>Everything that {name} makes is made by \
         hand, in small numbers, and sent with care. Ask for the list.</p>"
    ))
    .into_response()
}
