//! How many readings are as they should be, and which are not.

use std::collections::BTreeMap;
use std::fmt;

use sortie_engine::readings::Parser;

/// At most this many differences are shown of each parser.
const SHOWN: usize = 12;

/// Readings counted by parser.
#[derive(Default)]
pub(crate) struct Score(BTreeMap<Parser, Tally>);

#[derive(Default)]
struct Tally {
    right: usize,
    wrong: Vec<String>,
}

impl Score {
    /// Counts one reading; `difference` says what is wrong with it.
    pub(crate) fn count(&mut self, parser: Parser, difference: Option<String>) {
        let tally = self.0.entry(parser).or_default();
        match difference {
            None => tally.right += 1,
            Some(difference) => tally.wrong.push(difference),
        }
    }

    /// Fails unless all parsers were asked and each is right at least this often, of 1.
    #[track_caller]
    pub(crate) fn assert_at_least(&self, share: f64) {
        let is_enough = |tally: &Tally| tally.right as f64 >= share * (tally.right + tally.wrong.len()) as f64;
        assert_eq!(self.0.len(), Parser::ALL.len(), "not every parser was asked");
        assert!(self.0.values().all(is_enough), "less than {share} are right:\n{self}");
    }
}

impl fmt::Display for Score {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (parser, tally) in &self.0 {
            let all = tally.right + tally.wrong.len();
            let share = 100.0 * tally.right as f64 / all as f64;
            writeln!(f, "{:14} {:6} of {all} right, {share:.2} %", parser.name(), tally.right)?;
            for difference in tally.wrong.iter().take(SHOWN) {
                writeln!(f, "    {difference}")?;
            }
        }
        Ok(())
    }
}
