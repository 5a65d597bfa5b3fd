// What a scanner is to attack: one request file for each address of the program, with
// every parameter that somebody's pages and forms, or the API's description, put into it.
//
//   node targets.mjs --url URL --routes FILE --data DIR --zhidu PROGRAM --out DIR
//
// Signs in through the form as four people, walks through the pages they see, and
// gathers links and forms.  DIR/NNN-name.req is a request as sqlmap reads it (-r), a *
// where a part of path or header is to be attacked; NNN-name.opt are options for it.
// Also made: wapiti.json (a session as wapiti reads it).  Fails when an address of the
// program, or a parameter that its pages read, is in no request.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { formsOf, linksOf } from "./html.mjs";
import { AGENT, PASSWORD, ways } from "./people.mjs";
import { prepare } from "./prepare.mjs";

const { values: opt } = parseArgs({ options: {
  url: { type: "string" }, routes: { type: "string" }, data: { type: "string" }, zhidu: { type: "string" },
  out: { type: "string" } } });
const WALKERS = ["li.lei", "wu.tao", "chen.gang", "xu.jing"]; // they look at everything
const OTHERS = ["huang.he", "sun.li", "guo.jing"]; // and who may do what those may not
const CAREFUL = ["zheng.shuang", "liu.yang", "ma.chao"]; // they get a second factor; wrong codes slow one down for each address
const EACH = 3; // pages of a kind that one person looks at
mkdirSync(opt.out, { recursive: true });

// --- addresses ------------------------------------------------------------------

