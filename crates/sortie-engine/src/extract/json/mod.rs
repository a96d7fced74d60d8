//! Destinations in JSON: a walk that keeps only the path it is at, and searches only those texts
//! that can hold one.
//!
//! What was read before a body's end, a syntax error or a bound counts. Nesting is bounded by
//! [`sortie_model::limits::NESTING`]; what lies deeper is skipped without recursion.

mod call;
mod cursor;
mod key;
mod members;
mod path;
mod skim;
mod source;

use super::collector::Collector;
use super::host::{Trust, has_bounds_of_label, is_host};
use super::inert::is_inert;
use super::marks::Marks;
use super::names::Meaning;
use super::spot::{Setting, Spot};
use super::{value, work};
use call::Envelope;
pub(super) use call::is_word;
use key::Key;
pub(super) use members::{string, values};
use path::Path;
use source::{Source, Stop};

/// The key under which a host may stand in pieces, and how many bytes of them are read.
const HOST: &str = "host";
const HOST_LENGTH: usize = 512;

/// How a text ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// It is JSON as far as it goes: one document or several, the last one perhaps cut off.
    Read,
    /// It is no JSON from this byte on.
    Broken { at: usize, any_read: bool },
}

/// Searches a text of one or several JSON documents (NDJSON). Names are paths from `base`'s name.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) -> End {
    search_those(text, true, base, out)
}

/// Searches a value that stands somewhere in a document, as it is written.
pub(super) fn search_value(value: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    out.work(work::VALUE);
    search_those(value, false, base, out);
}

fn search_those(text: &str, may_be_call: bool, base: &Spot<'_>, out: &mut Collector<'_>) -> End {
    if out.is_done() {
        return End::Read;
    }
    let level = out.level();
    let overruled = (base.setting == Setting::Type).then(|| base.meaning());
    let path = Path::new(base.name, overruled);
    let envelope = may_be_call.then(Envelope::default);
    let mut walk = Walk { out, base: *base, source: Source::new(text), path, envelope, level, any_read: false };
    let stop = loop {
        if let Err(stop) = walk.document() {
            break stop;
        }
    };
    walk.end_call();
    walk.out.return_to(level);
    match stop {
        Stop::Broken(at) if !walk.out.is_done() => End::Broken { at, any_read: walk.any_read },
        _ => End::Read,
    }
}

/// What follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Key,
    Value,
    /// The document is over.
    Nothing,
}

struct Walk<'w, 'k> {
    out: &'w mut Collector<'k>,
    base: Spot<'w>,
    source: Source<'w>,
    path: Path<'w>,
    /// What was kept of the top object, which may be a call; `None` where none may stand.
    envelope: Option<Envelope<'w>>,
    /// The level on which the text stands.
    level: usize,
    any_read: bool,
}

