//! One POST to a webhook.

use std::io;
use std::path::PathBuf;
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
    // What cannot be signed is not sent.
    let signature = secret(webhook)?.map(|secret| sign(&secret, json));
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

/// What signs, where the webhook has a file for it. Read each time, so that a new one needs no restart.
pub(super) fn secret(webhook: &Webhook) -> Result<Option<Secret>, PostError> {
    let Some(path) = &webhook.secret_file else { return Ok(None) };
    match secret::first_line(path) {
        Ok(line) => Ok(Some(Secret::new(line.as_bytes()))),
        Err(source) => Err(PostError::Secret { path: path.clone(), source }),
    }
}

/// The signature of this attempt.
fn sign(secret: &Secret, json: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    secret.sign(Micros(now.as_micros() as u64), json.as_bytes())
}

/// The roots are compiled in, so that a container without a certificate store can alert too.
static TLS: LazyLock<Arc<rustls::ClientConfig>> = LazyLock::new(|| {
    let roots = rustls::RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    Arc::new(config)
});
