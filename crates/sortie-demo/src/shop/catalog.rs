//! Catalogues in XML, read by a parser that is set up as some are by default: it resolves external
//! entities.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use quick_xml::Reader;
use quick_xml::events::Event;
use serde_json::{Value, json};

use super::{Customer, Shared, Shop};

/// Articles that one upload may have.
const ARTICLES: usize = 100;
/// Entities that one document may declare.
const ENTITIES: usize = 8;
/// Bytes that all articles of one upload may have, entities included.
const TEXT: usize = 256 * 1024;

/// Adds the articles of a document: the text of each `<article>`.
pub(super) async fn upload(State(shop): Shared, _: Customer, document: String) -> (StatusCode, Json<Value>) {
    match articles(&document, &shop).await {
        Some(articles) => (StatusCode::CREATED, Json(json!({ "added": articles }))),
        None => (StatusCode::BAD_REQUEST, Json(json!({ "error": "the document could not be read" }))),
    }
}

async fn articles(document: &str, shop: &Shop) -> Option<Vec<String>> {
    let mut reader = Reader::from_str(document);
    let mut entities = HashMap::new();
    let mut articles: Vec<String> = Vec::new();
    let mut article: Option<String> = None;
    let mut room = TEXT;
    loop {
        let text = match reader.read_event().ok()? {
            Event::Eof => return Some(articles),
            Event::DocType(declaration) => {
                entities = external_entities(&declaration);
                continue;
            }
            Event::Start(tag) if tag.name().as_ref() == "article" && articles.len() < ARTICLES => {
                article = Some(String::new());
                continue;
            }
            Event::End(tag) if tag.name().as_ref() == "article" => {
                articles.extend(article.take());
                continue;
            }
            Event::Text(text) => text.to_string(),
            Event::GeneralRef(name) => expand(&name, &entities, shop).await,
            _ => continue,
        };
        room = room.checked_sub(text.len())?;
        if let Some(article) = &mut article {
            article.push_str(&text);
        }
    }
}

/// `<!ENTITY name SYSTEM "url">`, by name.
fn external_entities(declaration: &str) -> HashMap<String, String> {
    let read = |part: &str| {
        let (name, rest) = part.trim_start().split_once(char::is_whitespace)?;
        let literal = rest.trim_start().strip_prefix("SYSTEM")?.trim_start();
        let quote = literal.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let (url, _) = literal[1..].split_once(quote)?;
        Some((name.to_owned(), url.to_owned()))
    };
    declaration.split("<!ENTITY").skip(1).take(ENTITIES).filter_map(read).collect()
}

/// The text that a reference stands for; an unknown one stays as it is.
async fn expand(name: &str, entities: &HashMap<String, String>, shop: &Shop) -> String {
    if let Some(url) = entities.get(name) {
        let fetched = shop.outside.get(url).await.filter(|fetched| fetched.status == 200);
        return fetched.map_or(String::new(), |fetched| String::from_utf8_lossy(&fetched.body).into_owned());
    }
    match quick_xml::escape::resolve_xml_entity(name) {
        Some(text) => text.to_owned(),
        None => format!("&{name};"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn external_entities_are_read_from_the_declaration() {
        let found = external_entities(
            "catalog [ <!ENTITY a SYSTEM \"http://x.example/a\"> <!ENTITY b 'text'> <!ENTITY c SYSTEM 'http://y.example/'> ]",
        );
        assert_eq!(found.len(), 2);
        assert_eq!(found["a"], "http://x.example/a");
        assert_eq!(found["c"], "http://y.example/");
    }

    #[test]
    fn broken_declarations_declare_nothing() {
        for text in ["", "<!ENTITY", "<!ENTITY a SYSTEM", "<!ENTITY a SYSTEM \"x", "<!ENTITY a SYSTEM é\"x\""] {
            assert!(external_entities(text).is_empty(), "{text}");
        }
    }
}
