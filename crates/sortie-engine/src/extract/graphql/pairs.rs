//! GraphQL in a query string or a form: `?query=…&variables=…`.

use std::borrow::Cow;

use smallvec::SmallVec;
use sortie_model::{Container, Decoding};

use super::super::collector::Collector;
use super::super::pairs::decode;
use super::super::spot::Spot;
use super::super::{json, value};
use super::{Document, Variables, read, search, text_of};

/// The pair that holds a document.
const QUERY: &str = "query";
/// The pair that holds the values of its variables.
const VARIABLES: &str = "variables";

/// Whether a pair may be one of a GraphQL request.
pub(in super::super) fn is_pair(pair: &str) -> bool {
    let name = name(pair);
    name == QUERY || name == VARIABLES
}

/// Searches the pairs of a GraphQL request. Returns whether nothing is left to be searched in them.
pub(in super::super) fn search_pairs(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let all = |wanted: &'static str| {
        let those = text.split('&').filter(move |pair| name(pair) == wanted);
        those.filter_map(|pair| pair.split_once('=')).map(|(_, text)| decode(text))
    };
    if !base.name.is_empty() || !has_pair(text) {
        return false;
    }
    let queries: SmallVec<[Cow<'_, str>; 1]> = all(QUERY).collect();
    let documents: SmallVec<[Document<'_>; 1]> = queries.iter().filter_map(|text| read(text, out)).collect();
    let texts: SmallVec<[Cow<'_, str>; 1]> = all(VARIABLES).collect();
    let of_name = base.named(VARIABLES);
    if documents.is_empty() {
        // The server may know the document by its digest, or from elsewhere in the request.
        if out.has_sinks_in(Container::Graphql) {
            let first = out.count();
            for text in &texts {
                value::search(text, &of_name, out);
            }
            out.repeat_at_sinks(first, Container::Graphql);
        }
        return false;
    }
    let contents: SmallVec<[Cow<'_, str>; 1]> = texts.iter().map(|text| text_of(text)).collect();
    let mut variables = Variables::of(&contents, out);
    let known: SmallVec<[&Document<'_>; 1]> = documents.iter().collect();
    search(&known, &mut variables, base, out);
    for object in 0..contents.len() {
        for (name, value) in variables.unused(object) {
            let name = format!("{VARIABLES}.{name}");
            json::search_value(value, &base.named(&name).decoded(Decoding::Json), out);
        }
    }
    // A program that knows no GraphQL does not ask what stands in the other pair.
    documents.len() == queries.len() && !out.has_sink_within(&base.named(QUERY)) && !out.has_sink_within(&of_name)
}

/// Whether a pair may be one of GraphQL: looked for from its sign on, for a form may be all ampersands.
fn has_pair(text: &str) -> bool {
    memchr::memchr_iter(b'=', text.as_bytes()).any(|sign| {
        let before = &text.as_bytes()[..sign];
        let length = before.iter().rev().take(LONGEST + 1).take_while(|byte| !matches!(byte, b'&' | b'=')).count();
        length <= LONGEST && is_pair(&text[sign - length..sign])
    })
}

/// Bytes of the longest name: no escape makes more than a third of its bytes.
const LONGEST: usize = 3 * VARIABLES.len();

fn name(pair: &str) -> Cow<'_, str> {
    let name = pair.split('=').next().unwrap_or_default();
    if name.len() <= LONGEST { decode(name) } else { Cow::Borrowed("") }
}
