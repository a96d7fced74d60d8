//! Documents as office programs write them, and as attackers change them.

use std::io::Write;

use flate2::Compression;
use flate2::write::DeflateEncoder;
use sortie_model::event::Cut;
use sortie_model::limits;

use super::super::tests::{body, key};
use super::super::{Body, Extraction, ProvenSink, from_body};
use super::MEMBERS;

const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
const TYPES: (&str, &str) = (
    "[Content_Types].xml",
    "<?xml version='1.0'?><Types xmlns='http://schemas.openxmlformats.org/package/2006/content-types'><Default \
     Extension='rels' ContentType='application/vnd.openxmlformats-package.relationships+xml'/></Types>",
);
const RELS: &str = "word/_rels/document.xml.rels";
const OFFICE: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";

/// How an archive is written.
#[derive(Clone, Copy, Debug)]
pub(super) enum Packing {
    Stored,
    Deflated,
    /// Deflated, with the sizes behind the data, as LibreOffice and Java write them.
    Streamed,
}

fn deflate(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive with a directory of one record, for nothing reads it.
pub(super) fn archive(packing: Packing, members: &[(&str, &str)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, text) in members {
        let data = if matches!(packing, Packing::Stored) { text.as_bytes().to_vec() } else { deflate(text.as_bytes()) };
        let (flags, method, size) = match packing {
            Packing::Stored => (0_u16, 0_u16, data.len()),
            Packing::Deflated => (0, 8, data.len()),
            Packing::Streamed => (8, 8, 0),
        };
        bytes.extend(b"PK\x03\x04\x14\0");
        bytes.extend(flags.to_le_bytes());
        bytes.extend(method.to_le_bytes());
        bytes.extend([0; 8]);
        bytes.extend((size as u32).to_le_bytes());
        bytes.extend((text.len() as u32).to_le_bytes());
        bytes.extend((name.len() as u16).to_le_bytes());
        bytes.extend([0; 2]);
        bytes.extend(name.as_bytes());
        bytes.extend(data);
        if matches!(packing, Packing::Streamed) {
            bytes.extend(b"PK\x07\x08............");
        }
    }
    bytes.extend(b"PK\x01\x02");
    bytes.extend([0; 42]);
    bytes
}

fn relationship(kind: &str, target: &str) -> String {
    format!("<Relationship Id='rId1' Type='{OFFICE}/{kind}' Target='{target}' TargetMode='External'/>")
}

fn relationships(all: &str) -> String {
    format!("<Relationships xmlns='http://schemas.openxmlformats.org/package/2006/relationships'>{all}</Relationships>")
}

fn document(members: &[(&str, &str)]) -> Vec<u8> {
    let all: Vec<_> = [TYPES].into_iter().chain(members.iter().copied()).collect();
    archive(Packing::Deflated, &all)
}

fn upload(name: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--xyzw\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"a.docx\"\r\n\r\n");
    [head.as_bytes(), bytes, b"\r\n--xyzw--\r\n"].concat()
}

fn told(extraction: &Extraction) -> Vec<String> {
    let one = |c: &sortie_model::Candidate| format!("{} | {} {:?} {}", c.location, c.parameter, c.nature, c.shown);
    extraction.candidates.iter().map(one).collect()
}

#[track_caller]
fn only(members: &[(&str, &str)]) -> String {
    let found = body(DOCX, &document(members));
    assert_eq!((found.candidates.len(), found.cut), (1, None), "{:?}", told(&found));
    told(&found).remove(0)
}

#[test]
fn what_a_document_links_from_outside_is_found() {
    for kind in ["image", "attachedTemplate", "oleObject", "frame", "externalLinkPath", "subDocument"] {
        let rels = relationships(&relationship(kind, "http://10.20.0.5/x"));
        assert_eq!(
            only(&[(RELS, &rels)]),
            "xml word/_rels/document.xml.rels.Relationship@Target | xml:resource Named http://10.20.0.5/x",
            "{kind}"
        );
    }
    let entity = "<!DOCTYPE w [<!ENTITY x SYSTEM 'http://10.20.0.5/x'>]><w:document>&x;</w:document>";
    assert_eq!(
        only(&[("word/document.xml", entity)]),
        "xml word/document.xml.entity | xml:entity Named http://10.20.0.5/x"
    );
    let theme = "<?xml version='1.0'?><!DOCTYPE t SYSTEM 'http://10.20.0.5/x'><a:theme/>";
    assert_eq!(only(&[("a", theme)]), "xml a.doctype | xml:doctype Named http://10.20.0.5/x");
    for text in [
        "<w:r><w:instrText> INCLUDEPICTURE \"http://10.20.0.5/x\" \\d </w:instrText></w:r>",
        "<w:instrText>INCLUDE</w:instrText><w:instrText>PICTURE \"http://10.20</w:instrText>\
         <w:instrText>.0.5/x\"</w:instrText><w:fldChar w:fldCharType='end'/>",
        "<w:fldSimple w:instr=' INCLUDETEXT &quot;http://10.20.0.5/x&quot; '/>",
        "<worksheet><c><f>_xlfn.WEBSERVICE(\"http://10.20.0.5/x\")</f></c></worksheet>",
        "<webPr sourceData='1' url='http://10.20.0.5/x'/>",
        "<v:imagedata src='http://10.20.0.5/x'/>",
        "<table:table-cell table:formula='of:=WEBSERVICE(&quot;http://10.20.0.5/x&quot;)'/>",
        "<draw:image xlink:href='http://10.20.0.5/x' xlink:type='simple'/>",
        "<html><head><style>a{b:url(http://10.20.0.5/x)}</style></head></html>",
        "<html><p style='b:url(http://10.20.0.5/x)'/></html>",
        "<?xml-stylesheet href='http://10.20.0.5/x'?><a/>",
        "<html><![x <img src=http://10.20.0.5/x></html>",
    ] {
        let found = only(&[("a.xml", text)]);
        assert!(found.ends_with(" Named http://10.20.0.5/x"), "{found}");
    }
}

