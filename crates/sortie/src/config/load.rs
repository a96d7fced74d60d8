//! From a file or from flags to a checked configuration.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use sortie_model::policy::Locality;
use sortie_model::{Micros, Mode};

use super::at::{At, Span, span_in};
use super::check::{FilePlace, check};
use super::checked::Config;
use super::named::Named;
use super::problem::{Level, Problem, Problems, Report};
use super::raw::{Inbound, Outbound, Raw, Service};
use super::shape;
use super::word::Word;

/// Bytes a configuration file may have.
const FILE_BYTES: u64 = 1024 * 1024;
/// Parser events a configuration may make, with all aliases laid out.
const EVENTS: usize = 100_000;
/// Aliases it may use.
const ALIASES: usize = 1_000;
/// Nesting it may have.
const DEPTH: usize = 32;

/// A configuration that can be used.
#[derive(Debug)]
pub struct Loaded {
    /// The configuration.
    pub config: Config,
    /// What is perhaps not as meant.
    pub warnings: Report,
}

/// A configuration that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The file cannot be read.
    #[error("cannot read the configuration '{}'", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file is too large.
    #[error("the configuration '{}' has more than {FILE_BYTES} bytes", .0.display())]
    TooLarge(PathBuf),
    /// It is wrong in itself.
    #[error("{} is not valid", .0.name)]
    Invalid(Box<Report>),
}

/// One service without a file, as `sortie run --listen … --upstream … --egress …` gives it.
#[derive(Clone, Debug)]
pub struct Flags {
    /// Where the inbound door listens.
    pub listen: String,
    /// The back end.
    pub upstream: String,
    /// Where the outbound door listens.
    pub egress: String,
    /// The mode.
    pub mode: Option<Mode>,
    /// The data folder.
    pub data: Option<PathBuf>,
}

impl Flags {
    /// The name of the only service.
    pub const SERVICE: &'static str = "app";
}

/// Reads and checks a file. `now` tells which entries have ended.
pub fn from_file(path: &Path, now: Micros) -> Result<Loaded, LoadError> {
    let read = |source| LoadError::Read { path: path.to_owned(), source };
    let file = std::fs::File::open(path).map_err(read)?;
    let mut text = String::new();
    file.take(FILE_BYTES + 1).read_to_string(&mut text).map_err(read)?;
    if text.len() as u64 > FILE_BYTES {
        return Err(LoadError::TooLarge(path.to_owned()));
    }
    let place = FilePlace { base: folder_of(path), is_here: true };
    let mut loaded = load(&path.display().to_string(), text, place, now)?;
    loaded.config.file = Some(path.to_owned());
    Ok(loaded)
}

/// Checks a file's text, and nothing beside it. Relative paths in it are taken from `base`.
pub fn from_text(name: &str, text: String, base: &Path, now: Micros) -> Result<Loaded, LoadError> {
    load(name, text, FilePlace { base, is_here: false }, now)
}

fn load(name: &str, text: String, place: FilePlace<'_>, now: Micros) -> Result<Loaded, LoadError> {
    let mut problems = Problems::default();
    misshapen(&text, &mut problems);
    let config = match parse(&text) {
        Ok(raw) => check(&raw, &place, now, &mut problems),
        Err(problem) => {
            if !problems.has_errors() {
                problems.push(*problem);
            }
            None
        }
    };
    finish(name, text, config, problems)
}

/// What is wrong with the shape of a text. No YAML at all has none.
fn misshapen(text: &str, problems: &mut Problems) {
    if let Ok(root) = serde_saphyr::from_str_with_options(text, options()) {
        shape::check(&root, problems);
    }
}

/// Checks flags.
pub fn from_flags(flags: Flags, now: Micros) -> Result<Loaded, LoadError> {
    let mut line = CommandLine::default();
    let inbound = Inbound {
        listen: Some(line.value("--listen", flags.listen)),
        upstream: Some(line.value("--upstream", flags.upstream)),
        trusted_proxies: Vec::new(),
        hosts: Vec::new(),
        max_connections: None,
    };
    let outbound = Outbound {
        listen: Some(line.value("--egress", flags.egress)),
        locality: Locality::default().into(),
        sources: Vec::new(),
        own: Vec::new(),
        credentials: None,
        max_connections: None,
    };
    let mode = flags.mode.map(|mode| line.value("--mode", mode).map(Word::from));
    let service = Service { inbound: Some(inbound), outbound: Some(outbound), mode };
    let raw = Raw {
        services: Named(vec![(At::new(Flags::SERVICE.to_owned(), None), At::new(service, None))]),
        data: flags.data.map(|path| path.to_string_lossy().into_owned()),
        ..Raw::default()
    };
    let mut problems = Problems::default();
    let config = check(&raw, &FilePlace { base: Path::new(""), is_here: true }, now, &mut problems);
    finish("command line", line.0, config, problems)
}

