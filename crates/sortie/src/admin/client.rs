//! The command line's way to the running program. This is the only place that connects to it.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpStream, UnixStream};

use super::token::Token;
use super::wire::{Fault, TailLine};
use super::{ANSWER_BYTES, files};
use crate::config::Config;
use crate::config::checked::AdminListen;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// Bytes that one line of `tail` may have.
const LINE_BYTES: usize = 4 * 1024 * 1024;

/// The running program's admin side.
#[derive(Clone, Debug)]
pub struct Client {
    listen: AdminListen,
    data: PathBuf,
}

/// Why the running program did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers.
    #[error("no sortie is running with the data folder '{}': start it with 'sortie run'", data.display())]
    NotRunning {
        /// The data folder.
        data: PathBuf,
    },
    /// It belongs to another user.
    #[error("the running sortie at {at} belongs to another user: {remedy}")]
    NotYours {
        /// Its admin side.
        at: String,
        /// What to do.
        remedy: String,
    },
    /// The connection or the conversation failed.
    #[error("the running sortie at {at} does not answer")]
    Failed {
        /// Its admin side.
        at: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// It took too long.
    #[error("the running sortie at {at} has not answered for {} s", PATIENCE.as_secs())]
    TimedOut {
        /// Its admin side.
        at: String,
    },
    /// It refused.
    #[error("{0}")]
    Refused(String),
}

impl Client {
    /// The admin side of a configuration. Port 0 was chosen by the system, and is looked up.
    pub fn of_config(config: &Config) -> Self {
        match &config.admin {
            AdminListen::Tcp(address) if address.port() == 0 => Self::of_data(&config.data),
            listen => Self { listen: listen.clone(), data: config.data.clone() },
        }
    }

    /// The admin side of the program that runs with this data folder: where it said that it
    /// listens, else the default place.
    pub fn of_data(data: &Path) -> Self {
        let told = std::fs::read_to_string(files::address(data)).ok();
        let listen = told.as_deref().and_then(|text| parse_address(text.trim()));
        let listen = listen.unwrap_or_else(|| AdminListen::Unix(sortie_store::Layout::new(data).admin_socket()));
        Self { listen, data: data.to_owned() }
    }

    /// Asks, and reads the answer.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, ClientError> {
        self.ask(Method::GET, path, Bytes::new()).await
    }

    /// Orders, and reads the answer.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, ClientError> {
        let body = serde_json::to_vec(body).map_err(|error| self.failed(error))?;
        self.ask(Method::POST, path, Bytes::from(body)).await
    }

    /// Follows what happens: calls `begun` once it does, and `each` for every line until that says
    /// `false` or the program ends.
    pub async fn tail(&self, begun: impl FnOnce(), mut each: impl FnMut(TailLine) -> bool) -> Result<(), ClientError> {
        let response = self.patient(self.send(Method::GET, "/v1/tail", Bytes::new())).await?;
        let mut body = Self::accepted(response, self).await?.into_body();
        begun();
        let mut pending = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.failed(error))?;
            pending.extend_from_slice(frame.data_ref().map_or(&[], |data| data));
            while let Some(end) = pending.iter().position(|&byte| byte == b'\n') {
                let line: Vec<u8> = pending.drain(..=end).collect();
                let line = serde_json::from_slice(&line).map_err(|error| self.failed(error))?;
                if !each(line) {
                    return Ok(());
                }
            }
            if pending.len() > LINE_BYTES {
                return Err(self.failed("a line has no end"));
            }
        }
        Ok(())
    }

    async fn ask<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> Result<T, ClientError> {
        let answer = async {
            let response = self.send(method, path, body).await?;
            let body = Self::accepted(response, self).await?.into_body();
            self.read(body).await
        };
        let body = self.patient(answer).await?;
        serde_json::from_slice(&body).map_err(|error| self.failed(error))
    }

    /// The response if it is a success, else what the program says is wrong.
    async fn accepted(response: Response<Incoming>, client: &Self) -> Result<Response<Incoming>, ClientError> {
        if response.status() == StatusCode::OK {
            return Ok(response);
        }
        let status = response.status();
        let body = client.read(response.into_body()).await?;
        let fault = serde_json::from_slice::<Fault>(&body);
        Err(ClientError::Refused(
            fault.map_or_else(|_| format!("the running sortie answers {status}"), |fault| fault.error),
        ))
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, ClientError> {
        let limited = Limited::new(body, ANSWER_BYTES).collect().await;
        limited.map(http_body_util::Collected::to_bytes).map_err(|error| self.failed(error))
    }

    async fn patient<T>(&self, work: impl Future<Output = Result<T, ClientError>>) -> Result<T, ClientError> {
        let timed_out = |_| ClientError::TimedOut { at: self.listen.to_string() };
        tokio::time::timeout(PATIENCE, work).await.map_err(timed_out)?
    }

    async fn send(&self, method: Method, path: &str, body: Bytes) -> Result<Response<Incoming>, ClientError> {
        let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json");
        match &self.listen {
            AdminListen::Unix(path) => {
                let stream = UnixStream::connect(path).await.map_err(|error| self.not_connected(error))?;
                let request = request.header(HOST, "localhost");
                self.talk(stream, request.body(Full::new(body))).await
            }
            AdminListen::Tcp(address) => {
                let path = files::token(&self.data);
                let token = Token::load(&path).map_err(|error| self.not_connected(error))?;
                let stream = self.connect_tcp(*address).await?;
                let request = request.header(HOST, address.to_string()).header(AUTHORIZATION, token.authorization());
                self.talk(stream, request.body(Full::new(body))).await
            }
        }
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the command line speaks to its own daemon at an address of its operator's; no client's text gets here"
    )]
    async fn connect_tcp(&self, address: SocketAddr) -> Result<TcpStream, ClientError> {
        TcpStream::connect(address).await.map_err(|error| self.not_connected(error))
    }

    async fn talk<S>(
        &self,
        stream: S,
        request: Result<Request<Full<Bytes>>, http::Error>,
    ) -> Result<Response<Incoming>, ClientError>
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let request = request.map_err(|error| self.failed(error))?;
        let (mut sender, connection) =
            http1::handshake(TokioIo::new(stream)).await.map_err(|error| self.failed(error))?;
        // The connection lives for one exchange; its error is also the response's.
        tokio::spawn(connection);
        sender.send_request(request).await.map_err(|error| self.failed(error))
    }

    fn not_connected(&self, error: io::Error) -> ClientError {
        match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => {
                ClientError::NotRunning { data: self.data.clone() }
            }
            io::ErrorKind::PermissionDenied => {
                ClientError::NotYours { at: self.listen.to_string(), remedy: files::as_owner(&self.data) }
            }
            _ => self.failed(error),
        }
    }

    fn failed(&self, source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> ClientError {
        ClientError::Failed { at: self.listen.to_string(), source: source.into() }
    }
}

fn parse_address(text: &str) -> Option<AdminListen> {
    match text.strip_prefix("unix:") {
        Some(path) => Some(AdminListen::Unix(PathBuf::from(path))),
        // The token must not be sent anywhere else, whoever wrote the file.
        None => text.parse::<SocketAddr>().ok().filter(|address| address.ip().is_loopback()).map(AdminListen::Tcp),
    }
}
