//! The corpora that lie beside the project. They are used where they are, and never copied.

use std::fs;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::Value;

use crate::paths;
use crate::shell::Failed;

/// The folder.
pub(super) struct Corpora(PathBuf);

/// A record, as the corpora's own README has it.
#[derive(Deserialize)]
pub(super) struct Record {
    pub(super) id: String,
    pub(super) kind: String,
    pub(super) payload: String,
    pub(super) label: String,
    #[serde(default)]
    pub(super) expect: Value,
    /// The line as it is in the file.
    #[serde(skip)]
    pub(super) line: String,
}

impl Corpora {
    pub(super) fn beside_the_project() -> Option<Self> {
        let folder = paths::workspace().parent()?.join("shared/corpora");
        folder.is_dir().then_some(Self(folder))
    }

    /// The records of one corpus; none where there is no such file.
    pub(super) fn records(&self, name: &str) -> Result<Vec<Record>, Failed> {
        let parse = |line: String| parse(&line).map(|record: Record| Record { line, ..record });
        self.lines(name)?.into_iter().map(parse).collect::<Result<_, _>>().map_err(|error| wrong(name, &error))
    }

    /// The lines of one corpus, as another form than [`Record`].
    pub(super) fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Result<Vec<T>, Failed> {
        self.lines(name)?.iter().map(|line| parse(line)).collect::<Result<_, _>>().map_err(|error| wrong(name, &error))
    }

    fn lines(&self, name: &str) -> Result<Vec<String>, Failed> {
        let file = self.0.join(format!("{name}.jsonl"));
        if !file.is_file() {
            println!("{name}: skipped, for there is no such corpus");
            return Ok(Vec::new());
        }
        let text = fs::read_to_string(&file).map_err(Failed::file(&file))?;
        Ok(text.lines().map(str::to_owned).collect())
    }
}

fn wrong(name: &str, error: &serde_json::Error) -> Failed {
    Failed::Wrong(format!("{name}: a line is no record: {error}"))
}

/// A line or two hold half of a surrogate pair, which is no Unicode; it is read as U+FFFD.
fn parse<T: for<'de> Deserialize<'de>>(line: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(line).or_else(|error| {
        let mut mended = line.to_owned();
        while let Some(at) = mended.find("\\ud") {
            let end = mended.len().min(at + 6);
            mended.replace_range(at..end, "\\ufffd");
        }
        serde_json::from_str(&mended).map_err(|_| error)
    })
}

impl Record {
    /// Whether the label is this one.
    pub(super) fn is(&self, label: &str) -> bool {
        self.label == label
    }

    /// A field of what is expected.
    pub(super) fn expected(&self, field: &str) -> Option<&str> {
        self.expect.get(field).and_then(Value::as_str)
    }

    /// Whether a field of what is expected is true.
    pub(super) fn says(&self, field: &str) -> bool {
        self.expect.get(field).and_then(Value::as_bool).unwrap_or(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pair_is_read_as_a_replacement() {
        let record: Record =
            parse(r#"{"id":"x","kind":"url","payload":"a\udcff.b","label":"neutral"}"#).expect("it is mended");
        assert_eq!(record.payload, "a\u{fffd}.b");
        assert!(parse::<Record>("{}").is_err());
    }
}
