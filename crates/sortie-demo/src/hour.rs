//! One hour at the shop.

use crate::actors::{self, Client, MENTIONS, Reply};
use crate::sites::CREDIT;
use crate::{ATTACKER, Attack, CUSTOMERS, Deed, DemoError, Site, World};

/// So many of so many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How many there should be.
    pub expected: usize,
    /// How many there were.
    pub done: usize,
}

impl Tally {
    /// Whether none is missing.
    pub fn is_full(self) -> bool {
        self.done == self.expected
    }
}

/// What customers wanted, and what they got.
#[derive(Clone, Debug, Default)]
pub struct Benign {
    /// Webhooks, counted where they arrive.
    pub webhooks: Tally,
    /// Previews.
    pub previews: Tally,
    /// The shop's own calls to billing, counted where they arrive.
    pub own_calls: Tally,
    /// Orders whose note mentions the billing service.
    pub mentions: Tally,
    /// What else went wrong, in words.
    pub failures: Vec<String>,
}

impl Benign {
    /// Whether every customer got everything.
    pub fn is_untouched(&self) -> bool {
        let tallies = [self.webhooks, self.previews, self.own_calls, self.mentions];
        tallies.iter().all(|tally| tally.is_full()) && self.failures.is_empty()
    }

    pub(crate) fn check(&mut self, what: &str, is_right: bool, reply: &Reply) {
        if !is_right {
            self.failures.push(format!("{what}: {} {}", reply.status, reply.body));
        }
    }
}

/// An order whose note mentions the billing service.
#[derive(Clone, Copy, Debug)]
pub struct Mention {
    /// Who ordered.
    pub customer: &'static str,
    /// The note.
    pub note: &'static str,
    /// Whether the order was taken, with the credit checked.
    pub is_taken: bool,
}

/// The hour's script. The parts are to be played in the order in which they stand here.
#[derive(Debug)]
pub struct Hour<'a> {
    world: &'a World,
    client: Client,
    benign: Benign,
    mentioned: usize,
}

impl<'a> Hour<'a> {
    /// An hour in which clients send to the world's inbound door.
    ///
    /// # Errors
    /// [`DemoError::Client`].
    pub fn new(world: &'a World, door: std::net::SocketAddr) -> Result<Self, DemoError> {
        Ok(Self { world, client: Client::new(door)?, benign: Benign::default(), mentioned: 0 })
    }

    /// Customers come.
    ///
    /// # Errors
    /// [`DemoError::NoAnswer`].
    pub async fn morning(&mut self) -> Result<(), DemoError> {
        for number in 0..CUSTOMERS.len() {
            actors::morning(&self.client, self.world.atlas(), number, &mut self.benign).await?;
        }
        Ok(())
    }

    /// Some more orders, with notes that mention the billing service. As many in all as there are
    /// attacks, each time two.
    ///
    /// # Errors
    /// [`DemoError::NoAnswer`].
    pub async fn orders_with_notes(&mut self) -> Result<Vec<Mention>, DemoError> {
        let until = (self.mentioned + MENTIONS.len() / Attack::ALL.len()).min(MENTIONS.len());
        let mut mentions = Vec::new();
        while self.mentioned < until {
            mentions.push(actors::mention(&self.client, self.mentioned, &mut self.benign).await?);
            self.mentioned += 1;
        }
        Ok(mentions)
    }

    /// The attacker strikes.
    ///
    /// # Errors
    /// [`DemoError::NoAnswer`].
    pub async fn attack(&self, attack: Attack) -> Result<Deed, DemoError> {
        actors::perform(attack, &self.client, self.world.atlas(), self.world.arrivals()).await
    }

    /// Customers come again, to the same places. Returns how the hour was for them.
    ///
    /// # Errors
    /// [`DemoError::NoAnswer`].
    pub async fn evening(mut self) -> Result<Benign, DemoError> {
        for number in 0..CUSTOMERS.len() {
            actors::visit(&self.client, self.world.atlas(), number, "/tomorrow", &mut self.benign).await?;
            actors::order(&self.client, number, "lamp", "", &mut self.benign).await?;
        }
        for arrival in self.world.arrivals().since(0) {
            match arrival.site {
                Site::Customer(_) if arrival.method == "POST" => self.benign.webhooks.done += 1,
                Site::Billing if is_of_an_orderer(&arrival.path) => self.benign.own_calls.done += 1,
                _ => {}
            }
        }
        Ok(self.benign)
    }
}

/// Whether a credit file is of somebody who ordered something, so that the shop asked for it itself.
fn is_of_an_orderer(path: &str) -> bool {
    let customer = path.strip_prefix(CREDIT);
    customer.is_some_and(|name| CUSTOMERS.iter().chain([&ATTACKER]).any(|account| account.name == name))
}
