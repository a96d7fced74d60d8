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
