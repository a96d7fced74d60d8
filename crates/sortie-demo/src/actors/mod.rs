//! Those who send requests.

mod attacker;
mod client;
mod customers;

use std::net::Ipv4Addr;

pub(crate) use attacker::perform;
pub use attacker::{Attack, Deed, Step};
pub(crate) use client::{Client, Reply};
pub(crate) use customers::{MENTIONS, mention, morning, order, visit};

/// Who has an account at the shop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// The name.
    pub name: &'static str,
    /// The address from which he comes.
    pub address: Ipv4Addr,
}

impl Account {
    /// The value of his `Authorization` header.
    pub fn authorization(&self) -> String {
        format!("Bearer demo-token-of-{}", self.name)
    }
}

const fn account(name: &'static str, host: u8) -> Account {
    Account { name, address: Ipv4Addr::new(198, 51, 100, host) }
}

/// The shop's customers.
pub const CUSTOMERS: [Account; 6] = [
    account("alder", 11),
    account("birch", 12),
    account("cedar", 13),
    account("hazel", 14),
    account("maple", 15),
    account("rowan", 16),
];

/// The one who is none.
pub const ATTACKER: Account = account("mallory", 66);
