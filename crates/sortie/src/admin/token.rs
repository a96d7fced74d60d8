//! The secret that the TCP admin side asks for.

use std::fmt;
use std::fs::OpenOptions;
use std::io::{self, Read, Write as _};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use sha2::{Digest, Sha256};

/// Hexadecimal digits of a token: 256 random bits.
const LENGTH: usize = 64;

/// A bearer token. It is compared by digest, so that the time of a comparison says nothing.
#[derive(Clone)]
pub(super) struct Token {
    text: String,
    digest: [u8; 32],
}

impl Token {
    /// The token of a data folder, made (0600) where there is none.
    pub(super) fn load_or_make(path: &Path) -> io::Result<Self> {
        match Self::load(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Self::make(path),
            other => other,
        }
    }

    /// The token of a data folder.
    pub(super) fn load(path: &Path) -> io::Result<Self> {
        let mut text = String::new();
        let longest = LENGTH as u64 + 2;
        std::fs::File::open(path)?.take(longest).read_to_string(&mut text)?;
        let text = text.trim();
        if text.len() != LENGTH || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "it holds no token; remove it, and the next start makes one",
            ));
        }
        Ok(Self::new(text))
    }

    fn make(path: &Path) -> io::Result<Self> {
        let text = format!("{:032x}{:032x}", random()?, random()?);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
        writeln!(file, "{text}")?;
        file.sync_all()?;
        Ok(Self::new(&text))
    }

    fn new(text: &str) -> Self {
        Self { text: text.to_owned(), digest: Sha256::digest(text).into() }
    }

    /// Whether an `Authorization` header holds the token.
    pub(super) fn admits(&self, authorization: Option<&str>) -> bool {
        let given = authorization.and_then(|value| value.split_once(' '));
        given.is_some_and(|(scheme, text)| {
            let digest: [u8; 32] = Sha256::digest(text.trim()).into();
            scheme.eq_ignore_ascii_case("bearer") && digest == self.digest
        })
    }

    /// What a client sends.
    pub(super) fn authorization(&self) -> String {
        format!("Bearer {}", self.text)
    }
}

fn random() -> io::Result<u128> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(io::Error::other)?;
    Ok(u128::from_ne_bytes(bytes))
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn is_made_once_and_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.token");
        let token = Token::load_or_make(&path).unwrap();
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(Token::load_or_make(&path).unwrap().admits(Some(&token.authorization())));
        assert!(!format!("{token:?}").contains(&token.text));
    }

    #[test]
    fn admits_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let token = Token::load_or_make(&folder.path().join("admin.token")).unwrap();
        let basic = format!("Basic {}", token.text);
        for wrong in [
            None,
            Some(""),
            Some("Bearer"),
            Some("Bearer "),
            Some("Bearer 00"),
            Some(token.text.as_str()),
            Some(&basic),
        ] {
            assert!(!token.admits(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_broken_file_is_no_token() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("admin.token");
        std::fs::write(&path, "").unwrap();
        assert_eq!(Token::load_or_make(&path).unwrap_err().kind(), io::ErrorKind::InvalidData);
    }
}
