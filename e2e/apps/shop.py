"""A small shop API that fetches what its clients name, in every usual way.

It is deliberately open: nothing here checks a destination. It also makes calls of its own: the
billing service on every checkout (with a bearer token, retried), and two health checks on a timer.
Listens on 127.0.0.1:PORT. Proxies come from the environment, as they do in production.
"""

import base64
import json
import os
import queue
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import httpx
import lxml.etree
import lxml.html
import requests
import urllib3
import waitress
from flask import Flask, Response, jsonify, request

BILLING = "http://billing.internal"
BILLING_TOKEN = "svc-billing-4b1fd1f0c9e74a7d"
TIMER_CALLS = [BILLING + "/healthz", "http://127.0.0.1:9000/stats"]
TIMER_SECONDS = 0.5
DELIVERY_DELAY_SECONDS = 0.4
TIMEOUT_SECONDS = 5
EVENT = {"event": "shop.ping", "version": 1}

app = Flask(__name__)
app.url_map.merge_slashes = False  # a URL in the path keeps its two slashes
lock = threading.Lock()
state = {"pending": 0, "own_ok": 0, "own_failed": 0}
deliveries = queue.Queue()

# One pool per client library, kept for the life of the process: connections to the proxy are reused.
session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32))
httpx_client = httpx.Client(timeout=TIMEOUT_SECONDS)
proxy = os.environ.get("http_proxy")
pool = urllib3.ProxyManager(proxy, maxsize=32) if proxy else urllib3.PoolManager(maxsize=32)


class FetchFailed(Exception):
    """The destination could not be fetched."""


def count(name, by=1):
    with lock:
        state[name] += by


def patiently(attempt):
    """Calls `attempt` up to three times: failures and 5xx are retried, 4xx are final."""
    for _ in range(3):
        try:
            answer = attempt()
        except requests.RequestException:
            continue
        if answer.status_code < 500:
            return answer
    raise FetchFailed("no usable answer after 3 attempts")


def own_call(url):
    headers = {"Authorization": "Bearer " + BILLING_TOKEN}
    try:
        answer = patiently(lambda: session.get(url, headers=headers, timeout=TIMEOUT_SECONDS))
        ok = answer.status_code == 200
    except FetchFailed:
        ok = False
    count("own_ok" if ok else "own_failed")
    return ok


def post_event(url):
    return patiently(lambda: session.post(url, json=EVENT, timeout=TIMEOUT_SECONDS, allow_redirects=False)).status_code


def with_urllib(url, data=None):
    headers = {"Content-Type": "application/json"} if data else {}
    with urllib.request.urlopen(urllib.request.Request(url, data=data, headers=headers), timeout=TIMEOUT_SECONDS) as answer:
        return answer.status, answer.read()


def with_urllib3(url):
    answer = pool.request("GET", url, timeout=TIMEOUT_SECONDS, redirect=False, retries=False)
    return answer.status, answer.data


def with_httpx(url, follow):
    answer = httpx_client.get(url, follow_redirects=follow)
    return answer.status_code, answer.content


@app.before_request
def sign_in():
    """Accepts the tokens that the shop gave out: `user-…`, as a bearer token or as a cookie."""
    if request.path.startswith("/internal/"):
        return None
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.cookies.get("sid", "")
    return None if token.startswith("user-") else (jsonify(error="sign in first"), 401)


@app.errorhandler(FetchFailed)
@app.errorhandler(OSError)  # urllib and requests derive their errors from it
@app.errorhandler(httpx.HTTPError)
@app.errorhandler(urllib3.exceptions.HTTPError)
def fetch_failed(error):
    return jsonify(error="could not fetch that", kind=type(error).__name__), 502


@app.get("/internal/state")
def read_state():
    with lock:
        return jsonify(state)


@app.get("/v1/items")
def items():
    return jsonify(items=[{"id": 1, "name": "lamp"}, {"id": 2, "name": "chair"}], q=request.args.get("q", ""))


