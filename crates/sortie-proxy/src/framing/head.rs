//! A whole request head, judged.

use sortie_model::limits;

use super::problem::{Oddities, Oddity, Problem};
use super::target::{Target, check_host};
use super::token::{has_control, is_token, trim};

/// What a door is to those who send it requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// The server that a request is for: its target and its `Host` must name the same authority.
    Server,
    /// A proxy: it goes where the target says, and the destination reads the `Host` beside it, which names
    /// another authority where a program has resolved and pinned an address itself.
    Proxy,
}

/// What follows a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Body {
    /// This many bytes; 0 for no body.
    Length(u64),
    /// Chunks.
    Chunked,
}

/// The framing of a request, as its head gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub(super) body: Body,
    /// Whether the connection may leave HTTP after this request: CONNECT, or an `Upgrade`.
    pub(super) may_upgrade: bool,
    pub(super) odd: Oddities,
}

/// Judges a head: from the first byte of the request line to the empty line, inclusive. Every line
/// must be known to end in CR LF.
pub(super) fn judge(head: &[u8], role: Role) -> Result<Head, Problem> {
    let mut fields = Fields::default();
    let (line, rest) = next_line(head);
    let (target, method, is_new) = request_line(line, &mut fields.odd)?;
    let mut rest = rest;
    loop {
        let (line, further) = next_line(rest);
        if line.is_empty() {
            break;
        }
        fields.take(line)?;
        rest = further;
    }
    fields.conclude(role, method, target, is_new)
}

/// Judges the fields of a trailer section. Fields that would frame or route are refused: whoever
/// merges trailers into the head would read another message.
pub(super) fn judge_trailers(section: &[u8]) -> Result<Oddities, Problem> {
    let mut fields = Fields::default();
    let mut rest = section;
    loop {
        let (line, further) = next_line(rest);
        if line.is_empty() {
            break;
        }
        fields.take(line).map_err(|_| Problem::Trailer)?;
        rest = further;
    }
    let frames = fields.host.is_some() || fields.length.is_some() || fields.coding.is_some();
    if frames { Err(Problem::Trailer) } else { Ok(fields.odd) }
}

/// The line at the start of `bytes` without its end, and what comes after.
fn next_line(bytes: &[u8]) -> (&[u8], &[u8]) {
    match memchr::memchr(b'\n', bytes) {
        Some(end) => (&bytes[..end.saturating_sub(1)], &bytes[end + 1..]),
        None => (b"", b""),
    }
}

fn request_line<'a>(line: &'a [u8], odd: &mut Oddities) -> Result<(Target<'a>, &'a [u8], bool), Problem> {
    let first = memchr::memchr(b' ', line).ok_or(Problem::RequestLine)?;
    let last = memchr::memrchr(b' ', line).filter(|&last| last > first).ok_or(Problem::RequestLine)?;
    let (method, target, version) = (&line[..first], &line[first + 1..last], &line[last + 1..]);
    if !is_token(method) || target.contains(&b' ') {
        return Err(Problem::RequestLine);
    }
    let is_new = match version {
        b"HTTP/1.1" => true,
        b"HTTP/1.0" => false,
        [b'H', b'T', b'T', b'P', b'/', ..] => return Err(Problem::Version),
        _ => return Err(Problem::RequestLine),
    };
    Ok((Target::parse(method, target, odd)?, method, is_new))
}

/// What the fields of a head say about its framing.
#[derive(Default)]
struct Fields<'a> {
    count: usize,
    host: Option<&'a [u8]>,
    length: Option<u64>,
    /// Whether the one `Transfer-Encoding` is `chunked`.
    coding: Option<bool>,
    upgrade: bool,
    odd: Oddities,
}

