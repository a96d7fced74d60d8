//! The hosts around the shop.

mod customers;
mod internal;
mod metadata;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::{Arrival, Arrivals, Atlas, Site};

pub(crate) use internal::{BILLING_TOKEN, CREDIT};
pub(crate) use metadata::USER_DATA;

/// What one host answers with.
#[derive(Clone, Debug)]
struct Host {
    site: Site,
    arrivals: Arrivals,
    /// Where the attacker's host redirects to.
    redirect: String,
}

/// The server of a host.
pub(crate) fn router(site: Site, atlas: &Atlas, arrivals: &Arrivals) -> Router {
    let redirect = format!("http://{}{}", atlas.authority(Site::Metadata), metadata::CREDENTIALS);
    let host = Host { site, arrivals: arrivals.clone(), redirect };
    Router::new().fallback(answer).with_state(host)
}

async fn answer(State(host): State<Host>, request: Request) -> Response {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str()).to_owned();
    let arrival = Arrival { site: host.site, method: request.method().to_string(), path: path.clone() };
    host.arrivals.note(arrival);
    match host.site {
        Site::Metadata => metadata::answer(&path),
        Site::Billing => internal::billing(&path, request.headers().get(header::AUTHORIZATION)),
        Site::Ops => internal::ops(),
        Site::Customer(number) => customers::answer(request.method(), number),
        Site::Cdn if path.starts_with("/r") => {
            (StatusCode::FOUND, [(header::LOCATION, host.redirect)], "moved").into_response()
        }
        Site::Cdn => "thank you".into_response(),
    }
}
