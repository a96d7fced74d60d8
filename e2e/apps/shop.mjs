// The same shop as shop.py, with the client libraries of Node: axios and undici.
//
// undici opens a CONNECT tunnel even for http://, axios sends absolute-form requests; which of them
// serves a route is chosen so that both kinds of outbound traffic carry orders and own calls.
// Deliberately open: nothing here checks a destination. Listens on 127.0.0.1:PORT.

import http from "node:http";

import axios from "axios";
import { EnvHttpProxyAgent, ProxyAgent, request as undiciRequest, fetch as undiciFetch } from "undici";

const BILLING = "http://billing.internal";
const BILLING_TOKEN = "svc-billing-4b1fd1f0c9e74a7d";
const TIMER_CALLS = [`${BILLING}/healthz`, "http://127.0.0.1:9000/stats"];
const TIMER_MS = 500;
const DELIVERY_DELAY_MS = 400;
const TIMEOUT_MS = 5000;
const EVENT = { event: "shop.ping", version: 1 };

const state = { pending: 0, own_ok: 0, own_failed: 0 };

// Connections and tunnels are pooled for the life of the process.
const envAgent = new EnvHttpProxyAgent();
const proxyAgent = process.env.http_proxy ? new ProxyAgent(process.env.http_proxy) : undefined;
const client = axios.create({
  httpAgent: new http.Agent({ keepAlive: true, maxSockets: 32 }),
  timeout: TIMEOUT_MS,
  responseType: "text",
  transformResponse: (body) => body,
  validateStatus: () => true,
});

class FetchFailed extends Error {}

/** Calls `attempt` up to three times: failures and 5xx are retried, 4xx are final. */
async function patiently(attempt) {
  for (let i = 0; i < 3; i += 1) {
    try {
      const answer = await attempt();
      if (answer.status < 500) return answer;
    } catch {
      // the next attempt may succeed
    }
  }
  throw new FetchFailed("no usable answer after 3 attempts");
}

async function ownCall(url) {
  const headers = { authorization: `Bearer ${BILLING_TOKEN}` };
  const ok = await patiently(() => client.get(url, { headers, maxRedirects: 0 })).then(
    (answer) => answer.status === 200,
    () => false,
  );
  state[ok ? "own_ok" : "own_failed"] += 1;
  return ok;
}

const withAxios = (url, follow = false) => client.get(url, { maxRedirects: follow ? 5 : 0 });
const axiosEvent = async (url) => (await patiently(() => client.post(url, EVENT, { maxRedirects: 0 }))).status;

async function withUndici(url, options = {}) {
  const answer = await undiciRequest(url, {
    dispatcher: proxyAgent,
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    ...options,
  });
  return { status: answer.statusCode, body: Buffer.from(await answer.body.arrayBuffer()) };
}

const undiciEvent = (url) =>
  withUndici(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(EVENT) });

async function withFetch(url) {
  const answer = await undiciFetch(url, { dispatcher: envAgent, signal: AbortSignal.timeout(TIMEOUT_MS) });
  return { status: answer.status, body: Buffer.from(await answer.arrayBuffer()) };
}

/** The value of one part of a multipart body, by the way its name is written. */
function part(req, body, name) {
  const boundary = /boundary="?([^";]+)/.exec(req.headers["content-type"])[1];
  const found = body.split(`--${boundary}`).find((text) => text.includes(`name="${name}"`));
  return found.slice(found.indexOf("\r\n\r\n") + 4).trimEnd();
}

const raw = (status, body) => ({ status, raw: body });
const json = (value, status = 200) => ({ status, json: value });

