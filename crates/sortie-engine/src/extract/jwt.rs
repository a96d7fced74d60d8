//! Compact tokens of JOSE (RFC 7515 §7.1, RFC 7516 §7.1): who checks one may fetch keys from where its header says
//! (`jku`, `x5u`), or find them by its issuer.
//!
//! Of the claims only the issuer is looked at. Nothing of a token is kept but such URLs.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use sortie_model::event::Cut;
use sortie_model::{Decoding, Nature, limits};

use super::collector::Collector;
use super::reading::absolute;
use super::spot::{Setting, Spot};
use super::{decode, value, work};

/// Shortest token that is read: its header names an algorithm at least.
pub(super) const SHORTEST: usize = 24;
/// Words of a field that may be tokens.
const WORDS: usize = 4;
/// Members that are read of one header, or of the claims.
const MEMBERS: usize = 8;

/// Whether a body of this type is a token.
pub(super) fn is_token(essence: &str) -> bool {
    matches!(essence, "application/jwt" | "application/jose") || essence.ends_with("+jwt")
}

/// Searches the tokens of a field of credentials.
pub(super) fn search_credentials(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) {
    for word in text.split([' ', ',', '"']).filter(|word| !word.is_empty()).take(WORDS) {
        search(word, spot, out);
    }
}

/// Searches a text that may be a token. Returns whether anything was found.
#[inline]
pub(super) fn search(text: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    // What `{` is in base64url, and white space.
    let may_be = text.len() >= SHORTEST && matches!(text.as_bytes()[0], b'e' | b'I' | b'C' | b'D');
    may_be && search_token(text, spot, out)
}

fn search_token(token: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let is_of_token = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b'=');
    let parts = token.bytes().filter(|&b| b == b'.').count() + 1;
    out.work(token.len());
    // Signed, or encrypted.
    if !matches!(parts, 3 | 5) || !token.bytes().all(is_of_token) {
        return false;
    }
    let before = out.offers();
    let mut parts = token.splitn(3, '.');
    let Some(header) = parts.next().and_then(|part| object(part, spot, out)) else { return false };
    out.work(work::CLAIMS + token.len() * 2);
    let inner = spot.decoded(Decoding::Base64);
    let inner = Spot { decodings: inner.decodings.with(Decoding::Json), ..inner };
    for (name, text) in members(&header, &["jku", "x5u", "iss"]) {
        offer(&name, &text, &inner, out);
    }
    for (name, text) in
        parts.next().and_then(|part| object(part, spot, out)).iter().flat_map(|claims| members(claims, &["iss"]))
    {
        offer(&name, &text, &inner, out);
    }
    out.offers() > before
}

/// The text of a JSON object in base64url.
fn object(part: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Option<String> {
    let decode = |text: &str| decode::base64_of_digits(text.bytes().filter_map(decode::base64_digit).collect());
    let begin = decode(part.get(..4)?);
    if begin.trim_ascii_start().first().is_some_and(|&first| first != b'{') {
        return None;
    }
    if spot.depth >= limits::DECODING_DEPTH {
        out.cut(Cut::Depth);
        return None;
    }
    out.spend(part.len()).then(|| String::from_utf8_lossy(&decode(part)).into_owned())
}

fn offer(name: &str, text: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    let at = if base.name.is_empty() { format!("jwt.{name}") } else { format!("{}.jwt.{name}", base.name) };
    let parameter =
        if base.parameter.is_empty() { format!("jwt.{name}") } else { format!("{}.jwt.{name}", base.parameter) };
    let spot = base.placed(&at, &parameter);
    if name != "iss" {
        value::search(text, &spot.set(Setting::Type), out);
    } else if let Some(reading) = absolute(text.trim()) {
        // Every token of every client names its issuer.
        out.work(work::READING);
        out.offer(&spot, &reading, Nature::Ambient);
    }
}

/// The texts that stand under these names in a JSON object, repeated ones too, up to where it breaks.
fn members(json: &str, wanted: &'static [&'static str]) -> Vec<(String, String)> {
    let mut found = Members { wanted, found: Vec::new() };
    // What was read before an error counts.
    let _ = serde_json::Deserializer::from_str(json).deserialize_map(&mut found);
    found.found
}

struct Members {
    wanted: &'static [&'static str],
    found: Vec<(String, String)>,
}

