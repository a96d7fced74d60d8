//! Packed formats, read without a schema: Protocol Buffers, alone and in the frames of gRPC-Web, and MessagePack.
//!
//! They are read where the type says so, for nearly any bytes may be taken for one of them.

use memchr::memmem;
use sortie_model::{Container, Nature};

use super::body::{self, Piece};
use super::collector::Collector;
use super::spot::Spot;
use super::{prose, value, work};

mod frames;
mod msgpack;
mod protobuf;

/// A packed format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Protobuf,
    /// Protocol Buffers in frames.
    Framed,
    /// The same in base64.
    FramedText,
    MessagePack,
}

impl Format {
    fn of(essence: &str) -> Option<Self> {
        Some(match essence {
            "application/x-protobuf"
            | "application/protobuf"
            | "application/vnd.google.protobuf"
            | "application/proto"
            | "application/x-google-protobuf" => Self::Protobuf,
            "application/grpc-web"
            | "application/grpc-web+proto"
            | "application/grpc"
            | "application/grpc+proto"
            | "application/connect+proto" => Self::Framed,
            "application/grpc-web-text" | "application/grpc-web-text+proto" => Self::FramedText,
            "application/msgpack" | "application/x-msgpack" | "application/vnd.msgpack" => Self::MessagePack,
            _ => return None,
        })
    }
}

/// Searches a body of a packed type. Returns whether all of it was read as such: else programs may read it otherwise.
pub(super) fn search(piece: Piece<&[u8]>, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    let Some(format) = Format::of(essence) else { return false };
    match format {
        Format::Protobuf => protobuf::search(piece, spot, out),
        Format::Framed => frames::search(piece, spot, out),
        Format::FramedText => frames::search_text(piece, spot, out),
        // What JSON names, MessagePack names too.
        Format::MessagePack => msgpack::search(piece, &Spot { container: Container::Json, ..*spot }, out),
    }
}

/// Searches a field of bytes that is text. Returns whether it is.
fn search_text(bytes: &[u8], spot: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    out.work(work::TOKEN + bytes.len() / 8);
    let text = std::str::from_utf8(bytes).ok().filter(|_| body::is_text(bytes));
    text.map(|text| value::search(text, spot, out)).is_some()
}

/// Searches a field of bytes that is neither text nor known: there may be URLs in it.
fn search_other(bytes: &[u8], spot: &Spot<'_>, out: &mut Collector<'_>) {
    if memmem::find(bytes, b"://").is_some() {
        prose::search(&String::from_utf8_lossy(bytes), spot, Nature::Prose, out);
    }
}

#[cfg(test)]
mod tests;
