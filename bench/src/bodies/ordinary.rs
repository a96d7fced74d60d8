//! Bodies as programs send them.

use serde_json::json;

use super::{Sample, filled};

/// What most requests carry: each kind of body with no destination in it, some with a few.
pub fn ordinary(size: usize) -> Vec<Sample> {
    let sample =
        |name, content_type, bytes: Vec<u8>| Sample { name, content_type, content_encoding: None, bytes: bytes.into() };
    vec![
        sample("JSON, order lines", "application/json", order_lines(size)),
        sample("JSON, records of users", "application/json", users(size)),
        sample("JSON, one long text", "application/json", long_text(size)),
        sample("JSON, numbers", "application/json", numbers(size)),
        sample("JSON, some URLs", "application/json", pictures(size)),
        sample("JSON, escaped text", "application/json", escaped(size)),
        sample("GraphQL", "application/json", graphql(size)),
        sample("GraphQL, variables", "application/json", graphql_variables(size)),
        sample("MCP", "application/json", mcp(size)),
        sample("form", "application/x-www-form-urlencoded", form(size)),
        sample("multipart, fields and a file", "multipart/form-data; boundary=xyzw", multipart(size)),
        sample("XML", "application/xml", xml(size)),
        sample("HTML", "text/html", html(size)),
        sample("CSV", "text/csv", csv(size)),
        sample("plain text", "text/plain", text(size)),
        sample("binary", "application/octet-stream", binary(size)),
        sample("JSON that holds base64", "application/json", base64(size)),
    ]
}

/// JSON: without a destination, small and as large as is inspected by default, and small with five URLs.
pub fn json() -> Vec<Sample> {
    let sample = |name, bytes: Vec<u8>| Sample {
        name,
        content_type: "application/json",
        content_encoding: None,
        bytes: bytes.into(),
    };
    let without = |size| {
        [
            sample("order lines", order_lines(size)),
            sample("records of users", users(size)),
            sample("one long text", long_text(size)),
            sample("numbers", numbers(size)),
        ]
    };
    without(1024).into_iter().chain([sample("five URLs", five_urls(1024))]).chain(without(64 * 1024)).collect()
}

