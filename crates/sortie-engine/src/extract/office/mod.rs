//! Documents that are archives of XML: Office Open XML (ECMA-376), OpenDocument (ISO 26300), EPUB.
//!
//! What shows or converts such a document fetches what it links from outside: pictures, templates, external entities.
//! Members are told by how they begin and not by their names, for programs take names from a directory that is not
//! read here.

use std::borrow::Cow;
use std::io::Read;

use flate2::bufread::DeflateDecoder;
use sortie_model::{Container, Decoding};

use super::body::{self, Piece};
use super::charset::{self, Text};
use super::collector::Collector;
use super::markup;
use super::spot::Spot;
use super::work;

mod part;
mod zip;

use zip::Content;

/// Members that are read.
const MEMBERS: usize = 256;
/// Bytes of a member by which is told what it is.
const HEAD: usize = 512;
/// Root elements of members that refer to nothing by themselves, but by the relationships beside them, and that are
/// most of many documents: types, themes, styles, fonts, layouts, texts of cells.
#[rustfmt::skip]
const SILENT: &[&str] = &[
    "Types", "fonts", "handoutMaster", "notesMaster", "numbering", "presentationPr", "sldLayout", "sldMaster", "sst",
    "styleSheet", "styles", "tblStyleLst", "theme", "viewPr", "webSettings",
];

/// Searches a document. `None` for what is none; else whether all of it that may refer to something was read. It is a
/// document by its type, by the members that every one of its kind has, or because it stands where one was obeyed.
///
/// Documents are uploaded far more often than they are attacks, and are large when they are unpacked. So what of one is
/// too large to be read is no cut by itself, and never more than half is spent on one of what is left for the request.
pub(super) fn search(piece: Piece<&[u8]>, essence: &str, spot: &Spot<'_>, out: &mut Collector<'_>) -> Option<bool> {
    let is_here = zip::begins(piece.data)
        && (is_document(essence)
            || zip::members(piece.data).take(MEMBERS).any(|member| is_of_every_document(&member.name))
            || out.has_sinks() && out.may_be_sink(spot.parameter));
    if !is_here {
        return None;
    }
    out.work(piece.data.len() / 8);
    let mut room = out.budget() / 2;
    let base = Spot { container: Container::Xml, decodings: spot.decodings.with(Decoding::Compressed), ..*spot };
    let mut is_sure = true;
    for (number, member) in zip::members(piece.data).enumerate() {
        if number == MEMBERS || out.is_half_done() {
            return Some(false);
        }
        out.work(work::PART);
        let unpacked = unpack(member.content, room, piece.is_whole, out);
        is_sure &= unpacked.is_sure;
        let Some(bytes) = unpacked.markup else { continue };
        out.spend(bytes.len());
        room -= bytes.len();
        let name =
            if base.name.is_empty() { member.name } else { Cow::Owned(format!("{} {}", base.name, member.name)) };
        let spot = base.placed(&name, base.parameter);
        let Text { text, .. } = charset::decode(&bytes, None);
        is_sure &= !markup::is_xml_of_other_charset(body::content(&text));
        let text = Piece { data: body::content(&text), is_whole: unpacked.is_whole }.settled(body::ends_value);
        part::search(text, &spot, out);
    }
    Some(is_sure)
}

/// Types of documents: of Microsoft's and OASIS's trees, and EPUB.
fn is_document(essence: &str) -> bool {
    ["officedocument", "opendocument", "application/vnd.ms-", "application/epub"]
        .iter()
        .any(|part| essence.contains(part))
}

fn is_of_every_document(name: &str) -> bool {
    ["[content_types].xml", "mimetype", "content.xml", "meta-inf/manifest.xml", "meta-inf/container.xml"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

/// What became of a member.
struct Unpacked<'b> {
    /// Its bytes, as far as they are there and within the bound, if they may refer to something.
    markup: Option<Cow<'b, [u8]>>,
    /// Whether these are all.
    is_whole: bool,
    /// Whether nothing that may refer to something was left out.
    is_sure: bool,
}

/// Unpacks at most so many bytes. What the end of the inspected prefix cuts off is told by the body's own cut.
fn unpack<'b>(content: Content<'b>, room: usize, is_whole: bool, out: &mut Collector<'_>) -> Unpacked<'b> {
    match content {
        Content::Stored(bytes) if may_refer(bytes) => {
            let is_within = bytes.len() <= room;
            let markup = Some(Cow::Borrowed(&bytes[..bytes.len().min(room)]));
            Unpacked { markup, is_whole: is_whole && is_within, is_sure: is_within }
        }
        Content::Stored(_) => Unpacked { markup: None, is_whole, is_sure: true },
        Content::Deflated(bytes) => inflate(bytes, room, is_whole, out),
        Content::Other => Unpacked { markup: None, is_whole, is_sure: false },
    }
}

/// Undoes deflate, to its end only where what comes out may refer to something.
fn inflate(bytes: &[u8], room: usize, is_whole: bool, out: &mut Collector<'_>) -> Unpacked<'static> {
    let mut decoder = DeflateDecoder::new(bytes);
    let mut unpacked = Vec::new();
    let mut is_damaged = !read(&mut decoder, HEAD, &mut unpacked);
    let may_refer = may_refer(&unpacked);
    if may_refer && !is_damaged {
        is_damaged = !read(&mut decoder, room.saturating_sub(HEAD), &mut unpacked);
    }
    out.work((decoder.total_in() as usize + unpacked.len()) * work::INFLATED_BYTE);
    // One byte more than there may be tells that there are more.
    let is_over = may_refer && unpacked.len() > room;
    unpacked.truncate(room);
    Unpacked {
        markup: may_refer.then_some(Cow::Owned(unpacked)),
        is_whole: !is_damaged && !is_over,
        is_sure: !(is_over || is_damaged && is_whole),
    }
}

/// Reads so many bytes more, and one; `false` where they are damaged.
fn read(decoder: &mut DeflateDecoder<&[u8]>, count: usize, into: &mut Vec<u8>) -> bool {
    #[expect(clippy::disallowed_methods, reason = "capped by `take`")]
    decoder.take(count as u64 + 1).read_to_end(into).is_ok()
}

/// Whether bytes begin as markup does, in UTF-8, UTF-16 or UTF-32, perhaps behind a byte order mark, and their root is
/// not known to be silent.
fn may_refer(bytes: &[u8]) -> bool {
    let Text { text, .. } = charset::decode(&bytes[..bytes.len().min(HEAD)], None);
    let text = body::content(&text);
    let prolog = text.strip_prefix("<?xml").and_then(|text| text.split_once("?>")).map_or(text, |(_, text)| text);
    let root =
        prolog.trim_start().strip_prefix('<').and_then(|text| text.split([' ', '\t', '\r', '\n', '>', '/']).next());
    let local = root.and_then(|name| name.rsplit(':').next());
    text.starts_with('<') && !local.is_some_and(|name| SILENT.contains(&name))
}

#[cfg(test)]
mod tests;
