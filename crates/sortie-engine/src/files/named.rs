//! Which texts name a file.

use sortie_model::file::FileMark;

use crate::extract::split_scheme;

/// Schemes that read files of the machine: RFC 8089, Java's and Python's other words for it, PHP's wrappers.
const SCHEMES: [&str; 8] = ["file", "netdoc", "local_file", "local-file", "php", "phar", "glob", "compress.zlib"];
/// Schemes that hold another URL.
const WRAPPERS: [&str; 4] = ["jar", "url", "view-source", "zip"];
/// Where absolute paths begin on machines that serve APIs; elsewhere a path is one of the API's own.
const ROOTS: [&str; 16] = [
    "etc", "proc", "root", "home", "var", "usr", "opt", "srv", "app", "run", "tmp", "dev", "sys", "boot", "mnt",
    "users",
];
/// Words in names of files whose content has a mark.
const WORDS: [(&str, FileMark); 10] = [
    ("passwd", FileMark::Accounts),
    ("shadow", FileMark::Accounts),
    ("environ", FileMark::Environment),
    ("win.ini", FileMark::Settings),
    (".pem", FileMark::Key),
    (".key", FileMark::Key),
    (".crt", FileMark::Key),
    ("id_rsa", FileMark::Key),
    ("id_ecdsa", FileMark::Key),
    ("id_ed25519", FileMark::Key),
];
/// Longest text that is looked at, in bytes.
const LENGTH: usize = 4096;

/// Whether a text is the name of a file: a URL of the machine itself, a path that leaves its folder, an
/// absolute path. Whether such a file exists, or is ever read, it does not say.
pub fn is_named(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text.len() > LENGTH || text.contains('\n') {
        return false;
    }
    leaves_folder(text) || is_absolute(text) || is_url(text)
}

/// Last words of the names of parameters that are for files.
const FOR_FILES: [&str; 16] = [
    "file", "filename", "filepath", "path", "pathname", "dir", "folder", "doc", "document", "template", "page",
    "include", "source", "src", "load", "read",
];

/// Whether a text that names a file can be nothing else, as the value of this parameter.
pub fn is_plain(text: &str, parameter: &str) -> bool {
    let last = parameter.rsplit(|c: char| !c.is_ascii_alphanumeric()).find(|word| !word.is_empty()).unwrap_or_default();
    let is_for_files = FOR_FILES.iter().any(|word| last.to_ascii_lowercase().ends_with(word));
    is_for_files || parameter.starts_with("xml:") || leaves_folder(text.trim()) || is_url(text.trim())
}

/// What the content of a named file would be known by.
pub fn suggests(text: &str) -> Option<FileMark> {
    let text = text.to_ascii_lowercase();
    WORDS.into_iter().find(|(word, _)| text.contains(word)).map(|(_, mark)| mark)
}

fn is_url(text: &str) -> bool {
    let mut rest = text;
    // A wrapper holds one URL, and that may be a wrapper.
    for _ in 0..2 {
        let Some((scheme, tail)) = split_scheme(rest) else { return false };
        let is_one_of = |list: &[&str]| list.iter().any(|word| word.eq_ignore_ascii_case(scheme));
        if is_one_of(&SCHEMES) {
            return tail.len() > 2;
        }
        if !is_one_of(&WRAPPERS) {
            return false;
        }
        rest = tail;
    }
    false
}

/// `../x` at the beginning, or further in.
fn leaves_folder(text: &str) -> bool {
    let is_parent = |at: usize| at == 0 || matches!(text.as_bytes()[at - 1], b'/' | b'\\');
    let is_file = |at: usize| matches!(text.as_bytes().get(at + 2), Some(b'/' | b'\\')) && at + 3 < text.len();
    !text.contains("://") && memchr::memmem::find_iter(text.as_bytes(), b"..").any(|at| is_parent(at) && is_file(at))
}

fn is_absolute(text: &str) -> bool {
    let is_slash = |c: char| matches!(c, '/' | '\\');
    if let Some((drive, rest)) = text.split_once(':') {
        return drive.len() == 1
            && drive.as_bytes()[0].is_ascii_alphabetic()
            && rest.starts_with(is_slash)
            && rest.len() > 1;
    }
    let Some((first, rest)) = text.strip_prefix('/').and_then(|path| path.split_once('/')) else { return false };
    !rest.is_empty() && ROOTS.iter().any(|root| root.eq_ignore_ascii_case(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_told_from_paths_of_the_api() {
        for text in [
            "file:///etc/passwd",
            "FILE:/etc/passwd",
            "file://localhost/c:/windows/win.ini",
            "netdoc:///etc/passwd",
            "jar:file:///srv/app.jar!/keys.pem",
            "php://filter/convert.base64-encode/resource=/etc/passwd",
            "../../../../etc/passwd",
            "avatars/..\\..\\windows\\win.ini",
            "/etc/passwd",
            "/proc/self/environ",
            "C:\\Windows\\win.ini",
            "c:/windows/win.ini",
        ] {
            assert!(is_named(text), "{text}");
        }
        for text in [
            "",
            "/",
            "..",
            "a..b/c",
            "/v1/users/17",
            "/products/etc/x",
            "report.pdf",
            "http://h.example/../x",
            "file:",
            "12:30",
            "C:",
            "key: /etc/passwd",
            "etc/passwd",
            "/etc",
            "see /etc/passwd",
            "1/2",
        ] {
            assert!(!is_named(text), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "([a-z:/\\\\.]|\\.\\./|file:|é){0,20}") {
            let _ = is_named(&text);
        }
    }
}
