//! Serving HTTP/1.1, for the origin and the bare proxies.

use std::convert::Infallible;
use std::error::Error;
use std::net::SocketAddr;

use hyper::body::{Body, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpListener;

/// Answers every request on `address` by `answer`, for as long as the process lives.
pub async fn forever<F, A, B>(address: SocketAddr, answer: F) -> std::io::Result<()>
where
    F: Fn(Request<Incoming>) -> A + Clone + Send + 'static,
    A: Future<Output = Response<B>> + Send + 'static,
    B: Body<Data: Send, Error: Into<Box<dyn Error + Send + Sync>>> + Send + 'static,
{
    let listener = TcpListener::bind(address).await?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request| {
                let answer = answer(request);
                async move { Ok::<_, Infallible>(answer.await) }
            });
            let mut builder = hyper::server::conn::http1::Builder::new();
            // A client that closes ends its connection; there is nobody to tell.
            let _ =
                builder.timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).with_upgrades().await;
        });
    }
}
