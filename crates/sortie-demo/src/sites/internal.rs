//! What only the shop itself is to call.

use std::fmt::Write as _;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// The token with which the shop identifies itself to the billing service.
pub(crate) const BILLING_TOKEN: &str = "Bearer shop-to-billing-demo";
/// Where the billing service keeps the credit files, by customer.
pub(crate) const CREDIT: &str = "/v1/credit/";

const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

/// A credit file, for those who know the token.
pub(super) fn billing(path: &str, authorization: Option<&HeaderValue>) -> Response {
    if authorization.is_none_or(|value| value != BILLING_TOKEN) {
        return (StatusCode::UNAUTHORIZED, JSON, r#"{"error":"token required"}"#).into_response();
    }
    match path.strip_prefix(CREDIT).filter(|customer| !customer.is_empty()) {
        Some(customer) => (JSON, credit_file(customer)).into_response(),
        None => (StatusCode::NOT_FOUND, JSON, r#"{"error":"no such file"}"#).into_response(),
    }
}

fn credit_file(customer: &str) -> String {
    let mut invoices = String::new();
    for number in 0_u32..12 {
        let separator = if number == 0 { "" } else { "," };
        let cents = 10_000 + 1_937 * number;
        // Writing to a string does not fail.
        let _ = write!(
            invoices,
            r#"{separator}{{"invoice":"{customer}-{:04}","cents":{cents},"paid":true}}"#,
            1200 + number
        );
    }
    format!(
        r#"{{"customer":"{customer}","limit_cents":2500000,"iban":"XX00 DEMO 0000 {customer}","invoices":[{invoices}]}}"#
    )
}

/// The panel of the shop's own host.
pub(super) fn ops() -> Response {
    (JSON, r#"{"panel":"ops","queue":3,"workers":2,"commands":["/drain","/restart"]}"#).into_response()
}