impl<'w> Walk<'w, '_> {
    /// Reads one document.
    fn document(&mut self) -> Result<(), Stop> {
        let mut next = Next::Value;
        while next != Next::Nothing {
            let is_due = if next == Next::Key { self.member()? } else { self.element() };
            let opened = if is_due { self.value()? } else { None };
            next = match opened {
                Some(next) => next,
                None => self.go_on()?,
            };
        }
        Ok(())
    }

    /// Takes a value; of an array or object what it begins with, and says what follows in it.
    fn value(&mut self) -> Result<Option<Next>, Stop> {
        let first = self.source.token();
        match first {
            b'"' => self.text()?,
            b'{' | b'[' => return self.open(first),
            b'-' | b'0'..=b'9' => self.number(first)?,
            _ => {
                self.out.work(work::TOKEN);
                self.source.literal(first)?;
            }
        }
        Ok(None)
    }

    /// Takes a bracket; says what follows it, unless it is closed at once.
    fn open(&mut self, bracket: u8) -> Result<Option<Next>, Stop> {
        let host = if bracket == b'[' { self.labels() } else { None };
        self.source.take();
        if let Some(host) = host {
            value::search(&host, &self.base.named(self.path.text()), self.out);
            self.source.skip(bracket)?;
            return Ok(None);
        }
        self.out.work(work::TOKEN);
        if self.out.is_done() {
            return Err(Stop::Enough);
        }
        if !self.out.enter() {
            self.source.skip(bracket)?;
            return Ok(None);
        }
        let (end, next) = if bracket == b'{' {
            self.path.open_object();
            (b'}', Next::Key)
        } else {
            self.path.open_array();
            (b']', Next::Value)
        };
        if self.source.token() == end {
            self.close();
            return Ok(None);
        }
        Ok(Some(next))
    }

    /// The host that an array gives label by label, as collections of Postman do: `"host": ["api", "example", "com"]`.
    /// What together is no host may be a list of them.
    fn labels(&mut self) -> Option<String> {
        if !self.path.key().is_some_and(|key| call::is_word(&key, HOST)) {
            return None;
        }
        let text = &self.source.cursor.text[self.source.cursor.at..];
        let text = &text[..text.floor_char_boundary(HOST_LENGTH)];
        self.out.work(work::VALUE + text.len());
        let is_label = |label: &str| has_bounds_of_label(label) && !label.contains('.');
        let labels = members::values(text).map(|(_, value)| members::string(value).filter(|label| is_label(label)));
        let host = labels.collect::<Option<Vec<_>>>().filter(|labels| labels.len() > 1)?.join(".");
        is_host(&host, Trust::Value).then_some(host)
    }

    fn close(&mut self) {
        self.source.take();
        if self.path.is_at_top() {
            self.end_call();
        }
        self.path.close();
        self.out.leave();
    }

    /// Goes on behind a value. Says what follows in the same document.
    fn go_on(&mut self) -> Result<Next, Stop> {
        if self.out.is_done() {
            return Err(Stop::Enough);
        }
        while let Some(is_object) = self.path.is_in_object() {
            match (self.source.token(), is_object) {
                (b',', true) => {
                    self.source.take();
                    return Ok(Next::Key);
                }
                (b',', false) => {
                    self.source.take();
                    if self.source.token() == b']' {
                        return Err(self.source.unexpected());
                    }
                    self.path.next_index();
                    return Ok(Next::Value);
                }
                (b'}', true) | (b']', false) => self.close(),
                _ => return Err(self.source.unexpected()),
            }
        }
        Ok(Next::Nothing)
    }

    /// Takes a key and its colon.
    fn key(&mut self) -> Result<Key<'w>, Stop> {
        if self.source.token() != b'"' {
            return Err(self.source.unexpected());
        }
        self.source.take();
        let key = self.source.key()?;
        self.any_read = true;
        self.out.work(work::TOKEN);
        self.path.next_key(key);
        if !key.is_simple {
            self.map_key(&key.text());
        }
        self.source.colon()?;
        Ok(key)
    }

    /// A program may take its destinations from the keys of a map.
    fn map_key(&mut self, key: &str) {
        if key.contains("://") {
            value::search(key, &self.base.named(self.path.text()), self.out);
        }
    }

    /// Takes a string.
    #[inline]
    fn text(&mut self) -> Result<(), Stop> {
        self.source.take();
        let text = self.source.string()?;
        let text = text.unwrap_or_else(|| {
            self.out.work(self.source.unescaped.len() * work::ESCAPED_BYTE);
            &self.source.unescaped
        });
        let marks = Marks::of(text);
        self.any_read = true;
        let meaning = self.path.meaning();
        // A name that says something was looked at closely.
        self.out.work(if meaning == Meaning::NONE { work::TOKEN } else { 3 * work::TOKEN });
        if !self.may_be_at_sink() && is_inert(text, marks, &self.base, meaning) {
            return Ok(());
        }
        value::search(text, &self.base.named(self.path.text()), self.out);
        Ok(())
    }

    /// Whether a value whose key this is may be at a proven sink.
    #[inline]
    fn may_be_sink(&self, key: &str) -> bool {
        self.out.has_sinks() && self.out.may_be_sink(key)
    }

    /// Whether the value at hand may be at a proven sink.
    #[inline]
    fn may_be_at_sink(&self) -> bool {
        self.out.has_sinks() && self.out.may_be_sink(self.path.key().as_deref().unwrap_or(self.base.name))
    }

    /// Takes a number. It is a port, or an address where the name says so.
    #[inline]
    fn number(&mut self, first: u8) -> Result<(), Stop> {
        self.out.work(work::TOKEN);
        let Some(digits) = self.source.number(first)? else { return Ok(()) };
        self.any_read = true;
        if value::is_telling_number(digits, self.path.meaning(), self.out) {
            value::search(digits, &self.base.named(self.path.text()), self.out);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::event::Cut;
    use sortie_model::{Container, Key, limits};

    use super::*;
    use crate::extract::Extraction;

    fn search_all(text: &str) -> (Extraction, End) {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        let end = search(text, &Spot::new(Container::Json, ""), &mut out);
        (out.finish(), end)
    }

    fn found(text: &str) -> Vec<String> {
        search_all(text).0.candidates.iter().map(|c| format!("{} {} {}", c.location, c.parameter, c.shown)).collect()
    }

    #[test]
    fn strings_are_found_by_their_path() {
        assert_eq!(
            found(r#"{"a":{"hooks":[{"url":"http://a.example/"},{"url":"http://b.example/"}]},"n":1.5}"#),
            ["$.a.hooks[0].url a.hooks.url http://a.example/", "$.a.hooks[1].url a.hooks.url http://b.example/"]
        );
        assert_eq!(found(r#"["http://a.example/"]"#), ["$[0]  http://a.example/"]);
        assert_eq!(found(r#""http:\/\/a.example\/""#), ["$  http://a.example/"]);
        assert_eq!(found("{\"url\":\"\\u0068ttp://a.example/\"}"), ["$.url url http://a.example/"]);
        assert_eq!(found(r#"{"http://a.example/":1}"#).len(), 1);
    }

    #[test]
    fn parts_of_one_object_are_composed() {
        assert_eq!(
            found(r#"{"command":"server","host":"10.20.0.5","port":8080,"protocol":"tcp"}"#),
            ["$.host host tcp://10.20.0.5:8080"]
        );
        assert_eq!(found(r#"{"db":{"host":"billing","port":"5432"}}"#), ["$.db.host db.host billing:5432"]);
        assert_eq!(found(r#"{"host":"a.example","x":{"port":80}}"#), ["$.host host a.example"]);
        let postman = r#"{"url":{"protocol":"http","host":["169","254","169","254"],"port":"81","path":["x"]}}"#;
        assert_eq!(found(postman), ["$.url.host url.host http://169.254.169.254:81"]);
        assert_eq!(found(r#"{"host":["api","a.example"]}"#).len(), 2);
        assert_eq!(found(r#"{"host":["redis","queue"]}"#), ["$.host[0] host redis", "$.host[1] host queue"]);
        assert_eq!(found(r#"{"ip":2130706433,"port":80}"#), ["$.ip ip 2130706433:80"]);
        assert_eq!(found(r#"{"ip":17,"count":2130706433}"#), [""; 0]);
    }

    #[test]
    fn every_one_of_equal_keys_is_kept() {
        assert_eq!(found(r#"{"url":"http://a.example/","url":"http://b.example/"}"#).len(), 2);
    }

    #[test]
    fn json_in_a_string_is_read() {
        let text = r#"{"payload":"{\"url\":\"http://a.example/\"}"}"#;
        let (extraction, _) = search_all(text);
        let candidate = &extraction.candidates[0];
        assert_eq!((&*candidate.parameter, candidate.location.to_string().as_str()), ("payload.url", "$.payload.url"));
        assert!(candidate.manner.decodings.contains(sortie_model::Decoding::Json));
    }

    #[test]
    fn documents_may_follow_each_other() {
        assert_eq!(found("{\"url\":\"http://a.example/\"}\n{\"url\":\"http://b.example/\"}\n").len(), 2);
        assert_eq!(search_all("{} {}").1, End::Read);
    }

    #[test]
    fn what_was_read_before_the_end_counts() {
        let text = r#"{"url":"http://a.example/","next":{"url":"http://b.exa"#;
        assert_eq!(found(text), ["$.url url http://a.example/"]);
        assert_eq!(search_all(text).1, End::Read);
        assert_eq!(search_all("{\"a\":1,\n \"b\":nAN}").1, End::Broken { at: 14, any_read: true });
        assert!(matches!(search_all("[link](http://a.example/)").1, End::Broken { any_read: false, .. }));
    }

    #[test]
    fn depth_is_a_reason_and_no_error() {
        let deep = |depth: usize| format!("{}\"http://a.example/\"{}", "[".repeat(depth), "]".repeat(depth));
        let text = format!("[{},\"http://b.example/\"]", deep(5000));
        let (extraction, end) = search_all(&text);
        assert_eq!((extraction.cut, end), (Some(Cut::Depth), End::Read));
        assert_eq!(extraction.candidates.len(), 1);
        let (extraction, _) = search_all(&deep(limits::NESTING));
        assert_eq!((extraction.cut, extraction.candidates.len()), (None, 1));
    }

    #[test]
    fn nesting_adds_up_through_strings() {
        let mut text = "\"http://a.example/\"".to_owned();
        for _ in 0..3 {
            text = serde_json::to_string(&format!("{}{text}{}", "[".repeat(30), "]".repeat(30))).unwrap();
        }
        assert_eq!(search_all(&text).0.cut, Some(Cut::Depth));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([\\[\\]{}:,\"\\\\0-9a-z ]|\"url\":|\"http://a\"|é|\n){0,60}") {
            let (_, end) = search_all(&text);
            if let End::Broken { at, .. } = end {
                proptest::prop_assert!(text.is_char_boundary(at));
            }
        }
    }
}
