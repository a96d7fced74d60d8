//! The readings of a caller's response in which an answer, or a file, may stand.

use sortie_model::Reference;
use sortie_model::event::{Returned, ReturnedForm};
use sortie_model::limits::{DECODED_BYTES, DECODING_DEPTH};

use super::base64_runs::decoded_runs;
use super::grams::GRAM;
use super::json_strings::{Strings, looks_like_json, unescaped};
use super::prints::AnswerPrints;
use super::search::Search;
use super::{coding, entities};

/// Content types whose texts hold JSON, if not at their beginning.
const JSON_TYPES: [&str; 3] = ["json", "javascript", "event-stream"];

/// Looks for each answer in the beginning of the caller's response.
///
/// An answer is reported once, with the form and location that show most of it. In a location, the
/// path inside JSON that itself stands in a string follows the string's own path.
pub fn find(
    answers: &[(Reference, AnswerPrints)],
    response_prefix: &[u8],
    content_type: Option<&str>,
    content_encoding: Option<&str>,
) -> Vec<Returned> {
    let Some(mut search) = Search::of(answers) else { return Vec::new() };
    read_in_every_way(response_prefix, content_type, content_encoding, &mut search);
    search.finish()
}

/// Who looks at each reading of a response.
pub(crate) trait Look {
    /// Looks at one reading; where it stands is written out only where something is found.
    fn look(&mut self, text: &[u8], form: ReturnedForm, location: &dyn Fn() -> String);
}

/// Shows the beginning of a response in every way that it can be read: as it stands, its JSON strings, without
/// HTML entities, what is in base64 in it.
pub(crate) fn read_in_every_way(
    response_prefix: &[u8],
    content_type: Option<&str>,
    content_encoding: Option<&str>,
    look: &mut impl Look,
) {
    let Some(text) = coding::decoded(response_prefix, content_encoding) else { return };
    let mut views = Views { look, left: DECODED_BYTES };
    let at = At { form: ReturnedForm::Raw, path: None, depth: 0 };
    views.look.look(&text, at.form, &|| at.location());
    let begins_as_json = looks_like_json(&text);
    let is_called_json = is_called_json(content_type);
    if begins_as_json || is_called_json {
        views.strings(&text, at);
    }
    if !(begins_as_json && is_called_json) {
        views.text(&text, at);
    }
}

fn is_called_json(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|sent| {
        let sent = sent.to_ascii_lowercase();
        JSON_TYPES.iter().any(|json| sent.contains(json))
    })
}

struct Views<'l, L> {
    look: &'l mut L,
    /// Decoded bytes that may still be looked at.
    left: usize,
}

/// Where a text stands.
#[derive(Clone, Copy)]
struct At<'p> {
    form: ReturnedForm,
    /// Gives the JSON path; none for the body itself. Written out only where something is found.
    path: Option<&'p dyn Fn() -> String>,
    /// Decodings that led here.
    depth: usize,
}

impl At<'_> {
    fn location(&self) -> String {
        self.path.map_or_else(|| String::from("body"), |path| path())
    }

    /// One decoding further in. Of two forms, base64 says more.
    fn within(self, form: ReturnedForm) -> Self {
        let form = if self.form == ReturnedForm::Base64 { self.form } else { form };
        Self { form, depth: self.depth + 1, ..self }
    }
}

impl<L: Look> Views<'_, L> {
    /// The string values of a JSON text, and what is inside them.
    fn strings(&mut self, json: &[u8], at: At<'_>) {
        let mut strings = Strings::of(json);
        while let Some(value) = strings.next_value() {
            if value.len() < GRAM {
                continue;
            }
            if self.left == 0 {
                return;
            }
            let path = || match at.path {
                Some(outer) => outer() + strings.path().trim_start_matches('$'),
                None => strings.path(),
            };
            self.inner(&unescaped(value), At { path: Some(&path), ..at }.within(ReturnedForm::Json));
        }
    }

    /// What encodings within a text hold.
    fn text(&mut self, text: &[u8], at: At<'_>) {
        if let Some(plain) = entities::unescaped(text) {
            let plain = self.affordable(&plain);
            self.look.look(plain, at.form, &|| at.location());
        }
        if at.form == ReturnedForm::Base64 {
            return;
        }
        for decoded in decoded_runs(text) {
            if self.left == 0 {
                return;
            }
            self.inner(&decoded, at.within(ReturnedForm::Base64));
        }
    }

    /// A decoded text, and what is inside it.
    fn inner(&mut self, decoded: &[u8], at: At<'_>) {
        let decoded = self.affordable(decoded);
        self.look.look(decoded, at.form, &|| at.location());
        if at.depth >= DECODING_DEPTH {
            return;
        }
        if looks_like_json(decoded) {
            self.strings(decoded, at);
        }
        self.text(decoded, at);
    }

    /// As much of a decoded text as the bound on work leaves.
    fn affordable<'t>(&mut self, decoded: &'t [u8]) -> &'t [u8] {
        let text = &decoded[..decoded.len().min(self.left)];
        self.left -= text.len();
        text
    }
}
