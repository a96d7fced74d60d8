"""A help desk that fetches what its clients name: every way in which programs do, on one page.

Deliberately open, like shop.py, and built differently: more carriers, more client libraries, URLs
put together from parts. Every dial made by order carries the order's request id as `X-Cause`, so
that the test knows what is true; own calls carry none. Listens on 127.0.0.1:PORT; proxies come from
the environment.
"""

import base64
import csv
import io
import json
import os
import queue
import re
import subprocess
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
TOKEN = {"Authorization": "Bearer svc-desk-77ab41e0c9"}
TIMER_CALLS = [BILLING + "/healthz", "http://127.0.0.1:9000/stats"]
TIMER_SECONDS = 0.5
TIMEOUT = 5
EVENT = json.dumps({"event": "ticket.opened", "version": 1}).encode()
TENANTS = "apps.example"
DOCS = "http://docs.partner.example"

app = Flask(__name__)
app.url_map.merge_slashes = False
lock = threading.Lock()
state = {"pending": 0, "own_ok": 0, "own_failed": 0}
deliveries = queue.Queue()

session = requests.Session()
session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=32))
httpx_client = httpx.Client(timeout=TIMEOUT)
proxy = os.environ.get("http_proxy")
pool = urllib3.ProxyManager(proxy, maxsize=32) if proxy else urllib3.PoolManager(maxsize=32)


class FetchFailed(Exception):
    """The destination could not be fetched."""


def count(name, by=1):
    with lock:
        state[name] += by


def cause():
    return {"X-Cause": request.headers.get("X-Request-Id", "")}


def own_call(url):
    for _ in range(3):
        try:
            answer = session.get(url, headers=TOKEN, timeout=TIMEOUT)
        except requests.RequestException:
            continue
        if answer.status_code < 500:
            count("own_ok" if answer.status_code == 200 else "own_failed")
            return answer.status_code == 200
    count("own_failed")
    return False


# The clients. Each returns status and body.


def by_requests(url, post=False, follow=True):
    if post:
        answer = session.post(url, data=EVENT, headers=cause(), timeout=TIMEOUT, allow_redirects=follow)
    else:
        answer = session.get(url, headers=cause(), timeout=TIMEOUT, allow_redirects=follow)
    return answer.status_code, answer.content


def by_urllib(url, post=False, headers=None):
    asked = urllib.request.Request(url, data=EVENT if post else None, headers=headers or cause())
    with urllib.request.urlopen(asked, timeout=TIMEOUT) as answer:
        return answer.status, answer.read()


def by_urllib3(url):
    answer = pool.request("GET", url, headers=cause(), timeout=TIMEOUT, retries=False)
    return answer.status, answer.data


def by_httpx(url, follow=True):
    answer = httpx_client.get(url, headers=cause(), follow_redirects=follow)
    return answer.status_code, answer.content


def by_curl(url):
    header = "X-Cause: " + cause()["X-Cause"]
    command = ["curl", "-sS", "-g", "-L", "--max-time", str(TIMEOUT), "-H", header, "--", url]
    ran = subprocess.run(command, capture_output=True, check=False)
    if ran.returncode:
        raise FetchFailed(ran.stderr.decode(errors="replace"))
    return 200, ran.stdout


def with_scheme(url):
    """What people type into a field for a link."""
    return url if re.match(r"[A-Za-z][A-Za-z0-9+.-]*:/", url) else "http://" + url.lstrip("/")


def against_page(url):
    """A reference as a document holds it."""
    return "http:" + url if url.startswith("//") else url


@app.before_request
def sign_in():
    if request.path.startswith("/internal/"):
        return None
    token = request.headers.get("Authorization", "").removeprefix("Bearer ") or request.cookies.get("sid", "")
    return None if token.startswith("user-") else (jsonify(error="sign in first"), 401)


@app.errorhandler(Exception)
def failed(error):
    return jsonify(error="could not do that", kind=type(error).__name__), 502


@app.get("/internal/state")
def read_state():
    with lock:
        return jsonify(state)


@app.get("/api/articles")
def articles():
    return jsonify(found=[{"id": 3, "title": "how to return a lamp"}], q=request.args.get("q", ""))


@app.post("/api/tickets")
def ticket():
    paid = own_call(BILLING + "/v1/credit/" + urllib.parse.quote(request.json["customer"], safe=""))
    return jsonify(opened=paid), (201 if paid else 503)


@app.post("/api/notes")
def note():
    return jsonify(saved=sorted(request.json))


@app.post("/api/attachments")
def attachment():
    return jsonify(stored=[file.filename for file in request.files.values()]), 201


# The sinks.


@app.post("/api/hooks")
def hook():
    return jsonify(status=by_requests(request.json["url"], post=True, follow=False)[0])


@app.post("/api/alerts")
def alert():
    count("pending")
    deliveries.put((time.monotonic() + 0.2, request.json["callback_url"], cause()))
    return jsonify(accepted=True), 202


@app.get("/api/proxy")
def proxied():
    status, body = by_requests(urllib.parse.unquote(request.args["url"]))
    return Response(body, status, content_type="application/octet-stream")


@app.put("/api/users/<number>/avatar")
def avatar(number):
    return jsonify(user=number, bytes=len(by_urllib(request.form["avatar"])[1]))


