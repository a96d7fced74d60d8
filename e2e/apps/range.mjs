// The same help desk as range.py, with the client libraries of Node: undici, fetch and axios.
//
// undici tunnels even http:// by CONNECT, axios sends absolute-form requests. Every dial made by
// order carries the order's request id as `x-cause`; own calls carry none. Listens on
// 127.0.0.1:PORT.

import http from "node:http";

import axios from "axios";
import { EnvHttpProxyAgent, ProxyAgent, request as undiciRequest, fetch as undiciFetch } from "undici";

const BILLING = "http://billing.internal";
const TOKEN = { authorization: "Bearer svc-desk-77ab41e0c9" };
const TIMER_CALLS = [`${BILLING}/healthz`, "http://127.0.0.1:9000/stats"];
const TIMER_MS = 500;
const TIMEOUT_MS = 5000;
const EVENT = JSON.stringify({ event: "ticket.opened", version: 1 });
const TENANTS = "apps.example";
const DOCS = "http://docs.partner.example";

const state = { pending: 0, own_ok: 0, own_failed: 0 };
const envAgent = new EnvHttpProxyAgent();
const proxyAgent = process.env.http_proxy ? new ProxyAgent(process.env.http_proxy) : undefined;
const client = axios.create({
  httpAgent: new http.Agent({ keepAlive: true, maxSockets: 32 }),
  timeout: TIMEOUT_MS,
  responseType: "text",
  transformResponse: (body) => body,
  validateStatus: () => true,
});

async function ownCall(url) {
  for (let i = 0; i < 3; i += 1) {
    try {
      const { status } = await client.get(url, { headers: TOKEN, maxRedirects: 0 });
      if (status >= 500) continue;
      state[status === 200 ? "own_ok" : "own_failed"] += 1;
      return status === 200;
    } catch {
      // the next attempt may succeed
    }
  }
  state.own_failed += 1;
  return false;
}

const cause = (req) => ({ "x-cause": req.headers["x-request-id"] ?? "" });

// The clients. Each resolves to status and body.

async function byAxios(url, headers, { post = false, follow = true } = {}) {
  const options = { headers, maxRedirects: follow ? 5 : 0 };
  const answer = await (post ? client.post(url, EVENT, options) : client.get(url, options));
  return { status: answer.status, body: Buffer.from(answer.data) };
}

async function byUndici(url, headers, { post = false } = {}) {
  const answer = await undiciRequest(url, {
    dispatcher: proxyAgent,
    method: post ? "POST" : "GET",
    body: post ? EVENT : undefined,
    headers,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
  });
  return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
}

