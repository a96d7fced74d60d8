//! What is refused, and what is only counted.

use std::sync::atomic::{AtomicU64, Ordering};

/// Why the framing guard refused a message. Each is something two parsers read differently, or a
/// bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Problem {
    /// The head has more than `limits::HEAD_BYTES` bytes.
    HeadTooLarge,
    /// The head has more than `limits::HEAD_FIELDS` fields.
    TooManyFields,
    /// A line ends in LF without CR, or a CR stands without LF.
    BareLineEnd,
    /// The request line is not `METHOD SP target SP version`.
    RequestLine,
    /// The target is in no form that the method allows, or holds a control character.
    Target,
    /// The version is neither HTTP/1.0 nor HTTP/1.1.
    Version,
    /// A field value goes on in the next line.
    Folding,
    /// A field name is empty or no token.
    FieldName,
    /// White space before the colon, or no colon.
    FieldColon,
    /// A control character in a field value.
    FieldValue,
    /// HTTP/1.1 without `Host`.
    HostMissing,
    /// More than one `Host`.
    HostRepeated,
    /// The value of `Host`, or the authority of the target, is none.
    HostMalformed,
    /// A server is asked, and the authority of the target is not the one of `Host`.
    HostDisagrees,
    /// More than one `Content-Length`.
    LengthRepeated,
    /// A `Content-Length` that is not a plain decimal number.
    LengthMalformed,
    /// `Content-Length` beside `Transfer-Encoding`.
    LengthAndCoding,
    /// More than one `Transfer-Encoding` field.
    CodingRepeated,
    /// A transfer coding other than `chunked`, once.
    CodingUnknown,
    /// `Transfer-Encoding` in an HTTP/1.0 message.
    CodingInOldVersion,
    /// `Content_Length` or the like, which gateways to CGI and WSGI read as the real field.
    UnderscoredFraming,
    /// A chunk's size line or its end is malformed.
    Chunk,
    /// A trailer section is malformed, too large, or tries to change the framing.
    Trailer,
    /// The head did not come in the time for it.
    HeadTimedOut,
    /// The body stood still for longer than the time for it.
    BodyTimedOut,
}

impl Problem {
    /// Every problem, in the order of the counters.
    pub const ALL: [Self; 25] = [
        Self::HeadTooLarge,
        Self::TooManyFields,
        Self::BareLineEnd,
        Self::RequestLine,
        Self::Target,
        Self::Version,
        Self::Folding,
        Self::FieldName,
        Self::FieldColon,
        Self::FieldValue,
        Self::HostMissing,
        Self::HostRepeated,
        Self::HostMalformed,
        Self::HostDisagrees,
        Self::LengthRepeated,
        Self::LengthMalformed,
        Self::LengthAndCoding,
        Self::CodingRepeated,
        Self::CodingUnknown,
        Self::CodingInOldVersion,
        Self::UnderscoredFraming,
        Self::Chunk,
        Self::Trailer,
        Self::HeadTimedOut,
        Self::BodyTimedOut,
    ];