impl<'a> Fields<'a> {
    /// Takes a line that is not empty.
    fn take(&mut self, line: &'a [u8]) -> Result<(), Problem> {
        self.count += 1;
        if self.count > limits::HEAD_FIELDS {
            return Err(Problem::TooManyFields);
        }
        if matches!(line[0], b' ' | b'\t') {
            return Err(Problem::Folding);
        }
        let colon = memchr::memchr(b':', line).ok_or(Problem::FieldColon)?;
        let (name, value) = (&line[..colon], &line[colon + 1..]);
        if matches!(name.last(), Some(b' ' | b'\t')) {
            return Err(Problem::FieldColon);
        }
        if !is_token(name) {
            return Err(Problem::FieldName);
        }
        if has_control(value) {
            // A CR in the middle of a line is told apart from other control characters.
            return Err(if value.contains(&b'\r') { Problem::BareLineEnd } else { Problem::FieldValue });
        }
        if !value.is_ascii() {
            self.odd.note(Oddity::NotAscii);
        }
        self.weigh(name, trim(value))
    }

    /// Looks at the few fields that frame or route.
    fn weigh(&mut self, name: &[u8], value: &'a [u8]) -> Result<(), Problem> {
        match name.len() {
            4 if name.eq_ignore_ascii_case(b"host") => self.take_host(value),
            7 if name.eq_ignore_ascii_case(b"upgrade") => {
                self.upgrade = true;
                Ok(())
            }
            14 if is_either(name, b"content-length") => self.take_length(name, value),
            17 if is_either(name, b"transfer-encoding") => self.take_coding(name, value),
            _ => Ok(()),
        }
    }

    fn take_host(&mut self, value: &'a [u8]) -> Result<(), Problem> {
        check_host(value)?;
        if value.is_empty() {
            self.odd.note(Oddity::EmptyHost);
        }
        if self.host.replace(value).is_some() { Err(Problem::HostRepeated) } else { Ok(()) }
    }

    fn take_length(&mut self, name: &[u8], value: &[u8]) -> Result<(), Problem> {
        if name.contains(&b'_') {
            return Err(Problem::UnderscoredFraming);
        }
        let length = decimal(value).ok_or(Problem::LengthMalformed)?;
        if self.length.replace(length).is_some() { Err(Problem::LengthRepeated) } else { Ok(()) }
    }

    fn take_coding(&mut self, name: &[u8], value: &[u8]) -> Result<(), Problem> {
        if name.contains(&b'_') {
            return Err(Problem::UnderscoredFraming);
        }
        let is_chunked = value.eq_ignore_ascii_case(b"chunked");
        if self.coding.replace(is_chunked).is_some() { Err(Problem::CodingRepeated) } else { Ok(()) }
    }

    fn conclude(self, role: Role, method: &[u8], target: Target<'a>, is_new: bool) -> Result<Head, Problem> {
        match self.host {
            None if is_new => return Err(Problem::HostMissing),
            Some(host) if role == Role::Server && !target.agrees_with(host) => return Err(Problem::HostDisagrees),
            _ => {}
        }
        let body = match (self.length, self.coding) {
            (Some(_), Some(_)) => return Err(Problem::LengthAndCoding),
            (_, Some(false)) => return Err(Problem::CodingUnknown),
            (None, Some(true)) if !is_new => return Err(Problem::CodingInOldVersion),
            (None, Some(true)) => Body::Chunked,
            (length, None) => Body::Length(length.unwrap_or(0)),
        };
        let may_upgrade = method == b"CONNECT" || (self.upgrade && is_new);
        Ok(Head { body, may_upgrade, odd: self.odd })
    }
}

/// Whether `name` is `plain` (in small letters), with `-` or `_`.
fn is_either(name: &[u8], plain: &[u8]) -> bool {
    name.iter()
        .zip(plain)
        .all(|(&given, &wanted)| given.to_ascii_lowercase() == wanted || (given == b'_' && wanted == b'-'))
}

/// Digits only: no sign, no list, no white space inside.
fn decimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0_u64, |number, byte| {
        byte.is_ascii_digit().then_some(())?;
        number.checked_mul(10)?.checked_add(u64::from(byte - b'0'))
    })
}
