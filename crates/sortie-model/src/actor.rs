//! Who sends.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::privacy::Digest;

/// How an actor was told from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    /// A session cookie or bearer token, by its keyed digest.
    Session,
    /// An API key, by its keyed digest.
    ApiKey,
    /// The client address behind trusted proxies.
    Address,
}

impl ActorKind {
    /// The word for tables and JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::ApiKey => "api_key",
            Self::Address => "address",
        }
    }
}

/// One sender of requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Actor {
    /// What the identity rests on.
    pub kind: ActorKind,
    /// Digest of the session, token or key; `None` where only the address is known.
    pub token: Option<Digest>,
    /// The client address, through trusted proxies only.
    pub address: IpAddr,
}

impl Actor {
    /// An actor known by nothing but an address.
    pub fn by_address(address: IpAddr) -> Self {
        Self { kind: ActorKind::Address, token: None, address }
    }

    /// The identity under which votes are counted and stories are kept: the token where there is
    /// one, so that an actor who changes his address stays the same.
    pub fn id(&self) -> ActorId {
        match self.token {
            Some(token) => ActorId::Token(token),
            None => ActorId::Address(self.address),
        }
    }
}

/// See [`Actor::id`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ActorId {
    /// Digest of a session, token or key.
    Token(Digest),
    /// A client address.
    Address(IpAddr),
}

impl std::fmt::Display for ActorId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Token(digest) => write!(f, "{digest}"),
            Self::Address(address) => write!(f, "{address}"),
        }
    }
}
