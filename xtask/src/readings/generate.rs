//! URLs that parsers may read differently: put together from telling parts, and with letters
//! changed. The same seed gives the same URLs.

use serde::Deserialize;

/// The parts, and the letters for changes. Some stand there several times, for they are to come often.
const PARTS: &str = include_str!("../../readings/parts.json");
/// Lengths of hosts about those where parsers have limits.
const LENGTHS: [usize; 8] = [63, 64, 253, 254, 255, 256, 257, 300];

#[derive(Deserialize)]
struct Parts {
    whole: Vec<String>,
    around: Vec<String>,
    schemes: Vec<String>,
    slashes: Vec<String>,
    userinfo: Vec<String>,
    hosts: Vec<String>,
    ports: Vec<String>,
    tails: Vec<String>,
    letters: String,
}

impl Parts {
    fn read() -> Self {
        serde_json::from_str(PARTS).expect("parts.json is lists of texts")
    }
}

/// URLs that are known to be read differently, or alike though they do not look so.
pub(super) fn known() -> Vec<String> {
    Parts::read().whole
}

/// URLs without end; of `texts`, if there are any, changed ones too.
pub(super) struct Urls<'a> {
    dice: Dice,
    parts: Parts,
    letters: Vec<char>,
    texts: &'a [String],
}

impl<'a> Urls<'a> {
    pub(super) fn new(seed: u64, texts: &'a [String]) -> Self {
        let parts = Parts::read();
        Self { dice: Dice(seed), letters: parts.letters.chars().collect(), parts, texts }
    }

    fn composed(&mut self) -> String {
        let Self { dice, parts, .. } = self;
        let mut url = dice.text(&parts.around).to_owned();
        url += dice.text(&parts.schemes);
        url += dice.text(&parts.slashes);
        if dice.one_in(3) {
            url += dice.text(&parts.userinfo);
        }
        url += &dice.host(&parts.hosts);
        if dice.one_in(3) {
            url += dice.text(&parts.ports);
        }
        url += dice.text(&parts.tails);
        url += dice.text(&parts.around);
        url
    }

    /// Up to three letters put in, replaced or left out.
    fn changed(&mut self, url: &str) -> String {
        let Self { dice, letters, .. } = self;
        let mut text: Vec<char> = url.chars().collect();
        for _ in 0..=dice.below(3) {
            let at = dice.below(text.len() + 1);
            let letter = dice.pick(letters);
            match dice.below(4) {
                2 if at < text.len() => text[at] = letter,
                3 if at < text.len() => drop(text.remove(at)),
                _ => text.insert(at, letter),
            }
        }
        text.into_iter().collect()
    }
}

impl Iterator for Urls<'_> {
    type Item = String;

    fn next(&mut self) -> Option<String> {
        if !self.texts.is_empty() && self.dice.one_in(3) {
            let text = self.dice.text(self.texts);
            return Some(self.changed(text));
        }
        let url = self.composed();
        Some(if self.dice.one_in(4) { self.changed(&url) } else { url })
    }
}

/// The generator SplitMix64 (Steele, Lea and Flood 2014).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.roll() % limit as u64) as usize
    }

    fn one_in(&mut self, count: usize) -> bool {
        self.below(count) == 0
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn text<'p>(&mut self, from: &'p [String]) -> &'p str {
        &from[self.below(from.len())]
    }

    /// A host, now and then a long one or two at once.
    fn host(&mut self, hosts: &[String]) -> String {
        match self.below(60) {
            0 => "b".repeat(self.pick(&LENGTHS)),
            1 => format!("{}.example", "b".repeat(62 + self.below(3))),
            2 => format!("{}example", "b.".repeat(120 + self.below(10))),
            3 => format!("{}.example", "é".repeat(50 + self.below(10))),
            4 => self.text(hosts).to_owned() + self.text(hosts),
            _ => self.text(hosts).to_owned(),
        }
    }
}
