//! Whether a file has the shape of the published schema: every slip at once, where the reader of the
//! types stops at the first.

use serde_json::Value;

use super::at::{At, Span};
use super::problem::{Problem, Problems};
use super::tree::Node;
use crate::near::nearest;

/// Reports everything in which `root` differs from the schema in its keys, kinds and words. What the
/// values mean is not looked at.
pub(super) fn check(root: &At<Node>, problems: &mut Problems) {
    let schema = schemars::schema_for!(super::raw::Raw).to_value();
    Shape { definitions: &schema["$defs"], problems }.node("the file", root.span(), root.value(), &schema);
}

struct Shape<'a> {
    definitions: &'a Value,
    problems: &'a mut Problems,
}

impl<'a> Shape<'a> {
    /// `what` is the name of the value: its key, or what it is in.
    fn node(&mut self, what: &str, span: Option<Span>, node: &Node, schema: &'a Value) {
        let schema = self.resolved(schema);
        let words = words(schema);
        match node {
            // A key without a value is the same as none.
            Node::Nothing => {}
            Node::Text(text) if !words.is_empty() => {
                if !words.contains(&text.as_str()) {
                    let message = format!("'{text}' is no value of '{what}'");
                    self.problems.push(Problem::error(span, message).remedy(expected(text, &words)));
                }
            }
            Node::Map(entries) if kind_of(schema) == Some("object") => self.map(what, span, entries, schema),
            Node::List(items) if kind_of(schema) == Some("array") => {
                for item in items {
                    self.node(what, item.span(), item.value(), &schema["items"]);
                }
            }
            node => self.kind(what, span, node, schema),
        }
    }

    fn map(&mut self, what: &str, span: Option<Span>, entries: &[(At<String>, At<Node>)], schema: &'a Value) {
        let Some(properties) = schema["properties"].as_object() else {
            // Names that the file gives: services.
            for (key, node) in entries {
                self.node(key.value(), key.span(), node.value(), &schema["additionalProperties"]);
            }
            return;
        };
        for (key, node) in entries {
            match properties.get(key.value()) {
                Some(schema) => self.node(key.value(), node.span().or(key.span()), node.value(), schema),
                None => {
                    let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                    let message = format!("'{what}' has no key '{key}'");
                    self.problems.push(Problem::error(key.span(), message).remedy(expected(key.value(), &known)));
                }
            }
        }
        let required = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let says = |(key, node): &(At<String>, At<Node>), wanted: &str| {
            key.value() == wanted && !matches!(node.value(), Node::Nothing)
        };
        for missing in required.filter(|missing| !entries.iter().any(|entry| says(entry, missing))) {
            let remedy = properties[missing]["description"].as_str().map(first_sentence);
            let problem = Problem::error(span, format!("'{what}' lacks '{missing}'"));
            self.problems.push(match remedy {
                Some(remedy) => problem.remedy(format!("{missing}: {remedy}")),
                None => problem,
            });
        }
    }

    fn kind(&mut self, what: &str, span: Option<Span>, node: &Node, schema: &Value) {
        let fits = match kind_of(schema) {
            Some("object") => matches!(node, Node::Map(_)),
            Some("array") => matches!(node, Node::List(_)),
            Some("integer") => matches!(node, Node::Integer),
            Some("boolean") => matches!(node, Node::Bool),
            // The types take a number for a text where it stands as one.
            Some("string") => !matches!(node, Node::Map(_) | Node::List(_)),
            _ => true,
        };
        if !fits {
            let kind = match kind_of(schema) {
                Some("object") => "a mapping",
                Some("array") => "a list",
                Some("integer") => "a number",
                Some("boolean") => "true or false",
                _ => "a text",
            };
            let message = format!("'{what}' is {}, and should be {kind}", node.kind());
            let problem = Problem::error(span, message);
            self.problems.push(match kind {
                "a list" => problem.remedy(format!("write it in brackets: {what}: [...]")),
                "a mapping" => problem.remedy(format!("expected keys below it: {}", keys(schema))),
                _ => problem,
            });
        }
    }

    /// The schema that a reference, or an optional value, stands for.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        let mut schema = schema;
        // A reference leads to a definition, and that to no other more than once in this schema.
        for _ in 0..4 {
            if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
                schema = &self.definitions[name];
            } else if let Some(some) =
                schema["anyOf"].as_array().and_then(|any| any.iter().find(|one| one["type"] != "null"))
            {
                schema = some;
            } else {
                break;
            }
        }
        schema
    }
}

/// The type that is asked for; `null` beside it only says that the key may be left out.
fn kind_of(schema: &Value) -> Option<&str> {
    let kinds = &schema["type"];
    kinds.as_str().or_else(|| kinds.as_array()?.iter().filter_map(Value::as_str).find(|kind| *kind != "null"))
}

/// The words of a closed choice.
fn words(schema: &Value) -> Vec<&str> {
    let choices = schema["enum"]
        .as_array()
        .into_iter()
        .flatten()
        .chain(schema["oneOf"].as_array().into_iter().flatten().map(|one| &one["const"]));
    choices.filter_map(Value::as_str).collect()
}

fn keys(schema: &Value) -> String {
    schema["properties"].as_object().map(|keys| keys.keys().cloned().collect::<Vec<_>>().join(", ")).unwrap_or_default()
}

/// `did you mean 'listen'?`, or all that is possible.
fn expected(given: &str, known: &[&str]) -> String {
    match nearest(given, known.iter().copied()) {
        Some(word) => format!("did you mean '{word}'?"),
        None => format!("expected one of {}", known.join(", ")),
    }
}

fn first_sentence(text: &str) -> &str {
    text.split(". ").next().unwrap_or(text).trim_end_matches('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_near() {
        assert_eq!(expected("upsteam", &["listen", "upstream"]), "did you mean 'upstream'?");
        assert_eq!(expected("foo", &["listen", "upstream"]), "expected one of listen, upstream");
    }
}
