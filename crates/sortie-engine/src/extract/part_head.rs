//! The head of a part of a multipart body, and the parameters of header fields (RFC 7578, RFC 2231).

use std::borrow::Cow;

use percent_encoding::percent_decode_str;

/// A parameter in `type; name="value"`.
#[derive(Debug, PartialEq)]
pub(super) struct Parameter<'a> {
    pub(super) name: &'a str,
    pub(super) value: Cow<'a, str>,
    /// Whether it was written with backslashes, which programs undo or do not.
    pub(super) is_escaped: bool,
}

/// All parameters of a field's value, in their order.
pub(super) fn parameters(field: &str) -> impl Iterator<Item = Parameter<'_>> {
    let mut rest = field.split_once(';').map(|(_, rest)| rest);
    std::iter::from_fn(move || {
        let (name, after) = rest?.trim_start_matches([' ', '\t', ';']).split_once('=')?;
        let (parameter, after) = match after.trim_start().strip_prefix('"') {
            Some(quoted) => quoted_string(quoted),
            None => {
                let (value, after) = after.split_once(';').unwrap_or((after, ""));
                ((Cow::Borrowed(value.trim()), false), after)
            }
        };
        rest = Some(after);
        Some(Parameter { name: name.trim(), value: parameter.0, is_escaped: parameter.1 })
    })
}

/// What stands before the closing quote (RFC 9110 §5.6.4), whether a backslash was undone in it, and what
/// follows.
fn quoted_string(text: &str) -> ((Cow<'_, str>, bool), &str) {
    let mut undone: Option<String> = None;
    let mut chars = text.char_indices();
    while let Some((at, c)) = chars.next() {
        match (c, &mut undone) {
            ('"', None) => return ((Cow::Borrowed(&text[..at]), false), &text[at + 1..]),
            ('"', Some(_)) => return ((Cow::Owned(undone.unwrap_or_default()), true), &text[at + 1..]),
            ('\\', undone) => {
                let undone = undone.get_or_insert_with(|| text[..at].to_owned());
                undone.extend(chars.next().map(|(_, c)| c));
            }
            (c, Some(undone)) => undone.push(c),
            (_, None) => {}
        }
    }
    ((Cow::Borrowed(text), false), "")
}

/// The value of the first parameter of that name.
pub(super) fn parameter<'a>(field: &'a str, wanted: &str) -> Option<Cow<'a, str>> {
    parameters(field).find(|parameter| parameter.name.eq_ignore_ascii_case(wanted)).map(|parameter| parameter.value)
}

/// What the head of a part says.
#[derive(Debug, PartialEq)]
pub(super) struct PartHead {
    pub(super) name: String,
    /// That of a file.
    pub(super) filename: Option<String>,
    pub(super) content_type: Option<String>,
    /// Whether all programs take that from it.
    pub(super) is_sure: bool,
}

impl PartHead {
    pub(super) fn of(head: &str) -> Self {
        let unfolded = head.replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
        let fields = |wanted: &str| -> Vec<&str> {
            let pairs = unfolded.lines().filter_map(|line| line.split_once(':'));
            pairs.filter(|(name, _)| name.trim().eq_ignore_ascii_case(wanted)).map(|(_, value)| value.trim()).collect()
        };
        let (dispositions, types) = (fields("content-disposition"), fields("content-type"));
        let disposition = dispositions.first().copied().unwrap_or_default();
        let all = |wanted: &str| -> Vec<Parameter<'_>> {
            parameters(disposition).filter(|parameter| parameter.name.eq_ignore_ascii_case(wanted)).collect()
        };
        let (names, extended) = (all("name"), all("name*"));
        let is_plain =
            |coding: &&str| ["7bit", "8bit", "binary"].iter().any(|plain| coding.eq_ignore_ascii_case(plain));
        let is_sure = dispositions.len() <= 1
            && types.len() <= 1
            && names.len() + extended.len() <= 1
            && names.iter().all(|name| !name.is_escaped && !name.value.contains("=?"))
            && !parameters(disposition).any(|parameter| is_continued(parameter.name))
            && has_type(disposition)
            && !has_comment(disposition)
            && fields("content-transfer-encoding").iter().all(is_plain);
        let name = names.first().map(|name| name.value.clone().into_owned());
        let filename = || parameter(disposition, "filename").map(Cow::into_owned);
        Self {
            name: name.or_else(|| extended.first().map(|name| extended_value(&name.value))).unwrap_or_default(),
            filename: filename().or_else(|| parameter(disposition, "filename*").map(|value| extended_value(&value))),
            content_type: types.first().map(|&value| value.to_owned()),
            is_sure,
        }
    }
}