fn five_urls(size: usize) -> Vec<u8> {
    let line = |n: usize| {
        let comma = if n == 0 { "" } else { "," };
        let line = if n < 5 {
            json!({ "event": "order.paid", "url": format!("https://hooks{n}.partner.example/in/{n:04x}?v=2") })
        } else {
            json!({ "sku": format!("B-{n:05}"), "quantity": 2, "price": "12.50", "vat": 0.19 })
        };
        format!("{comma}{line}")
    };
    filled(size, r#"{"lines":["#, line, "]}")
}

fn order_lines(size: usize) -> Vec<u8> {
    let line = |n: usize| {
        let comma = if n == 0 { "" } else { "," };
        format!("{comma}{}", json!({ "sku": format!("B-{n:05}"), "quantity": 2, "price": "12.50", "vat": 0.19 }))
    };
    filled(size, r#"{"reference":"A-00017","currency":"EUR","lines":["#, line, "]}")
}

fn users(size: usize) -> Vec<u8> {
    let user = |n: usize| {
        let comma = if n == 0 { "" } else { "," };
        let record = json!({
            "id": format!("9b2f61d2-1d7f-4f1e-8a3e-{n:012x}"), "name": "Ada Example", "email": format!("ada{n}@mail.example"),
            "created_at": "2026-11-24T03:07:41Z", "active": true, "plan": { "id": n, "name": "Team, yearly" },
            "tags": ["a", "b.c", "it's"], "locale": "de-DE", "score": 0.25, "manager": null,
        });
        format!("{comma}{record}")
    };
    filled(size, "[", user, "]")
}

fn long_text(size: usize) -> Vec<u8> {
    filled(
        size,
        r#"{"note":""#,
        |_| "Please ring twice and leave it with the neighbour, no. 7b; thank you. ".into(),
        r#""}"#,
    )
}

fn numbers(size: usize) -> Vec<u8> {
    filled(size, r#"{"points":[0"#, |n| format!(",[{}.25,{}]", n % 360, n * 7919), "]}")
}

fn pictures(size: usize) -> Vec<u8> {
    let picture = |n: usize| {
        // 40 pictures whatever the size, as far as they fit, then lines without.
        let picture = format!("https://cdn{}.pictures.example/p/{n:05}.jpg", n % 10);
        let line = if n < 40 {
            json!({ "title": "Fountain pen, 0.7 mm", "picture": picture })
        } else {
            json!({ "title": "Fountain pen, 0.7 mm", "price": "49.90" })
        };
        format!("{}{line}", if n == 0 { "" } else { "," })
    };
    filled(size, "[", picture, "]")
}

fn escaped(size: usize) -> Vec<u8> {
    let line = |n: usize| {
        format!("{}{}", if n == 0 { "" } else { "," }, json!({ "text": "Line \"one\"\nline two\tand a \\ at the end" }))
    };
    filled(size, "[", line, "]")
}

fn graphql(size: usize) -> Vec<u8> {
    let field = |n: usize| {
        format!("line{n}: orderLine(number: {n}, currency: \\\"EUR\\\") {{ sku quantity price {{ amount vat }} }}\\n")
    };
    filled(
        size,
        r#"{"operationName":"Order","query":"query Order($id: ID!) { order(id: $id) {"#,
        field,
        r#" } }","variables":{"id":"A-00017"}}"#,
    )
}

fn graphql_variables(size: usize) -> Vec<u8> {
    let line = |n: usize| {
        let comma = if n == 0 { "" } else { "," };
        format!("{comma}{}", json!({ "sku": format!("B-{n:05}"), "quantity": 2, "note": "Fountain pen, 0.7 mm" }))
    };
    let query = r#""query":"mutation($lines: [Line!]!) { placeOrder(input: { lines: $lines }) { id } }""#;
    filled(size, &format!(r#"{{{query},"variables":{{"lines":["#), line, "]}}")
}

fn mcp(size: usize) -> Vec<u8> {
    filled(
        size,
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"note","arguments":{"text":""#,
        |_| "Please ring twice and leave it with the neighbour, no. 7b; thank you. ".into(),
        r#""}}}"#,
    )
}

fn form(size: usize) -> Vec<u8> {
    filled(size, "user=anna", |n| format!("&field{n}=some+words+and+signs%2C+%E2%82%AC+{n}"), "")
}

fn multipart(size: usize) -> Vec<u8> {
    let head = |name: &str| format!("--xyzw\r\nContent-Disposition: form-data; name=\"{name}\"");
    let before = format!(
        "{}\r\n\r\nMy holiday\r\n{}; filename=\"a.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\u{1}",
        head("title"),
        head("file")
    );
    filled(size, &before, |n| format!("{n:x}\u{2}\u{0}picture"), "\r\n--xyzw--\r\n")
}

fn xml(size: usize) -> Vec<u8> {
    let line = |n: usize| format!("<line no=\"{n}\"><sku>B-{n:05}</sku><qty>2</qty><price>12.50</price></line>");
    filled(size, "<?xml version=\"1.0\"?><order><id>17</id>", line, "</order>")
}

fn html(size: usize) -> Vec<u8> {
    let row = |n: usize| format!("<tr class=\"row\"><td>{n}</td><td><b>Fountain pen</b>, 0.7 mm</td></tr>\n");
    filled(size, "<!doctype html><html><body><table>", row, "</table></body></html>")
}

fn csv(size: usize) -> Vec<u8> {
    filled(size, "sku,title,price,stock\n", |n| format!("B-{n:05},\"Fountain pen, 0.7 mm\",49.90,{n}\n"), "")
}

fn text(size: usize) -> Vec<u8> {
    filled(size, "", |_| "It is 12:30; see you at 14:00, e.g. here. Please ring twice, and thank you.\n".into(), "")
}

fn binary(size: usize) -> Vec<u8> {
    (0..size).map(|n| ((n as u32).wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn base64(size: usize) -> Vec<u8> {
    filled(size, r#"{"file":""#, |n| format!("iVBORw0KGgo{:05x}AAB", n % 0xfffff), r#""}"#)
}
