//! The least that a reverse proxy of hyper can be: every request goes to the upstream as it is,
//! through hyper-util's pool. It judges nothing, repairs nothing and limits nothing.

use std::net::SocketAddr;

use clap::Parser;
use hyper::Uri;
use hyper::http::uri::{Authority, Scheme};
use sortie_bench::{bare, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
    /// Address and port of the upstream.
    #[arg(long)]
    upstream: Authority,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let Arguments { listen, upstream } = Arguments::parse();
    let client = bare::client();
    serve::forever(listen, move |mut request| {
        let mut parts = std::mem::take(request.uri_mut()).into_parts();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(upstream.clone());
        // An origin form, a scheme and an authority are always a URI.
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
        bare::forward(client.clone(), request)
    })
    .await
}
