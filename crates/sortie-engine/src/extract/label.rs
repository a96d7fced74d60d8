//! Labels that a program may complete to a host: `acme`, of which it makes `acme.apps.example`.
//!
//! They stand in parameters whose names speak of such (see [`super::senses`]), and in a path behind their
//! collections: `/tenants/acme/status`. Elsewhere every word would be one.

use smallvec::SmallVec;
use sortie_model::{Candidate, CandidateKind, Host, Manner, Nature};

use super::host::{has_bounds_of_label, is_single_label};
use super::spot::Spot;

/// Collections whose members are named by labels. Those whose routes have words of the API behind them as often
/// (`/accounts/login`, `/customers/search`) are none.
#[rustfmt::skip]
const COLLECTIONS: &[&str] = &[
    "buckets", "clusters", "companies", "datacenters", "namespaces", "organisations", "organizations", "orgs", "realms",
    "regions", "shards", "shops", "stores", "subdomains", "teams", "tenant", "tenants", "workspaces",
];

/// Whether a text is a label (RFC 1123 §2.1) that may name somebody.
pub(super) fn is_label(text: &str) -> bool {
    has_bounds_of_label(text)
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        && is_single_label(text)
}

/// Whether what stands behind a word of a path is named by a label.
pub(super) fn is_collection(word: &str) -> bool {
    COLLECTIONS.iter().any(|known| known.eq_ignore_ascii_case(word))
}

/// The candidate that a label makes at a spot.
pub(super) fn candidate(spot: &Spot<'_>, label: &str) -> Candidate {
    Candidate {
        location: spot.location(),
        parameter: spot.place(),
        manner: Manner { kind: CandidateKind::Label, decodings: spot.decodings },
        nature: Nature::Value,
        scheme: None,
        host: Host::name(label),
        other_hosts: SmallVec::new(),
        port: None,
        path: None,
        path_bits: 0,
        disguised: false,
        shown: label.into(),
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::{Key, limits};

    use super::*;
    use crate::extract::{Body, Extraction, Head, from_body, from_head};

    fn labels(extraction: &Extraction) -> Vec<String> {
        let labels = extraction.candidates.iter().filter(|candidate| candidate.label().is_some());
        labels.map(|label| format!("{} {}", label.parameter, label.shown)).collect()
    }

    fn in_head(target: &str, fields: &[(&str, &[u8])]) -> Vec<String> {
        labels(&from_head(&Head { target, fields, sinks: &[] }, &Key::new(&[1; 32])))
    }

    fn in_json(text: &str) -> Extraction {
        let body = Body {
            content_type: Some("application/json"),
            content_encoding: None,
            bytes: text.as_bytes(),
            complete: true,
            sinks: &[],
        };
        from_body(&body, &Key::new(&[1; 32]))
    }

    #[test]
    fn a_label_is_letters_digits_and_hyphens() {
        for text in ["acme", "eu-west-1", "A1", "x", "xn--bcher-kva", &"a".repeat(63)] {
            assert!(is_label(text), "{text}");
        }
        for text in
            ["", "17", "-acme", "acme-", "a.b", "a_b", "Acme Inc", "b\u{fc}cher", "null", "default", &"a".repeat(64)]
        {
            assert!(!is_label(text), "{text}");
        }
    }

    #[test]
    fn labels_stand_where_a_name_speaks_of_them() {
        assert_eq!(in_head("/status?tenant=acme", &[]), ["tenant acme"]);
        assert_eq!(in_head("/status?shop[region]=eu-1&q=acme&tenant_name=acme", &[]), ["shop.region eu-1"]);
        assert_eq!(in_head("/status", &[("x-tenant", b"acme")]), ["header:x-tenant acme"]);
        assert_eq!(
            labels(&in_json(r#"{"a":{"workspace":"acme","name":"x"},"orgs":["b","c"]}"#)),
            ["a.workspace acme", "orgs b", "orgs c"]
        );
        assert_eq!(labels(&in_json(r#"{"tenant":"17","org":"Acme Inc.","store":"http://a.example/"}"#)), [""; 0]);
    }

    #[test]
    fn labels_stand_behind_their_collections() {
        assert_eq!(in_head("/api/tenants/acme/status", &[]), ["path:2 acme"]);
        assert_eq!(in_head("/orgs/acme/teams/blue", &[]), ["path:1 acme", "path:3 blue"]);
        for target in ["/t/acme/status", "/accounts/login", "/tenants", "/tenants/17", "/api/acme/tenants"] {
            assert_eq!(in_head(target, &[]), [""; 0], "{target}");
        }
    }

    #[test]
    fn labels_take_no_room_of_destinations() {
        let regions: Vec<_> = (0..9 * limits::CANDIDATES).map(|n| format!(r#"{{"region":"r{n}"}}"#)).collect();
        let found = in_json(&format!(r#"[{},{{"url":"http://a.example/"}}]"#, regions.join(",")));
        assert_eq!(
            (labels(&found).len(), found.candidates.len(), found.cut),
            (limits::LABELS, limits::LABELS + 1, None)
        );
    }
}