const routes = readFileSync(opt.routes, "utf8").trim().split("\n").map((line) => {
  const [method, pattern] = line.split(" ");
  return { line, method, pattern, words: pattern.split("/") };
});
/** The route that answers a path, as the server finds it: the first that fits. */
function routeOf(method, path) {
  const have = path.split("/");
  return routes.find((r) => r.method === method && r.words.length === have.length && r.words.every((w, i) =>
    w === "~" ? have[i] !== "" : w === "#" ? /^\d+$/.test(have[i]) : w === have[i]));
}
/** What makes two addresses of a route different things: type and action of a record. */
const kindOf = (route, path) => (/^(.api.v1)?.r\//.test(route.pattern) ? path.split("/").filter((w, i) => route.words[i] === "~").join(".") : "");

// --- people ---------------------------------------------------------------------

const way = ways(opt.url);
const { get, send, signIn } = way;
/** Somebody's program. */
function tokenOf(login) {
  const out = execFileSync(opt.zhidu, ["token", login, "--name", "scan", "--scopes", "read write", "--data", opt.data]);
  return { login, headers: { Authorization: `Bearer ${out.toString().trim().split("\n").pop()}` } };
}

/** Who of them may do it, at a record where it can be done: "/r/fault/new/report",
 *  "/r/fault/#/do/accept"; the first person and record where nobody may. */
const able = new Map();
async function whoMay(path) {
  const [, , type, id] = path.split("/");
  const shape = path.replace(/\d+/, "#");
  if (able.has(shape)) return able.get(shape);
  const ids = new Set();
  for (const me of /^\d+$/.test(id) ? everybody : []) {
    for (const r of (await json(await get(me, `/api/v1/r/${type}?limit=20`))).items ?? []) ids.add(`${r.id}`);
  }
  ids.add(id);
  let found = { me: everybody[0], path };
  search: for (const i of ids) {
    for (const me of everybody) {
      const at = path.replace(/\d+/, i);
      if ((await json(await get(me, `/api/v1${at}`))).why_not === null) { found = { me, path: at }; break search; }
    }
  }
  able.set(shape, found);
  return found;
}
const json = async (r) => (r.ok ? r.json() : {});

// --- walking --------------------------------------------------------------------

const gets = new Map(), posts = new Map(); // what was seen, by route, type and action

function split(address) {
  const u = new URL(address, opt.url);
  return [u.pathname, [...u.searchParams]];
}
function idOf(method, path) {
  const route = routeOf(method, path);
  if (!route) throw new Error(`a page leads to ${method} ${path}, which is no address of the program`);
  return [`${route.line} ${kindOf(route, path)}`, route];
}
function see(map, me, method, path, query, fields = []) {
  const [id, route] = idOf(method, path);
  const had = map.get(id) ?? { me, route, path, query: new Map(), fields: new Map() };
  for (const [k, v] of query) if (!had.query.get(k)) had.query.set(k, v);
  for (const f of fields) if (!had.fields.get(f.name)?.value) had.fields.set(f.name, f);
  map.set(id, had);
}
function seeForm(me, form, page) {
  const [path, query] = split(form.action || page);
  if (form.method === "POST") see(posts, me, "POST", path, query, form.fields);
  else see(gets, me, "GET", path, [...query, ...form.fields.map((f) => [f.name, f.value])]);
}

async function walk(me) {
  const waiting = [...made.pages, "/", "/r", "/admin", "/help", "/me", "/me/second", "/search?q=a"];
  const seen = new Set(waiting), often = new Map();
  let pages = 0;
  while (waiting.length) {
    const at = waiting.shift();
    const [path, query] = split(at);
    if (path.startsWith("/assets/") && seen.has("/assets")) continue;
    if (path.startsWith("/assets/")) seen.add("/assets");
    const kind = `${idOf("GET", path)[0]} ${query.map(([k]) => k)}`;
    often.set(kind, (often.get(kind) ?? 0) + 1);
    if (often.get(kind) > EACH) continue;
    const r = await get(me, at);
    if (r.status < 400) see(gets, me, "GET", path, query);
    const html = /^text.html/.test(r.headers.get("content-type")) ? await r.text() : "";
    const forms = formsOf(html);
    pages++;
    for (const f of forms) seeForm(me, f, path);
    for (const { method, address } of linksOf(html)) {
      const [to, asked] = split(address);
      if (method === "POST") { // a form that asks about itself while it is filled in
        see(posts, me, "POST", to, asked, forms.find((f) => to === `${f.action}/check`)?.fields);
      } else if (!seen.has(address)) {
        seen.add(address);
        waiting.push(address);
      }
    }
  }
  return pages;
}

// --- requests -------------------------------------------------------------------

const written = new Map(routes.map((r) => [r.line, new Set()])); // parameters attacked, by route
const names = new Set(); // of parameters, anywhere
let count = 0, attacked = 0;
const SEARCHES = /^(\/api\/v1)?\/(r\/~|search|r\/~\/suggest)$|security$|^\/signin$/;

/** A request, unless each of its parameters stands in another one of the same route:
 *  that is the same code.  `only`: the parameters, when not all are attacked. */
function write(method, path, me, { query = [], headers = {}, body = [], json, raw, only, key } = {}) {
  const route = routeOf(method, path.replaceAll("*", ""));
  const had = written.get(route.line);
  const q = new URLSearchParams([...query]).toString();
  const all = { Host: new URL(opt.url).host, "User-Agent": AGENT, ...me?.headers, ...headers };
  const marked = [path, raw?.text, ...Object.values(all)].join().includes("*");
  const fields = json ? Object.keys(json) : [...body].map(([k]) => k);
  const wanted = marked ? ["*"] : (only ?? [...[...query].map(([k]) => k), ...fields]).filter((k) => k !== "csrf" || only);
  const fresh = [...new Set(wanted)].filter((k) => k === "*" || !had.has(k) || only);
  for (const k of wanted) { had.add(k); names.add(k); }
  if (!fresh.length) return;
  attacked += fresh.length;
  if (method === "POST") all["Content-Type"] = raw?.type ?? (json ? "application/json" : "application/x-www-form-urlencoded");
  const name = `${String(++count).padStart(3, "0")}-${method}${path.replace(/[^A-Za-z.]+/g, "-")}`.slice(0, 60);
  const head = Object.entries(all).map(([k, v]) => `${k}: ${v}\r\n`).join("");
  const text = raw?.text ?? (json ? JSON.stringify(json) : new URLSearchParams([...body]).toString());
  writeFileSync(join(opt.out, `${name}.req`), `${method} ${path}${q ? `?${q}` : ""} HTTP/1.1\r\n${head}\r\n${text}`);
  const options = marked ? [] : ["-p", fresh.join(",")];
  if (fields.includes("key")) options.push("--eval=import random;key='%x' % random.getrandbits(60)"); // each its own act
  if (key) options.push(key);
  if (/\/check$|^.api.*(new|do)\/~$/.test(route.pattern)) options.push("--level=1"); // their values go where a form's go
  else if (SEARCHES.test(route.pattern)) options.push("--level=3", "--risk=2"); // what is typed becomes a condition
  writeFileSync(join(opt.out, `${name}.opt`), options.join("\n"));
}
/** Values that the server takes beside each other: where one is refused the others are
 *  not looked at. */
async function sound(me, path, query) {
  const kept = [];
  for (const [k, v] of query) {
    for (const guess of [v, "", "1"]) {
      kept.push([k, guess]);
      if ((await get(me, `${path}?${new URLSearchParams(kept)}`)).status < 400) break;
      kept.pop();
    }
    if (kept.at(-1)?.[0] !== k) write("GET", path, me, { query: [[k, v]] });
  }
  return kept;
}
const starred = (route, path) => path.split("/").map((w, i) => (/^[~#]$/.test(route.words[i]) ? `${w}*` : w)).join("/");

async function writeGets(list) {
  for (const { me, route, path, query } of list) {
    if (!written.get(route.line).size) {
      if (/[~#]/.test(route.pattern)) write("GET", starred(route, path), me);
      else if (!query.size) write("GET", path, me, { query: [["q", "1"]] });
    }
    if (query.size) write("GET", path, me, { query: await sound(me, path, query) });
  }
}

/** What somebody would fill in. */
async function fill(me, f, path) {
  if (f.name === "csrf") return me.csrf;
  if (f.name === "ver") return "0"; // any version: the record is another after each attack that is an act
  if (f.value || f.name === "back") return f.value;
  if (path === "/me/second/begin" && f.name === "password") return PASSWORD; // it can be done again and again
  if (f.suggest) {
    const r = await get(me, `${f.suggest}?${new URLSearchParams([[f.name, ""]])}`);
    return /<option value="([^"]+)"/.exec(await r.text())?.[1] ?? "";
  }
  return { date: "2026-03-02", "datetime-local": "2026-03-02T09:00", password: "not the password 1" }[f.type] ?? (f.numeric ? "1" : "probe");
}
/** Values that the form takes, as it says itself while it is filled in. */
const GUESSES = ["1", "10.0.0.1", "02:00:00:00:00:01", "1h", "2026-03-02", ""];
async function filled(me, path, fields) {
  const body = [];
  for (const f of fields) body.push([f.name, await fill(me, f, path)]);
  if (!routeOf("POST", `${path}/check`)) return body;
  for (const pair of body) {
    if (["csrf", "key", "ver"].includes(pair[0])) continue;
    for (const guess of [pair[1], ...GUESSES]) {
      pair[1] = guess;
      const r = await send(me, `${path}/check?field=${pair[0]}`, new URLSearchParams(body));
      if (!/class="error"/.test(await r.text())) break;
    }
  }
  return body;
}
/** What would end a session is sent with the token of another form, so that it goes on. */
const ENDS = ["/signout", "/me/sessions/end"];
const taken = new Map(); // by path without numbers: values the form takes, for programs too
async function writePosts() {
  for (const { me: seen, route, path: there, query, fields } of posts.values()) {
    if (there.startsWith("/signin")) continue;
    const act = /^(\/r\/\w+\/(?:new|\d+\/do)\/\w+)(\/check)?$/.exec(there);
    const { me, path } = act ? await whoMay(act[1]) : { me: there.startsWith("/me/") ? await signIn(seen.login) : seen, path: there };
    const at = path.replace(/^(\/admin\/account\/)\d+/, `$1${made.spare}`) + (act?.[2] ?? "");
    const body = await filled(me, path, fields.values());
    if (ENDS.includes(at)) body.find(([k]) => k === "csrf")[1] = "0";
    taken.set(path.replace(/\d+/, "#"), Object.fromEntries(body));
    if (/[~#]/.test(route.pattern) && !written.get(route.line).size) write("POST", starred(route, at), me, { body });
    write("POST", at, me, { query, body, only: ENDS.includes(at) ? ["csrf"] : undefined });
  }
}

/** The ways in, and what nobody's pages showed because it comes after an act. */
async function writeDoors(me) {
  write("GET", "/signin/code", made.half[0], { query: [["back", "/"], ["lang", "en"]] });
  write("POST", "/signin/code", made.half[1], { body: [["back", "/"], ["lang", "en"], ["otp", "123456"]] }); // five tries
  const door = Object.entries({ back: "/", lang: "en", login: "li.lei", password: PASSWORD });
  write("POST", "/signin", null, { body: door, only: ["login", "back", "lang"] });
  write("POST", "/signin", null, { body: door, only: ["password"], key: "--randomize=login" }); // else the account is slowed down
  write("POST", "/signin", null, { body: door, headers: { "User-Agent": `${AGENT}*` } });
  write("GET", "/signin", null, { query: [["back", "/"], ["lang", "en"], ["ended", ""], ["over", ""], ["login", "li.lei"]] });
  await send(me, "/me/second/begin", new URLSearchParams({ csrf: me.csrf, password: PASSWORD }));
  for (const [path, who] of Object.entries({ confirm: me, codes: made.careful[1], off: made.careful[2] })) {
    write("POST", `/me/second/${path}`, who, { body: [["csrf", who.csrf], ["otp", "123456"], ["password", PASSWORD]] });
  }
  write("POST", "/me/theme", me, { body: [["csrf", me.csrf], ["back", "/me"], ["theme", "dark"]], only: ["csrf"] });
  for (const path of ["/healthz", "/readyz", "/metrics"]) write("GET", path, null, { query: [["q", "1"]] });
}

/** Files, with their names and types, on a page and by programs. */
function writeFiles(me, program) {
  const part = (head, text) => `--probe\r\nContent-Disposition: form-data; ${head}\r\n\r\n${text}\r\n`;
  const type = "multipart/form-data; boundary=probe";
  const file = part('name="files*"; filename="probe*.txt"\r\nContent-Type: text/plain*', "probe*");
  const page = part('name="csrf"', me.csrf) + part('name="back"', "*");
  write("POST", `${made.fault}/note/attach`, me, { raw: { type, text: `${page}${file}--probe--\r\n` } });
  write("POST", `/api/v1${made.fault}/attachments`, program, { raw: { type, text: `${file}--probe--\r\n` } });
}

/** Addresses that no page of this demonstration leads to. */
async function writeRare(me, boss) {
  const ids = [...(await (await get(me, "/r/fault")).text()).matchAll(/\/r\/fault\/(\d+)/g)].map((m) => m[1]);
  const asset = /"(\/assets\/[^"/]+\/[^"/]+\/[^"/]+)"/.exec(await (await get(me, "/")).text())[1];
  const rare = {
    "GET /assets/~/~/~": [`${asset}*`], "GET /r/~/labels": ["/r/fault/labels", { id: ids[0], done: "" }],
    "GET /r/~/#/activity": [`/r/fault/${ids[0]}/activity`, { before: "99" }],
    "GET /live": ["/live"], "GET /r/~/#/live": [`/r/fault/${ids[0]}/live`],
    "GET /proof/#/file": ["/proof/10*/file"],
    "GET /file/#/picture": [`/file/${made.picture}*/picture`], "POST /me/jobs/#/cancel": ["/me/jobs/1*/cancel"],
    "POST /r/~/view/#": ["/r/fault*/view/1*"], "POST /me/token/#/end": ["/me/token/1*/end"],
    "POST /admin/settings/~/~/unit": ["/admin/settings/fault_reporting*/fault.accept*/unit", { unit: "业务一科", own: "60 workhours" }],
    "POST /inbox/approve": ["/inbox/approve", { kind: "loan.request", seat: "1", note: "x" }],
    "GET /ping/~": ["/ping/x*"], "GET /ping/~/~": ["/ping/x*/fail*"],
    "POST /ping/~": ["/ping/x*", { body: "x" }], "POST /ping/~/~": ["/ping/x*/7*", { body: "x" }],
    "GET /duties/heartbeat/#": ["/duties/heartbeat/1*"], "POST /duties/heartbeat/#/issue": ["/duties/heartbeat/1*/issue"],
    "POST /duties/heartbeat/#/revoke": ["/duties/heartbeat/1*/revoke"],
    "POST /admin/jobs/#/cancel": ["/admin/jobs/1*/cancel"], "POST /admin/account/#/second": [`/admin/account/${made.spare}*/second`],
  };
  for (const [line, [path, values = {}]] of Object.entries(rare)) {
    const who = path.startsWith("/admin") ? boss : me;
    if (written.get(line).size) continue;
    if (line.startsWith("GET")) write("GET", path, who, { query: Object.entries(values) });
    else for (const at of [path, path.replaceAll("*", "")]) write("POST", at, who, { body: Object.entries({ csrf: who.csrf, ...values }) });
  }
}

/** Everything that is read from a head: on a page, at a form, and by programs. */
function writeHeads(me, program) {
  const star = (...list) => Object.fromEntries(list.map((n) => [n, "1*"]));
  write("GET", "/r/fault", null, { headers: { Cookie: `${me.headers.Cookie}*; theme=dark*; lang=en*; zhidu-half=0*` } });
  write("GET", "/", me, { headers: star("Accept-Language", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Sec-Fetch-Site", "HX-Request", "Referer") });
  write("POST", "/notifications", me, { headers: star("X-CSRF-Token", "Origin"), body: [["up_to", "1"]] });
  write("GET", "/api/v1/me", null, { headers: { Authorization: `${program.headers.Authorization}*` } });
  write("GET", "/api/v1/types", program, { headers: star("Accept", "If-None-Match") });
}

// --- for programs ---------------------------------------------------------------

/** An address of the description with what stands for its number or key. */
async function somewhere(program, path) {
  const type = /^.api.v1.r.(\w+)/.exec(path)?.[1];
  const list = type ? (await json(await get(program, `/api/v1/r/${type}?limit=1`))).items ?? [] : [];
  const law = { key: path.includes("/types/") ? "fault" : path.includes("/ledger/") ? "10" : path.includes("/controls/") ? "faults_accepted" : path.includes("/duties/") ? "equipment_is_counted" : "fault_reporting", item: "report" };
  const id = path.includes("/attachments/") ? made.file : (list[0]?.id ?? "1");
  return path.replace(/\{(\w+)\}/g, (_, name) => law[name] ?? id);
}
async function writeApi(program) {
  const doc = await (await get(program, "/api/v1/openapi.json")).json();
  const named = (x) => (x?.$ref ? x.$ref.split("/").slice(1).reduce((at, k) => at[k], doc) : (x ?? {}));
  for (const [shape, ways] of Object.entries(doc.paths)) {
    const path = await somewhere(program, shape);
    for (const [method, way] of Object.entries(ways)) {
      const params = [...(ways.parameters ?? []), ...(way.parameters ?? [])].map(named);
      if (method === "post") {
        await writeApiPost(path, params, named(way.requestBody?.content["application/json"]?.schema).properties ?? {});
        continue;
      }
      const query = params.filter((p) => p.in === "query").map((p) => [p.name, p.name === "limit" ? "5" : ""]);
      await writeGets([{ me: program, route: routeOf("GET", path), path, query: new Map(query) }]);
    }
  }
}
async function writeApiPost(path, params, properties) {
  const route = routeOf("POST", path);
  const act = /\/(new|do)\//.test(path) && !/\/do\/(comment|sign|finish_task|watch|unwatch|label|unlabel)$/.test(path);
  const { me, path: at } = act ? await whoMay(path.slice("/api/v1".length)) : { me: everybody[1], path: path.slice("/api/v1".length) };
  const program = programs[me.login];
  const page = taken.get(at.replace(/\d+/, "#")) ?? {};
  const body = {}, all = {}; // what the server takes; everything that may be sent
  for (const k of Object.keys(properties)) {
    all[k] = page[k] || "probe";
    if (page[k] && properties[k].type?.includes("string")) body[k] = page[k];
    else if (page[k] && properties[k].$ref) body[k] = page[k];
  }
  if (!written.get(route.line).size) {
    const heads = Object.fromEntries(params.filter((p) => p.in === "header").map((p) => [p.name, "1*"]));
    write("POST", starred(route, `/api/v1${at}`), program, { headers: heads, json: body });
  }
  write("POST", `/api/v1${at}`, program, { json: body });
  write("POST", `/api/v1${at}`, program, { json: all });
}

// --- all of it ------------------------------------------------------------------

/** What pages read of a query or form, as their source says. */
function readByPages() {
  const dir = new URL("../../src/page/", import.meta.url).pathname;
  const found = new Set();
  for (const f of readdirSync(dir).filter((n) => n.endsWith(".c"))) {
    const source = readFileSync(join(dir, f), "utf8");
    for (const m of source.matchAll(/(?:visit_param\(v|http_param\((?:ps|&v->x->req\.(?:form|query))), STR\("(\w+)"/g)) found.add(m[1]);
  }
  return found;
}

const made = await prepare(way, await signIn("wu.tao"), await signIn("xu.jing"), CAREFUL);
const everybody = [];
for (const login of WALKERS) {
  await signIn(login); // one more session, for whoever ends it
  const me = await signIn(login);
  everybody.push(me);
  console.log(`${login}: ${await walk(me)} pages`);
}
const [staff, desk, , admin] = everybody;
for (const login of OTHERS) everybody.push(await signIn(login));
const programs = Object.fromEntries([...WALKERS, ...OTHERS].map((login) => [login, tokenOf(login)]));
const program = programs["wu.tao"];
await writeDoors(staff); // first: the time between password and code is short
await writeGets(gets.values());
await writePosts();
writeFiles(desk, program);
await writeApi(program);
await writeRare(desk, admin);
writeHeads(desk, program);
const unread = [...readByPages()].filter((n) => !names.has(n));
write("GET", "/r/fault", desk, { query: unread.map((n) => [n, ""]) });
const host = new URL(opt.url).hostname;
const [cookie, value] = admin.headers.Cookie.split("=");
writeFileSync(join(opt.out, "wapiti.json"), JSON.stringify({ [host]: { "/": { [`__Host-${cookie}`]:
  { version: 0, value, port: null, secure: true, expires: null } } } })); // over https
const missing = routes.filter((r) => !written.get(r.line).size);
console.log(`${count} requests with ${attacked} parameters to attack, over ${routes.length - missing.length} of ${routes.length} routes; parameters in no form: ${unread.join(" ")}`);
for (const r of missing) console.log(`no request for ${r.line}`);
process.exit(missing.length ? 1 : 0);
