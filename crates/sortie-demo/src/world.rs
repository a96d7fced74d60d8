//! The world: all hosts and the shop, listening.

use std::net::{Ipv4Addr, SocketAddr};

use crate::serve::Servers;
use crate::shop::{self, Outside};
use crate::{Arrivals, Atlas, DemoError, sites};

/// How the shop reaches the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// By itself.
    Direct,
    /// Through this HTTP proxy, without exceptions.
    Proxy(SocketAddr),
}

/// A world that listens until it is closed or dropped.
#[derive(Debug)]
pub struct World {
    atlas: Atlas,
    arrivals: Arrivals,
    servers: Servers,
}

impl World {
    /// Lets every host and the shop listen.
    ///
    /// # Errors
    /// [`DemoError::Namespace`], [`DemoError::Listen`], [`DemoError::Client`].
    pub async fn open(atlas: Atlas, route: Route) -> Result<Self, DemoError> {
        let addresses: Vec<Ipv4Addr> = Atlas::sites().map(|site| atlas.address(site)).collect();
        atlas.ground().furnish(&addresses).await?;
        let arrivals = Arrivals::default();
        let mut servers = Servers::default();
        for site in Atlas::sites() {
            servers.add(atlas.listen(site), sites::router(site, &atlas, &arrivals)).await?;
        }
        servers.add(atlas.doors().shop, shop::router(Outside::new(&atlas, route)?)).await?;
        Ok(Self { atlas, arrivals, servers })
    }

    /// The map.
    pub fn atlas(&self) -> &Atlas {
        &self.atlas
    }

    /// What reached its hosts.
    pub fn arrivals(&self) -> &Arrivals {
        &self.arrivals
    }

    /// Ends it, so that the next one finds its addresses free.
    pub async fn close(self) {
        self.servers.close().await;
    }
}
