//! What a search has found so far, and what it may still spend.

mod calls;

use sortie_model::event::Cut;
use sortie_model::file::NamedFile;
use sortie_model::{Candidate, CandidateKind, Container, Containers, Key, Manner, Nature, PathDigest, limits, path};

use super::compose::{Parts, TooMany};
use super::proven::ProvenSink;
use super::reading::Reading;
use super::spot::{NAME_LENGTH, Spot};
use super::{Extraction, bits, label, shown, work};
use crate::files;

/// Destinations that are looked at for each that is kept before the search ends, repeated ones included.
const OFFERS: usize = 4;

/// Collects the candidates of one head or body.
pub(super) struct Collector<'k> {
    key: &'k Key,
    sinks: &'k [ProvenSink],
    beside: Option<Beside>,
    found: Vec<Candidate>,
    labels: Vec<Candidate>,
    files: Vec<NamedFile>,
    /// What each of them was read from, where that is asked for.
    texts: Option<Vec<Box<str>>>,
    /// How many are kept.
    room: usize,
    cut: Option<Cut>,
    is_done: bool,
    offers: usize,
    decoded: usize,
    work: usize,
    /// The work at which the search ends.
    most_work: usize,
    nesting: usize,
    calls: usize,
    is_of_message: bool,
    pub(super) parts: Parts,
}

/// A reading beside the one that a body asks for: see [`Collector::beside`].
#[derive(Clone, Copy, Debug)]
struct Beside {
    /// The sinks that count are those that are read in one of these.
    containers: Containers,
    /// Whether it found a destination at one of them.
    is_found: bool,
    /// Whether what it read may be read otherwise.
    is_unsure: bool,
}

impl<'k> Collector<'k> {
    pub(super) fn new(key: &'k Key) -> Self {
        Self {
            key,
            sinks: &[],
            beside: None,
            found: Vec::new(),
            labels: Vec::new(),
            files: Vec::new(),
            texts: None,
            room: limits::CANDIDATES,
            cut: None,
            is_done: false,
            offers: 0,
            decoded: 0,
            work: 0,
            most_work: limits::EXTRACTION_WORK,
            nesting: 0,
            calls: 0,
            is_of_message: false,
            parts: Parts::default(),
        }
    }

    /// The same for an endpoint with these proven sinks.
    pub(super) fn with_sinks(self, sinks: &'k [ProvenSink]) -> Self {
        Self { sinks, ..self }
    }

    /// The same for so many candidates.
    pub(super) fn with_room(self, room: usize) -> Self {
        Self { room, ..self }
    }

    /// The same for a message, in which a call may stand under `payload`.
    pub(super) fn of_message(self) -> Self {
        Self { is_of_message: true, ..self }
    }

    /// Whether what is searched is a message.
    pub(super) fn is_of_message(&self) -> bool {
        self.is_of_message
    }

    /// The same, keeping the text that each candidate was read from.
    pub(super) fn with_texts(self) -> Self {
        Self { texts: Some(Vec::new()), ..self }
    }

    /// Lets a body be searched that may be longer than is inspected by default: the bound grows with it.
    pub(super) fn allow_for(&mut self, bytes: usize) {
        self.most_work = limits::EXTRACTION_WORK * (bytes / limits::INSPECT_REQUEST_BYTES).max(1);
    }

    /// Whether the endpoint has proven sinks.
    pub(super) fn has_sinks(&self) -> bool {
        !self.sinks.is_empty()
    }

    /// Whether a parameter whose name ends in this may be a proven sink: told without its whole name, for
    /// most are none.
    pub(super) fn may_be_sink(&self, end: &str) -> bool {
        let end = end.as_bytes();
        // Indices are no part of a parameter.
        if !end.iter().any(u8::is_ascii_alphabetic) {
            return true;
        }
        self.counting().any(|sink| sink.may_end_in(end))
    }

    /// Whether a spot is a proven sink.
    pub(super) fn is_sink(&mut self, spot: &Spot<'_>) -> bool {
        self.has_sinks() && self.meets_sink(spot, |sink, place| *sink.parameter == *place)
    }

