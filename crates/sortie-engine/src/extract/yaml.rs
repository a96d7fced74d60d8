//! Destinations in YAML, line by line: the lines of a mapping and a list are told by their
//! indentation, and what is no such line is read as a value of what stands above it.
//!
//! Not followed: aliases, which are a cut where they may stand for a proven sink, and flow collections within
//! others or over several lines.

use std::borrow::Cow;

use sortie_model::event::Cut;
use sortie_model::limits;

use super::collector::Collector;
use super::spot::Spot;
use super::{value, work, yaml_otherwise};

/// Bytes of one key that the path keeps.
const KEY_LENGTH: usize = 64;

/// The key whose value, an alias, stands for more keys and values.
const MERGE: &str = "<<";

/// Whether a media type is YAML's (RFC 9512, and what came before it).
pub(super) fn is_yaml(essence: &str) -> bool {
    essence.ends_with("/yaml") || essence.ends_with("/x-yaml") || essence.ends_with("+yaml")
}

/// Searches a text. Names are paths from `base`'s name.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if out.has_sinks() && yaml_otherwise::is_read_otherwise(text) {
        out.cut(Cut::Format);
    }
    let mut walk = Walk { path: base.name.to_owned(), open: Vec::new() };
    for line in text.lines() {
        if out.is_done() {
            return;
        }
        out.work(3 * work::TOKEN + line.len() * 2);
        let content = line.trim_start_matches(' ');
        if content.is_empty() || content.starts_with('#') || content.starts_with("---") {
            continue;
        }
        walk.line(line.len() - content.len(), content, base, out);
    }
}

struct Walk {
    path: String,
    /// Keys that are open: their indentation, and the path's length above them.
    open: Vec<(usize, usize)>,
}

impl Walk {
    fn line(&mut self, mut indent: usize, mut content: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
        // A list may stand as far left as the key above it.
        let is_item = content.starts_with("- ");
        self.close(if is_item { indent + 1 } else { indent });
        while let Some(item) = content.strip_prefix("- ") {
            let item = item.trim_start_matches(' ');
            indent += content.len() - item.len();
            content = item;
        }
        content = without_properties(content);
        let is_flow = content.starts_with(['{', '[']);
        let Some((key, rest)) = pair(content).filter(|_| !is_flow) else {
            return scalar(content, &base.named(&self.path), out);
        };
        self.close(indent);
        if self.open.len() >= limits::NESTING {
            return out.cut(Cut::Depth);
        }
        self.open.push((indent, self.path.len()));
        push_key(&mut self.path, key);
        scalar(rest, &base.named(&self.path), out);
    }

    /// Closes the keys that stand at or right of an indentation.
    fn close(&mut self, indent: usize) {
        while let Some(&(at, length)) = self.open.last()
            && at >= indent
        {
            self.path.truncate(length);
            self.open.pop();
        }
    }
}

fn push_key(path: &mut String, key: &str) {
    if !path.is_empty() {
        path.push('.');
    }
    path.push_str(&key[..key.floor_char_boundary(KEY_LENGTH)]);
}

/// Key and value of `key: value`, `"key": value` or `key:`.
fn pair(content: &str) -> Option<(&str, &str)> {
    let quote = content.chars().next().filter(|c| matches!(c, '"' | '\''));
    let (key, after) = match quote {
        Some(quote) => content[1..].split_once(quote)?,
        None => {
            let end = content
                .match_indices(':')
                .map(|(at, _)| at)
                .find(|at| matches!(content.as_bytes().get(at + 1), None | Some(b' ' | b'\t')))?;
            content.split_at(end)
        }
    };
    let rest = after.strip_prefix(':')?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then_some((key.trim(), rest.trim()))
}

fn scalar(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let text = without_properties(text);
    match text.strip_prefix(['{', '[']) {
        Some(inner) => flow(inner, spot, out),
        None => node(text, spot, out),
    }
}

/// A node that holds no others.
fn node(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    let text = without_properties(text);
    if text.starts_with('*') && (out.is_sink(spot) || out.has_sinks() && spot.name.ends_with(MERGE)) {
        out.cut(Cut::Format);
    }
    value::search(&plain(text), spot, out);
}

/// `{url: http://a/, n: 1}` and `[http://a/, http://b/]` on one line.
fn flow(inner: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    for item in inner.split([',', '{', '}', '[', ']']).map(str::trim).filter(|item| !item.is_empty()) {
        if out.is_done() {
            return;
        }
        out.work(4 * work::TOKEN);
        match flow_pair(item) {
            Some((key, text)) => {
                let mut path = spot.name.to_owned();
                push_key(&mut path, key);
                node(text, &spot.named(&path), out);
            }
            // Which collection within the others it stands in is not followed.
            None if item.starts_with('*') && out.has_sinks() => out.cut(Cut::Format),
            None => node(item, spot, out),
        }
    }
}

/// As [`pair`] within a flow collection: there a value may follow at once on a key in quotes (YAML 1.2.2 §7.4.2), and
/// in JSON5 on any.
fn flow_pair(item: &str) -> Option<(&str, &str)> {
    let adjacent = || {
        let (key, rest) = item.split_once(':')?;
        let bare = key.trim_end().trim_matches(['"', '\'']);
        (bare.len() < key.len() || rest.starts_with(['"', '\''])).then_some((bare, rest.trim()))
    };
    pair(item).or_else(adjacent)
}

