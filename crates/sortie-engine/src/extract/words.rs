//! Word lists by which hosts are told from other dotted texts.

/// Bytes of the longest word.
const LONGEST: usize = 16;

/// Words in lower case, each as a number: so one is found by bisection, without a look at its letters.
pub(super) struct Words<const N: usize>([u128; N]);

impl<const N: usize> Words<N> {
    const fn of(words: [&str; N]) -> Self {
        let mut sorted = [0; N];
        let mut count = 0;
        while count < N {
            let Some(word) = number(words[count].as_bytes()) else { panic!("a word is too long") };
            let mut at = count;
            while at > 0 && sorted[at - 1] > word {
                sorted[at] = sorted[at - 1];
                at -= 1;
            }
            sorted[at] = word;
            count += 1;
        }
        Self(sorted)
    }

    /// Whether a word, in any case, is among them.
    pub(super) fn hold(&self, word: &str) -> bool {
        number(word.as_bytes()).is_some_and(|word| self.0.binary_search(&word).is_ok())
    }
}

/// The letters of a word in lower case, one behind the other.
const fn number(word: &[u8]) -> Option<u128> {
    if word.len() > LONGEST {
        return None;
    }
    let (mut number, mut at) = (0, 0);
    while at < word.len() {
        number = number << 8 | word[at].to_ascii_lowercase() as u128;
        at += 1;
    }
    Some(number)
}

/// Top-level domains of more than two letters that are common on the Internet (by registrations),
/// and those that private networks use (RFC 6761, RFC 6762, ICANN's `internal`, and habit).
#[rustfmt::skip]
pub(super) static COMMON_ENDINGS: Words<69> = Words::of([
    "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "pro", "mobi", "arpa", "asia", "app",
    "dev", "page", "cloud", "xyz", "online", "site", "top", "shop", "store", "club", "tech", "live", "vip", "blog",
    "news", "space", "website", "click", "link", "fun", "world", "today", "digital", "agency", "studio", "systems",
    "network", "services", "solutions", "group", "host", "hosting", "ninja", "icu", "fit", "work", "run", "life",
    "test", "example", "invalid", "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private",
    "svc", "cluster", "onion", "consul", "docker", "localdomain",
]);

/// Endings of file names; none is a host's last label unless the parameter speaks of hosts. `zip`
/// and `mov` are top-level domains too, and yet far more often files.
#[rustfmt::skip]
pub(super) static FILE_ENDINGS: Words<135> = Words::of([
    "pdf", "png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "tif", "tiff", "heic", "avif", "mp3", "mp4",
    "avi", "mkv", "mov", "wav", "ogg", "flac", "webm", "mpeg", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "odt",
    "ods", "odp", "rtf", "txt", "csv", "tsv", "json", "jsonl", "ndjson", "xml", "html", "htm", "xhtml", "yml",
    "yaml", "toml", "ini", "cfg", "conf", "config", "log", "sql", "db", "sqlite", "bak", "tmp", "old", "orig",
    "zip", "tar", "gz", "tgz", "bz", "xz", "rar", "exe", "dll", "bin", "iso", "img", "dmg", "apk", "jar", "war",
    "ear", "class", "java", "php", "asp", "aspx", "jsp", "js", "mjs", "cjs", "ts", "tsx", "jsx", "vue", "css",
    "scss", "less", "map", "wasm", "pyc", "rb", "go", "cpp", "hpp", "cs", "swift", "kt", "lua", "bash", "bat",
    "ipynb", "lock", "pem", "crt", "key", "cer", "csr", "pub", "woff", "ttf", "otf", "eot", "eps", "psd", "rst",
    "tex", "parquet", "avro", "proto", "graphql", "stl", "gcode", "patch", "diff", "tpl", "tmpl", "ejs", "env",
    "dat", "part", "min",
]);

/// Endings that are both country codes and common endings of source files: a host from the third
/// label on.
pub(super) static CODE_ENDINGS: Words<13> =
    Words::of(["py", "rs", "md", "sh", "pl", "so", "ps", "pm", "ml", "cc", "mm", "st", "vb"]);

/// Single words that name no host, even in a parameter that speaks of hosts.
#[rustfmt::skip]
pub(super) static NOT_HOSTS: Words<23> = Words::of([
    "true", "false", "null", "none", "nil", "undefined", "all", "any", "auto", "default", "yes", "no", "on", "off",
    "self", "blank", "_blank", "_self", "_top", "_parent", "unknown", "enabled", "disabled",
]);