    /// Whether the place of a spot and a sink that counts are as asked. Most places are told from all sinks without
    /// the work to make their names.
    #[cold]
    fn meets_sink(&mut self, spot: &Spot<'_>, is_met: impl Fn(&ProvenSink, &str) -> bool) -> bool {
        self.work += work::SINK;
        let name = spot.parameter;
        // Names of segments are numbers, which elsewhere are indices.
        let is_told_whole = matches!(spot.container, Container::Header | Container::Path);
        let may_be = if is_told_whole || name.len() > NAME_LENGTH && !name.is_ascii() {
            true
        } else if name.len() > NAME_LENGTH {
            self.counting().any(|sink| sink.parameter.contains(shown::CUT))
        } else {
            self.counting().any(|sink| sink.may_have_part(last_part(name)))
        };
        may_be && {
            self.work += work::PLACE + name.len().min(NAME_LENGTH) * work::PLACE_BYTE;
            let place = spot.place();
            self.counting().any(|sink| is_met(sink, &place))
        }
    }

    /// The containers in which the endpoint's proven sinks are read.
    pub(super) fn read_in(&self) -> Containers {
        self.sinks.iter().fold(Containers::NONE, |all, sink| all.or(sink.read_in))
    }

    /// The sinks that count in this reading.
    fn counting(&self) -> impl Iterator<Item = &'k ProvenSink> {
        let beside = self.beside;
        self.sinks.iter().filter(move |sink| beside.is_none_or(|beside| sink.read_in.meets(beside.containers)))
    }

    /// Reads beside the reading that a body asks for, as a service does that reads everything in one of these
    /// containers. Only what is found at the sinks that it reads there counts. What else the reading meets is a
    /// destination to nobody, and what it cannot read is no cut: most likely the body is something else.
    pub(super) fn beside(&mut self, containers: Containers, read: impl FnOnce(&mut Self)) {
        let (outer, level) = (self.beside, self.nesting);
        self.beside = Some(Beside { containers, is_found: false, is_unsure: false });
        read(self);
        let inner = std::mem::replace(&mut self.beside, outer);
        self.nesting = level;
        let is_found = inner.is_some_and(|inner| inner.is_found);
        if let Some(outer) = &mut self.beside {
            outer.is_found |= is_found;
        }
        if is_found && inner.is_some_and(|inner| inner.is_unsure) {
            self.cut(Cut::Format);
        }
    }

    /// Whether nothing that may stand at a spot counts in this reading.
    #[inline]
    pub(super) fn passes_over(&mut self, spot: &Spot<'_>) -> bool {
        self.beside.is_some() && !self.has_sink_within(spot)
    }

    /// Notes that something was not inspected. The first reason stands, but for one that counts only at
    /// some endpoints.
    pub(super) fn cut(&mut self, cut: Cut) {
        match (&mut self.beside, cut) {
            // That the bound of all work is reached is no matter of one reading.
            (None, _) | (_, Cut::Bytes | Cut::Count) => {}
            (Some(beside), _) => {
                beside.is_unsure |= cut == Cut::Format;
                return;
            }
        }
        if matches!(self.cut, None | Some(Cut::Format)) {
            self.cut = Some(cut);
        }
    }

    /// Whether the search is to end because nothing more can be kept, or the work is at its bound;
    /// noted as a cut.
    #[inline]
    pub(super) fn is_done(&mut self) -> bool {
        if self.offers >= OFFERS * self.room || self.work >= self.most_work {
            self.end();
        }
        self.is_done
    }

    /// Whether half of the work that may be done is done: time to leave what can be left.
    pub(super) fn is_half_done(&mut self) -> bool {
        self.is_done() || self.work >= limits::EXTRACTION_WORK / 2
    }

    #[cold]
    fn end(&mut self) {
        self.cut(Cut::Count);
        self.is_done = true;
    }

    /// How much work may still be done before the search ends.
    pub(super) fn work_left(&self) -> usize {
        self.most_work.saturating_sub(self.work)
    }

    /// Counts work that is about to be done, in nanoseconds or so. What it is of is said by
    /// [`super::work`].
    #[inline]
    pub(super) fn work(&mut self, nanoseconds: usize) {
        self.work += nanoseconds;
    }

    /// Counts a text that looked like a destination and was none, so that such texts end a search
    /// like destinations do.
    pub(super) fn reject(&mut self) {
        self.offers += usize::from(self.beside.is_none());
        self.work += work::REJECTED;
    }

    /// How many destinations were offered so far, to see whether a step found any.
    pub(super) fn offers(&self) -> usize {
        self.offers
    }

    /// Takes bytes from the budget of decoding. `false`, and noted as a cut, where it is spent.
    pub(super) fn spend(&mut self, bytes: usize) -> bool {
        if self.decoded + bytes > limits::DECODED_BYTES {
            self.cut(Cut::Bytes);
            return false;
        }
        self.decoded += bytes;
        self.work += bytes * work::DECODED_BYTE;
        true
    }

    /// What is left of the budget of decoding, in bytes.
    pub(super) fn budget(&self) -> usize {
        limits::DECODED_BYTES - self.decoded
    }

    /// Goes one level down. `false`, and noted as a cut, where that is too deep.
    pub(super) fn enter(&mut self) -> bool {
        if self.nesting >= limits::NESTING {
            self.cut(Cut::Depth);
            return false;
        }
        self.nesting += 1;
        true
    }

    /// Comes up again after a successful [`Collector::enter`].
    pub(super) fn leave(&mut self) {
        self.nesting = self.nesting.saturating_sub(1);
    }

    /// The level that the search is on, to come back to where a container ends in its middle.
    pub(super) fn level(&self) -> usize {
        self.nesting
    }

    /// Comes back to a level.
    pub(super) fn return_to(&mut self, level: usize) {
        self.nesting = level;
    }

    /// Keeps a destination, unless the same was found at the same place before. Returns its number.
    pub(super) fn offer(&mut self, spot: &Spot<'_>, reading: &Reading<'_>, nature: Nature) -> Option<usize> {
        if self.is_done() {
            return None;
        }
        let asked = if reading.asks_parsers { work::PARSERS } else { 0 };
        if self.beside.is_some() && !self.is_sink(spot) {
            self.work += work::READING + asked;
            return None;
        }
        if let Some(beside) = &mut self.beside {
            beside.is_found = true;
        }
        self.offers += 1;
        self.work += work::offer(reading.path.as_deref()) + asked;
        let candidate = candidate(spot, reading, nature, self.key);
        self.keep(candidate, &reading.text)
    }

    fn keep(&mut self, candidate: Candidate, text: &str) -> Option<usize> {
        if let Some(index) = self.found.iter().position(|known| is_same(known, &candidate)) {
            return Some(index);
        }
        if self.found.len() == self.room {
            self.end();
            return None;
        }
        self.found.push(candidate);
        if let Some(texts) = &mut self.texts {
            texts.push(text.into());
        }
        Some(self.found.len() - 1)
    }

    /// Keeps a label that may be completed to a host. There is room for a few, beside that for destinations: what is
    /// passed over is no cut. Where texts are asked for there is none, for a label by itself tells nothing.
    pub(super) fn offer_label(&mut self, spot: &Spot<'_>, label: &str) {
        self.work += work::TOKEN;
        if self.beside.is_some() || self.texts.is_some() || self.labels.len() >= limits::LABELS {
            return;
        }
        let label = label::candidate(spot, label);
        if !self.labels.iter().any(|known| is_same(known, &label)) {
            self.labels.push(label);
        }
    }

    /// Keeps a text, if it names a file of the server.
    pub(super) fn name_file(&mut self, spot: &Spot<'_>, text: &str) {
        self.work += work::TOKEN;
        if self.beside.is_none() && self.files.len() < limits::NAMED_FILES && files::is_named(text) {
            self.files.push(NamedFile {
                location: spot.location(),
                parameter: spot.place(),
                is_plain: files::is_plain(text, spot.parameter),
                suggests: files::suggests(text),
                shown: shown::clean(&path::redact(text), limits::SHOWN_TEXT).into(),
            });
        }
    }

    /// Composes destinations whose parts stand in several parameters, and ends the search.
    pub(super) fn finish(self) -> Extraction {
        self.finish_with_texts().0
    }

    /// The same, with what each candidate was read from; a composed one from its host's text.
    pub(super) fn finish_with_texts(mut self) -> (Extraction, Vec<Box<str>>) {
        let parts = std::mem::take(&mut self.parts);
        if parts.is_incomplete() {
            self.cut(Cut::Count);
        }
        let joins = parts.joins();
        // A host that is composed twice is the same host both times: it is replaced only once.
        let hosts = if joins.is_empty() { Vec::new() } else { self.found.clone() };
        let mut composed = Vec::new();
        for join in &joins {
            let Some(host) = hosts.get(join.host) else { continue };
            let whole = join.apply(host, self.key);
            match self.found.get_mut(join.host).filter(|known| known.manner.kind == CandidateKind::Host) {
                Some(bare) => *bare = whole,
                None => {
                    let text = self.texts.as_ref().and_then(|texts| texts.get(join.host).cloned());
                    let index = self.keep(whole, &text.unwrap_or_default());
                    composed.extend(index.map(|index| (join.host, index)));
                }
            }
        }
        if self.add_tails(&parts, &composed).is_err() {
            self.cut(Cut::Count);
        }
        self.found.append(&mut self.labels);
        let found = Extraction { candidates: self.found, files: self.files, cut: self.cut, work: self.work };
        (found, self.texts.unwrap_or_default())
    }

    /// Adds what may stand behind hosts to their candidates; `composed` are the further ones of a host.
    fn add_tails(&mut self, parts: &Parts, composed: &[(usize, usize)]) -> Result<(), TooMany> {
        for tail in parts.tails() {
            let others = composed.iter().filter(|(host, _)| *host == tail.host).map(|&(_, index)| index);
            for index in std::iter::once(tail.host).chain(others) {
                let Some(candidate) = self.found.get_mut(index) else { continue };
                if tail.may_be_path() && self.sinks.iter().all(|sink| sink.parameter != candidate.parameter) {
                    continue;
                }
                self.work += 2 * work::READING;
                if self.work >= self.most_work {
                    return Err(TooMany);
                }
                tail.extend(candidate)?;
            }
        }
        Ok(())
    }
}

