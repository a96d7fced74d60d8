//! Clients that others wrote: Python's standard library.

use std::process::{Command, Stdio};

use super::world::{Door, HELLO, Origin};

/// Runs a script with the proxy's and the origin's addresses as arguments; gives what it printed.
fn python(script: &str, door: &Door, origin: &Origin) -> String {
    let mut command = Command::new("python3");
    command.arg("-c").arg(script).args([door.address.to_string(), origin.address.to_string()]);
    command.env_clear().stderr(Stdio::inherit());
    let output = tokio::task::block_in_place(|| command.output()).expect("python3 starts");
    assert!(output.status.success(), "{}", output.status);
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn urllib_goes_through() {
    const SCRIPT: &str = r"
import sys, urllib.error, urllib.request
proxy, origin = sys.argv[1:]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({'http': 'http://' + proxy}))
print(opener.open('http://' + origin + '/a').read().decode())
print(opener.open(urllib.request.Request('http://' + origin + '/b', data=b'x' * 100000)).status)
try:
    opener.open('http://127.0.0.1:1/')
except urllib.error.HTTPError as error:
    print(error.code, error.headers['Proxy-Status'].split(';')[1].strip())
";
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    assert_eq!(python(SCRIPT, &door, &origin), "hello\n200\n502 error=connection_refused\n");
    let requests = origin.requests();
    assert_eq!((requests.len(), requests[1].body.len()), (2, 100_000));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_client_tunnels() {
    const SCRIPT: &str = r"
import http.client, sys
proxy, origin = sys.argv[1:]
connection = http.client.HTTPConnection(proxy)
connection.set_tunnel(origin)
for body in (None, b'y' * 70000):
    connection.request('POST' if body else 'GET', '/t', body=body)
    response = connection.getresponse()
    print(response.status, response.read().decode())
connection = http.client.HTTPConnection(proxy)
connection.set_tunnel('127.0.0.1:1')
try:
    connection.request('GET', '/')
except OSError as error:
    print(error)
";
    let (door, origin) = (Door::open().await, Origin::answering(HELLO).await);
    assert_eq!(python(SCRIPT, &door, &origin), "200 hello\n200 hello\nTunnel connection failed: 502 Bad Gateway\n");
    assert_eq!((origin.connections(), origin.requests()[1].body.len()), (1, 70_000));
}
