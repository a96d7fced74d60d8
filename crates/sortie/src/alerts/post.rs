//! One POST to a webhook.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::Full;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::pki_types::ServerName;
use sortie_export::webhook::{CONTENT_TYPE, SIGNATURE_HEADER, Secret};
use sortie_model::Micros;
use sortie_proxy::dial::{ConnectError, connect_upstream};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use url::Url;

use crate::config::checked::Webhook;
use crate::secret;

/// For the connection, and for the answer's head.
const PATIENCE: Duration = Duration::from_secs(10);

/// A webhook did not take an alert.
#[derive(Debug, thiserror::Error)]
pub(super) enum PostError {
    #[error("the URL names no host")]
    NoHost,
    #[error("cannot connect: {0}")]
    Connect(#[from] ConnectError),
    #[error("TLS failed: {0}")]
    Tls(#[from] io::Error),
    #[error("HTTP failed: {0}")]
    Http(#[from] hyper::Error),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    TimedOut,
    #[error("it answered {0}")]
    Status(http::StatusCode),
    #[error("cannot take the secret that signs from '{}': {source}", path.display())]
    Secret { path: PathBuf, source: io::Error },
}

/// Posts JSON; anything but 2xx is a failure. Redirects are not followed: an alert goes where the
/// operator said, or nowhere.
pub(super) async fn post(webhook: &Webhook, json: &str) -> Result<(), PostError> {
    let url = &webhook.url;
    // Read each time, so that a new secret needs no restart; what cannot be signed is not sent.
    let signature = webhook.secret_file.as_deref().map(|file| sign(file, json)).transpose()?;
    let signature = signature.as_deref();
    let host = url.host_str().ok_or(PostError::NoHost)?;
    let port = url.port_or_known_default().unwrap_or(443);
    let stream = connect_upstream(host, port, PATIENCE).await?;
    if url.scheme() == "https" {
        let bare = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(bare).map_err(|_| PostError::NoHost)?;
        let connector = TlsConnector::from(Arc::clone(&TLS));
        let stream = timeout(PATIENCE, connector.connect(name, stream)).await.map_err(|_| PostError::TimedOut)??;
        exchange(stream, url, host, json, signature).await
    } else {
        exchange(stream, url, host, json, signature).await
    }
}

async fn exchange<S>(stream: S, url: &Url, host: &str, json: &str, signature: Option<&str>) -> Result<(), PostError>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
    // Dropped with the exchange, however it ends: a receiver that never answers must keep no socket.
    let mut connections = JoinSet::new();
    connections.spawn(connection);
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    let mut request = Request::post(target)
        .header(header::HOST, authority)
        .header(header::CONTENT_TYPE, CONTENT_TYPE)
        .header(header::USER_AGENT, concat!("sortie/", env!("CARGO_PKG_VERSION")));
    if let Some(signature) = signature {
        request = request.header(SIGNATURE_HEADER, signature);
    }
    let request = request.body(Full::new(Bytes::from(json.to_owned()))).expect("built of checked parts");
    let answer = timeout(PATIENCE, sender.send_request(request)).await.map_err(|_| PostError::TimedOut)??;
    if answer.status().is_success() { Ok(()) } else { Err(PostError::Status(answer.status())) }
}

/// The signature of this attempt.
fn sign(file: &Path, json: &str) -> Result<String, PostError> {
    let secret = secret::first_line(file).map_err(|source| PostError::Secret { path: file.to_owned(), source })?;
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(Secret::new(secret.as_bytes()).sign(Micros(now.as_micros() as u64), json.as_bytes()))
}

/// The roots are compiled in, so that a container without a certificate store can alert too.
static TLS: LazyLock<Arc<rustls::ClientConfig>> = LazyLock::new(|| {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Arc::new(config)
});
