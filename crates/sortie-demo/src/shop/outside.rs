//! The shop's way out: one HTTP client for everything it dials.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::{Client, Proxy, Response, redirect};
use serde_json::Value;

use crate::sites::BILLING_TOKEN;
use crate::{Atlas, DemoError, Route, Site};

/// Bytes of an answer that the shop reads.
const READ: usize = 64 * 1024;
/// How long the shop waits for anybody.
const PATIENCE: Duration = Duration::from_secs(5);
/// Redirects that it follows.
const REDIRECTS: usize = 5;

/// What came back.
#[derive(Clone, Debug)]
pub(super) struct Fetched {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

/// The client, with the shop's habits.
#[derive(Clone, Debug)]
pub(crate) struct Outside {
    client: Client,
    billing: String,
}

impl Outside {
    pub(crate) fn new(atlas: &Atlas, route: Route) -> Result<Self, DemoError> {
        let builder = Client::builder().timeout(PATIENCE).redirect(redirect::Policy::limited(REDIRECTS));
        let builder = match route {
            Route::Direct => builder.no_proxy().dns_resolver(Arc::new(Names::of(atlas))),
            // Without exceptions: calls to loopback and internal hosts go through the door, too.
            Route::Proxy(door) => builder.proxy(Proxy::http(format!("http://{door}")).map_err(DemoError::Client)?),
        };
        let client = builder.build().map_err(DemoError::Client)?;
        Ok(Self { client, billing: atlas.authority(Site::Billing) })
    }

    /// Where the billing service is.
    pub(super) fn billing(&self) -> &str {
        &self.billing
    }

    /// Fetches a URL, following redirects. `None`: it is none, or nobody answered.
    pub(super) async fn get(&self, url: &str) -> Option<Fetched> {
        let request = self.client.get(url);
        // The mistake of many: whoever the order is from, billing gets the shop's own token.
        let is_billing = url.split('/').nth(2) == Some(&self.billing);
        let request = if is_billing { request.header("authorization", BILLING_TOKEN) } else { request };
        read(request.send().await.ok()?).await
    }

    /// Posts JSON. `None`: the URL is none, or nobody answered.
    pub(super) async fn post(&self, url: &str, body: &Value) -> Option<u16> {
        let request = self.client.post(url).header("content-type", "application/json").body(body.to_string());
        Some(read(request.send().await.ok()?).await?.status)
    }
}

async fn read(mut response: Response) -> Option<Fetched> {
    let status = response.status().as_u16();
    let mut body = Vec::new();
    while body.len() < READ
        && let Some(piece) = response.chunk().await.ok()?
    {
        body.extend_from_slice(&piece);
    }
    body.truncate(READ);
    Some(Fetched { status, body })
}

/// The world's names, for a shop that has no proxy to resolve them.
#[derive(Clone, Debug)]
struct Names(Arc<Vec<(String, IpAddr)>>);

impl Names {
    fn of(atlas: &Atlas) -> Self {
        let file = atlas.hosts_file();
        let rows = file.lines().filter_map(|line| line.split_once(' '));
        Self(Arc::new(rows.filter_map(|(address, name)| Some((name.to_owned(), address.parse().ok()?))).collect()))
    }
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        // Port 0 stands for the URL's.
        let found = self.0.iter().find(|(known, _)| known == name.as_str());
        let address = found.map(|(_, address)| SocketAddr::new(*address, 0)).ok_or("no such name");
        Box::pin(std::future::ready(match address {
            Ok(address) => Ok(Box::new(std::iter::once(address)) as Addrs),
            Err(error) => Err(error.into()),
        }))
    }
}
