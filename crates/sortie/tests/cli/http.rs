//! Small HTTP servers and a client, on loopback.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// An address that nobody listens on.
pub(crate) fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

/// A request as a server reads it.
pub(crate) struct Request {
    pub(crate) target: String,
    /// `Sortie-Signature`.
    pub(crate) signature: Option<String>,
    pub(crate) body: String,
}

/// Answers every request by `answer`, for as long as the test process lives.
pub(crate) fn serve(answer: impl Fn(Request) -> (u16, String) + Send + Sync + 'static) -> SocketAddr {
    serve_at(SocketAddr::from(([127, 0, 0, 1], 0)), answer)
}

/// The same at an address of the test's choice.
pub(crate) fn serve_at(
    address: SocketAddr,
    answer: impl Fn(Request) -> (u16, String) + Send + Sync + 'static,
) -> SocketAddr {
    let listener = TcpListener::bind(address).unwrap();
    let address = listener.local_addr().unwrap();
    let answer = Arc::new(answer);
    thread::spawn(move || {
        for stream in listener.incoming().map_while(Result::ok) {
            let answer = Arc::clone(&answer);
            thread::spawn(move || converse(stream, &*answer));
        }
    });
    address
}

/// One exchange; then the connection is closed.
fn converse(mut stream: TcpStream, answer: &dyn Fn(Request) -> (u16, String)) {
    let Some(request) = read(&stream) else { return };
    let (status, body) = answer(request);
    let head = format!("HTTP/1.1 {status} X\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    // The other side may have been killed meanwhile.
    let _ = stream.write_all(format!("{head}{body}").as_bytes());
}

fn read(stream: &TcpStream) -> Option<Request> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let target = line.split(' ').nth(1)?.to_owned();
    let (mut length, mut signature) = (0, None);
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        if line.trim_end().is_empty() {
            break;
        }
        let (name, value) = line.split_once(':')?;
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.trim().parse().ok()?,
            "sortie-signature" => signature = Some(value.trim().to_owned()),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Request { target, signature, body: String::from_utf8(body).ok()? })
}

/// `GET`, from an address that a trusted proxy names; returns status and body.
pub(crate) fn get(server: SocketAddr, target: &str, client: &str) -> (u16, String) {
    let head = format!("GET {target} HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: {client}\r\n");
    exchange(server, &head)
}

/// `POST` of JSON; returns the status.
pub(crate) fn post(server: SocketAddr, target: &str, json: &str) -> u16 {
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        json.len()
    );
    send(server, &head, json).0
}

/// `GET` of a URL through a proxy.
pub(crate) fn get_through(proxy: SocketAddr, url: &str) -> (u16, String) {
    let host = url.trim_start_matches("http://").split('/').next().unwrap_or_default();
    exchange(proxy, &format!("GET {url} HTTP/1.1\r\nHost: {host}\r\n"))
}

/// Sends a head, without its end, and reads status and body.
pub(crate) fn exchange(server: SocketAddr, head: &str) -> (u16, String) {
    send(server, head, "")
}

#[expect(clippy::disallowed_methods, reason = "the test speaks to doors and servers that it started itself")]
fn send(server: SocketAddr, head: &str, body: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(server).unwrap();
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    (status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default())
}
