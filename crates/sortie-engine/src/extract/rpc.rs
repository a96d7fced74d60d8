//! Destinations in calls of remote procedures: JSON-RPC 2.0 and MCP, and XML-RPC as [`super::xml_rpc`] writes it.
//!
//! One endpoint serves all methods, so a place is a method's parameter: `METHOD.name`, or `METHOD.#0` by its
//! position. Of MCP, a tool is what a method is elsewhere: `tools/call:TOOL.name`.

use std::borrow::Cow;

use smallvec::SmallVec;
use sortie_model::Container;
use sortie_model::event::Cut;

use super::collector::Collector;
use super::json::{self, is_word};
use super::spot::Spot;
use super::work;

/// Methods whose parameters name what is called (`name`) and hold what it is called with (`arguments`).
const BY_NAME: [&str; 2] = ["tools/call", "prompts/get"];
/// The method of XML-RPC whose only parameter is a list of calls.
const MANY: &str = "system.multicall";
/// Names of what is called that are told apart in one call.
const NAMES: usize = 4;
/// Bytes of one name that a place keeps.
const NAME_LENGTH: usize = 64;

/// Searches the parameters of a call, given as they are written.
pub(super) fn search(method: &str, params: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    if method == MANY {
        let calls = json::values(params).flat_map(|(_, list)| json::values(list));
        for (_, call) in calls {
            if out.is_done() {
                return;
            }
            search_inner(call, base, out);
        }
        return;
    }
    out.work(work::PART + 2 * params.len());
    let mut spot = Spot { container: Container::Rpc, ..*base };
    spot.call = out.begin_call();
    let method = clipped(method);
    let names = if BY_NAME.contains(&method) { names_in(params, out) } else { SmallVec::new() };
    for (position, (key, value)) in json::values(params).enumerate() {
        if out.is_done() {
            return;
        }
        if !names.is_empty() && is_word(&key, "arguments") {
            for name in &names {
                json::search_value(value, &spot.named(&format!("{method}:{}", clipped(name))), out);
            }
            continue;
        }
        let name = if params.starts_with('{') { format!("{method}.{key}") } else { format!("{method}.#{position}") };
        json::search_value(value, &spot.named(&name), out);
    }
}

/// The names of what is called. There are several only where one stands twice.
fn names_in<'t>(params: &'t str, out: &mut Collector<'_>) -> SmallVec<[Cow<'t, str>; 1]> {
    let values = json::values(params).filter(|(key, _)| is_word(key, "name")).map(|(_, value)| value);
    let mut names = values.filter_map(json::string);
    let first = names.by_ref().take(NAMES).collect();
    if names.next().is_some() {
        out.cut(Cut::Format);
    }
    first
}

/// One call of many. None of them holds many others.
fn search_inner(call: &str, base: &Spot<'_>, out: &mut Collector<'_>) {
    out.work(work::PART + 2 * call.len());
    let all = |word: &'static str| json::values(call).filter(move |(key, _)| is_word(key, word)).take(NAMES);
    let methods = all("methodname").filter_map(|(_, value)| json::string(value)).filter(|method| method != MANY);
    for method in methods {
        for (_, params) in all("params") {
            search(&method, params, base, out);
        }
    }
}

