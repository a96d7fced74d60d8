//! HTML and XML: text tells, and what attributes hold for readers; tags and code do not.

use memchr::{memchr, memmem};

/// How far the beginning is searched for signs of HTML.
const SNIFFED: usize = 1024;
/// Attributes of HTML whose values come from the page's content.
const TELLING_ATTRIBUTES: [&[u8]; 7] = [b"content", b"title", b"alt", b"value", b"href", b"src", b"placeholder"];
/// Elements of HTML whose attributes name resources and settings that many pages share.
const MUTE_ELEMENTS: [&[u8]; 6] = [b"html", b"link", b"script", b"style", b"base", b"body"];
/// `meta` elements whose `content` is the page's own.
const TELLING_META: [&[u8]; 6] = [b"og:", b"twitter:", b"description", b"title", b"author", b"keywords"];

/// A flag for each byte of the document.
pub(super) fn telling(text: &[u8]) -> Vec<bool> {
    let is_html = is_html(text);
    let mut mask = vec![false; text.len()];
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let text_end = memchr(b'<', rest).unwrap_or(rest.len());
        mask[at..at + text_end].fill(true);
        at += text_end;
        at += skip_markup(&text[at..], is_html, &mut mask[at..]);
    }
    mask
}

fn is_html(text: &[u8]) -> bool {
    let head = text[..text.len().min(SNIFFED)].to_ascii_lowercase();
    memmem::find(&head, b"<html").is_some() || memmem::find(&head, b"<!doctype html").is_some()
}

/// Length of the markup at the beginning of `rest` (0 at the end of the document).
fn skip_markup(rest: &[u8], is_html: bool, mask: &mut [bool]) -> usize {
    if rest.starts_with(b"<!--") {
        return after(rest, b"-->");
    }
    if rest.starts_with(b"<![CDATA[") {
        return b"<![CDATA[".len();
    }
    let len = after(rest, b">");
    let tag = &rest[..len];
    if rest.starts_with(b"<!") || rest.starts_with(b"<?") || rest.starts_with(b"</") {
        return len;
    }
    if is_html {
        if !is_mute(tag) {
            mark_attributes(tag, mask, |name| TELLING_ATTRIBUTES.iter().any(|known| name.eq_ignore_ascii_case(known)));
        }
        return len + code_after(tag, &rest[len..]);
    }
    mark_attributes(tag, mask, |name| !name.starts_with(b"xmlns"));
    len
}

/// The length of what a `script` or `style` tag opens; data blocks of JSON are content.
fn code_after(tag: &[u8], rest: &[u8]) -> usize {
    let closing: &[u8] = match element(tag).as_slice() {
        b"script" if memmem::find(tag, b"json").is_none() => b"</script",
        b"style" => b"</style",
        _ => return 0,
    };
    memchr::memchr_iter(b'<', rest)
        .find(|&at| rest[at..].get(..closing.len()).is_some_and(|found| found.eq_ignore_ascii_case(closing)))
        .unwrap_or(rest.len())
}

/// Whether no attribute of an HTML tag tells.
fn is_mute(tag: &[u8]) -> bool {
    let element = element(tag);
    MUTE_ELEMENTS.contains(&element.as_slice())
        || (element == b"meta" && !TELLING_META.iter().any(|sign| memmem::find(tag, sign).is_some()))
}

/// The element's name in lower case.
fn element(tag: &[u8]) -> Vec<u8> {
    tag.iter().skip(1).take_while(|byte| byte.is_ascii_alphanumeric()).take(16).map(u8::to_ascii_lowercase).collect()
}

/// Marks the quoted values of the attributes that `tells` names.
fn mark_attributes(tag: &[u8], mask: &mut [bool], tells: impl Fn(&[u8]) -> bool) {
    let mut at = 0;
    while let Some(equals) = memchr(b'=', &tag[at..]).map(|step| at + step) {
        let Some(&quote @ (b'"' | b'\'')) = tag.get(equals + 1) else {
            at = equals + 1;
            continue;
        };
        let start = equals + 2;
        let end = memchr(quote, &tag[start..]).map_or(tag.len(), |step| start + step);
        if tells(name_before(tag, equals)) {
            mask[start..end].fill(true);
        }
        at = end;
    }
}

fn name_before(tag: &[u8], equals: usize) -> &[u8] {
    let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b':');
    let len = tag[..equals].iter().rev().take_while(|byte| is_of_name(byte)).count();
    &tag[equals - len..equals]
}

/// Where `rest` goes on after the first `needle`; its end where there is none.
fn after(rest: &[u8], needle: &[u8]) -> usize {
    memmem::find(rest, needle).map_or(rest.len(), |at| at + needle.len())
}

#[cfg(test)]
mod tests {
    use super::super::tests::shown;
    use super::*;

    fn told(text: &str) -> String {
        shown(text, &telling(text.as_bytes())).replace('_', "")
    }

    #[test]
    fn the_skeleton_of_a_page_is_mute() {
        let page = "<!DOCTYPE html><html lang='en'><head><meta charset=\"utf-8\">\
            <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
            <link rel='stylesheet' href='/static/bootstrap.min.css'><!-- note --><SCRIPT>if (a<b) {}</SCRIPT>\
            <style>body { margin: 0 }</style><title>Payroll</title></head><body class=\"dark\">";
        assert_eq!(told(page), "Payroll");
    }

    #[test]
    fn what_readers_see_tells() {
        let page = "<html><meta property='og:description' content='Salaries'><img alt=\"Chart\" class=\"wide\">\
            <a href='/pay/7'>June</a><script type='application/json'>{\"a\":1}</script>";
        assert_eq!(told(page), "SalariesChart/pay/7June{\"a\":1}");
    }

    #[test]
    fn xml_keeps_its_attributes() {
        assert_eq!(told("<?xml version='1.0'?><u xmlns='urn:x' name='root'><![CDATA[pw]]>"), "rootpw]]>");
    }

    #[test]
    fn a_cut_document_is_read_to_its_end() {
        for page in ["<html><a href='/pay", "<html", "<", "<!--", "<html><script>x", "<![CDATA[", "<a b=", "<a b='"] {
            telling(page.as_bytes());
        }
        assert_eq!(told("<html><a href='/pay"), "/pay");
    }
}
