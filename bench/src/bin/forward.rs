//! The least that a forward proxy of hyper can be: absolute-form requests and CONNECT. It judges
//! nothing and looks into no tunnel.

use std::net::SocketAddr;

use clap::Parser;
use hyper::Method;
use sortie_bench::{bare, serve};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
}

#[tokio::main(worker_threads = 2)]
async fn main() -> std::io::Result<()> {
    let client = bare::client();
    serve::forever(Arguments::parse().listen, move |request| {
        let client = client.clone();
        async move {
            if request.method() == Method::CONNECT {
                bare::tunnel(request).await
            } else {
                bare::forward(client, request).await
            }
        }
    })
    .await
}
