//! The hosts that can be dialled. They log every request that reaches them.

use std::collections::HashSet;
use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::world;

/// Port of the back end's companion on its own host.
pub const STATS_PORT: u16 = 9000;

/// A request that reached a listener.
#[derive(Clone, Debug)]
pub struct Hit {
    /// The listener's address.
    pub at: SocketAddr,
    /// Method.
    pub method: Method,
    /// Path and query.
    pub path: String,
    /// `Authorization`, where one came.
    pub authorization: Option<String>,
    /// `X-Cause`: the request id of the order, where a back end tells it.
    pub cause: Option<String>,
}

/// All that reached the listeners, in order.
#[derive(Clone, Debug, Default)]
pub struct Log(Arc<Mutex<Vec<Hit>>>);

impl Log {
    /// How many requests came so far: a mark for [`Log::since`].
    pub fn len(&self) -> usize {
        self.lock().len()
    }

    /// Whether nothing came yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What came after a mark.
    pub fn since(&self, mark: usize) -> Vec<Hit> {
        self.lock()[mark..].to_vec()
    }

    fn add(&self, hit: Hit) {
        self.lock().push(hit);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Hit>> {
        self.0.lock().expect("no holder of the log panics")
    }
}

/// Starts a listener on every address of the world; they serve until the runtime ends.
pub async fn serve() -> io::Result<Log> {
    let log = Log::default();
    let refused_once = Arc::new(Mutex::new(HashSet::new()));
    let mut addresses = vec![(Ipv4Addr::LOCALHOST, STATS_PORT), (world::BILLING, 8080)];
    for address in world::ADDRESSES {
        addresses.push((address, 80));
    }
    addresses.extend(world::PARTNERS.map(|partner| (partner, 8080)));
    for (role, port) in addresses {
        let listener = TcpListener::bind((role, port)).await?;
        tokio::spawn(accept(listener, role, log.clone(), Arc::clone(&refused_once)));
    }
    Ok(log)
}

/// Serves what `role` serves at a further address, too.
pub async fn serve_also(log: &Log, address: SocketAddr, role: Ipv4Addr) -> io::Result<()> {
    let listener = TcpListener::bind(address).await?;
    tokio::spawn(accept(listener, role, log.clone(), RefusedOnce::default()));
    Ok(())
}

/// Customers whose credit was refused once, as a busy billing service would.
type RefusedOnce = Arc<Mutex<HashSet<String>>>;

/// Serves every address of this host at a port, and logs each connection, too: as CONNECT without a
/// path, since what comes inside may be no HTTP.
pub async fn serve_everywhere(log: &Log, port: u16) -> io::Result<()> {
    let listener = TcpListener::bind((Ipv6Addr::UNSPECIFIED, port)).await?;
    let log = log.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(at) = stream.local_addr() else { continue };
            let at = SocketAddr::new(at.ip().to_canonical(), at.port());
            log.add(Hit { at, method: Method::CONNECT, path: String::new(), authorization: None, cause: None });
            let role = if let IpAddr::V4(role) = at.ip() { role } else { Ipv4Addr::LOCALHOST };
            tokio::spawn(serve_one(stream, at, role, log.clone(), RefusedOnce::default()));
        }
    });
    Ok(())
}

async fn accept(listener: TcpListener, role: Ipv4Addr, log: Log, refused_once: RefusedOnce) {
    let at = listener.local_addr().expect("a bound listener has an address");
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(serve_one(stream, at, role, log.clone(), Arc::clone(&refused_once)));
    }
}

async fn serve_one(stream: TcpStream, at: SocketAddr, role: Ipv4Addr, log: Log, refused_once: RefusedOnce) {
    let service = service_fn(|request| respond(request, at, role, &log, &refused_once));
    // A connection that breaks is its peer's affair.
    let _ = hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn respond(
    request: Request<Incoming>,
    at: SocketAddr,
    role: Ipv4Addr,
    log: &Log,
    refused_once: &RefusedOnce,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let _ = body.collect().await; // what a body that breaks off held is of no interest
    let path = head.uri.path_and_query().map_or_else(|| "/".to_owned(), ToString::to_string);
    let authorization = head.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    log.add(Hit {
        at,
        method: head.method.clone(),
        path: path.clone(),
        authorization: authorization.map(str::to_owned),
        cause: head.headers.get("x-cause").and_then(|value| value.to_str().ok()).map(str::to_owned),
    });
    Ok(match role {
        world::METADATA => page("text/plain", metadata(&path)),
        world::BILLING => billing(&path, refused_once),
        world::ADMIN => page("text/html", admin(&path)),
        world::EVIL => evil(&path),
        Ipv4Addr::LOCALHOST => page("text/plain", stats(&path)),
        _ => partner(&head.method, &path),
    })
}

fn page(kind: &str, body: String) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from(body)));
    response.headers_mut().insert(header::CONTENT_TYPE, kind.parse().expect("a media type is a header value"));
    response
}

