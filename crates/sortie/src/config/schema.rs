//! The published JSON Schema of the configuration file.

use super::raw::Raw;

/// The schema as `docs/sortie.schema.json` holds it, with a line feed at its end.
pub fn schema() -> String {
    let schema = schemars::schema_for!(Raw);
    let mut text = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    /// What an editor asks for must be what a start asks for.
    #[test]
    fn only_keys_without_a_default_are_required() {
        let schema: serde_json::Value = serde_json::from_str(&super::schema()).unwrap();
        let required = |of: &str| schema["$defs"][of]["required"].clone();
        assert_eq!(schema["required"], serde_json::json!(["services"]));
        assert_eq!(required("Service"), serde_json::json!(["inbound", "outbound"]));
        assert_eq!(required("Sink"), serde_json::json!(["at"]));
        assert_eq!((required("Alert"), required("Ordered")), (serde_json::Value::Null, serde_json::Value::Null));
    }

    #[test]
    fn the_committed_schema_is_this_one() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/sortie.schema.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == super::schema(),
            "docs/sortie.schema.json is stale: run `cargo run -- schema > docs/sortie.schema.json`"
        );
    }
}
