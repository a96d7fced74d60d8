//! Bare proxying with hyper: what every proxy built on it pays at least.

use bytes::Bytes;
use http_body_util::{Either, Empty};
use hyper::body::Incoming;
use hyper::{Request, Response, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;

/// A client with a pool.
pub type Pool = Client<HttpConnector, Incoming>;

/// An answer that went through, or the proxy's own without a body.
pub type Passed = Either<Incoming, Empty<Bytes>>;

/// A pool that keeps connections open.
pub fn client() -> Pool {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Sends a request on, and gives the answer back.
pub async fn forward(client: Pool, request: Request<Incoming>) -> Response<Passed> {
    match client.request(request).await {
        Ok(response) => response.map(Either::Left),
        Err(_) => own_answer(StatusCode::BAD_GATEWAY),
    }
}

/// Connects, answers 200, and copies both ways.
pub async fn tunnel(request: Request<Incoming>) -> Response<Passed> {
    let Some(authority) = request.uri().authority().map(ToString::to_string) else {
        return own_answer(StatusCode::BAD_REQUEST);
    };
    let Ok(mut there) = TcpStream::connect(&authority).await else { return own_answer(StatusCode::BAD_GATEWAY) };
    if there.set_nodelay(true).is_err() {
        return own_answer(StatusCode::BAD_GATEWAY);
    }
    tokio::spawn(async move {
        if let Ok(here) = hyper::upgrade::on(request).await {
            // Either side may break off; the other then sees its end.
            let _ = tokio::io::copy_bidirectional(&mut TokioIo::new(here), &mut there).await;
        }
    });
    own_answer(StatusCode::OK)
}

fn own_answer(status: StatusCode) -> Response<Passed> {
    let mut response = Response::new(Either::Right(Empty::new()));
    *response.status_mut() = status;
    response
}
