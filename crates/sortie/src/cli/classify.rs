//! `sortie classify`: what texts say by themselves. It reads no configuration and no store.

use std::io::{self, BufRead, BufReader, IsTerminal, Read};

use super::Failure;
use super::output::{Lines, Output};
use crate::classify::{Answer, Classified, Kind, Record, RecordError, Refusal};
use crate::view;
use crate::view::text::count;

/// Longest line that is read, in bytes: what is held of the input at a time.
const LINE: usize = 16 << 20;
/// Bytes that are read at once.
const BUFFER: usize = 1 << 16;
/// Lines between two words about how far it is.
const STEP: u64 = 5_000;

/// Say what URLs name, as nine real parsers read them
///
/// The verdict is of the text alone: an attack is only what nobody else writes, and a destination
/// inside is none. It is evidence, never a reason to block by itself.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// URLs
    #[arg(value_name = "URL", required_unless_present = "jsonl")]
    urls: Vec<String>,
    /// Read records from the standard input, and write an answer for each, a JSON object a line
    ///
    /// A record is {"id", "kind", "payload"}, its kind url, host, ip, http_request or text. The answer is {"id",
    /// "candidates", "verdict", "reasons"}, the verdict attack or clean; a candidate has host, port, scheme, location,
    /// decodings, ip_class, disguised, parsers_disagree, signs, and by parser the host in readings and the port in
    /// ports. "truncated" says that not all was inspected. A line that is no record is answered with {"id",
    /// "error"}; the exit code is 2 then.
    #[arg(long, conflicts_with = "urls")]
    jsonl: bool,
}

pub(super) fn run(args: &Args, output: Output) -> Result<(), Failure> {
    if args.jsonl {
        return stream(&mut BufReader::with_capacity(BUFFER, io::stdin().lock()));
    }
    let mut shown = Vec::new();
    for url in &args.urls {
        let classified = Classified::of(Kind::Url, url).map_err(Failure::usage)?;
        shown.push(view::classified(url, &classified, output.columns, output.paint));
    }
    Output::print(&shown.join("\n"))
}

/// Answers line by line, in constant memory.
fn stream(input: &mut BufReader<impl Read>) -> Result<(), Failure> {
    let mut lines = Lines::to_stdout();
    let mut progress = Progress::default();
    let mut line = Vec::new();
    let (mut number, mut failed) = (0_u64, 0_u64);
    while next(input, &mut line)? {
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        number += 1;
        if !answer(&line, &mut lines)? {
            failed += 1;
        }
        progress.tell(number);
        // Whoever asks one by one gets an answer before the next question.
        if input.buffer().is_empty() {
            lines.flush()?;
        }
    }
    lines.flush()?;
    progress.end();
    if failed == 0 {
        return Ok(());
    }
    Err(Failure::usage(format!("{} of {} lines are no records", count(failed), count(number))))
}

/// Writes the answer to a line. Returns whether it is a record.
fn answer(line: &[u8], lines: &mut Lines) -> Result<bool, Failure> {
    let (id, error) = match Record::parse(line) {
        _ if line.len() > LINE => (None, RecordError::Long { limit: LINE }),
        Err(refused) => refused,
        Ok(Record { id, kind, payload }) => match Classified::of(kind, &payload) {
            Ok(classified) => return lines.write(&Answer::of(id.as_ref(), &classified)).map(|()| true),
            Err(error) => (id, error),
        },
    };
    lines.write(&Refusal::of(id, &error)).map(|()| false)
}

/// Reads the next line, without its end; of one that is too long the beginning, one byte more than
/// [`LINE`]. Returns whether there was one.
fn next(input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<bool, Failure> {
    line.clear();
    let read = input.take(LINE as u64 + 1).read_until(b'\n', line).map_err(Failure::other)?;
    if line.ends_with(b"\n") {
        line.pop();
    } else if read > LINE {
        input.skip_until(b'\n').map_err(Failure::other)?;
    }
    Ok(read > 0)
}

/// How far it is, for whoever watches while the answers go elsewhere.
struct Progress {
    is_watched: bool,
}

impl Default for Progress {
    fn default() -> Self {
        Self { is_watched: io::stderr().is_terminal() && !io::stdout().is_terminal() }
    }
}

impl Progress {
    fn tell(&mut self, number: u64) {
        if self.is_watched && number.is_multiple_of(STEP) {
            Output::complain(&format!("\rsortie: {} lines", count(number)));
        }
    }

    /// The line is the next message's.
    fn end(&mut self) {
        if self.is_watched {
            Output::complain("\r\u{1b}[K");
        }
    }
}