/// The beginning of a name.
fn clipped(name: &str) -> &str {
    &name[..name.floor_char_boundary(NAME_LENGTH)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::Extraction;
    use super::super::tests::{JSON, body, body_at_sink, locations};

    const URL: &str = "http://10.20.0.5/x";

    fn body_with(sink: &str, text: &str) -> Extraction {
        body_at_sink(JSON, sink, text)
    }

    #[track_caller]
    fn is_found_at(expected: &[&str], text: &str) {
        let extraction = body(JSON, text.as_bytes());
        let found: Vec<_> = extraction.candidates.iter().map(|c| &*c.parameter).collect();
        assert_eq!((found.as_slice(), extraction.cut), (expected, None), "{text}");
    }

    #[test]
    fn parameters_are_told_by_method() {
        let call =
            |params: serde_json::Value| json!({ "jsonrpc": "2.0", "id": 1, "method": "hooks.add", "params": params });
        for params in [json!({ "hook": { "url": URL } }), json!({ "HOOK": [{ "Url": URL }] })] {
            is_found_at(&["rpc:hooks.add.hook.url"], &call(params).to_string());
        }
        is_found_at(&["rpc:hooks.add.#1"], &call(json!(["http", [URL]])).to_string());
        let parts = call(json!({ "host": "10.20.0.5", "port": 8080 }));
        assert_eq!(locations(&body(JSON, parts.to_string().as_bytes())), ["rpc hooks.add.host 10.20.0.5:8080"]);
        for text in [
            format!(r#"{{"params":{{"hook":{{"url":"{URL}"}}}},"method":"hooks.add","jsonrpc":"2.0"}}"#),
            format!(r#"{{"jsonrpc":"2.0","METHOD":"hooks.\u0061dd","\u0070arams":{{"hook":{{"url":"{URL}"}}}}}}"#),
            format!(
                r#"[{{"jsonrpc":"2.0","method":"a"}},{{"jsonrpc":"2.0","method":"hooks.add","params":{{"hook":{{"url":"{URL}"}}}}}}]"#
            ),
        ] {
            is_found_at(&["rpc:hooks.add.hook.url"], &text);
        }
        is_found_at(&["rpc:a.#0"], &json!({ "id": 1, "method": "a", "params": [URL] }).to_string());
    }

    #[test]
    fn calls_of_a_batch_are_apart() {
        let call =
            |port: u16| json!({ "jsonrpc": "2.0", "method": "fetch", "params": { "host": "10.20.0.5", "port": port } });
        let batch: Vec<_> = (1..9).map(call).collect();
        assert_eq!(body(JSON, json!(batch).to_string().as_bytes()).candidates.len(), 8);
    }

    #[test]
    fn tools_are_methods() {
        let call = |method: &str, params: serde_json::Value| {
            json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string()
        };
        let fetch =
            json!({ "_meta": { "callback": "http://b.example/" }, "arguments": { "url": URL }, "name": "fetch" });
        is_found_at(&["rpc:tools/call._meta.callback", "rpc:tools/call:fetch.url"], &call("tools/call", fetch.clone()));
        is_found_at(&["rpc:prompts/get._meta.callback", "rpc:prompts/get:fetch.url"], &call("prompts/get", fetch));
        is_found_at(&["rpc:resources/read.uri"], &call("resources/read", json!({ "uri": URL })));
        is_found_at(&["rpc:tools/call.arguments.url"], &call("tools/call", json!({ "arguments": { "url": URL } })));
        is_found_at(
            &["rpc:other.arguments.url"],
            &call("other", json!({ "name": "fetch", "arguments": { "url": URL } })),
        );
    }

    #[test]
    fn calls_within_a_call_are_told_by_their_own_methods() {
        let inner = json!([{ "methodName": "pingback.ping", "params": [URL, "x"] }, { "methodName": "note", "params": [{ "text": URL }] }]);
        let text = json!({ "jsonrpc": "2.0", "method": "system.multicall", "params": [inner] }).to_string();
        is_found_at(&["rpc:pingback.ping.#0", "rpc:note.#0.text"], &text);
    }

    #[test]
    fn what_is_no_call_is_searched_by_its_path() {
        is_found_at(&["params.url"], &json!({ "method": "POST", "params": { "url": URL } }).to_string());
        is_found_at(&["params.url"], &json!({ "jsonrpc": "2.0", "params": { "url": URL } }).to_string());
        is_found_at(&["method"], &json!({ "jsonrpc": "2.0", "method": URL }).to_string());
        is_found_at(
            &["x.params.url"],
            &json!({ "x": { "jsonrpc": "2.0", "method": "a", "params": { "url": URL } } }).to_string(),
        );
        is_found_at(&["result.url"], &json!({ "jsonrpc": "2.0", "id": 1, "result": { "url": URL } }).to_string());
    }

    #[test]
    fn a_sink_is_read_whatever_its_server_asks_for() {
        let places = |sink: &str, text: &str| {
            body_with(sink, text).candidates.iter().map(|c| c.parameter.to_string()).collect::<Vec<_>>()
        };
        let unversioned = json!({ "method": "fetch", "params": { "url": "10.1310725/x" } }).to_string();
        assert_eq!(places("rpc:fetch.url", &unversioned), ["rpc:fetch.url"]);
        let positional = json!({ "jsonrpc": "2.0", "method": "ping", "params": ["user@10.20.0.5/x"] }).to_string();
        assert_eq!(places("rpc:ping.#0", &positional), ["rpc:ping.#0"]);
        let versioned = json!({ "jsonrpc": "2.0", "method": "any", "params": { "url": URL } }).to_string();
        assert_eq!(places("params.url", &versioned), ["rpc:any.url", "params.url"]);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(params in "([\\[\\]{}:,\"\\\\0-9a-z ]|\"url\":|\"name\":|\"arguments\":|\"http://a\"|é){0,40}", method in "system\\.multicall|tools/call|[a-zé:./\\[\\]]{0,70}") {
            let method = json!(method);
            body_with("rpc:fetch.url", &format!("{{\"jsonrpc\":\"2.0\",\"method\":{method},\"params\":{params}}}"));
        }
    }
}