/// Flags as they were typed, so that what is wrong with one is shown in its place.
struct CommandLine(String);

impl Default for CommandLine {
    fn default() -> Self {
        Self("sortie run".to_owned())
    }
}

impl CommandLine {
    fn value<T: fmt::Display>(&mut self, flag: &str, value: T) -> At<T> {
        self.0.extend([" ", flag, " "]);
        let (offset, column) = (self.0.len(), self.0.chars().count() as u32 + 1);
        self.0.push_str(&value.to_string());
        At::new(value, Some(Span { line: 1, column, offset, length: self.0.len() - offset }))
    }
}

fn parse(text: &str) -> Result<Raw, Box<Problem>> {
    serde_saphyr::from_str_with_options(text, options()).map_err(|error| {
        let span = error.location().and_then(|location| span_in(text, location));
        // Of what is no YAML the parser knows no bytes.
        let is_yaml = error.location().is_some_and(|location| location.span().byte_offset().is_some());
        let remedy = if is_yaml {
            "`sortie schema` prints every key; docs/sortie.schema.json lets an editor complete them"
        } else {
            "this is no YAML: look here and in the line before for a brace, a quote or a colon that is missing, or a tab"
        };
        Box::new(Problem::error(span, message_of(&error)).remedy(remedy))
    })
}

/// Bounds on what a file may unfold to.
fn options() -> serde_saphyr::Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! { max_events: EVENTS, max_aliases: ALIASES, max_anchors: ALIASES, max_depth: DEPTH },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: EVENTS, max_replay_stack_depth: DEPTH },
        // The snippets are drawn by `problem`, for errors of form and of meaning alike.
        with_snippet: false,
    }
}

/// The parser's message without its own mention of line and column.
fn message_of(error: &serde_saphyr::Error) -> String {
    let message = error.without_snippet().render_with_formatter(&serde_saphyr::UserMessageFormatter);
    let first_line = message.lines().next().unwrap_or_default();
    first_line.rsplit_once(" at line ").map_or(first_line, |(bare, _)| bare).trim_start_matches("error: ").to_owned()
}

fn finish(name: &str, text: String, config: Option<Config>, problems: Problems) -> Result<Loaded, LoadError> {
    let report = Report { name: name.to_owned(), text, problems: problems.into_sorted() };
    let is_valid = report.problems.iter().all(|problem| problem.level == Level::Warning);
    match config {
        Some(config) if is_valid => Ok(Loaded { config, warnings: report }),
        _ => Err(LoadError::Invalid(Box::new(report))),
    }
}

fn folder_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use super::*;

    #[test]
    fn aliases_do_not_unfold_without_bound() {
        let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for level in 1..12 {
            let below = format!("*a{}", level - 1);
            writeln!(bomb, "a{level}: &a{level} [{}]", [below.as_str(); 10].join(", ")).unwrap();
        }
        let error = serde_saphyr::from_str_with_options::<serde_json::Value>(&bomb, options()).unwrap_err();
        assert!(error.to_string().contains("budget breached"), "{error}");
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = format!("a: {}{}\n", "[".repeat(DEPTH + 1), "]".repeat(DEPTH + 1));
        assert!(serde_saphyr::from_str_with_options::<serde_json::Value>(&deep, options()).is_err());
        let flat = format!("a: {}{}\n", "[".repeat(DEPTH / 2), "]".repeat(DEPTH / 2));
        assert!(serde_saphyr::from_str_with_options::<serde_json::Value>(&flat, options()).is_ok());
    }

    #[test]
    fn a_file_has_a_size() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("sortie.yaml");
        std::fs::write(&path, vec![b'#'; FILE_BYTES as usize + 1]).unwrap();
        assert!(matches!(from_file(&path, Micros(0)), Err(LoadError::TooLarge(_))));
        assert!(matches!(from_file(&folder.path().join("none"), Micros(0)), Err(LoadError::Read { .. })));
    }
}
