//! Calls of XML-RPC: they say the same as those of JSON-RPC, so they are written as such and searched so.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesStart, Event};
use sortie_model::event::Cut;
use sortie_model::{Container, limits};

use super::collector::Collector;
use super::spot::Spot;
use super::{rpc, work};

/// The root of a call.
const ROOT: &str = "methodCall";
/// Methods of one call that are told apart. There are several only where the name stands twice.
const METHODS: usize = 4;

/// Searches the values of a document, if it is a call. Returns whether nothing is left to be searched in them.
pub(super) fn search(text: &str, base: &Spot<'_>, out: &mut Collector<'_>) -> bool {
    if memchr::memmem::find(text.as_bytes(), ROOT.as_bytes()).is_none() {
        return false;
    }
    let call = Call::read(text, out);
    let Some(Call { methods, params, .. }) = call.filter(|call| out.spend(call.params.len())) else {
        if out.has_sinks_in(Container::Rpc) {
            out.cut(Cut::Format);
        }
        return false;
    };
    for method in methods.iter().take(METHODS) {
        rpc::search(method.trim(), &params, &base.inside(), out);
    }
    if methods.len() > METHODS {
        out.cut(Cut::Format);
    }
    // A program that knows no calls reads it by the names of its elements.
    let name = if base.name.is_empty() { ROOT.to_owned() } else { format!("{}.{ROOT}", base.name) };
    !out.has_sink_within(&base.named(&name))
}

/// What a call says so far.
#[derive(Default)]
struct Call {
    methods: Vec<String>,
    /// The parameters as a list in JSON.
    params: String,
    open: Vec<Open>,
    /// Text since the last tag, references resolved.
    content: String,
}

/// An element that is open.
struct Open {
    element: Element,
    /// Where in the parameters it begins.
    start: usize,
    /// How many values were written in it.
    count: usize,
    /// Of a member, its name.
    name: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    Root,
    MethodName,
    Params,
    Param,
    Value,
    Struct,
    Member,
    Name,
    Array,
    Data,
    /// A type of a value, or what is not known.
    Scalar,
}

impl Element {
    fn of(name: &str) -> Self {
        match name {
            ROOT => Self::Root,
            "methodName" => Self::MethodName,
            "params" => Self::Params,
            "param" => Self::Param,
            "value" => Self::Value,
            "struct" => Self::Struct,
            "member" => Self::Member,
            "name" => Self::Name,
            "array" => Self::Array,
            "data" => Self::Data,
            _ => Self::Scalar,
        }
    }
}