#[test]
fn a_part_keeps_its_place() {
    let rels = relationships(&relationship("image", "http://10.20.0.5/x"));
    let bytes = upload("file", &document(&[(RELS, &rels)]));
    assert_eq!(
        told(&body("multipart/form-data; boundary=xyzw", &bytes)),
        ["xml file word/_rels/document.xml.rels.Relationship@Target | xml:file Named http://10.20.0.5/x"]
    );
    let sink = ProvenSink { parameter: "xml:file".into(), read_in: sortie_model::Container::Xml.into() };
    let mut encrypted = document(&[]);
    encrypted[6] = 1;
    for (name, archive, cut) in [
        ("file", document(&[(RELS, &rels)]), None),
        ("file", encrypted.clone(), Some(Cut::Format)),
        ("other", encrypted, None),
    ] {
        let body = Body {
            content_type: Some("multipart/form-data; boundary=xyzw"),
            content_encoding: None,
            bytes: &upload(name, &archive),
            complete: true,
            sinks: std::slice::from_ref(&sink),
        };
        assert_eq!(from_body(&body, &key()).cut, cut, "{name}");
    }
}

#[test]
fn links_that_people_follow_are_as_in_prose() {
    let rels = relationships(&relationship("hyperlink", "http://10.20.0.5/x"));
    assert_eq!(
        only(&[(RELS, &rels)]),
        "xml word/_rels/document.xml.rels.Relationship@Target | xml:link Prose http://10.20.0.5/x"
    );
    for text in [
        "<text:a xlink:href='http://10.20.0.5/x'>here</text:a>",
        "<v:shape href='http://10.20.0.5/x'/>",
        "<w:instrText> HYPERLINK \"http://10.20.0.5/x\" </w:instrText>",
        "<w:instrText> HYPERLINK \"http://10.20.0.5/x\" \\o INCLUDEPICTURE</w:instrText>",
        "<f>HYPERLINK(\"http://10.20.0.5/x\",\"a\")</f>",
        "<w:t>see http://10.20.0.5/x</w:t>",
    ] {
        let found = only(&[("word/document.xml", text)]);
        assert!(found.ends_with(" Prose http://10.20.0.5/x") && !found.contains("xml:resource"), "{found}");
    }
}

#[test]
fn ordinary_documents_carry_nothing() {
    let inside = format!(
        "<Relationship Id='rId1' Type='{OFFICE}/image' Target='../media/image1.png'/><Relationship Id='rId2' \
         Type='{OFFICE}/officeDocument' Target='/word/document.xml'/>"
    );
    for (name, text) in [
        (RELS, &*relationships(&inside)),
        (
            "word/document.xml",
            "<w:document xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main' \
          xmlns:mc='http://schemas.openxmlformats.org/markup-compatibility/2006'><a:graphicData \
          uri='http://schemas.openxmlformats.org/drawingml/2006/main'/><w:t>at 10:30, see a.docx</w:t></w:document>",
        ),
        (
            "customXml/itemProps1.xml",
            "<ds:datastoreItem><ds:schemaRef ds:uri='http://schemas.example/x'/></ds:datastoreItem>",
        ),
        (
            "content.xml",
            "<office:document-content xmlns:xlink='http://www.w3.org/1999/xlink'><draw:image \
          xlink:href='Pictures/1.png'/></office:document-content>",
        ),
        ("mimetype", "application/epub+zip"),
        ("word/theme/theme1.xml", "<?xml version='1.0'?>\n<a:theme name='x'><x src='http://h.example/'/></a:theme>"),
        ("word/media/a.bin", "\u{1}http://h.example/"),
    ] {
        let found = body(DOCX, &document(&[(name, text)]));
        assert_eq!((told(&found), found.cut), (vec![], None), "{name}");
    }
}