async function byFetch(url, headers) {
  const answer = await undiciFetch(url, { dispatcher: envAgent, headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

/** What people type into a field for a link. */
const withScheme = (url) => (/^[a-z][a-z0-9+.-]*:\//i.test(url) ? url : `http://${url.replace(/^\/+/, "")}`);
/** A reference as a document holds it. */
const againstPage = (url) => new URL(url, "http://desk.example/").href;

const unescaped = (text) =>
  text
    .replace(/&#x([0-9a-f]+);?/gi, (_, digits) => String.fromCodePoint(parseInt(digits, 16)))
    .replace(/&#([0-9]+);?/g, (_, digits) => String.fromCodePoint(Number(digits)))
    .replaceAll("&lt;", "<").replaceAll("&quot;", '"').replaceAll("&amp;", "&");

function part(req, body) {
  const boundary = /boundary="?([^";]+)/.exec(req.headers["content-type"])[1];
  const text = body.split(`--${boundary}`)[1];
  const fileName = /filename="([^"]*)"/.exec(text)?.[1];
  return { fileName, text: text.slice(text.indexOf("\r\n\r\n") + 4).replace(/\r\n$/, "") };
}

const each = (urls, by) => Promise.all(urls.slice(0, 10).map(by)).then((all) => all.map((a) => a.status));
const raw = (answer) => ({ status: answer.status, raw: answer.body });
const json = (value, status = 200) => ({ status, json: value });
const done = (answer, status = 200) => json({ status: answer.status }, status);

const routes = {
  "GET /api/articles": (req, url) => json({ found: [{ id: 3 }], q: url.searchParams.get("q") ?? "" }),
  "POST /api/tickets": async (req, url, body) => {
    const paid = await ownCall(`${BILLING}/v1/credit/${encodeURIComponent(JSON.parse(body).customer)}`);
    return json({ opened: paid }, paid ? 201 : 503);
  },
  "POST /api/notes": (req, url, body) => json({ saved: Object.keys(JSON.parse(body)).sort() }),
  "POST /api/attachments": (req, url, body) => json({ stored: [part(req, body).fileName] }, 201),

  "POST /api/hooks": async (req, url, body) =>
    done(await byAxios(JSON.parse(body).url, cause(req), { post: true, follow: false })),
  "POST /api/alerts": async (req, url, body) => {
    const [to, headers] = [JSON.parse(body).callback_url, cause(req)];
    state.pending += 1;
    setTimeout(() => byUndici(to, headers, { post: true }).catch(() => {}).finally(() => { state.pending -= 1; }), 200);
    return json({ accepted: true }, 202);
  },
  "GET /api/proxy": async (req, url) => raw(await byAxios(decodeURIComponent(url.searchParams.get("url")), cause(req))),
  "POST /api/preview": async (req, url, body) => {
    const answer = await byFetch(withScheme(JSON.parse(body).link), cause(req));
    return json({ status: answer.status, preview: answer.body.toString("base64") });
  },
  "POST /api/feeds": async (req, url, body) => {
    const answer = await byFetch(JSON.parse(body).source.href, cause(req));
    return json({ status: answer.status, text: answer.body.toString() });
  },
  "POST /api/monitors": async (req, url, body) => {
    const { host, port } = JSON.parse(body);
    return done(await byUndici(`http://${host}:${port}/status`, cause(req)));
  },
  "GET /api/ping": async (req, url) => done(await byAxios(`http://${url.searchParams.get("host")}/status`, cause(req))),
  "POST /api/reports": async (req) =>
    done(await byAxios(req.headers["x-notify-url"], cause(req), { post: true, follow: false }), 202),
  "GET /img": async (req, url) =>
    raw(await byUndici(Buffer.from(url.searchParams.get("u"), "base64url").toString(), cause(req))),
  "POST /api/events": async (req, url, body) =>
    done(await byUndici(JSON.parse(JSON.parse(body).payload).callback, cause(req), { post: true })),
  "POST /api/orders.xml": async (req, url, body) => {
    const [, name, source] = /<!ENTITY\s+(\S+)\s+SYSTEM\s+"([^"]+)"/.exec(body);
    const answer = await byAxios(unescaped(source), cause(req));
    return json({ text: body.slice(body.indexOf("]>") + 2).replace(`&${name};`, answer.body.toString()) });
  },
  "POST /api/render": async (req, url, body) => {
    const sources = [...body.matchAll(/<img[^>]*\ssrc="([^"]+)"/g)].map((match) => againstPage(unescaped(match[1])));
    return json({ images: await each(sources, (source) => byAxios(source, cause(req))) });
  },
  "POST /api/uploads": async (req, url, body) => done(await byUndici(part(req, body).text, cause(req)), 201),
  "POST /soap": async (req, url, body) =>
    done(await byAxios(unescaped(/CallbackURL>([^<]*)</.exec(body)[1]), cause(req))),
  "POST /xmlrpc": async (req, url, body) => done(await byFetch(unescaped(/<string>([^<]*)</.exec(body)[1]), cause(req))),
  "POST /graphql": async (req, url, body) =>
    json({ data: (await byFetch(withScheme(JSON.parse(body).variables.input.endpoint), cause(req))).status }),
  "POST /api/pipelines": async (req, url, body) => {
    const value = /^\s*image:\s*(.*)$/m.exec(body)[1];
    return done(await byAxios(value.startsWith('"') ? JSON.parse(value) : value, cause(req)));
  },
  "POST /api/comments": async (req, url, body) => {
    const found = [...JSON.parse(body).body.matchAll(/!\[[^\]]*\]\(<?([^)>]*)>?\)/g)].map((match) => againstPage(match[1]));
    return json({ images: await each(found, (source) => byFetch(source, cause(req))) });
  },
  "POST /api/logo": async (req, url, body) => {
    const found = [...part(req, body).text.matchAll(/href="([^"]+)"/g)].map((match) => againstPage(unescaped(match[1])));
    return json({ parts: await each(found, (source) => byUndici(source, cause(req))) });
  },
  "POST /api/products.csv": async (req, url, body) => {
    const rows = body.trim().split("\n").slice(1).map((row) => row.slice(row.indexOf(",") + 1).replace(/^"|"$/g, ""));
    return json({ images: await each(rows, (row) => byAxios(withScheme(row), cause(req))) });
  },
  "GET /api/home": async (req) => {
    const value = /(?:^|;\s*)theme_url=([^;]*)/.exec(req.headers.cookie)[1];
    return done(await byFetch(withScheme(decodeURIComponent(value)), cause(req)));
  },
  "POST /api/checks": async (req, url, body) => {
    const { protocol, hostname, path } = JSON.parse(body);
    return done(await byUndici(`${protocol}://${hostname}${path}`, cause(req)));
  },
  "POST /api/batch": async (req, url, body) =>
    json({ statuses: await each(JSON.parse(body).urls, (to) => byAxios(to, cause(req))) }),
  "PATCH /api/settings": async (req, url, body) =>
    done(await byUndici(JSON.parse(body).notifications.chat.webhook, cause(req))),
  "POST /api/files": async (req, url, body) => done(await byFetch(part(req, body).fileName, cause(req))),
  "POST /api/shorten": async (req, url, body) => done(await byAxios(body, cause(req))),
  "POST /rpc": async (req, url, body) => {
    const { id, params } = JSON.parse(body);
    return json({ jsonrpc: "2.0", id, result: (await byFetch(params.arguments.uri, cause(req))).status });
  },
  "GET /api/docs": async (req, url) => done(await byAxios(DOCS + url.searchParams.get("file"), cause(req))),
};

