//! Schemes that nobody gives to an API for it to fetch.

/// Schemes that read the server's own files, put a client's bytes onto a connection of any protocol, or
/// run code. `ftp`, `ldap`, `redis` and their like are not among them: configurations name those.
#[rustfmt::skip]
const FORBIDDEN: &[&str] = &[
    // Files of the server.
    "file", "local_file", "netdoc", "jar", "phar", "php", "zip", "glob",
    // Other protocols' bytes.
    "gopher", "gophers", "dict", "tftp",
    // Code.
    "expect", "javascript", "vbscript",
];

/// Whether a scheme (lower case) is forbidden.
pub(super) fn is_forbidden(scheme: &str) -> bool {
    FORBIDDEN.contains(&scheme)
}