@app.post("/v1/orders")
def order():
    customer = request.json["customer"]
    paid = own_call(BILLING + "/v1/credit/" + urllib.parse.quote(customer, safe=""))
    return jsonify(customer=customer, accepted=paid), (201 if paid else 503)


@app.post("/v1/profile")
def profile():
    return jsonify(saved=sorted(request.json))


@app.post("/v1/hooks")
def webhook():
    return jsonify(delivered=post_event(request.json["url"]))


@app.post("/v1/subscriptions")
def subscribe():
    count("pending")
    deliveries.put((time.monotonic() + DELIVERY_DELAY_SECONDS, request.json["callback"]))
    return jsonify(accepted=True), 202


@app.put("/v1/me/avatar")
def avatar():
    _, body = with_urllib(request.form["avatar_url"])
    return jsonify(bytes=len(body))


@app.post("/v1/preview")
def preview():
    status, body = with_httpx(request.json["url"], follow=True)
    return jsonify(status=status, preview=base64.b64encode(body).decode())


@app.post("/v1/import")
def import_feed():
    answer = session.get(request.json["source"], timeout=TIMEOUT_SECONDS)
    return jsonify(status=answer.status_code, document=answer.text)


@app.post("/v1/probe")
def probe():
    status, _ = with_urllib("http://%s:%d/status" % (request.json["host"], request.json["port"]))
    return jsonify(up=status == 200)


@app.get("/v1/ping")
def ping():
    status, _ = with_urllib3("http://%s/status" % request.args["host"])
    return jsonify(status=status)


@app.post("/v1/jobs")
def job():
    return jsonify(done=True, reported=post_event(request.headers["X-Callback-Url"])), 202


@app.get("/v1/fetch/<path:target>")
def fetch(target):
    status, body = with_urllib3(target)
    return Response(body, status, content_type="application/octet-stream")


@app.get("/v1/image")
def image():
    src = request.args["src"]
    status, body = with_httpx(base64.urlsafe_b64decode(src + "=" * (-len(src) % 4)).decode(), follow=False)
    return Response(body, status, content_type="application/octet-stream")


@app.post("/v1/events")
def event():
    payload = json.loads(request.json["payload"])
    status, _ = with_urllib(payload["callback"], json.dumps(EVENT).encode())
    return jsonify(forwarded=status)


class Resolver(lxml.etree.Resolver):
    """Loads external entities, with the program's own HTTP client."""

    def resolve(self, url, public_id, context):
        if not url.startswith("http"):
            return None
        return self.resolve_string(session.get(url, timeout=TIMEOUT_SECONDS).text, context)


@app.post("/v1/invoices")
def invoice():
    parser = lxml.etree.XMLParser(load_dtd=True, no_network=False, resolve_entities=True)
    parser.resolvers.add(Resolver())
    root = lxml.etree.fromstring(request.get_data(), parser)
    return jsonify(reference="".join(root.itertext()))


@app.post("/v1/render")
def render():
    sources = lxml.html.fromstring(request.get_data()).xpath("//img/@src")
    return jsonify(images=[with_urllib3(src)[0] for src in sources[:10]])


@app.post("/v1/uploads")
def upload():
    status, body = with_urllib3(request.form["remote_url"])
    return jsonify(status=status, stored=len(body)), 201


@app.errorhandler(lxml.etree.XMLSyntaxError)
def not_xml(error):
    return jsonify(error="that is no XML document"), 422


def deliver():
    while True:
        due, url = deliveries.get()
        time.sleep(max(0, due - time.monotonic()))
        try:
            with_urllib(url, json.dumps(EVENT).encode())
        except (OSError, ValueError):
            pass  # a customer's dead webhook is not the shop's trouble
        count("pending", -1)


def tick():
    while True:
        for url in TIMER_CALLS:
            own_call(url)
        time.sleep(TIMER_SECONDS)


if __name__ == "__main__":
    for work in (deliver, tick):
        threading.Thread(target=work, daemon=True).start()
    waitress.serve(app, host="127.0.0.1", port=int(os.environ["PORT"]), threads=16)