/// A node without its tag and anchor (YAML 1.2.2 §6.9).
fn without_properties(text: &str) -> &str {
    let mut rest = text;
    while rest.starts_with(['!', '&'])
        && let Some((_, node)) = rest.split_once([' ', '\t'])
    {
        rest = node.trim_start();
    }
    rest
}

/// The text of a scalar: without quotes, escapes and a comment behind it.
fn plain(text: &str) -> Cow<'_, str> {
    if text.starts_with('"') {
        let end = text.rfind('"').filter(|&end| end > 0).map_or(text.len(), |end| end + 1);
        // Escapes are those of JSON and some more.
        return serde_json::from_str::<String>(&text[..end]).map_or(Cow::Borrowed(text.trim_matches('"')), Cow::Owned);
    }
    if let Some(quoted) = text.strip_prefix('\'') {
        let end = quoted.rfind('\'').unwrap_or(quoted.len());
        return Cow::Owned(quoted[..end].replace("''", "'"));
    }
    Cow::Borrowed(text.split(" #").next().unwrap_or_default().trim_end())
}

#[cfg(test)]
mod tests {
    use sortie_model::{Container, Containers, Key};

    use super::*;
    use crate::extract::ProvenSink;

    fn found(text: &str) -> Vec<String> {
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(text, &Spot::new(Container::Json, ""), &mut out);
        let candidates = out.finish().candidates;
        candidates.iter().map(|c| format!("{} {} {:?} {}", c.location, c.parameter, c.nature, c.shown)).collect()
    }

    #[test]
    fn values_are_found_by_their_path() {
        let text = "version: 2\njobs:\n  build:\n    image: http://h.example/i # the base\n    steps: [make]\n  hooks:\n  - url: \"http:\\/\\/a.example/\\u0078\"\n    on: paid\n  - url: 'http://b.example/'\n";
        assert_eq!(
            found(text),
            [
                "$.jobs.build.image jobs.build.image Named http://h.example/i",
                "$.jobs.hooks.url jobs.hooks.url Named http://a.example/x",
                "$.jobs.hooks.url jobs.hooks.url Named http://b.example/",
            ]
        );
    }

    #[test]
    fn hosts_and_ports_are_composed() {
        assert_eq!(found("db:\n  host: 10.20.0.5\n  port: 8080\n"), ["$.db.host db.host Named 10.20.0.5:8080"]);
    }

    #[test]
    fn lists_and_flow_collections_are_read() {
        assert_eq!(found("urls:\n- http://a.example/\n- http://b.example/\n").len(), 2);
        assert_eq!(found("x: {url: http://a.example/, n: 1}\ny: [\"http://b.example/\"]").len(), 2);
        assert_eq!(found("{url: http://a.example/, n: 1}"), ["$.url url Named http://a.example/"]);
        assert_eq!(found("hooks:\n- {url: http://a.example/}"), ["$.hooks.url hooks.url Named http://a.example/"]);
        assert_eq!(found("a: |\n  curl http://h.example/x\n  done\n"), ["$.a a Prose http://h.example/x"]);
    }

    #[test]
    fn what_stands_before_a_node_is_no_part_of_it() {
        assert_eq!(found("a: !!str http://a.example/"), ["$.a a Value http://a.example/"]);
        assert_eq!(found("a: &x !t \"http://a.example/\""), ["$.a a Value http://a.example/"]);
        assert_eq!(found("- !!map {url: http://a.example/}"), ["$.url url Named http://a.example/"]);
        assert_eq!(found("a: {\"url\":\"http://a.example/\",n:1}").len(), 1);
        assert_eq!(found("{url:'http://a.example/'}"), ["$.url url Named http://a.example/"]);
    }

    #[test]
    fn an_alias_at_a_proven_sink_is_a_cut() {
        let sinks = [ProvenSink { parameter: "hook.url".into(), read_in: Containers::NONE }];
        for (text, cut) in [
            ("a: &a http://10.20.0.5/\nhook:\n  url: *a\n", Some(Cut::Format)),
            ("a: &a {url: http://10.20.0.5/}\nhook:\n  <<: *a\n", Some(Cut::Format)),
            ("a: &a {url: http://10.20.0.5/}\nhook: {<<: [*a]}\n", Some(Cut::Format)),
            ("hook: {url: *a}\n", Some(Cut::Format)),
            ("a: &a x\nb: *a\nhook:\n  url: http://a.example/\n", None),
        ] {
            let key = Key::new(&[1; 32]);
            let mut out = Collector::new(&key).with_sinks(&sinks);
            search(text, &Spot::new(Container::Json, ""), &mut out);
            assert_eq!(out.finish().cut, cut, "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let deep = (0..200).map(|n| format!("{}k:", " ".repeat(n))).collect::<Vec<_>>().join("\n");
        let key = Key::new(&[1; 32]);
        let mut out = Collector::new(&key);
        search(&deep, &Spot::new(Container::Json, ""), &mut out);
        assert_eq!(out.finish().cut, Some(Cut::Depth));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z \n:'\"#{}\\[\\],-]|é|http://h/|\\\\u){0,60}") {
            let _ = found(&text);
        }
    }
}
