//! What the service's names resolved to.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::{Micros, limits};

/// What is learned of one name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct NameStats {
    /// Addresses that it resolved to, each with when it last did. Each is forgotten for itself: one bad
    /// answer is not remembered for as long as good ones follow.
    answers: SmallVec<[(IpAddr, Micros); 2]>,
}

impl NameStats {
    /// Addresses remembered of one name: more are behind one name only where they change with every
    /// answer.
    pub(super) const ADDRESSES: usize = 16;

    /// The addresses that it resolved to lately enough to be believed.
    pub fn fresh(&self, now: Micros) -> impl Iterator<Item = IpAddr> {
        let is_fresh = move |(_, last): &&(IpAddr, Micros)| now < last.plus(limits::NAME_MICROS);
        self.answers.iter().filter(is_fresh).map(|&(address, _)| address)
    }

    /// When it last resolved.
    pub(super) fn last(&self) -> Micros {
        self.answers.iter().map(|&(_, last)| last).max().unwrap_or_default()
    }

    pub(super) fn addresses(&self) -> impl Iterator<Item = IpAddr> {
        self.answers.iter().map(|&(address, _)| address)
    }

    pub(super) fn has(&self, address: IpAddr) -> bool {
        self.addresses().any(|known| known == address)
    }

    /// How many addresses are remembered.
    pub(super) fn len(&self) -> usize {
        self.answers.len()
    }

    /// Learns what the name resolved to. Returns the addresses that went for it.
    pub(super) fn learn(&mut self, addresses: &[IpAddr], now: Micros) -> SmallVec<[IpAddr; 4]> {
        let mut gone = SmallVec::new();
        self.answers.retain(|(address, last)| {
            let is_fresh = now < last.plus(limits::NAME_MICROS);
            if !is_fresh {
                gone.push(*address);
            }
            is_fresh
        });
        for &address in addresses {
            // The last to be confirmed stands last, so the first is the one to go.
            self.answers.retain(|(known, _)| *known != address);
            if self.answers.len() == Self::ADDRESSES {
                gone.push(self.answers.remove(0).0);
            }
            self.answers.push((address, now));
        }
        gone.retain(|address| !self.has(*address));
        gone
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn each_address_is_forgotten_for_itself() {
        let (sinkhole, own): (IpAddr, IpAddr) = ("0.0.0.0".parse().unwrap(), "93.184.216.34".parse().unwrap());
        let mut stats = NameStats::default();
        stats.learn(&[sinkhole], Micros(0));
        for day in 1..30 {
            stats.learn(&[own], Micros(day * Micros::DAY));
        }
        let later = Micros(limits::NAME_MICROS);
        assert_eq!(stats.fresh(Micros(later.0 - 1)).collect::<Vec<_>>(), [sinkhole, own]);
        assert_eq!(stats.fresh(later).collect::<Vec<_>>(), [own], "nobody confirmed the bad answer");
        assert_eq!(stats.learn(&[own], later).as_slice(), [sinkhole]);
        assert_eq!(stats.fresh(later.plus(limits::NAME_MICROS)).count(), 0);
    }

    #[test]
    fn of_more_addresses_than_are_kept_the_last_ones_stay() {
        let addresses: Vec<IpAddr> = (1..=20).map(|n| Ipv4Addr::new(192, 0, 2, n).into()).collect();
        let mut stats = NameStats::default();
        assert_eq!(stats.learn(&addresses, Micros(0)).as_slice(), &addresses[..4]);
        assert_eq!(stats.learn(&addresses[4..5], Micros(1)).len(), 0, "confirmed");
        assert_eq!(stats.learn(&addresses[..1], Micros(2)).as_slice(), &addresses[5..6]);
    }
}
