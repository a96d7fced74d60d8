//! The pure state machine: bytes in, verdict out.

use sortie_model::limits;

use super::chunk;
use super::head::{self, Body, Role};
use super::problem::{Oddities, Oddity, Problem};
use super::token::is_token_byte;

/// Bytes of a trailer section.
const TRAILER_BYTES: usize = 8 * 1024;
/// Empty lines before a request line.
const BLANK_LINES: usize = 4;

/// Follows the message boundaries of one direction of a connection: requests, from client to door.
///
/// It keeps no bytes. [`Scanner::scan`] says how many of the bytes it was shown may go on; the
/// caller keeps the rest and shows it again with more behind it. Heads, chunk size lines and
/// trailer sections go on only whole and judged. How the bytes are cut into calls makes no
/// difference to what goes on in the end or to the verdict.
#[derive(Debug)]
pub struct Scanner {
    role: Role,
    state: State,
    /// Bytes of the incomplete element that are known to hold no line feed that ends it.
    searched: usize,
    /// The head whose body is passing asked to leave HTTP.
    upgrade: Upgrade,
    odd: Oddities,
}

/// What [`Scanner::scan`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scanned {
    /// So many of the first bytes may go on.
    pub pass: usize,
    /// What of the others.
    pub then: Then,
}

/// What becomes of the bytes that may not go on yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// They are an incomplete element: show them again with more behind.
    More,
    /// They belong to whatever follows a request that asked to leave HTTP: show them again after
    /// [`Scanner::decide`].
    Undecided,
    /// They are refused, and nothing is to be read any more.
    Refused {
        /// Why.
        problem: Problem,
        /// Whether the head of the message has passed: whoever reads its body answers.
        in_body: bool,
    },
}