const routes = {
  "GET /v1/items": (req, url) => json({ items: [{ id: 1, name: "lamp" }], q: url.searchParams.get("q") ?? "" }),
  "POST /v1/orders": async (req, url, body) => {
    const { customer } = JSON.parse(body);
    const paid = await ownCall(`${BILLING}/v1/credit/${encodeURIComponent(customer)}`);
    return json({ customer, accepted: paid }, paid ? 201 : 503);
  },
  "POST /v1/profile": (req, url, body) => json({ saved: Object.keys(JSON.parse(body)).sort() }),
  "POST /v1/hooks": async (req, url, body) => json({ delivered: await axiosEvent(JSON.parse(body).url) }),
  "POST /v1/subscriptions": (req, url, body) => {
    const { callback } = JSON.parse(body);
    state.pending += 1;
    setTimeout(() => {
      // a customer's dead webhook is not the shop's trouble
      undiciEvent(callback).catch(() => {}).finally(() => { state.pending -= 1; });
    }, DELIVERY_DELAY_MS);
    return json({ accepted: true }, 202);
  },
  "PUT /v1/me/avatar": async (req, url, body) => {
    const answer = await withFetch(new URLSearchParams(body).get("avatar_url"));
    return json({ bytes: answer.body.length });
  },
  "POST /v1/preview": async (req, url, body) => {
    const answer = await withFetch(JSON.parse(body).url);
    return json({ status: answer.status, preview: answer.body.toString("base64") });
  },
  "POST /v1/import": async (req, url, body) => {
    const answer = await withAxios(JSON.parse(body).source, true);
    return json({ status: answer.status, document: answer.data });
  },
  "POST /v1/probe": async (req, url, body) => {
    const { host, port } = JSON.parse(body);
    return json({ up: (await withUndici(`http://${host}:${port}/status`)).status === 200 });
  },
  "GET /v1/ping": async (req, url) => json({ status: (await withAxios(`http://${url.searchParams.get("host")}/status`)).status }),
  "POST /v1/jobs": async (req) => json({ done: true, reported: await axiosEvent(req.headers["x-callback-url"]) }, 202),
  "GET /v1/image": async (req, url) => {
    const answer = await withUndici(Buffer.from(url.searchParams.get("src"), "base64url").toString());
    return raw(answer.status, answer.body);
  },
  "POST /v1/events": async (req, url, body) => {
    const payload = JSON.parse(JSON.parse(body).payload);
    return json({ forwarded: (await undiciEvent(payload.callback)).status });
  },
  "POST /v1/invoices": async (req, url, body) => {
    // The entity is expanded by hand: Node's XML parsers leave that to their callers.
    const [, name, source] = /<!ENTITY\s+(\S+)\s+SYSTEM\s+"([^"]+)"/.exec(body);
    const answer = await withAxios(source);
    return json({ reference: body.slice(body.indexOf("]>") + 2).replace(`&${name};`, answer.data) });
  },
  "POST /v1/render": async (req, url, body) => {
    const sources = [...body.matchAll(/<img[^>]*\ssrc="([^"]+)"/g)].map((match) => match[1]);
    return json({ images: (await Promise.all(sources.slice(0, 10).map((src) => withAxios(src)))).map((a) => a.status) });
  },
  "POST /v1/uploads": async (req, url, body) => {
    const answer = await withUndici(part(req, body, "remote_url"));
    return json({ status: answer.status, stored: answer.body.length }, 201);
  },
};

/** Accepts the tokens that the shop gave out: `user-…`, as a bearer token or as a cookie. */
function signedIn(req) {
  const bearer = (req.headers.authorization ?? "").replace(/^Bearer /, "");
  const cookie = /(?:^|;\s*)sid=([^;]*)/.exec(req.headers.cookie ?? "");
  return (bearer || (cookie ? cookie[1] : "")).startsWith("user-");
}

async function answer(req, body) {
  const url = new URL(req.url, "http://shop.example");
  if (url.pathname === "/internal/state") return json(state);
  if (!signedIn(req)) return json({ error: "sign in first" }, 401);
  if (req.method === "GET" && url.pathname.startsWith("/v1/fetch/")) {
    const target = await withUndici(decodeURIComponent(url.pathname.slice("/v1/fetch/".length)));
    return raw(target.status, target.body);
  }
  const route = routes[`${req.method} ${url.pathname}`];
  return route ? route(req, url, body) : json({ error: "no such route" }, 404);
}

async function serve(req, res) {
  const chunks = [];
  for await (const chunk of req) chunks.push(chunk);
  let result;
  try {
    result = await answer(req, Buffer.concat(chunks).toString());
  } catch (error) {
    result = json({ error: "could not fetch that", kind: error.code ?? error.name }, 502);
  }
  const body = result.raw ?? Buffer.from(JSON.stringify(result.json));
  const type = result.raw ? "application/octet-stream" : "application/json";
  res.writeHead(result.status, { "content-type": type, "content-length": body.length });
  res.end(body);
}

async function tick() {
  for (const url of TIMER_CALLS) await ownCall(url);
  setTimeout(tick, TIMER_MS);
}

tick();
http.createServer(serve).listen(Number(process.env.PORT), "127.0.0.1");
