//! What the content of a file is known by, wherever it stands in a text.
//!
//! Each mark is looked for by a few bytes that hardly stand elsewhere, and what is around them is checked.
//! Line ends are not asked for: a page may show them as `<br>`, a string as `\n`.

use memchr::memmem;
use sortie_model::file::{FileMark, FileMarks};

/// Bytes of one field or entry that are looked at.
const FIELD: usize = 256;

/// The marks in a text.
pub(super) fn marks(text: &[u8]) -> FileMarks {
    FileMark::ALL.into_iter().filter(|mark| shows(text, *mark)).collect()
}

fn shows(text: &[u8], mark: FileMark) -> bool {
    match mark {
        FileMark::Accounts => any(text, b":0:0:", is_passwd) || any(text, b":0:99999:7:", is_shadow),
        FileMark::Key => any(text, b"-----BEGIN ", is_pem),
        FileMark::Environment => any(text, b"PATH=/", is_environment),
        FileMark::Settings => any(text, b"[extensions]", is_settings),
    }
}

/// Whether these bytes stand somewhere between what is right before them and behind them.
fn any(text: &[u8], needle: &[u8], is_right: impl Fn(&[u8], &[u8]) -> bool) -> bool {
    memmem::find_iter(text, needle).any(|at| is_right(&text[..at], &text[at + needle.len()..]))
}

/// `root:x:0:0:root:/root:/bin/bash`: seven fields, the last two absolute paths.
fn is_passwd(before: &[u8], after: &[u8]) -> bool {
    let Some(at) = end(before).iter().rposition(|&b| b == b':') else { return false };
    let (name, password) = (&end(before)[..at], &end(before)[at + 1..]);
    let is_password = password.len() <= 1 && password.iter().all(|b| b"x*!".contains(b));
    let mut fields = beginning(after).splitn(3, |&b| b == b':');
    let (Some(gecos), Some(home), Some(shell)) = (fields.next(), fields.next(), fields.next()) else { return false };
    let is_one_line = |field: &[u8]| !field.iter().any(u8::is_ascii_control);
    is_password
        && ends_in_name(name)
        && is_one_line(gecos)
        && home.starts_with(b"/")
        && is_one_line(home)
        && shell.starts_with(b"/")
}

/// `root:$6$…:19700:0:99999:7:::`.
fn is_shadow(before: &[u8], after: &[u8]) -> bool {
    let mut fields = end(before).rsplitn(3, |&b| b == b':');
    let (Some(day), Some(password), Some(name)) = (fields.next(), fields.next(), fields.next()) else { return false };
    let is_hash = password.starts_with(b"$") && password.len() > 8;
    after.starts_with(b"::")
        && day.len() >= 4
        && day.iter().all(u8::is_ascii_digit)
        && (is_hash || matches!(password, b"*" | b"!" | b"!!" | b"!*"))
        && ends_in_name(name)
}

/// `-----BEGIN RSA PRIVATE KEY-----` and the first line of what follows.
fn is_pem(_: &[u8], after: &[u8]) -> bool {
    let Some(end) = memmem::find(beginning(after), b"-----") else { return false };
    let (label, rest) = (&after[..end], &after[end + 5..]);
    let is_label = label.len() >= 3 && label.iter().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || *b == b' ');
    let is_base64 = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'/' | b'=');
    // However the line ends: `\r\n`, `\n` in a string, `<br>`.
    let body = rest.iter().take(48).rev().take_while(|b| is_base64(b)).count();
    is_label && body >= 40
}

/// Entries of a name and a value, each closed by a zero byte: at least one besides `PATH`.
fn is_environment(before: &[u8], after: &[u8]) -> bool {
    let is_entry = |entry: &[u8]| {
        let name = entry.split(|&b| b == b'=').next().unwrap_or_default();
        name.len() < entry.len()
            && name.first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'_')
            && name.iter().all(|b| b.is_ascii_alphanumeric() || *b == b'_')
    };
    let next = beginning(after).split(|&b| b == 0).nth(1);
    let last = end(before).strip_suffix(&[0]).and_then(|before| before.rsplit(|&b| b == 0).next());
    next.is_some_and(is_entry) || last.is_some_and(is_entry)
}

