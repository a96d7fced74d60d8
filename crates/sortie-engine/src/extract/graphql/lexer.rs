//! GraphQL's tokens (specification of October 2021, §2.1), read where they stand.
//!
//! Not `apollo-parser`: its lexer takes 15 to 22 ns a token, twice which is more than a body may cost, and it comes
//! with five crates for its trees. This one reads no less: a property test holds the two against each other.

use super::super::scan;

/// The text is no GraphQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

/// A token that is not ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A punctuator, by its first byte.
    Mark(u8),
    /// A name or keyword.
    Name(&'t str),
    /// An integer or a fraction.
    Number(&'t str),
    /// What stands between the quotes of a string.
    Text(&'t str),
    /// What stands between the quotes of a block string.
    Block(&'t str),
    /// The end of the text.
    End,
}

/// A text and how far it was read.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Takes the next token, with the byte it begins at.
    pub(super) fn next(&mut self) -> Result<(usize, Token<'t>), Broken> {
        self.skip_ignored();
        let start = self.at;
        let rest = &self.text.as_bytes()[start..];
        let Some(&first) = rest.first() else { return Ok((start, Token::End)) };
        let (length, token) = match first {
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => {
                let length = length_of(rest, |byte| byte == b'_' || byte.is_ascii_alphanumeric());
                (length, Token::Name(&self.text[start..start + length]))
            }
            b'"' => return Ok((start, self.string()?)),
            b'-' | b'0'..=b'9' => {
                let length = length_of(rest, |byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
                (length, Token::Number(&self.text[start..start + length]))
            }
            b'.' if rest.starts_with(b"...") => (3, Token::Mark(first)),
            b'!' | b'$' | b'&' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'|' | b'}' => {
                (1, Token::Mark(first))
            }
            _ => return Err(Broken),
        };
        self.at += length;
        Ok((start, token))
    }

    /// White space, commas, byte order marks, and comments up to the end of their lines.
    fn skip_ignored(&mut self) {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\n' | b'\r' | b',') => self.at += 1,
                Some(b'#') => self.at += scan::find(&bytes[self.at..], [b'\n', b'\r']),
                Some(0xef) if self.text[self.at..].starts_with('\u{feff}') => self.at += '\u{feff}'.len_utf8(),
                _ => return,
            }
        }
    }

    /// Takes a string of either kind.
    fn string(&mut self) -> Result<Token<'t>, Broken> {
        let is_block = self.text[self.at..].starts_with("\"\"\"");
        let quotes = if is_block { "\"\"\"" } else { "\"" };
        let start = self.at + quotes.len();
        self.at = start;
        loop {
            let rest = &self.text.as_bytes()[self.at..];
            self.at += scan::find(rest, [b'"', b'\\']);
            let rest = &self.text[self.at..];
            if rest.starts_with(quotes) {
                let content = &self.text[start..self.at];
                self.at += quotes.len();
                return Ok(if is_block { Token::Block(content) } else { Token::Text(content) });
            }
            self.at += match rest.chars().nth(1) {
                _ if is_block && rest.starts_with("\\\"\"\"") => "\\\"\"\"".len(),
                _ if is_block && !rest.is_empty() => 1,
                Some(escaped) if !is_block => 1 + escaped.len_utf8(),
                _ => return Err(Broken),
            };
        }
    }
}

fn length_of(bytes: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    bytes.iter().position(|&byte| !is_part(byte)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens(text: &str) -> Result<Vec<Token<'_>>, Broken> {
        let mut lexer = Lexer::new(text);
        let mut tokens = Vec::new();
        loop {
            match lexer.next()?.1 {
                Token::End => return Ok(tokens),
                token => tokens.push(token),
            }
        }
    }

    #[test]
    fn what_is_ignored_is_no_token() {
        use Token::{Mark, Name};
        assert_eq!(
            tokens("\u{feff}{ a,b #c\n...}").unwrap(),
            [Mark(b'{'), Name("a"), Name("b"), Mark(b'.'), Mark(b'}')]
        );
        assert_eq!(tokens(" ,#").unwrap(), []);
    }

    #[test]
    fn strings_end_where_they_end() {
        use Token::{Block, Text};
        for (text, expected) in [
            (r#""a\"b""#, Text(r#"a\"b"#)),
            (r#""""#, Text("")),
            (r#""\\""#, Text(r"\\")),
            (r#""""a"b\n""""#, Block(r#"a"b\n"#)),
            (r#""""\"""""""#, Block(r#"\""""#)),
            ("\"\"\"a\\\"\"\"", Block("a\\")),
        ] {
            let read = tokens(text);
            if expected == Block("a\\") {
                assert_eq!(read, Err(Broken), "{text}");
            } else {
                assert_eq!(read.unwrap(), [expected], "{text}");
            }
        }
        for text in ["\"", "\"a", "\"a\\", "\"\"\"a\"\"", "\"a\\\"", "?", "..", "é"] {
            assert_eq!(tokens(text), Err(Broken), "{text}");
        }
    }
}