/** Routes with something of the path as a parameter. */
const patterns = [
  [/^PUT \/api\/users\/([^/]+)\/avatar$/, async (req, body) =>
    done(await byFetch(new URLSearchParams(body).get("avatar"), cause(req)))],
  [/^GET \/fetch\/(.*)$/, async (req, body, target) => raw(await byUndici(target, cause(req)))],
  [/^GET \/api\/tenants\/([^/]+)\/status$/, async (req, body, tenant) =>
    done(await byAxios(`http://${tenant}.${TENANTS}/status`, cause(req)))],
];

function signedIn(req) {
  const bearer = (req.headers.authorization ?? "").replace(/^Bearer /, "");
  const cookie = /(?:^|;\s*)sid=([^;]*)/.exec(req.headers.cookie ?? "");
  return (bearer || (cookie ? cookie[1] : "")).startsWith("user-");
}

async function answer(req, body) {
  const url = new URL(req.url, "http://desk.example");
  if (url.pathname === "/internal/state") return json(state);
  if (!signedIn(req)) return json({ error: "sign in first" }, 401);
  const route = routes[`${req.method} ${url.pathname}`];
  if (route) return route(req, url, body);
  for (const [pattern, handler] of patterns) {
    const match = pattern.exec(`${req.method} ${req.url.split("?")[0]}`);
    if (match) return handler(req, body, decodeURIComponent(match[1]));
  }
  return json({ error: "no such route" }, 404);
}

async function serve(req, res) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  let result;
  try {
    result = await answer(req, Buffer.concat(chunks).toString());
  } catch (error) {
    result = json({ error: "could not do that", kind: error.code ?? error.name }, 502);
  }
  const body = result.raw ?? Buffer.from(JSON.stringify(result.json));
  res.writeHead(result.status, {
    "content-type": result.raw ? "application/octet-stream" : "application/json",
    "content-length": body.length,
  });
  res.end(body);
}

async function tick() {
  for (const url of TIMER_CALLS) await ownCall(url);
  setTimeout(tick, TIMER_MS);
}

tick();
http.createServer(serve).listen(Number(process.env.PORT), "127.0.0.1");