impl Call {
    /// Reads a document. `None` where it is no call, or none that is whole.
    fn read(text: &str, out: &mut Collector<'_>) -> Option<Self> {
        let mut reader = Reader::from_str(text);
        let config = reader.config_mut();
        config.check_end_names = false;
        config.allow_dangling_amp = true;
        let mut call = Self { params: "[".to_owned(), ..Self::default() };
        loop {
            if out.is_done() {
                return None;
            }
            out.work(3 * work::TOKEN);
            match reader.read_event().ok()? {
                Event::Start(start) => call.begin(&start)?,
                Event::Empty(start) => {
                    call.begin(&start)?;
                    call.end()?;
                }
                Event::End(_) => call.end()?,
                Event::Text(text) => call.content.push_str(&text),
                Event::CData(text) => call.content.push_str(&text),
                Event::GeneralRef(reference) => match reference.resolve_char_ref() {
                    Ok(Some(c)) => call.content.push(c),
                    _ => call.content.push_str(resolve_predefined_entity(&reference).unwrap_or_default()),
                },
                Event::Eof => break,
                _ => {}
            }
        }
        call.params.push(']');
        (call.open.is_empty() && !call.methods.is_empty()).then_some(call)
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Option<()> {
        let element = Element::of(start.local_name().as_ref());
        if self.open.len() == limits::NESTING || self.open.is_empty() && element != Element::Root {
            return None;
        }
        self.content.clear();
        if let Some(outer) = self.open.last_mut() {
            let is_in_list = matches!(outer.element, Element::Params | Element::Array | Element::Data);
            if is_in_list && matches!(element, Element::Param | Element::Value) {
                if outer.count > 0 {
                    self.params.push(',');
                }
                outer.count += 1;
            }
            if outer.element == Element::Value && matches!(element, Element::Struct | Element::Array) {
                outer.count += 1;
            }
        }
        match element {
            Element::Struct => self.params.push('{'),
            Element::Array => self.params.push('['),
            _ => {}
        }
        self.open.push(Open { element, start: self.params.len(), count: 0, name: String::new() });
        Some(())
    }

    fn end(&mut self) -> Option<()> {
        let Open { element, start, count, name } = self.open.pop()?;
        let content = std::mem::take(&mut self.content);
        let is_empty = self.params.len() == start;
        match (element, self.open.last_mut()) {
            (Element::MethodName, _) => self.methods.push(content),
            (Element::Name, Some(member)) => member.name = content,
            (Element::Scalar, Some(value)) if value.element == Element::Value && value.count == 0 => {
                value.count += 1;
                self.write(&content)?;
            }
            (Element::Value, _) if count == 0 => self.write(&content)?,
            (Element::Param, _) if is_empty => self.params.push_str("null"),
            (Element::Member, Some(outer)) => {
                let comma = if outer.count > 0 { "," } else { "" };
                outer.count += 1;
                if is_empty {
                    self.params.push_str("null");
                }
                let key = serde_json::to_string(&name).ok()?;
                // The name may stand behind the value.
                self.params.insert_str(start, &format!("{comma}{key}:"));
            }
            (Element::Struct, _) => self.params.push('}'),
            (Element::Array, _) => self.params.push(']'),
            _ => {}
        }
        Some(())
    }

    /// Writes a value, which is a string whatever its type.
    fn write(&mut self, content: &str) -> Option<()> {
        self.params.push_str(&serde_json::to_string(content).ok()?);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use sortie_model::Key;

    use super::super::Extraction;
    use super::super::tests::{body, body_at_sink, locations};
    use super::*;

    const XML: &str = "text/xml";
    const URL: &str = "http://10.20.0.5/x";

    fn call(method: &str, params: &str) -> String {
        format!(
            "<?xml version=\"1.0\"?>\n<methodCall>\n <methodName>{method}</methodName>\n <params>{params}</params></methodCall>\n"
        )
    }

    fn body_with(sink: &str, text: &str) -> Extraction {
        body_at_sink(XML, sink, text)
    }

    #[track_caller]
    fn is_found_at(expected: &[&str], text: &str) {
        let extraction = body(XML, text.as_bytes());
        let found: Vec<_> = extraction.candidates.iter().map(|c| &*c.parameter).collect();
        assert_eq!((found.as_slice(), extraction.cut), (expected, None), "{text}");
    }

    #[test]
    fn a_call_is_written_as_json() {
        let key = Key::new(&[1; 32]);
        let text = call(
            "a&amp;b",
            "<param><value>x &lt;</value></param><param><value><struct>
                <member><name>n</name><value><i4>1</i4></value></member>
                <member><value><array><data><value><string>y</string></value><value/></data></array></value><name>l</name></member>
                <member><name>e</name></member></struct></value></param><param/>",
        );
        let read = Call::read(&text, &mut Collector::new(&key)).unwrap();
        assert_eq!(read.methods, ["a&b"]);
        assert_eq!(read.params, r#"["x <",{"n":"1","l":["y",""],"e":null},null]"#);
    }

    #[test]
    fn parameters_are_told_by_method() {
        for value in [
            format!("<value>{URL}</value>"),
            format!("<value><string>{URL}</string></value>"),
            format!("<value>\n<array><data><value><![CDATA[{URL}]]></value></data></array></value>"),
        ] {
            is_found_at(
                &["rpc:pingback.ping.#1"],
                &call("pingback.ping", &format!("<param><value>x</value></param><param>{value}</param>")),
            );
        }
        let member = |name: &str, value: &str| format!("<member><name>{name}</name><value>{value}</value></member>");
        let of = |members: &str| format!("<param><value><struct>{members}</struct></value></param>");
        is_found_at(&["rpc:hooks.add.#0.url"], &call("hooks.add", &of(&member("url", URL))));
        let parts = call("hooks.add", &of(&(member("host", "10.20.0.5") + &member("port", "<int>8080</int>"))));
        assert_eq!(locations(&body(XML, parts.as_bytes())), ["rpc hooks.add.#0.host 10.20.0.5:8080"]);
        let inner = member("methodName", "pingback.ping")
            + &member("params", &format!("<array><data><value>{URL}</value></data></array>"));
        let many = format!(
            "<param><value><array><data><value><struct>{inner}</struct></value></data></array></value></param>"
        );
        is_found_at(&["rpc:pingback.ping.#0"], &call("system.multicall", &many));
    }

    #[test]
    fn entities_of_a_call_are_read_too() {
        let text = call("a", "<param><value>&x;</value></param>")
            .replace("?>", "?><!DOCTYPE r [<!ENTITY x SYSTEM 'http://a.example/'>]>");
        is_found_at(&["xml:entity"], &text);
    }

    #[test]
    fn what_is_no_call_is_read_by_its_elements() {
        is_found_at(&["xml:r.methodcall"], &format!("<r><methodCall>{URL}</methodCall></r>"));
        let soap = "<s:Envelope xmlns:s='http://n.example/'><s:Body><m:Fetch xmlns:m='urn:m'><m:url>http://10.20.0.5/x</m:url></m:Fetch></s:Body></s:Envelope>";
        is_found_at(&["xml:envelope.body.fetch.url"], soap);
        let cut_off = format!("<methodCall><methodName>a</methodName><params><param><value>{URL}</value></param>");
        is_found_at(&["xml:methodcall.params.param.value"], &cut_off);
        assert_eq!(body_with("rpc:a.#0", &cut_off).cut, Some(Cut::Format));
    }

    #[test]
    fn sinks_are_read_in_every_way() {
        let text = call("a", "<param><value>user@10.20.0.5/x</value></param>");
        assert_eq!(&*body_with("rpc:a.#0", &text).candidates[0].parameter, "rpc:a.#0");
        let found = body_with("xml:methodcall.params.param.value", &text).candidates;
        assert!(found.iter().any(|c| &*c.parameter == "xml:methodcall.params.param.value"));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "(</?(methodCall|methodName|params|param|value|struct|member|name|array|data|i4)/?>|<!--|[a-z&;\\[\\]é\"]|http://a){0,60}") {
            body_with("rpc:a.#0", &format!("<methodCall>{text}</methodCall>"));
        }
    }
}
