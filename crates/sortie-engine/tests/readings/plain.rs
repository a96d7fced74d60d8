//! On the plain grammar (design.md §4), which extraction reads by itself, all parsers agree.

use proptest::prelude::*;
use sortie_engine::readings::{Parser, Port, Reading};

/// The last label begins with a letter, else it could be an address; any other may with a digit.
/// Hyphens in the third and fourth place would make it look like an A-label.
fn host() -> impl Strategy<Value = String> {
    "([a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?\\.){0,4}[a-z]([a-z0-9-]{0,8}[a-z0-9])?"
        .prop_filter("an A-label", |host| host.split('.').all(|label| label.get(2..4) != Some("--")))
}

proptest! {
    #[test]
    fn all_parsers_agree(
        scheme in "http|https|ftp|ws|wss",
        host in host(),
        port in prop::option::of(1_u16..),
        path in "(/([a-zA-Z0-9_~-][a-zA-Z0-9._~-]{0,6})?){0,4}",
        query in prop::option::of("[a-zA-Z0-9._~=&-]{0,12}"),
    ) {
        // The grammar has a query behind a path only.
        let query = query.filter(|_| !path.is_empty());
        let text_of = |mark: &str, text: Option<String>| text.map_or(String::new(), |text| format!("{mark}{text}"));
        let url = format!(
            "{scheme}://{host}{}{path}{}",
            text_of(":", port.map(|port| port.to_string())),
            text_of("?", query),
        );
        let default = match &*scheme {
            "http" | "ws" => 80,
            "ftp" => 21,
            _ => 443,
        };
        for parser in Parser::ALL {
            // Java has no handler for it.
            if parser == Parser::JavaUrl && scheme.starts_with("ws") {
                prop_assert_eq!(parser.read(&url), Reading::Rejected);
                continue;
            }
            let is_dropped = parser == Parser::Whatwg && port == Some(default);
            let expected = port.filter(|_| !is_dropped).map_or(Port::Default, Port::Number);
            match parser.read(&url) {
                Reading::Host(read, port) => prop_assert_eq!((read.as_str(), port), (&*host, expected)),
                other => prop_assert!(false, "{parser:?} reads {url} as {other:?}"),
            }
        }
    }

    #[test]
    fn any_text_is_read(text in "\\PC{0,60}|(.|[:/\\\\@?#\\[\\]%.\t\n\0]){0,40}") {
        for parser in Parser::ALL {
            let _ = parser.read(&text);
        }
    }
}
