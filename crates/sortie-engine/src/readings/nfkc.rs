//! Letters that turn into a delimiter of URLs, perhaps with others, under the normalisation NFKC
//! (Unicode 15). IDNA normalises, so some parsers refuse them in an authority.

/// Those that become one of `/?#@:` and more, but for the vertical forms.
const DELIMITERS: [char; 17] = [
    '\u{2047}', '\u{2048}', '\u{2049}', '\u{2100}', '\u{2101}', '\u{2105}', '\u{2106}', '\u{2a74}', '\u{fe55}',
    '\u{fe56}', '\u{fe5f}', '\u{fe6b}', '\u{ff03}', '\u{ff0f}', '\u{ff1a}', '\u{ff1f}', '\u{ff20}',
];
/// The forms for vertical writing, which Java's list lacks.
const VERTICAL: [char; 2] = ['\u{fe13}', '\u{fe16}'];

/// Whether a text holds such a letter, as Java lists them.
pub(super) fn has_delimiter(text: &str) -> bool {
    text.contains(DELIMITERS)
}

/// The same with the vertical forms, as Python finds them.
pub(super) fn has_any_delimiter(text: &str) -> bool {
    has_delimiter(text) || text.contains(VERTICAL)
}
