//! Contents of files in a response, in every way that it can be read.

use sortie_model::event::ReturnedForm;
use sortie_model::file::{FileMark, FileMarks, ShownFile};

use super::contents;
use crate::returned::{Look, read_in_every_way};

/// What is seen of files in the beginning of a body: each mark once, where it stood first.
pub fn shown(body_prefix: &[u8], content_type: Option<&str>, content_encoding: Option<&str>) -> Vec<ShownFile> {
    let mut looker = Looker::default();
    read_in_every_way(body_prefix, content_type, content_encoding, &mut looker);
    looker.shown
}

#[derive(Default)]
struct Looker {
    seen: FileMarks,
    shown: Vec<ShownFile>,
}

impl Look for Looker {
    fn look(&mut self, text: &[u8], form: ReturnedForm, location: &dyn Fn() -> String) {
        let marks = contents::marks(text);
        let seen = self.seen;
        for mark in FileMark::ALL.into_iter().filter(|mark| marks.contains(*mark) && !seen.contains(*mark)) {
            self.seen = self.seen.with(mark);
            self.shown.push(ShownFile { mark, form, location: location().into() });
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;
    use crate::codec::tests::gzip;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n";

    fn only(body: &[u8], content_type: &str, coding: Option<&str>) -> (FileMark, ReturnedForm, String) {
        let shown = shown(body, Some(content_type), coding);
        assert_eq!(shown.len(), 1, "{shown:?}");
        (shown[0].mark, shown[0].form, shown[0].location.to_string())
    }

    #[test]
    fn a_file_is_seen_however_it_comes_back() {
        let json = serde_json::json!({ "a": { "preview": PASSWD } }).to_string();
        let base64 = serde_json::json!({ "data": BASE64_STANDARD.encode(PASSWD) }).to_string();
        let environ = serde_json::json!({ "out": "HOME=/root\0PATH=/bin\0" }).to_string();
        let html = format!("<pre>{}</pre>", PASSWD.replace('/', "&#47;").replace('\n', "<br>"));
        assert_eq!(only(PASSWD.as_bytes(), "text/plain", None).0, FileMark::Accounts);
        assert_eq!(only(json.as_bytes(), "application/json", None).2, "body", "it stands there as it was");
        assert_eq!(only(html.as_bytes(), "text/html", None).0, FileMark::Accounts);
        let (mark, form, location) = only(base64.as_bytes(), "application/json", None);
        assert_eq!((mark, form, &*location), (FileMark::Accounts, ReturnedForm::Base64, "$.data"));
        let (mark, form, location) = only(environ.as_bytes(), "application/json", None);
        assert_eq!((mark, form, &*location), (FileMark::Environment, ReturnedForm::Json, "$.out"));
        assert_eq!(only(&gzip(PASSWD.as_bytes()), "text/plain", Some("gzip")).0, FileMark::Accounts);
    }

    #[test]
    fn each_mark_is_told_once() {
        let twice = format!("{PASSWD}{PASSWD} {}", BASE64_STANDARD.encode(PASSWD));
        assert_eq!(shown(twice.as_bytes(), None, None).len(), 1);
        assert_eq!(shown(b"nothing of a file", None, None), []);
    }
}
