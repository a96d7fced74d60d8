//! Members and elements in which nothing can be are passed over as they stand: they are most of what programs send,
//! and where the walk is while it passes them is nobody's matter.
//!
//! This is no judgement of its own: what is passed over, the walk would have searched for nothing, and a property
//! test holds the two against each other.

use super::super::inert::is_inert;
use super::super::marks::Marks;
use super::super::names::Meaning;
use super::super::{value, work};
use super::cursor::{Cursor, Number};
use super::key::Key;
use super::source::Stop;
use super::{Walk, path};

impl<'w> Walk<'w, '_> {
    /// From where a key is due: passes over members in which nothing can be, and takes the key of the next one.
    /// Returns whether its value is due; else the walk stands behind a value.
    pub(super) fn member(&mut self) -> Result<bool, Stop> {
        let may_be_call = self.envelope.is_some() && self.path.is_at_top();
        let is_overruled = self.path.is_overruled();
        let most = self.out.work_left();
        let (mut work, mut at) = (0, self.source.cursor);
        loop {
            let mut cursor = at;
            let Some(raw) = member_key(&mut cursor) else {
                self.passed(at, work);
                let key = self.key()?;
                return Ok(!(may_be_call && self.hold(key)?));
            };
            work += work::TOKEN;
            let key = Key::new(raw, true);
            let says_nothing = !is_overruled
                && path::is_last_word(raw)
                && Meaning::of(raw) == Meaning::NONE
                && !self.may_be_sink(raw)
                && !(may_be_call && self.is_of_call(key));
            let Some(end) = Some(cursor).filter(|_| says_nothing).and_then(|cursor| self.empty_scalar(cursor)) else {
                self.passed(cursor, work);
                self.path.next_key(key);
                return Ok(!(may_be_call && self.hold(key)?));
            };
            work += work::TOKEN;
            cursor.at = end;
            at = cursor;
            if work < most && cursor.take_sign(b',') {
                at = cursor;
            } else if work < most
                && let Some(cursor) = self.next_object(at, may_be_call)
            {
                work += work::TOKEN;
                at = cursor;
            } else {
                self.passed(at, work);
                return Ok(false);
            }
        }
    }

    /// From behind a value of an object that stands in an array: goes on to the first key of the next object there,
    /// as in a list of records. `None`, and nothing is changed, where something else follows.
    #[inline]
    fn next_object(&mut self, mut cursor: Cursor<'w>, may_be_call: bool) -> Option<Cursor<'w>> {
        let is_next = self.path.is_in_array_of_objects()
            && [b'}', b',', b'{'].into_iter().all(|sign| cursor.take_sign(sign))
            && cursor.token() == b'"';
        if !is_next || may_be_call && self.holds_a_part() {
            return None;
        }
        if may_be_call {
            self.end_call();
        }
        self.path.next_object();
        Some(cursor)
    }

    /// From where a value is due: passes over elements in which nothing can be. Returns whether another value is
    /// due; else the walk stands behind one.
    pub(super) fn element(&mut self) -> bool {
        let is_scalar = !matches!(self.source.token(), b'{' | b'[');
        if !is_scalar || self.path.is_in_object() != Some(false) || !self.is_unnamed() {
            return true;
        }
        let most = self.out.work_left();
        let (mut work, mut at) = (0, self.source.cursor);
        let is_due = loop {
            let mut cursor = at;
            let Some(end) = self.empty_scalar(cursor) else { break true };
            work += work::TOKEN;
            cursor.at = end;
            at = cursor;
            if work >= most || !cursor.take_sign(b',') || cursor.token() == b']' {
                break false;
            }
            at = cursor;
            self.path.next_index();
        };
        self.passed(at, work);
        is_due
    }

    /// Notes how far it went, and with what work.
    fn passed(&mut self, cursor: Cursor<'w>, work: usize) {
        self.source.cursor = cursor;
        self.any_read |= work > 0;
        self.out.work(work);
    }

    /// Whether the name of the value at hand says nothing.
    fn is_unnamed(&mut self) -> bool {
        self.path.meaning() == Meaning::NONE && !self.may_be_at_sink()
    }

    /// Where a string, number or literal ends in which nothing can be, if its name says nothing.
    fn empty_scalar(&self, mut cursor: Cursor<'w>) -> Option<usize> {
        let is_empty = match cursor.token() {
            b'"' => {
                cursor.take();
                let text = value::trimmed(cursor.take_string()?);
                is_inert(text, Marks::of(text), &self.base, Meaning::NONE)
            }
            b'-' | b'0'..=b'9' => match cursor.take_number()? {
                Number::Whole(digits) => digits < value::ADDRESS_DIGITS || !self.out.has_sinks(),
                Number::Other => true,
            },
            b't' => cursor.take_word(b"true"),
            b'f' => cursor.take_word(b"false"),
            b'n' => cursor.take_word(b"null"),
            _ => false,
        };
        is_empty.then_some(cursor.at)
    }
}