    /// The label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HeadTooLarge => "head-too-large",
            Self::TooManyFields => "too-many-fields",
            Self::BareLineEnd => "bare-line-end",
            Self::RequestLine => "request-line",
            Self::Target => "target",
            Self::Version => "version",
            Self::Folding => "folding",
            Self::FieldName => "field-name",
            Self::FieldColon => "field-colon",
            Self::FieldValue => "field-value",
            Self::HostMissing => "host-missing",
            Self::HostRepeated => "host-repeated",
            Self::HostMalformed => "host-malformed",
            Self::HostDisagrees => "host-disagrees",
            Self::LengthRepeated => "length-repeated",
            Self::LengthMalformed => "length-malformed",
            Self::LengthAndCoding => "length-and-coding",
            Self::CodingRepeated => "coding-repeated",
            Self::CodingUnknown => "coding-unknown",
            Self::CodingInOldVersion => "coding-in-old-version",
            Self::UnderscoredFraming => "underscored-framing",
            Self::Chunk => "chunk",
            Self::Trailer => "trailer",
            Self::HeadTimedOut => "head-timed-out",
            Self::BodyTimedOut => "body-timed-out",
        }
    }

    /// What the client is told.
    pub fn detail(self) -> &'static str {
        match self {
            Self::HeadTooLarge => "the head of the request is too large",
            Self::TooManyFields => "the request has too many header fields",
            Self::BareLineEnd => "lines must end in CR LF",
            Self::RequestLine => "the request line is malformed",
            Self::Target => "the request target is malformed",
            Self::Version => "only HTTP/1.0 and HTTP/1.1 are spoken here",
            Self::Folding => "header fields must not be folded",
            Self::FieldName => "the name of a header field is malformed",
            Self::FieldColon => "the colon must follow the name of a header field at once",
            Self::FieldValue => "a header field holds a control character",
            Self::HostMissing => "the Host field is missing",
            Self::HostRepeated => "there is more than one Host field",
            Self::HostMalformed => "the host is malformed",
            Self::HostDisagrees => "the request target and the Host field name different hosts",
            Self::LengthRepeated => "there is more than one Content-Length",
            Self::LengthMalformed => "the Content-Length is malformed",
            Self::LengthAndCoding => "Content-Length and Transfer-Encoding exclude each other",
            Self::CodingRepeated => "there is more than one Transfer-Encoding field",
            Self::CodingUnknown => "the only transfer coding spoken here is chunked, once",
            Self::CodingInOldVersion => "HTTP/1.0 has no Transfer-Encoding",
            Self::UnderscoredFraming => "a framing field is written with an underscore",
            Self::Chunk => "the chunked body is malformed",
            Self::Trailer => "the trailer section is malformed",
            Self::HeadTimedOut => "the request took too long to arrive",
            Self::BodyTimedOut => "the request body stood still for too long",
        }
    }

    /// The status that says so.
    pub fn status(self) -> u16 {
        match self {
            Self::HeadTooLarge | Self::TooManyFields => 431,
            Self::Version => 505,
            Self::CodingUnknown => 501,
            Self::HeadTimedOut | Self::BodyTimedOut => 408,
            _ => 400,
        }
    }

    /// The reason phrase of [`Problem::status`].
    pub fn reason(self) -> &'static str {
        match self.status() {
            408 => "Request Timeout",
            431 => "Request Header Fields Too Large",
            501 => "Not Implemented",
            505 => "HTTP Version Not Supported",
            _ => "Bad Request",
        }
    }
}

/// What is unusual in a message but read alike by all: counted, not refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum Oddity {
    /// Empty lines before the request line.
    BlankLines,
    /// Bytes beyond ASCII in a field value or target.
    NotAscii,
    /// A fragment in the target; it is not forwarded.
    Fragment,
    /// An empty `Host`.
    EmptyHost,
    /// A chunk extension; it is not forwarded.
    ChunkExtension,
}

impl Oddity {
    /// Every oddity, in the order of the counters.
    pub const ALL: [Self; 5] =
        [Self::BlankLines, Self::NotAscii, Self::Fragment, Self::EmptyHost, Self::ChunkExtension];

    /// The label of metrics.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BlankLines => "blank-lines",
            Self::NotAscii => "not-ascii",
            Self::Fragment => "fragment",
            Self::EmptyHost => "empty-host",
            Self::ChunkExtension => "chunk-extension",
        }
    }
}

/// The oddities of some messages, as a small set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Oddities(u8);

impl Oddities {
    pub(super) fn note(&mut self, oddity: Oddity) {
        self.0 |= 1 << oddity as u8;
    }

    pub(super) fn merge(&mut self, other: Self) {
        self.0 |= other.0;
    }

    pub(super) fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::ALL.into_iter().filter(move |&oddity| self.0 & (1 << oddity as u8) != 0)
    }

    pub(super) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

/// How often each problem and oddity was met. Shared by all connections of a door.
#[derive(Debug, Default)]
pub struct FramingCounts {
    refused: [AtomicU64; Problem::ALL.len()],
    odd: [AtomicU64; Oddity::ALL.len()],
}

impl FramingCounts {
    /// Messages that were refused for `problem`.
    pub fn refused(&self, problem: Problem) -> u64 {
        self.refused[problem as usize].load(Ordering::Relaxed)
    }

    /// Reads from a connection in which `oddity` was met.
    pub fn odd(&self, oddity: Oddity) -> u64 {
        self.odd[oddity as usize].load(Ordering::Relaxed)
    }

    pub(super) fn count_refused(&self, problem: Problem) {
        self.refused[problem as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_odd(&self, oddities: Oddities) {
        for oddity in oddities.iter() {
            self.odd[oddity as usize].fetch_add(1, Ordering::Relaxed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counters_have_a_slot_for_each() {
        for (index, problem) in Problem::ALL.into_iter().enumerate() {
            assert_eq!(problem as usize, index, "{problem:?}");
        }
        for (index, oddity) in Oddity::ALL.into_iter().enumerate() {
            assert_eq!(oddity as usize, index, "{oddity:?}");
        }
    }
}