fn empty(status: StatusCode, location: Option<&str>) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    if let Some(location) = location.and_then(|text| text.parse().ok()) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
}

fn metadata(path: &str) -> String {
    format!(
        r#"{{"Code":"Success","Type":"AWS-HMAC","LastUpdated":"2026-01-05T07:13:22Z",
"AccessKeyId":"ASIAEXAMPLEEXAMPLE00","SecretAccessKey":"not/a/real/secret/EXAMPLEKEYEXAMPLEKEY00",
"Token":"IQoJb3JpZ2luX2VjEXAMPLEv0zq3sMv9Jp7bA1dfoTgk2mWn5Lx8cQyRe4uHs6","Expiration":"2026-01-05T13:42:09Z",
"Asked":"{path}"}}"#
    )
}

fn billing(path: &str, refused_once: &RefusedOnce) -> Response<Full<Bytes>> {
    let Some(customer) = path.strip_prefix("/v1/credit/") else {
        return page("text/plain", format!("billing is well, 41 workers, queue of 3 ({path})"));
    };
    let is_busy = customer.starts_with("busy-");
    if is_busy && refused_once.lock().expect("no holder panics").insert(customer.to_owned()) {
        return empty(StatusCode::SERVICE_UNAVAILABLE, None);
    }
    page(
        "application/json",
        format!(
            r#"{{"customer":"{customer}","limit":25000,"currency":"EUR","open":1299.5,
"history":[{{"invoice":"2025-11-0417","days_late":0}},{{"invoice":"2025-12-0533","days_late":12}}],
"contact":"accounts payable, third floor, ask for the blue folder","rating":"BB+"}}"#
        ),
    )
}

fn admin(path: &str) -> String {
    format!(
        "<html><head><title>Internal console</title></head><body><h1>Deployments</h1>\
         <p>shop 4.11.2 on 6 nodes, ledger 2.0.19 on 3 nodes, 1 rollback pending</p>\
         <form action=\"/console/rollback\"><input name=\"ticket\" value=\"OPS-20417\"/></form>\
         <p>{path}</p></body></html>"
    )
}

fn stats(path: &str) -> String {
    format!(
        "requests_total 918273\nerrors_total 41\nqueue_depth 7\nworkers_busy 12\nuptime_seconds 86411\n\
         last_deploy \"2026-01-04T22:10:55Z by pipeline 8841\"\nfeature_flags \"beta-checkout,slow-search\"\nasked {path}\n"
    )
}

/// The attacker's host: `/r?to=URL` redirects there, `/307?to=URL` with that status.
fn evil(path: &str) -> Response<Full<Bytes>> {
    let order = path.strip_prefix('/').and_then(|rest| rest.split_once("?to="));
    match order {
        Some((status, to)) => {
            let to = percent_encoding::percent_decode_str(to).decode_utf8_lossy();
            empty(status.parse().unwrap_or(StatusCode::FOUND), Some(&to))
        }
        None => page("text/plain", "thank you for calling".to_owned()),
    }
}

/// A customer's host: `/moved/REST` redirects to `/REST` of another customer's.
fn partner(method: &Method, path: &str) -> Response<Full<Bytes>> {
    if let Some(rest) = path.strip_prefix("/moved/") {
        return empty(StatusCode::FOUND, Some(&format!("http://{}/{rest}", world::PARTNER_NAMES[5])));
    }
    if method == Method::POST {
        return page("application/json", r#"{"received":true}"#.to_owned());
    }
    page(
        "text/html",
        format!(
            "<html><head><title>Spring collection</title></head><body><p>Lamps, chairs and tables, \
             made to last; free delivery from 80 EUR. Page {path} of our catalogue.</p></body></html>"
        ),
    )
}
