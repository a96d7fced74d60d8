//! The back end and the destination of every load: reads the whole request and answers JSON of the
//! request's size class.

use std::net::SocketAddr;

use bytes::Bytes;
use clap::Parser;
use http_body_util::{BodyExt, Full};
use hyper::Response;
use hyper::header::CONTENT_TYPE;
use sortie_bench::serve;
use sortie_bench::traffic::{self, Size};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(long)]
    listen: SocketAddr,
}

// One thread: the machine is shared with what is measured.
#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let small = Bytes::from(traffic::answer(Size::Small));
    let large = Bytes::from(traffic::answer(Size::Large));
    serve::forever(Arguments::parse().listen, move |mut request| {
        let (small, large) = (small.clone(), large.clone());
        async move {
            let mut length = 0;
            while let Some(Ok(frame)) = request.frame().await {
                length += frame.data_ref().map_or(0, Bytes::len);
            }
            let body = if length > Size::Small.bytes() { large } else { small };
            let mut response = Response::new(Full::new(body));
            response
                .headers_mut()
                .insert(CONTENT_TYPE, const { hyper::header::HeaderValue::from_static("application/json") });
            response
        }
    })
    .await
}