/// `name*0`, of which some programs put a name together (RFC 2231 §3).
fn is_continued(parameter: &str) -> bool {
    parameter.get(..5).is_some_and(|head| head.eq_ignore_ascii_case("name*")) && parameter.len() > 5
}

/// Whether a disposition begins with its type, and not with a parameter at once.
fn has_type(disposition: &str) -> bool {
    !disposition.split(';').next().unwrap_or_default().contains('=')
}

/// Whether a comment stands outside of quotes, which some programs pass over (RFC 5322 §3.2.2).
fn has_comment(disposition: &str) -> bool {
    disposition.split('"').step_by(2).any(|outside| outside.contains('('))
}

/// `UTF-8'en'a%20b` (RFC 8187 §3.2).
fn extended_value(value: &str) -> String {
    let text = value.rsplit('\'').next().unwrap_or(value);
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_programs_read_differently_is_not_sure() {
        for disposition in [
            "form-data; name*0=u; name*1=rl",
            "form-data; name=\"=?utf-8?q?url?=\"",
            "name=\"url\"",
            "form-data;name*0*=u",
        ] {
            assert!(!PartHead::of(&format!("Content-Disposition: {disposition}")).is_sure, "{disposition}");
        }
        assert!(head("name=\"url\"; filename=\"a=b.png\"").is_sure);
    }

    fn head(disposition: &str) -> PartHead {
        PartHead::of(&format!("Content-Disposition: form-data; {disposition}"))
    }

    #[test]
    fn parameters_are_told_apart() {
        let all = |field| parameters(field).map(|p| format!("{}={}", p.name, p.value)).collect::<Vec<_>>();
        assert_eq!(all("x; a=1; b=\"2;3\" ; c = \"4\""), ["a=1", "b=2;3", "c=4"]);
        assert_eq!(all("x; boundary=\"B\\\"B\"; boundary=C"), ["boundary=B\"B", "boundary=C"]);
        assert_eq!(all("x; a=\"open"), ["a=open"]);
        assert_eq!(all("x"), [""; 0]);
    }

    #[test]
    fn names_are_found_however_they_are_written() {
        for disposition in
            ["name=\"url\"", "name=url", "name*=utf-8''url", "filename=x; NAME=\"url\"", "\r\n name=\"url\""]
        {
            let PartHead { name, is_sure, .. } = head(disposition);
            assert_eq!((&*name, is_sure), ("url", true), "{disposition}");
        }
        assert_eq!(head("name=a; filename*=utf-8''b%20c").filename.as_deref(), Some("b c"));
        assert_eq!(PartHead::of("Content-Type: text/plain\r\nX: y").content_type.as_deref(), Some("text/plain"));
    }

    #[test]
    fn says_where_programs_differ() {
        for disposition in ["name=\"x\"; name=\"url\"", "name=x; name*=utf-8''url", "name=\"\\u\\r\\l\""] {
            assert!(!head(disposition).is_sure, "{disposition}");
        }
        assert!(!head("name=url\r\nContent-Disposition: form-data; name=x").is_sure);
        assert!(!head("name=url\r\nContent-Transfer-Encoding: quoted-printable").is_sure);
        assert!(head("name=url\r\nContent-Transfer-Encoding: 8bit").is_sure);
        assert!(head("name=\"url\"; filename=\"C:\\a\\b.png\"").is_sure);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z]|[;=\"\\\\:* \r\n\t']|é|name|filename|Content-Disposition:){0,40}") {
            let _ = (PartHead::of(&text), parameters(&text).count());
        }
    }
}
