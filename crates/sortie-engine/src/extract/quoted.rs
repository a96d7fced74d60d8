//! Candidates with the texts that they were read from, for who has the request anyway. No event holds
//! such a text.

use sortie_model::event::Cut;
use sortie_model::{Candidate, Container, Key};

use super::collector::Collector;
use super::spot::Spot;
use super::{Body, Head, value};

/// Where candidates are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Source<'a> {
    /// The head of a request.
    Head(&'a Head<'a>),
    /// Its body.
    Body(&'a Body<'a>),
    /// The value of a parameter.
    Value {
        /// Its name, which says what the value may be.
        name: &'a str,
        /// The value.
        text: &'a str,
    },
}

/// A candidate and its text.
#[derive(Clone, Debug)]
pub struct Quoted {
    /// The candidate.
    pub candidate: Candidate,
    /// What it was read from, decodings undone.
    pub text: Box<str>,
}

/// Candidates in their order with their texts, and what was not inspected.
pub fn quoted(source: Source<'_>, key: &Key) -> (Vec<Quoted>, Option<Cut>) {
    let mut out = Collector::new(key).with_texts();
    match source {
        Source::Head(head) => super::search_head(head, &mut out),
        Source::Body(body) => super::search_body(body, &mut out),
        Source::Value { name, text } => {
            value::search(text, &Spot::new(Container::Query, name), &mut out);
        }
    }
    let (found, texts) = out.finish_with_texts();
    let quoted = found.candidates.into_iter().zip(texts).map(|(candidate, text)| Quoted { candidate, text });
    (quoted.collect(), found.cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(source: Source<'_>) -> Vec<String> {
        let (found, _) = quoted(source, &Key::new(&[1; 32]));
        found.into_iter().map(|quoted| format!("{} < {}", quoted.candidate.shown, quoted.text)).collect()
    }

    #[test]
    fn a_candidate_stands_beside_its_text() {
        let fields: &[(&str, &[u8])] = &[("x-callback-url", b"HTTP://u:p@h.example/a?b=c#d")];
        let head = Head { target: "/x?host=0x7f.1&port=80&port=81&u=http%253A%252F%252Fk.example", fields, sinks: &[] };
        assert_eq!(
            texts(Source::Head(&head)),
            [
                "0x7f.1:80 < 0x7f.1",
                "http://k.example/ < http://k.example",
                "http://h.example/a?b=… < HTTP://u:p@h.example/a?b=c#d",
                "0x7f.1:81 < 0x7f.1",
            ]
        );
        let text = "http://h.example &@127.0.0.1/";
        assert_eq!(texts(Source::Value { name: "q", text }), [format!("http://h.example/ < {text}")]);
    }
}