/// `win.ini` as it was delivered with every Windows: `[fonts]` before, `[mci extensions]` behind.
fn is_settings(before: &[u8], after: &[u8]) -> bool {
    memmem::find(end(before), b"[fonts]").is_some() && memmem::find(beginning(after), b"[mci extensions]").is_some()
}

/// A name of an account at the end.
fn ends_in_name(before: &[u8]) -> bool {
    before.last().is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'_' | b'-'))
}

fn beginning(text: &[u8]) -> &[u8] {
    &text[..text.len().min(FIELD)]
}

fn end(text: &[u8]) -> &[u8] {
    &text[text.len().saturating_sub(FIELD)..]
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIN_INI: &str =
        "; for 16-bit app support\r\n[fonts]\r\n[extensions]\r\n[mci extensions]\r\n[files]\r\n[Mail]\r\n";

    fn only(text: &str) -> Option<FileMark> {
        let found = marks(text.as_bytes());
        let held: Vec<_> = FileMark::ALL.into_iter().filter(|mark| found.contains(*mark)).collect();
        assert!(held.len() <= 1, "{text}: {held:?}");
        held.first().copied()
    }

    #[test]
    fn contents_of_files_are_known() {
        let key = "MIIEpAIBAAKCAQEA7bq0Zk1r8oG3c1m5q8V0yJrQ5mC8aTn4dQ2wz6b1Y3kq9x";
        for (text, mark) in [
            ("root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1::/:/usr/sbin/nologin\n", FileMark::Accounts),
            ("<br>root:x:0:0:root:/root:/bin/ash<br>bin:x:1:1", FileMark::Accounts),
            (
                "nobody:*:-2:-2::/var/empty:/usr/bin/false\nroot:*:0:0:System Administrator:/var/root:/bin/sh",
                FileMark::Accounts,
            ),
            ("root::0:0:root:/root:/bin/sh", FileMark::Accounts),
            ("root:$6$Rk1/4bX9$u8a9:19700:0:99999:7:::\nbin:*:19700:0:99999:7:::", FileMark::Accounts),
            ("PATH=/usr/local/bin:/usr/bin\0HOME=/root\0", FileMark::Environment),
            ("HOSTNAME=web-1\0PATH=/bin\0", FileMark::Environment),
            (WIN_INI, FileMark::Settings),
        ] {
            assert_eq!(only(text), Some(mark), "{text}");
        }
        for (label, line_end) in [
            ("RSA PRIVATE KEY", "\n"),
            ("CERTIFICATE", "\r\n"),
            ("EC PRIVATE KEY", "\\n"),
            ("OPENSSH PRIVATE KEY", "<br>"),
        ] {
            let text = format!("x-----BEGIN {label}-----{line_end}{key}{line_end}");
            assert_eq!(only(&text), Some(FileMark::Key), "{text}");
        }
    }

    #[test]
    fn what_only_looks_like_them_is_none() {
        for text in [
            "",
            "10:0:0:1",
            "uptime 1:0:0:22 /x:/y",
            "time 12:0:0:x:y:z",
            "root:x:0:0",
            "root:x:0:0:root:home:shell",
            "ratio x:0:0:a:b:c",
            "score: home:x:0:0:away\n:/stadium:/north",
            "-----BEGIN PRIVATE KEY-----",
            "paste your key here: -----BEGIN CERTIFICATE----- … -----END CERTIFICATE-----",
            "-----BEGIN -----",
            "export PATH=/usr/bin:$PATH\nexport HOME=/root",
            "PATH=/usr/bin\nHOME=/root\n",
            "INSTALL_PATH=/opt",
            "[extensions]\nrecommendations = []\n",
            "[fonts]\nsize=12\n[extensions]\nenabled=yes\n",
            "a:19700:0:99999:7:::b",
        ] {
            assert_eq!(only(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(:0:0:|:x|root|/bin|-----BEGIN |-----|KEY|PATH=/|\u{0}|A=|\\[fonts\\]|\\[extensions\\]|\\[mci extensions\\]|:0:99999:7:|::|[a-z:]){0,24}") {
            let _ = marks(text.as_bytes());
        }
    }
}