@app.post("/api/preview")
def preview():
    status, body = by_httpx(with_scheme(request.json["link"]))
    return jsonify(status=status, preview=base64.b64encode(body).decode())


@app.post("/api/feeds")
def feed():
    status, body = by_urllib(request.json["source"]["href"])
    return jsonify(status=status, text=body.decode(errors="replace"))


@app.post("/api/monitors")
def monitor():
    asked = request.json
    return jsonify(up=by_urllib3("http://%s:%s/status" % (asked["host"], asked["port"]))[0] == 200)


@app.get("/api/ping")
def ping():
    return jsonify(status=by_requests("http://%s/status" % request.args["host"])[0])


@app.post("/api/reports")
def report():
    return jsonify(told=by_requests(request.headers["X-Notify-Url"], post=True, follow=False)[0]), 202


@app.get("/fetch/<path:target>")
def fetch(target):
    status, body = by_urllib3(target)
    return Response(body, status, content_type="application/octet-stream")


@app.get("/img")
def image():
    text = request.args["u"]
    status, body = by_httpx(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
    return Response(body, status, content_type="application/octet-stream")


@app.post("/api/events")
def event():
    return jsonify(status=by_urllib(json.loads(request.json["payload"])["callback"], post=True)[0])


class Resolver(lxml.etree.Resolver):
    def resolve(self, url, public_id, context):
        return self.resolve_string(by_requests(url)[1].decode(), context)


@app.post("/api/orders.xml")
def order():
    parser = lxml.etree.XMLParser(load_dtd=True, no_network=False, resolve_entities=True)
    parser.resolvers.add(Resolver())
    return jsonify(text="".join(lxml.etree.fromstring(request.get_data(), parser).itertext()))


@app.post("/api/render")
def render():
    sources = lxml.html.fromstring(request.get_data(as_text=True)).xpath("//img/@src")
    return jsonify(images=[by_urllib3(against_page(source))[0] for source in sources[:10]])


@app.post("/api/uploads")
def upload():
    return jsonify(bytes=len(by_curl(request.form["file_url"])[1])), 201


@app.post("/soap")
def soap():
    root = lxml.etree.fromstring(request.get_data())
    return Response("<ok>%d</ok>" % by_requests(root.findtext(".//{*}CallbackURL"))[0], content_type="text/xml")


@app.post("/xmlrpc")
def xmlrpc():
    root = lxml.etree.fromstring(request.get_data())
    return Response("<ok>%d</ok>" % by_urllib(root.findtext(".//string"))[0], content_type="text/xml")


@app.post("/graphql")
def graphql():
    return jsonify(data={"status": by_httpx(with_scheme(request.json["variables"]["input"]["endpoint"]))[0]})


@app.post("/api/pipelines")
def pipeline():
    value = re.search(r"^\s*image:\s*(.*)$", request.get_data(as_text=True), re.MULTILINE).group(1)
    return jsonify(status=by_curl(json.loads(value) if value.startswith('"') else value)[0])


@app.post("/api/comments")
def comment():
    found = re.findall(r"!\[[^\]]*\]\(<?([^)>]*)>?\)", request.json["body"])
    return jsonify(images=[by_requests(against_page(source))[0] for source in found[:5]])


@app.post("/api/logo")
def logo():
    root = lxml.etree.fromstring(request.files["logo"].read())
    return jsonify(parts=[by_urllib(against_page(source))[0] for source in root.xpath("//@*[local-name()='href']")[:5]])


@app.post("/api/products.csv")
def products():
    rows = csv.DictReader(io.StringIO(request.get_data(as_text=True)))
    return jsonify(images=[by_urllib3(with_scheme(row["picture"]))[0] for row in rows])


@app.get("/api/home")
def home():
    return jsonify(theme=by_requests(with_scheme(urllib.parse.unquote(request.cookies["theme_url"])))[0])


@app.post("/api/checks")
def check():
    asked = request.json
    return jsonify(status=by_httpx("%s://%s%s" % (asked["protocol"], asked["hostname"], asked["path"]))[0])


@app.get("/api/tenants/<tenant>/status")
def tenant_status(tenant):
    return jsonify(status=by_requests("http://%s.%s/status" % (tenant, TENANTS))[0])


@app.post("/api/batch")
def batch():
    return jsonify(statuses=[by_requests(url)[0] for url in request.json["urls"]])


@app.patch("/api/settings")
def settings():
    return jsonify(status=by_urllib3(request.json["notifications"]["chat"]["webhook"])[0])


@app.post("/api/files")
def named_file():
    return jsonify(bytes=len(by_httpx(next(iter(request.files.values())).filename)[1]))


@app.post("/api/shorten")
def shorten():
    return jsonify(status=by_requests(request.get_data(as_text=True))[0])


@app.post("/rpc")
def rpc():
    asked = request.json
    return jsonify(jsonrpc="2.0", id=asked["id"], result=by_httpx(asked["params"]["arguments"]["uri"])[0])


@app.get("/api/docs")
def docs():
    return jsonify(status=by_requests(DOCS + request.args["file"])[0])


def deliver():
    while True:
        due, url, headers = deliveries.get()
        time.sleep(max(0, due - time.monotonic()))
        try:
            by_urllib(url, True, headers)
        except Exception:  # a customer's dead webhook is not the desk's trouble
            pass
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
