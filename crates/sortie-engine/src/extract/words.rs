//! Word lists by which hosts are told from other dotted texts.

/// Top-level domains of more than two letters that are common on the Internet (by registrations),
/// and those that private networks use (RFC 6761, RFC 6762, ICANN's `internal`, and habit).
#[rustfmt::skip]
pub(super) const COMMON_ENDINGS: &[&str] = &[
    "com", "net", "org", "edu", "gov", "mil", "int", "info", "biz", "pro", "mobi", "arpa", "asia", "app",
    "dev", "page", "cloud", "xyz", "online", "site", "top", "shop", "store", "club", "tech", "live", "vip", "blog",
    "news", "space", "website", "click", "link", "fun", "world", "today", "digital", "agency", "studio", "systems",
    "network", "services", "solutions", "group", "host", "hosting", "ninja", "icu", "fit", "work", "run", "life",
    "test", "example", "invalid", "localhost", "local", "internal", "intranet", "lan", "home", "corp", "private",
    "svc", "cluster", "onion", "consul", "docker", "localdomain",
];

/// Endings of file names; none is a host's last label unless the parameter speaks of hosts. `zip`
/// and `mov` are top-level domains too, and yet far more often files.
#[rustfmt::skip]
pub(super) const FILE_ENDINGS: &[&str] = &[
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
];

/// Endings that are both country codes and common endings of source files: a host from the third
/// label on.
pub(super) const CODE_ENDINGS: &[&str] =
    &["py", "rs", "md", "sh", "pl", "so", "ps", "pm", "ml", "cc", "mm", "st", "vb"];

/// Single words that name no host, even in a parameter that speaks of hosts.
#[rustfmt::skip]
pub(super) const NOT_HOSTS: &[&str] = &[
    "true", "false", "null", "none", "nil", "undefined", "all", "any", "auto", "default", "yes", "no", "on", "off",
    "self", "blank", "_blank", "_self", "_top", "_parent", "unknown", "enabled", "disabled",
];
