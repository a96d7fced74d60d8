//! Bodies that were made, or found by fuzzing, to cost the reader as much as possible.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;

use super::archives::archives;
use super::{Sample, TYPES, filled};

/// Hostile bodies, each under every type of [`TYPES`].
pub fn worst(size: usize) -> Vec<Sample> {
    let plain = patterns(size).into_iter().flat_map(|(name, bytes)| under_every_type(name, None, &bytes));
    // What is packed may be four times as much when it is unpacked.
    let packed = patterns(4 * size).into_iter().filter_map(|(name, bytes)| Some((name, gzip(&bytes, size)?)));
    plain.chain(packed.flat_map(|(name, bytes)| under_every_type(name, Some("gzip"), &bytes))).collect()
}

fn under_every_type(name: &'static str, content_encoding: Option<&'static str>, bytes: &[u8]) -> Vec<Sample> {
    let sample = |content_type| Sample { name, content_type, content_encoding, bytes: bytes.to_vec().into() };
    TYPES.map(sample).into()
}

/// Packed, if that makes at most so many bytes.
pub(super) fn gzip(bytes: &[u8], size: usize) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).ok()?;
    encoder.finish().ok().filter(|packed| packed.len() <= size)
}

/// Texts that repeat one thing: before, unit, after. `#` in a unit is its number.
#[rustfmt::skip]
const REPEATED: &[(&str, &str, &str, &str)] = &[
    ("open objects", "", "{\"a\":", ""),
    ("open arrays", "", "[", ""),
    ("open arrays with texts", "", "[\"\",", ""),
    ("long keys, then texts", "{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\":{\"kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk\":{\"host\":[", "\"\",", "\"\"]}}}"),
    ("short texts", "[", "\"a\",", "\"\"]"),
    ("short texts with dots", "[", "\".\",", "\"\"]"),
    ("short texts with colons", "[", "\"a:b\",", "\"\"]"),
    ("short texts of everything", "[", "\"a:b/c.d%41&lt;=<b!\",", "\"\"]"),
    ("texts of twelve digits", "[", "\"AAAAAAAAAAAA\",", "\"\"]"),
    ("hosts", "{\"hosts\":[", "\"h#\",", "\"\"]}"),
    ("dotted hosts", "{\"hosts\":[", "\"a.b.c.d.#\",", "\"\"]}"),
    ("wide hosts", "{\"hosts\":[", "\"ｌｏ#\",", "\"\"]}"),
    ("wide words", "{\"hosts\":[", "\"ö #\",", "\"\"]}"),
    ("ports", "{\"host\":\"a.example\"", ",\"port\":#", "}"),
    ("keys with ports", "{\"host\":\"a.example\"", ",\"p#port\":80", "}"),
    ("numbers for addresses", "{\"ip\":[1", ",3000000#", "]}"),
    ("URLs", "", "http://h#.example/ ", ""),
    ("one URL again and again", "", "http://h/a/b/c/d/e/f/g ", ""),
    ("one URL of many segments", "http://h.example/", "a/", ""),
    ("one URL of many escapes", "http://h.example/", "%61", ""),
    ("one URL of many steps back", "http://h.example/", "a/../", ""),
    ("one URL of many pairs", "http://h.example/?", "a=b&", ""),
    ("one URL in many spellings", "", "http://h:#/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q/r/s/t/u/v ", ""),
    ("one URL, many queries", "", "http://h/?#=a&b=c&d=e&f=g ", ""),
    ("URLs with users", "", "http://a@b@c:80@h#/ ", ""),
    ("URLs of wide letters", "", "http://ö#ß.example/ ", ""),
    ("URLs of punycode", "", "http://xn--e1afmkfd#.xn--p1ai/ ", ""),
    ("URLs of escapes", "", "http://%31%32%37.%30.%30.#/ ", ""),
    ("URLs of dot segments", "", "http://h#/a/../a/%2e%2e/ ", ""),
    ("URLs without hosts", "", "http://", ""),
    ("URLs without hosts, apart", "", "http:// ", ""),
    ("schemes", "", "a://a", ""),
    ("schemes, apart", "", "a://. ", ""),
    ("a list of URLs", "http://h/", ",http://h#", ""),
    ("a list of hosts", "", "a.b,", ""),
    ("colons", "", ":", ""),
    ("colons and slashes", "", "://", ""),
    ("slashes", "", "/", ""),
    ("dots", "", ".", ""),
    ("at signs", "http://", "a@", ""),
    ("brackets", "http://", "(", ""),
    ("IPv6", "", "[::1]:80,", ""),
    ("escapes", "", "%25", ""),
    ("escapes of escapes", "", "%252525", ""),
    ("escapes of URLs", "", "http%3A%2F%2F", ""),
    ("escaped forms", "a=", "%26a%3D", ""),
    ("pairs", "", "a=1&", ""),
    ("pairs in pairs", "", "a=b=c%3Dd&", ""),
    ("pairs of everything", "", "a=a:b/c.d%2541%26lt;%3D%3Cb!&", ""),
    ("pairs of texts of twelve", "", "a=AAAAAAAAAAAA&", ""),
    ("pairs of JSON", "", "a={\"a\":\"b\"}&", ""),
    ("ampersands", "", "&", ""),
    ("entities", "", "&amp;", ""),
    ("numbers of entities", "", "&#58;", ""),
    ("unknown entities", "", "&aaaaaaaaaa", ""),
    ("entities in a URL", "", "http&colon;//&#x68;", ""),
    ("angles", "", "<", ""),
    ("tags", "", "<a>", ""),
    ("tags that are open", "", "<a ", ""),
    ("attributes", "<a ", "b ", ">"),
    ("attributes with texts", "<a ", "b=c ", ">"),
    ("references", "<a ", "src=//h#/ ", ">"),
    ("references that are relative", "", "<a src=a&amp;b>", ""),
    ("quotes that are open", "", "<a b='", ""),
    ("quotes in tags", "", "<a b='\">", ""),
    ("comments", "", "<!--", ""),
    ("comments, closed", "", "<!---->", ""),
    ("styles", "", "<style>url(a)", ""),
    ("style attributes", "<p style='", "url(//h#/)", "'>"),
    ("functions", "", "url(", ""),
    ("functions with quotes", "", "url(\"", ""),
    ("imports", "", "@import \"", ""),
    ("entity declarations", "<!DOCTYPE r [", "<!ENTITY SYSTEM 'x://", ""),
    ("system literals", "<!DOCTYPE r [", "SYSTEM ' ", ""),
    ("public literals", "<!DOCTYPE r [", "PUBLIC 'a' ", ""),
    ("instructions", "<?xml?>", "<?a?>", ""),
    ("stylesheets", "<?xml?>", "<?xml-stylesheet href='a'?>", ""),
    ("elements of XML", "<?xml?>", "<a>b</a>", ""),
    ("elements of XML, open", "<?xml?>", "<a>", ""),
    ("elements of XML, everything", "<?xml?>", "<a b='a:b/c.d%41&lt;=!'>a:b/c.d%41&lt;=!</a>", ""),
    ("references of XML", "<?xml?><a>", "&lt;", "</a>"),
    ("sections of XML", "<?xml?><a>", "<![CDATA[a]]>", "</a>"),
    ("schema locations", "<?xml?><a x:schemaLocation='", "a //h#/ ", "'/>"),
    ("parts", "", "--xyzw\r\n\r\n", ""),
    ("parts with heads", "", "--xyzw\r\nContent-Disposition: form-data; name=a\r\n\r\nhttp://h\r\n", ""),
    ("parts without an end", "--xyzw\r\n\r\n", "--xyz", ""),
    ("parts with parameters", "--xyzw\r\nContent-Disposition: a", ";b=c", "\r\n\r\na\r\n--xyzw--\r\n"),
    ("images", "", "![](", ""),
    ("images, closed", "", "![a](//h#/)", ""),
    ("images by reference", "![a][b]", "\n[b]: //h#/", ""),
    ("images by nothing", "", "![a]/\n", ""),
    ("images that are data", "", "![](data:", ""),
    ("data in a style", "<style>", "url('data:,@import\"", "</style>"),
    ("data in a list of images", "<img srcset='", "data:,//h#/ ,", "'>"),
    ("data that are small", "[", "\"data:;base64,eyIxIjoxfQ\",", "\"\"]"),
    ("data in data", "data:text/html,", "%3Cimg src=data:,%3Ca%3E%3E", ""),
    ("rows", "", ",\n", ""),
    ("cells", "", ",", ""),
    ("cells with quotes", "a,b\n", "\"x\"y,", ""),
    ("cells of everything", "a,b\n", "a:b/c.d%41&lt;=<b!,", ""),
    ("lines of YAML", "", "a: b\n", ""),
    ("lines of YAML, deeper", "", "- - - - a:\n", ""),
    ("flows of YAML", "a: {", "a: b,", "}"),
    ("quotes of YAML", "", "a: \"b\\n\"\n", ""),
    ("colons of YAML", "", "a:a:a:a:a", ""),
    ("strings in strings", "", "\"[\\\"", ""),
    ("JSON in strings", "[", "\"{\\\"a\\\":\\\"b:c\\\"}\",", "\"\"]"),
    ("JSON of escapes", "[\"", "\\u0061", "\"]"),
    ("texts of escapes", "[", "\"\\n:\",", "\"\"]"),
    ("JSON that breaks", "", "{\"a\":1}x", ""),
    ("documents", "", "{}", ""),
    ("documents of texts", "", "\":\"\n", ""),
    ("white space", "{", " ", "}"),
    ("line breaks", "a", "\n", "a"),
    ("bytes beyond ASCII", "", "é", ""),
    ("zeros", "", "\u{0}", ""),
    ("GraphQL of braces", "{\"query\":\"", "{a", "\"}"),
    ("GraphQL of names", "{\"query\":\"{", "a ", "}\"}"),
    ("GraphQL of arguments", "{\"query\":\"{", "a(b:1)", "}\"}"),
    ("GraphQL of directives", "{\"query\":\"{a ", "@b(c:D)", "}\"}"),
    ("GraphQL of lists", "{\"query\":\"{a(host:[", "[1]", "])}\"}"),
    ("GraphQL of objects", "{\"query\":\"{a(b:", "{c:", "1"),
    ("GraphQL of texts", "{\"query\":\"{a(b:[", "\\\"a:b/c.d%41&lt;=<b!\\\"", "])}\"}"),
    ("GraphQL of hosts", "{\"query\":\"{a(host:[", "\\\"h#\\\"", "])}\"}"),
    ("GraphQL of escapes", "{\"query\":\"{a(b:\\\"", "\\\\u0061", "\\\")}\"}"),
    ("GraphQL of block strings", "{\"query\":\"{a(b:[", "\\\"\\\"\\\"a\\\"\\\"\\\"", "])}\"}"),
    ("GraphQL of comments", "{\"query\":\"{a", "#\\n", "}\"}"),
    ("GraphQL of commas", "{\"query\":\"{a", ",", "}\"}"),
    ("GraphQL of variables", "{\"variables\":{\"a\":\"b:c\"},\"query\":\"{", "a(b:$a)", "}\"}"),
    ("GraphQL of defaults", "{\"query\":\"query(", "$v#:T=\\\"b:c\\\"", "){a}\"}"),
    ("GraphQL of one default", "{\"query\":\"query($v:T=[1 2 3 4 5 6 7 8 9 {a:\\\"b:c\\\"}]){", "a(b:$v)", "}\"}"),
    ("GraphQL that is broken", "[", "{\"query\":\"{a(b:1 c:{d:[1 2 3]}\"},", "{}]"),
    ("variables that are not used", "{\"query\":\"{a}\",\"variables\":{", "\"v#\":\"b:c\",", "\"x\":1}}"),
    ("calls of GraphQL", "[", "{\"query\":\"query($v:T){a(b:$v)}\",\"variables\":{\"v\":\"b:c\"}},", "{}]"),
    ("calls of JSON-RPC", "[", "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":{\"b\":\"b:c\"}},", "{}]"),
    ("calls of JSON-RPC, positions", "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"params\":[", "\"b:c\",", "1]}"),
    ("calls of JSON-RPC, many names", "{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"arguments\":{\"a\":\"b:c\"}", ",\"name\":\"b\"", "}}"),
    ("calls in a call", "{\"jsonrpc\":\"2.0\",\"method\":\"system.multicall\",\"params\":[[", "{\"methodName\":\"a\",\"params\":[1]},", "1]]}"),
    ("calls of XML-RPC", "<methodCall><methodName>a</methodName><params>", "<param><value>b:c</value></param>", "</params></methodCall>"),
    ("calls of XML-RPC, members", "<methodCall><methodName>a</methodName><params><param><value><struct>", "<member><value>b:c</value><name>a</name></member>", "</struct></value></param></params></methodCall>"),
    ("calls of XML-RPC, deeper", "<methodCall><methodName>a</methodName>", "<value><struct><member>", ""),
    ("members that may be calls", "[", "{\"id\":1,\"params\":[\"a:b\"],\"query\":\"a:b\",\"variables\":{},\"method\":\"a:b\"},", "{}]"),
    ("base64", "", "aHR0", ""),
    ("base64 in JSON", "{\"a\":\"", "aHR0cDov", "\"}"),
    ("base64 of JSON", "", "eyJhIjoiYjpjIn0K", ""),
    ("tokens", "[", "\"eyJqa3UiOiIifQ.eyJpc3MiOiIifQ.AAAA\",", "\"\"]"),
    ("a token of many members", "eyJhIjoxLC", "JhIjoxLCJhIjoxLC", ".."),
    ("hexadecimal", "", "6874", ""),
    ("files of one letter", "", "a/", ""),
];

fn patterns(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let repeated = REPEATED.iter().map(|&(name, before, unit, after)| {
        (name, filled(size, before, |number| unit.replace('#', &number.to_string()), after))
    });
    repeated.chain([("layers of everything", layers(size))]).chain(archives(size)).chain(packed(size)).collect()
}

/// Messages of packed formats, which are read under their own types.
fn packed(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    // Each field holds all the rest, for as long as its length takes two bytes.
    let nested = |room: usize| {
        let mut message: Vec<u8> = Vec::new();
        while message.len() + 3 <= room {
            let length = message.len();
            message.splice(..0, [0x0a, length as u8 | 0x80, (length >> 7) as u8]);
        }
        message
    };
    let deep: Vec<u8> = nested(size.min(96)).repeat(size / 96).into_iter().take(size).collect();
    let texts = b"\x0a\x06a:b/.c".repeat(size / 8);
    let items = b"\xa5a:b/.".repeat(size / 6 - 1);
    let items = [&[0xdd][..], &(items.len() as u32 / 6).to_be_bytes(), &items].concat();
    vec![("messages in messages", deep), ("texts of a message", texts), ("texts of MessagePack", items)]
}

/// A form that holds JSON that holds escaped markup that holds a form.
fn layers(size: usize) -> Vec<u8> {
    let escape = |text: &str| text.bytes().fold(String::new(), |escaped, b| escaped + &format!("%{b:02x}"));
    let inner = |number: usize| {
        let markup = format!("<a b='{}'>c:d/e.f&lt;{number}", escape("x=y:z/&w=v.u%41"));
        format!("a={}&", escape(&serde_json::json!({ "k": markup }).to_string()))
    };
    filled(size, "", inner, "")
}
