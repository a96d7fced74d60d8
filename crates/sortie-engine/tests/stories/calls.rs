//! One endpoint serves many operations: a sink is an argument, whatever variable or alias brings it.

use serde_json::json;
use sortie_engine::decide::Admission;
use sortie_engine::extract::{self, Body};
use sortie_model::{Actor, Endpoint, Key, Method, Mode, Reference};

use crate::play::Play;

const INTERNAL: &str = "http://10.20.0.5/x";

/// A body that is sent to an endpoint, as the inbound door reads it; `None` where it is refused.
fn post(play: &mut Play, client: u8, template: &str, text: &str) -> Option<Reference> {
    let endpoint = Endpoint { method: Method::Post, host: None, template: template.into() };
    let learned = play.learned();
    let actor = Actor::by_address([198, 51, 100, client].into());
    let sinks = Admission::new(&learned, &play.policy, &endpoint, actor, play.now).sinks();
    let content_type = Some(if text.starts_with('<') { "text/xml" } else { "application/json" });
    let body = Body { content_type, content_encoding: None, bytes: text.as_bytes(), complete: true, sinks: &sinks };
    let found = extract::from_body(&body, &Key::new(&[9; Key::LENGTH]));
    play.request_cut(client, "POST", template, found.candidates, found.cut)
}

/// Customers whose orders of this form are obeyed.
fn customers(play: &mut Play, template: &str, body: impl Fn(&str) -> String) {
    for client in 0..5 {
        let url = format!("http://files{client}.example/feed/{client:08x}");
        let request = post(play, client, template, &body(&url)).expect("admitted");
        play.wait(20);
        let (dial, _) = play.dial(&url, "8.8.8.8");
        play.answer(dial, 200, None);
        play.end(request, Vec::new());
        play.wait(2_000);
    }
}

fn graphql(query: &str, variables: &serde_json::Value) -> String {
    json!({ "query": query, "variables": variables }).to_string()
}

#[test]
fn an_argument_of_graphql_is_a_sink_and_others_are_not() {
    let mut play = Play::new(Mode::Block);
    customers(&mut play, "/graphql", |url| {
        graphql("mutation Import($url: String!) { importPaste(url: $url) { id } }", &json!({ "url": url }))
    });
    let u = json!({ "url": INTERNAL, "n": INTERNAL });
    for text in [
        graphql("mutation($n: String!) { importPaste(url: $n) { id } }", &u),
        graphql("mutation($n: String!) { x: importPaste(url: $n) { id } note(text: \"\") { id } }", &u),
        graphql("mutation { ...F } fragment F on Mutation { importPaste(url: \"http://10.20.0.5/x\") { id } }", &u),
        format!("[{}]", graphql("mutation($n: String = \"http://10.20.0.5/x\") { importPaste(url: $n) }", &json!({}))),
        json!({ "extensions": { "persistedQuery": { "version": 1 } }, "variables": { "a": INTERNAL } }).to_string(),
        graphql("mutation { importPaste(url: \"http://10.20.0.5/x\") ?", &json!({})),
    ] {
        assert!(post(&mut play, 66, "/graphql", &text).is_none(), "{text}");
    }
    for text in [
        graphql("mutation($url: String!) { note(text: $url) { id } }", &u),
        graphql("mutation($n: String!) { importPaste(url: $n) { id } }", &json!({ "n": "http://other.example/x" })),
        graphql("{ pastes(first: 10) { id } }", &json!(null)),
    ] {
        assert!(post(&mut play, 7, "/graphql", &text).is_some(), "{text}");
    }
}

#[test]
fn a_parameter_of_a_method_is_a_sink_and_others_are_not() {
    let tool = |name: &str, url: &str| {
        let params = json!({ "name": name, "arguments": { "url": url } });
        json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params }).to_string()
    };
    let mut play = Play::new(Mode::Block);
    customers(&mut play, "/mcp", |url| tool("fetch", url));
    assert!(post(&mut play, 66, "/mcp", &tool("fetch", INTERNAL)).is_none());
    assert!(post(&mut play, 66, "/mcp", &tool("fetch", INTERNAL).replace("\"jsonrpc\"", "\"x\"")).is_none());
    assert!(post(&mut play, 7, "/mcp", &tool("note", INTERNAL)).is_some());

    let ping = |method: &str, url: &str| {
        let params = format!("<params><param><value>{url}</value></param></params>");
        format!("<methodCall><methodName>{method}</methodName>{params}</methodCall>")
    };
    let mut play = Play::new(Mode::Block);
    customers(&mut play, "/xmlrpc.php", |url| ping("pingback.ping", url));
    assert!(post(&mut play, 66, "/xmlrpc.php", &ping("pingback.ping", INTERNAL)).is_none());
    assert!(post(&mut play, 7, "/xmlrpc.php", &ping("blog.note", INTERNAL)).is_some());
}
