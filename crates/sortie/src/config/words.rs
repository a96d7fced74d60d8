//! The words of the model's enums, for the published schema.
//!
//! The model knows nothing of schemas, so the lists are written here; a test reads every word with
//! the model's own parser.

use schemars::{Schema, SchemaGenerator, json_schema};

const MODES: &[&str] = &["observe", "shadow", "block"];
const LOCALITIES: &[&str] = &["same-host", "remote"];
const COLD_STARTS: &[&str] = &["exact", "lenient"];
const HIDDEN_HOPS: &[&str] = &["report", "forbid-private"];
const PORT_RULES: &[&str] = &["report", "enforce"];
const SEVERITIES: &[&str] = &["info", "low", "medium", "high", "critical"];
const CLASSES: &[&str] = &["public", "reserved", "multicast", "private", "link-local", "loopback", "metadata"];

pub(super) fn mode(_: &mut SchemaGenerator) -> Schema {
    one_of(MODES)
}

pub(super) fn locality(_: &mut SchemaGenerator) -> Schema {
    one_of(LOCALITIES)
}

pub(super) fn cold_start(_: &mut SchemaGenerator) -> Schema {
    one_of(COLD_STARTS)
}

pub(super) fn hidden_hops(_: &mut SchemaGenerator) -> Schema {
    one_of(HIDDEN_HOPS)
}

pub(super) fn ports(_: &mut SchemaGenerator) -> Schema {
    one_of(PORT_RULES)
}

pub(super) fn severity(_: &mut SchemaGenerator) -> Schema {
    one_of(SEVERITIES)
}

pub(super) fn classes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "array", "items": { "type": "string", "enum": CLASSES } })
}

fn one_of(words: &[&str]) -> Schema {
    json_schema!({ "type": "string", "enum": words })
}

#[cfg(test)]
mod tests {
    use serde::de::DeserializeOwned;
    use sortie_model::finding::Severity;
    use sortie_model::policy::{ColdStart, HiddenHops, Locality, PortRule};
    use sortie_model::{AddressClass, Mode};

    use super::*;

    fn read<T: DeserializeOwned>(words: &[&str]) -> Vec<T> {
        words.iter().map(|word| serde_json::from_value(serde_json::json!(word)).unwrap()).collect()
    }

    #[test]
    fn the_model_reads_every_word() {
        read::<Mode>(MODES);
        read::<Locality>(LOCALITIES);
        read::<ColdStart>(COLD_STARTS);
        read::<HiddenHops>(HIDDEN_HOPS);
        read::<PortRule>(PORT_RULES);
        read::<Severity>(SEVERITIES);
        assert_eq!(read::<AddressClass>(CLASSES), AddressClass::ALL);
    }
}