/// Takes a key as keys mostly are, and its colon.
#[inline]
fn member_key<'t>(cursor: &mut Cursor<'t>) -> Option<&'t str> {
    if !cursor.take_sign(b'"') {
        return None;
    }
    let key = cursor.take_key()?;
    cursor.take_sign(b':').then_some(key)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use proptest::prelude::*;
    use serde_json::Value;
    use sortie_model::{Container, Containers, Key};

    use super::super::search;
    use crate::extract::collector::Collector;
    use crate::extract::spot::{Setting, Spot};
    use crate::extract::{Extraction, ProvenSink};

    /// A document as text. In `odd` ones keys and strings begin with escapes, and such are not passed over.
    fn write_out(value: &Value, odd: bool, text: &mut String) {
        match value {
            Value::Object(members) => {
                for (number, (key, value)) in members.iter().enumerate() {
                    text.push(if number == 0 { '{' } else { ',' });
                    write_out(&Value::from(key.as_str()), odd, text);
                    text.push(':');
                    write_out(value, odd, text);
                }
                text.push_str(if members.is_empty() { "{}" } else { "}" });
            }
            Value::Array(elements) => {
                text.push('[');
                for (number, value) in elements.iter().enumerate() {
                    text.push_str(if number == 0 { "" } else { " , " });
                    write_out(value, odd, text);
                }
                text.push(']');
            }
            Value::String(string) if odd && !string.is_empty() => {
                let first = string.chars().next().unwrap();
                write!(text, "\"\\u{:04x}{}\"", u32::from(first), &string[first.len_utf8()..]).unwrap();
            }
            other => *text += &other.to_string(),
        }
    }

    fn read(value: &Value, odd: bool, setting: Setting, sinks: &[ProvenSink]) -> Extraction {
        let mut text = String::new();
        write_out(value, odd, &mut text);
        let key = Key::new(&[1; Key::LENGTH]);
        let mut out = Collector::new(&key).with_sinks(sinks);
        search(&text, &Spot::new(Container::Json, "").set(setting), &mut out);
        out.finish()
    }

    fn document() -> impl Strategy<Value = Value> {
        let text = "https?://[a-c]\\.example/?|a\\.example(:80)?|10\\.0\\.0\\.5|localhost|::1|//h/| ?[a-z]{1,5} ?|é|\
            12\\.50|2130706433|aHR0cDovL2EuYi8xMg|a=http://b/|[a-z .,:/@%&<!{\\[+-]{0,12}";
        let scalar = prop_oneof![
            text.prop_map(Value::from),
            prop::sample::select(vec![80_i64, 7, -1, 2_130_706_433, 0]).prop_map(Value::from),
            any::<bool>().prop_map(Value::from),
            Just(Value::from(1.25)),
            Just(Value::Null),
        ];
        let key = "url|ids?|x_host|port|ip|method|params|query|variables|jsonrpc|sku|zip|3|x1|é|[a-z]{62,66}|";
        scalar.prop_recursive(4, 40, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((key, inner), 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2048))]

        #[test]
        fn nothing_is_lost_in_what_is_passed_over(
            document in document(),
            setting in prop::sample::select(vec![Setting::Name, Setting::Type, Setting::Urls]),
            at_sinks: bool,
        ) {
            let sinks = ["sku", "x1", "ids", "3"].map(|name| ProvenSink {
                parameter: name.into(),
                read_in: Containers::of_parameter(name),
            });
            let sinks = if at_sinks { &sinks[..] } else { &[] };
            let (skimmed, walked) = (read(&document, false, setting, sinks), read(&document, true, setting, sinks));
            prop_assert_eq!(skimmed.candidates, walked.candidates);
            prop_assert_eq!((skimmed.cut, skimmed.files.len()), (walked.cut, walked.files.len()));
        }
    }
}
