//! How data of media formats begin. A declared type alone is a client's word, and many programs do not look
//! at it: what is declared an image and begins as none may be read as anything.

/// Where a signature stands, and its bytes.
type Signature = (usize, &'static [u8]);

/// Images, sound, films, fonts, documents and archives: the signatures of the WHATWG MIME Sniffing Standard
/// (§6), and those of TIFF, HEIF and AVIF, FLAC, PDF and WebAssembly by their specifications.
const SIGNATURES: [Signature; 32] = [
    (0, b"\x89PNG\r\n\x1a\n"),
    (0, b"\xff\xd8\xff"),
    (0, b"GIF87a"),
    (0, b"GIF89a"),
    (8, b"WEBPVP"),
    (0, b"BM"),
    (0, b"\0\0\x01\0"),
    (0, b"\0\0\x02\0"),
    (0, b"II*\0"),
    (0, b"MM\0*"),
    (4, b"ftyp"),
    (8, b"AVI "),
    (8, b"WAVE"),
    (0, b"FORM"),
    (0, b"ID3"),
    (0, b"\xff\xfb"),
    (0, b"\xff\xf3"),
    (0, b"\xff\xf2"),
    (0, b"\xff\xf1"),
    (0, b"OggS\0"),
    (0, b"MThd\0\0\0\x06"),
    (0, b"fLaC"),
    (0, b"\x1aE\xdf\xa3"),
    (0, b"\0\x01\0\0"),
    (0, b"OTTO"),
    (0, b"ttcf"),
    (0, b"wOFF"),
    (0, b"wOF2"),
    (0, b"%PDF-"),
    (0, b"PK\x03\x04"),
    (0, b"\0asm"),
    (0, b"\x1f\x8b\x08"),
];

/// Whether bytes begin as data of a media format do.
pub(super) fn begins_media(bytes: &[u8]) -> bool {
    SIGNATURES.iter().any(|&(at, signature)| bytes.get(at..).is_some_and(|b| b.starts_with(signature)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_are_told_by_how_they_begin() {
        for media in [&b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"[..], b"\xff\xd8\xff\xe0\0\x10JFIF", b"RIFF\x24\0\0\0WEBPVP8 "] {
            assert!(begins_media(media), "{media:?}");
        }
        for other in [&b""[..], b"{\"a\":\"\x7f\"}", b"a=\x7f&url=http://h/", b"<p>\x01", b"\x89PN"] {
            assert!(!begins_media(other), "{other:?}");
        }
    }
}
