//! The memory of the service's names: what each resolved to, and which of them resolved to an address.

use std::net::IpAddr;
use std::sync::Arc;

use imbl::OrdMap;
use serde::{Deserialize, Serialize};
use smallvec::SmallVec;
use sortie_model::{Micros, limits};

use super::NameStats;

/// Names kept of one address.
const NAMES_OF_ADDRESS: usize = 8;

/// What the service's names resolved to, read in both directions.
///
/// Whoever owns a zone chooses its answers, and they may differ each time. So an address leads to a
/// name only as long as the name's own statistics hold the address.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Names {
    stats: OrdMap<Arc<str>, Arc<NameStats>>,
    /// The newest few names of each address.
    by_address: OrdMap<IpAddr, SmallVec<[Arc<str>; 1]>>,
    /// Addresses in `stats`, those of all names together.
    addresses: usize,
}

impl Names {
    /// What is learned of a name.
    pub fn get(&self, name: &str) -> Option<&NameStats> {
        self.stats.get(name).map(|stats| &**stats)
    }

    /// Names that resolved to an address, for dials that show nothing but the address. The newest last.
    pub fn of_address(&self, address: IpAddr) -> &[Arc<str>] {
        self.by_address.get(&address).map_or(&[], |names| names)
    }

    /// A name resolved to these addresses. Where there is no room, names go of which `is_own` does not
    /// say that the service dials them of its own accord, and of those the ones that were resolved least
    /// lately.
    pub(super) fn learn(
        &mut self,
        name: &Arc<str>,
        addresses: &[IpAddr],
        now: Micros,
        is_own: impl Fn(&Arc<str>) -> bool,
    ) {
        if self.is_full() {
            self.make_room(is_own);
        }
        let stats = Arc::make_mut(self.stats.entry(Arc::clone(name)).or_default());
        let before = stats.len();
        let gone = stats.learn(addresses, now);
        self.addresses = self.addresses + stats.len() - before;
        let kept: SmallVec<[IpAddr; 4]> = addresses.iter().copied().filter(|&a| stats.has(a)).collect();
        for address in gone {
            self.unname(address, name);
        }
        for address in kept {
            self.name(address, name);
        }
    }

    fn is_full(&self) -> bool {
        self.stats.len() >= limits::NAMES || self.addresses + NameStats::ADDRESSES > limits::NAME_ADDRESSES
    }

    /// Lets go of what is worth least until a tenth of the room is free, so that the search for it is
    /// paid once for many newcomers.
    fn make_room(&mut self, is_own: impl Fn(&Arc<str>) -> bool) {
        let rank = |(name, stats): (&Arc<str>, &Arc<NameStats>)| (is_own(name), stats.last(), Arc::clone(name));
        let mut ranked: Vec<_> = self.stats.iter().map(rank).collect();
        ranked.sort_unstable();
        for (_, _, name) in ranked {
            if self.stats.len() <= limits::NAMES / 10 * 9 && self.addresses <= limits::NAME_ADDRESSES / 10 * 9 {
                break;
            }
            self.forget(&name);
        }
    }

    fn forget(&mut self, name: &Arc<str>) {
        let Some(stats) = self.stats.remove(name) else { return };
        self.addresses -= stats.len();
        for address in stats.addresses() {
            self.unname(address, name);
        }
    }

    fn name(&mut self, address: IpAddr, name: &Arc<str>) {
        if self.of_address(address).contains(name) {
            return;
        }
        let names = self.by_address.entry(address).or_default();
        if names.len() == NAMES_OF_ADDRESS {
            names.remove(0);
        }
        names.push(Arc::clone(name));
    }

    fn unname(&mut self, address: IpAddr, name: &Arc<str>) {
        let Some(names) = self.by_address.get_mut(&address) else { return };
        names.retain(|known| known != name);
        if names.is_empty() {
            self.by_address.remove(&address);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use proptest::prelude::*;

    use super::*;

    fn address(n: u32) -> IpAddr {
        Ipv4Addr::from(n).into()
    }

    fn name(n: u32) -> Arc<str> {
        format!("h{n}.example").into()
    }

    /// Both directions tell the same, and nothing is kept that no name holds.
    fn check(names: &Names) {
        assert_eq!(names.addresses, names.stats.values().map(|stats| stats.len()).sum::<usize>());
        assert!(names.stats.len() <= limits::NAMES && names.addresses <= limits::NAME_ADDRESSES);
        for (&address, of_address) in &names.by_address {
            assert!(!of_address.is_empty() && of_address.len() <= NAMES_OF_ADDRESS);
            assert!(of_address.iter().all(|name| names.get(name).is_some_and(|stats| stats.has(address))));
        }
    }

    proptest! {
        #[test]
        fn an_address_leads_to_names_that_still_hold_it(
            answers in proptest::collection::vec(
                (0..6_u32, proptest::collection::vec(0..60_u32, 0..24), 0..limits::NAME_MICROS / 2),
                1..60,
            )
        ) {
            let mut names = Names::default();
            let mut now = Micros(0);
            for (n, answer, later) in answers {
                now = now.plus(later);
                let answer: Vec<IpAddr> = answer.into_iter().map(address).collect();
                names.learn(&name(n), &answer, now, |_| false);
                check(&names);
                let learned = names.get(&name(n)).expect("was just learned");
                prop_assert!(learned.len() <= NameStats::ADDRESSES);
                prop_assert!(answer.last().is_none_or(|last| names.of_address(*last).contains(&name(n))));
            }
        }
    }

    #[test]
    fn answers_that_differ_each_time_fill_nothing() {
        let mut names = Names::default();
        for n in 0..10_000_u32 {
            let answer: Vec<IpAddr> = (0..16).map(|i| address(n * 16 + i)).collect();
            names.learn(&name(n % 10), &answer, Micros(u64::from(n)), |_| false);
        }
        check(&names);
        assert_eq!(names.by_address.len(), 10 * NameStats::ADDRESSES);
    }

    #[test]
    fn the_services_own_names_outlive_a_flood_of_others() {
        let own: Arc<str> = "billing.internal".into();
        let is_own = |name: &Arc<str>| *name == own;
        for addresses_of_each in [1, NameStats::ADDRESSES as u32] {
            let mut names = Names::default();
            names.learn(&own, &[address(0)], Micros(0), is_own);
            for n in 1..=limits::NAMES as u32 + 10 {
                let answer: Vec<IpAddr> = (0..addresses_of_each).map(|i| address(n * 16 + i)).collect();
                names.learn(&name(n), &answer, Micros(u64::from(n)), is_own);
            }
            check(&names);
            assert_eq!(names.of_address(address(0)), std::slice::from_ref(&own));
            assert!(names.get(&name(1)).is_none(), "the oldest of the others goes first");
        }
    }
}