impl<'de> Visitor<'de> for &mut Members {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(name) = map.next_key::<Cow<'de, str>>()? {
            if !self.wanted.contains(&&*name) || self.found.len() == MEMBERS {
                map.next_value::<IgnoredAny>()?;
            } else if let serde_json::Value::String(text) = map.next_value()? {
                self.found.push((name.into_owned(), text));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_URL_SAFE_NO_PAD;

    use super::super::tests::{FORM, JSON, body, key};
    use super::super::{Extraction, Head, from_head};
    use super::*;

    const HEADER: &str = r#"{"alg":"RS256","typ":"JWT","kid":"1"}"#;
    const CLAIMS: &str = r#"{"sub":"ada@mail.example","picture":"https://pics.example/ada","iat":1700000000}"#;

    fn token(header: &str, claims: &str) -> String {
        let encode = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        format!("{}.{}.c2lnbmF0dXJlIG9mIGl0", encode(header), encode(claims))
    }

    fn with_jku() -> String {
        token(r#"{"alg":"RS256","jku":"http://10.20.0.5/keys.json"}"#, CLAIMS)
    }

    fn field(name: &str, text: &str) -> Extraction {
        from_head(&Head { target: "/", fields: &[(name, text.as_bytes())], sinks: &[] }, &key())
    }

    fn told(extraction: &Extraction) -> Vec<String> {
        let one = |c: &sortie_model::Candidate| format!("{} | {} {:?} {}", c.location, c.parameter, c.nature, c.shown);
        extraction.candidates.iter().map(one).collect()
    }

    #[test]
    fn keys_are_fetched_from_where_the_header_says() {
        let found = field("authorization", &format!("Bearer {}", with_jku()));
        assert_eq!(
            told(&found),
            ["header authorization.jwt.jku | header:authorization.jwt.jku Named http://10.20.0.5/keys.json"]
        );
        let decodings = found.candidates[0].manner.decodings;
        assert_eq!(decodings.iter().collect::<Vec<_>>(), [Decoding::Base64, Decoding::Json]);
        for (name, text) in [
            ("authorization", format!("DPoP {}", with_jku())),
            ("dpop", with_jku()),
            ("cookie", format!("session={}", with_jku())),
        ] {
            assert_eq!(field(name, &text).candidates.len(), 1, "{name}");
        }
        for header in [
            r#"{"x5u":"http://10.20.0.5/a.pem"}"#,
            r#" {"jku":"http://a.example","jku":"http://10.20.0.5/"}"#,
            "{\n\"jku\":\"\\u0068ttp://10.20.0.5/\"}",
            r#"{"enc":"A256GCM","jku":"10.20.0.5:8080"}"#,
            r#"{"jku":"http://10.20.0.5/", broken"#,
        ] {
            let found = field("authorization", &format!("Bearer {}", token(header, CLAIMS)));
            assert!(told(&found).iter().any(|told| told.contains("10.20.0.5")), "{header}: {:?}", told(&found));
        }
    }

    #[test]
    fn tokens_are_read_in_parameters_and_bodies() {
        let jwt = with_jku();
        let at =
            |extraction: Extraction| extraction.candidates.iter().map(|c| c.parameter.to_string()).collect::<Vec<_>>();
        assert_eq!(at(body(JSON, format!("{{\"id_token\":\"{jwt}\"}}").as_bytes())), ["id_token.jwt.jku"]);
        assert_eq!(at(body(FORM, format!("client_assertion={jwt}").as_bytes())), ["client_assertion.jwt.jku"]);
        let whole = body("application/jwt", jwt.as_bytes());
        assert_eq!((at(whole.clone()), whole.cut), (vec!["text:jwt.jku".to_owned()], None));
        let encrypted = jwt.replace('.', "..");
        assert_eq!(at(body(JSON, format!("{{\"t\":\"{encrypted}\"}}").as_bytes())), ["t.jwt.jku"]);
    }

    #[test]
    fn issuers_are_what_every_client_sends() {
        let claims = r#"{"iss":"https://idp.example/realms/a","sub":"1"}"#;
        let found = field("authorization", &format!("Bearer {}", token(HEADER, claims)));
        assert_eq!(
            told(&found),
            ["header authorization.jwt.iss | header:authorization.jwt.iss Ambient https://idp.example/realms/a"]
        );
        for claims in [r#"{"iss":"accounts.example"}"#, r#"{"iss":17}"#, r#"["iss"]"#, "\u{1}\u{2}\u{3}\u{4}"] {
            assert_eq!(
                told(&field("authorization", &format!("Bearer {}", token(HEADER, claims)))),
                [""; 0],
                "{claims}"
            );
        }
    }

    #[test]
    fn nothing_of_a_token_is_kept() {
        let jwt = token(
            r#"{"jku":"http://u:geheim@10.20.0.5/8f14e45fceea167a?k=geheim#geheim"}"#,
            r#"{"iss":"https://idp.example/","email":"ada@mail.example","file":"/etc/passwd"}"#,
        );
        for found in
            [field("authorization", &format!("Bearer {jwt}")), body(JSON, format!("{{\"t\":\"{jwt}\"}}").as_bytes())]
        {
            let all = format!("{found:?}");
            assert_eq!(found.candidates.len(), 2);
            assert!(found.files.is_empty());
            for part in jwt.split('.').chain(["geheim", "ada", "8f14e45fceea167a"]) {
                assert!(!all.contains(part), "{part} in {all}");
            }
        }
    }

    #[test]
    fn ordinary_tokens_and_look_alikes_carry_nothing() {
        let ordinary = token(HEADER, CLAIMS);
        for text in [
            &*format!("Bearer {ordinary}"),
            "Bearer eyJhbGciOiJSUzI1NiJ9",
            "Basic ZXlKOjEyMzQ1Njc4OTA6OTg3NjU0MzIx",
            "Bearer eyJ.eyJ.eyJ.eyJ.eyJ.eyJ.eyJ.eyJ.eyJ",
            "Digest username=\"a\", uri=\"http://h.example/\"",
            "Bearer ....................................",
        ] {
            let found = field("authorization", text);
            assert_eq!((told(&found), found.cut), (vec![], None), "{text}");
        }
        let found =
            body(JSON, format!("{{\"token\":\"{ordinary}\",\"v\":\"Desktop.version.2026.11.24.build.7\"}}").as_bytes());
        assert!(found.candidates.is_empty() || !format!("{found:?}").contains("jwt"), "{:?}", told(&found));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(eyJ|[A-Za-z0-9_.=-]|é|Bearer ){0,60}", header in "(\\{|\"jku\":|\"http://h/\"|[,}\\[\\]0-9]|\"iss\":){0,12}") {
            field("authorization", &text);
            field("authorization", &format!("Bearer {}", token(&header, &header)));
            body(JSON, format!("[\"{text}\"]").as_bytes());
        }
    }
}