/// Where in the exchange of messages a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// In a head, or between two messages.
    Head,
    /// In a body.
    Body,
    /// After a request that asked to leave HTTP, before the decision.
    Undecided,
    /// HTTP was left.
    Aside,
    /// A message was refused.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Head,
    /// Body bytes to come.
    Length(u64),
    ChunkSize,
    /// Bytes of the chunk to come.
    ChunkData(u64),
    ChunkEnd,
    Trailers,
    Undecided,
    Aside,
    Refused {
        problem: Problem,
        in_body: bool,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Upgrade {
    No,
    Asked,
    Granted,
}

impl Scanner {
    /// A scanner for a new connection.
    pub fn new(role: Role) -> Self {
        Self { role, state: State::Head, searched: 0, upgrade: Upgrade::No, odd: Oddities::default() }
    }

    /// Judges `bytes`: what was kept of the last call, and what came since.
    pub fn scan(&mut self, bytes: &[u8]) -> Scanned {
        let mut pass = 0;
        loop {
            match self.element(&bytes[pass..]) {
                Ok(0) => return Scanned { pass, then: self.rest() },
                Ok(taken) => pass += taken,
                Err(problem) => {
                    self.state = State::Refused { problem, in_body: self.phase() == Phase::Body };
                    return Scanned { pass, then: self.rest() };
                }
            }
        }
    }

    /// Says whether the request that asked to leave HTTP was granted. Without effect where none
    /// asked.
    pub fn decide(&mut self, granted: bool) {
        if self.upgrade != Upgrade::Asked {
            return;
        }
        self.upgrade = if granted { Upgrade::Granted } else { Upgrade::No };
        if self.state == State::Undecided {
            self.end_message();
        }
    }

    /// Where in the exchange of messages the connection is.
    pub fn phase(&self) -> Phase {
        match self.state {
            State::Head => Phase::Head,
            State::Undecided => Phase::Undecided,
            State::Aside => Phase::Aside,
            State::Refused { .. } => Phase::Refused,
            _ => Phase::Body,
        }
    }

    /// Takes the oddities that were met since the last call.
    pub(super) fn take_oddities(&mut self) -> Oddities {
        std::mem::take(&mut self.odd)
    }

    fn rest(&self) -> Then {
        match self.state {
            State::Undecided => Then::Undecided,
            State::Refused { problem, in_body } => Then::Refused { problem, in_body },
            _ => Then::More,
        }
    }

    /// Takes one element or part of it, and says of how many bytes; 0 where nothing can be taken.
    fn element(&mut self, bytes: &[u8]) -> Result<usize, Problem> {
        if bytes.is_empty() {
            return Ok(0);
        }
        match self.state {
            State::Head => self.head(bytes),
            State::Length(left) => Ok(self.counted(bytes, left, State::Length)),
            State::ChunkData(left) => Ok(self.counted(bytes, left, State::ChunkData)),
            State::ChunkSize => self.chunk_size(bytes),
            State::ChunkEnd => self.chunk_end(bytes),
            State::Trailers => self.trailers(bytes),
            State::Aside => Ok(bytes.len()),
            State::Undecided | State::Refused { .. } => Ok(0),
        }
    }

    fn head(&mut self, bytes: &[u8]) -> Result<usize, Problem> {
        let blank = blank_lines(bytes)?;
        let Some(end) = self.section_end(bytes, blank, limits::HEAD_BYTES, Problem::HeadTooLarge)? else {
            return Ok(0);
        };
        self.searched = 0;
        let head = head::judge(&bytes[blank..end], self.role)?;
        if blank > 0 {
            self.odd.note(Oddity::BlankLines);
        }
        self.odd.merge(head.odd);
        self.upgrade = if head.may_upgrade { Upgrade::Asked } else { Upgrade::No };
        match head.body {
            Body::Length(0) => self.end_message(),
            Body::Length(length) => self.state = State::Length(length),
            Body::Chunked => self.state = State::ChunkSize,
        }
        Ok(end)
    }

    /// Takes of `left` bytes what is there.
    fn counted(&mut self, bytes: &[u8], left: u64, state: fn(u64) -> State) -> usize {
        let taken = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
        let left = left - taken as u64;
        match (left, self.state) {
            (0, State::ChunkData(_)) => self.state = State::ChunkEnd,
            (0, _) => self.end_message(),
            _ => self.state = state(left),
        }
        taken
    }

    fn chunk_size(&mut self, bytes: &[u8]) -> Result<usize, Problem> {
        let window = &bytes[..bytes.len().min(chunk::SIZE_LINE_BYTES)];
        let Some(end) = memchr::memchr(b'\n', window) else {
            return if window.len() < chunk::SIZE_LINE_BYTES { Ok(0) } else { Err(Problem::Chunk) };
        };
        let line = window[..end].strip_suffix(b"\r").ok_or(Problem::Chunk)?;
        self.state = match chunk::size(line, &mut self.odd)? {
            0 => State::Trailers,
            size => State::ChunkData(size),
        };
        Ok(end + 1)
    }

    fn chunk_end(&mut self, bytes: &[u8]) -> Result<usize, Problem> {
        match bytes {
            [b'\r', b'\n', ..] => {
                self.state = State::ChunkSize;
                Ok(2)
            }
            [b'\r'] => Ok(0),
            _ => Err(Problem::Chunk),
        }
    }

    fn trailers(&mut self, bytes: &[u8]) -> Result<usize, Problem> {
        let end = match bytes {
            [b'\r', b'\n', ..] => 2,
            _ => match self.section_end(bytes, 0, TRAILER_BYTES, Problem::Trailer)? {
                Some(end) => end,
                None => return Ok(0),
            },
        };
        self.searched = 0;
        self.odd.merge(head::judge_trailers(&bytes[..end])?);
        self.end_message();
        Ok(end)
    }

    /// Where the section that begins at `from` ends, after its empty line. All line ends on the way
    /// are checked, so that a bare one is refused as soon as it is seen.
    fn section_end(
        &mut self,
        bytes: &[u8],
        from: usize,
        limit: usize,
        too_large: Problem,
    ) -> Result<Option<usize>, Problem> {
        let window = &bytes[..bytes.len().min(limit)];
        let start = self.searched.max(from);
        for feed in memchr::memchr_iter(b'\n', &window[start.min(window.len())..]) {
            let feed = start + feed;
            if !window[..feed].ends_with(b"\r") {
                return Err(Problem::BareLineEnd);
            }
            if window[from..feed].ends_with(b"\n\r") {
                return Ok(Some(feed + 1));
            }
        }
        if window.len() == limit {
            return Err(too_large);
        }
        self.searched = window.len();
        Ok(None)
    }

    fn end_message(&mut self) {
        self.state = match self.upgrade {
            Upgrade::No => State::Head,
            Upgrade::Asked => State::Undecided,
            Upgrade::Granted => State::Aside,
        };
    }
}

/// Bytes of the empty lines before a request line. Refuses at once what cannot begin a request, so
/// that a client which speaks another protocol is not kept waiting.
fn blank_lines(bytes: &[u8]) -> Result<usize, Problem> {
    let mut blank = 0;
    while bytes[blank..].starts_with(b"\r\n") {
        blank += 2;
        if blank > 2 * BLANK_LINES {
            return Err(Problem::RequestLine);
        }
    }
    match bytes[blank..] {
        [] | [b'\r'] => Ok(blank),
        [b'\n' | b'\r', ..] => Err(Problem::BareLineEnd),
        [first, ..] if is_token_byte(first) => Ok(blank),
        _ => Err(Problem::RequestLine),
    }
}

#[cfg(test)]
mod tests;
