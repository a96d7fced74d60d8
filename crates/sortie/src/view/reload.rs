//! What a new reading of the configuration changed.

use super::text::{clean, counted};
use crate::admin::wire::Reloaded;

/// The lines.
pub fn reloaded(reloaded: &Reloaded) -> String {
    let mut lines = Vec::new();
    let warnings = match reloaded.warnings {
        0 => String::new(),
        number => format!(", with {} (`sortie check` shows them)", counted(number, "warning")),
    };
    lines.push(format!("the configuration is read again{warnings}"));
    lines.extend(reloaded.applied.iter().map(|what| format!("  in force       {}", clean(what))));
    lines.extend(reloaded.restart.iter().map(|what| format!("  needs restart  {}", clean(what))));
    lines.extend(reloaded.notes.iter().map(|what| format!("  note           {}", clean(what))));
    if reloaded.applied.is_empty() && reloaded.restart.is_empty() {
        lines.push("  nothing changed".to_owned());
    }
    lines.push(String::new());
    lines.join("\n")
}