#[test]
fn archives_that_are_no_documents_are_left_alone() {
    let page = "<img src='http://h.example/'>";
    for packing in [Packing::Stored, Packing::Deflated] {
        let bytes = upload("file", &archive(packing, &[("index.html", page)]));
        let found = body("multipart/form-data; boundary=xyzw", &bytes);
        assert_eq!((told(&found), found.cut), (vec![], None));
    }
    assert_eq!(body("application/zip", &archive(Packing::Deflated, &[("index.html", page)])).cut, None);
    let found = body("application/zip", &archive(Packing::Deflated, &[("MIMETYPE", "x"), ("index.html", page)]));
    assert_eq!(found.candidates.len(), 1);
}

#[test]
fn hostile_archives_are_read_or_told() {
    let rels = relationships(&relationship("image", "http://10.20.0.5/x"));
    let is_found = |bytes: &[u8]| !body(DOCX, bytes).candidates.is_empty();
    for packing in [Packing::Stored, Packing::Deflated, Packing::Streamed] {
        let whole = archive(packing, &[TYPES, (RELS, &rels)]);
        assert!(is_found(&whole), "{packing:?}");
        // No directory; sizes and check sums that are not so; something before the first member.
        assert!(is_found(&whole[..whole.len() - 46]), "{packing:?}");
        let mut wrong = whole.clone();
        wrong[14..26].fill(0xff);
        assert!(is_found(&wrong), "{packing:?}");
        // A member in the data of another one, where only the directory points to.
        let mut hidden = b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
        hidden.extend((whole.len() as u32).to_le_bytes());
        hidden.extend([0; 8]);
        hidden.extend(&whole);
        assert!(is_found(&hidden), "{packing:?}");
    }
    let mut encrypted = archive(Packing::Deflated, &[(RELS, &rels)]);
    encrypted[6] = 1;
    assert_eq!(body(DOCX, &encrypted).cut, Some(Cut::Format));
    let mut damaged = archive(Packing::Deflated, &[(RELS, &rels)]);
    let data = 30 + RELS.len();
    damaged[data..data + 20].fill(0xff);
    assert_eq!(body(DOCX, &damaged).cut, Some(Cut::Format));
    let ebcdic = archive(Packing::Stored, &[("a.xml", "<?xml version='1.0' encoding='cp037'?><a/>")]);
    assert_eq!(body(DOCX, &ebcdic).cut, Some(Cut::Format));
}

#[test]
fn what_a_bound_cuts_off_is_told() {
    let many: Vec<_> = (0..=MEMBERS).map(|_| ("a", "x")).collect();
    assert_eq!(body(DOCX, &archive(Packing::Stored, &many)).cut, Some(Cut::Format));
    let bomb = format!("<a>{}</a>", " ".repeat(2 * limits::DECODED_BYTES));
    assert_eq!(body(DOCX, &archive(Packing::Deflated, &[("a", &bomb), ("b", &bomb)])).cut, Some(Cut::Format));
    let elsewhere = upload("file", &archive(Packing::Deflated, &[TYPES, ("a", &bomb), ("b", &bomb)]));
    let after = super::super::tests::part("meta", "{\"url\":\"http://h.example/\"}");
    let both = [&elsewhere[..elsewhere.len() - b"--xyzw--\r\n".len()], after.as_bytes()].concat();
    let found = body("multipart/form-data; boundary=xyzw", &both);
    assert_eq!((told(&found).len(), found.cut), (1, None), "a document takes no room from what follows it");
    let rels = relationships(&relationship("image", "http://10.20.0.5/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"));
    let bytes = archive(Packing::Stored, &[TYPES, (RELS, &rels)]);
    for end in 0..bytes.len() {
        let body = Body {
            content_type: Some(DOCX),
            content_encoding: None,
            bytes: &bytes[..end],
            complete: false,
            sinks: &[],
        };
        let found = from_body(&body, &key());
        assert!(told(&found).iter().all(|told| told.ends_with("/xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx")), "{end}");
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(at in proptest::collection::vec((0_usize..600, proptest::prelude::any::<u8>()), 0..20), end in 0_usize..600, is_stored: bool) {
        let rels = relationships(&relationship("image", "http://10.20.0.5/x"));
        let packing = if is_stored { Packing::Stored } else { Packing::Streamed };
        let mut bytes = archive(packing, &[("mimetype", "x"), (RELS, &rels)]);
        for (at, byte) in at {
            if let Some(old) = bytes.get_mut(at) {
                *old = byte;
            }
        }
        bytes.truncate(end.max(4));
        body(DOCX, &bytes);
    }
}