/// The candidate that a reading makes at a spot.
pub(super) fn candidate(spot: &Spot<'_>, reading: &Reading<'_>, nature: Nature, key: &Key) -> Candidate {
    Candidate {
        location: spot.location(),
        parameter: spot.place(),
        manner: Manner { kind: reading.kind, decodings: spot.decodings },
        nature,
        scheme: reading.scheme.clone(),
        host: reading.host.clone(),
        other_hosts: reading.others.clone(),
        port: reading.dialled_port(),
        path: reading.path.as_deref().map(|path| PathDigest::of(path, key)),
        path_bits: reading.path.as_deref().map_or(0, bits::estimate),
        disguised: reading.is_disguised(),
        shown: shown::shown(reading),
    }
}

/// The last part of a name that is no index.
fn last_part(name: &str) -> &str {
    name.rsplit(['.', '[', ']']).find(|part| !part.bytes().all(|b| b.is_ascii_digit())).unwrap_or_default()
}

fn is_same(a: &Candidate, b: &Candidate) -> bool {
    a.manner == b.manner
        && a.host == b.host
        && a.port == b.port
        && a.parameter == b.parameter
        && a.scheme == b.scheme
        && a.path == b.path
        && a.other_hosts == b.other_hosts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::host::Trust;
    use crate::extract::reading::whole;

    fn offer(collector: &mut Collector<'_>, name: &str, text: &str) -> Option<usize> {
        let spot = Spot::new(Container::Query, name);
        collector.offer(&spot, &whole(text, Trust::Value).unwrap(), Nature::Named)
    }

    #[test]
    fn keeps_what_is_the_same_once() {
        let key = Key::new(&[1; 32]);
        let mut collector = Collector::new(&key);
        assert_eq!(offer(&mut collector, "url", "http://h.example/a"), Some(0));
        assert_eq!(offer(&mut collector, "URL", "http://h.example:80/a"), Some(0));
        assert_eq!(offer(&mut collector, "url", "http://h.example/b"), Some(1));
        assert_eq!(offer(&mut collector, "src", "http://h.example/a"), Some(2));
        assert_eq!(collector.finish().candidates.len(), 3);
    }

    #[test]
    fn says_when_it_is_full() {
        let key = Key::new(&[1; 32]);
        let mut collector = Collector::new(&key);
        for n in 0..=limits::CANDIDATES {
            offer(&mut collector, "url", &format!("http://h{n}.example/"));
        }
        let found = collector.finish();
        assert_eq!((found.candidates.len(), found.cut), (limits::CANDIDATES, Some(Cut::Count)));
    }

    #[test]
    fn repetitions_end_the_search_too() {
        let key = Key::new(&[1; 32]);
        let mut collector = Collector::new(&key);
        for _ in 0..=OFFERS * limits::CANDIDATES {
            offer(&mut collector, "url", "http://h.example/");
        }
        let found = collector.finish();
        assert_eq!((found.candidates.len(), found.cut), (1, Some(Cut::Count)));
    }

    #[test]
    fn names_are_short_and_harmless() {
        let key = Key::new(&[1; 32]);
        let mut collector = Collector::new(&key);
        offer(&mut collector, &format!("u\u{202e}{}", "x".repeat(500)), "http://h.example/");
        let found = collector.finish();
        assert!(found.candidates[0].location.name.chars().count() <= NAME_LENGTH);
        assert!(!found.candidates[0].location.name.contains('\u{202e}'));
    }
}
