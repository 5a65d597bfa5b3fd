// The law of the day, seen from outside: a server with cases open and requests
// running, while revised regulations are published by the command line.
//   node tests/cli/law.mjs
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Server, allPassed, check, contains, end, equal, program, root, zhidu as command } from "../support/outside.mjs";

const work = process.env.ZHIDU_LAW_DIR ?? join(root, "build/law");
const data = join(work, "data");
const HANDS = 12;
const STATES = "confirmed reviewed closed".split(" ");

// --- the server, the command line, programs ----------------------------------------

let url;
let server;
async function start() {
  server = await Server.start(data, { port: process.env.ZHIDU_LAW_PORT });
  url = server.url;
}
const stop = () => server.stop();
const zhidu = (args, typed = "") => command([...args, "--data", data], { typed });

const tokens = {};
async function call(who, method, path, body) {
  const headers = { authorization: `Bearer ${tokens[who]}`, "content-type": "application/json" };
  const r = await fetch(url + path, { method, headers, body: body && JSON.stringify(body) });
  const text = await r.text();
  return { status: r.status, text, json: text.startsWith("{") ? JSON.parse(text) : null };
}
async function good(who, method, path, body) {
  const r = await call(who, method, path, body);
  if (r.status >= 300) throw new Error(`${method} ${path}: ${r.status} ${r.text.slice(0, 400)}`);
  return r.json;
}
const fault = (id) => `/api/v1/r/fault/${id}`;
const act = (who, id, action, body = {}) => good(who, "POST", `${fault(id)}/do/${action}`, body);
const report = async (more = {}) =>
  (await good("li.lei", "POST", "/api/v1/r/fault/new/report", { summary: "打印机卡纸", contact: "8832", ...more })).id;
const read = (id) => good("wu.tao", "GET", `${fault(id)}?view=full`);
/** ms from the beginning to the end of the time to accept. */
async function time_to_accept(id) {
  const t = (await read(id)).terms.find((x) => x.clause.id === "accept");
  return Date.parse(t.due) - Date.parse(t.started);
}

/** From reported to confirmed, by those who may. */
async function walk(id, grade) {
  await act("wu.tao", id, "accept", { verification: "属实", category: "printing" });
  await act("wu.tao", id, "grade", { grade });
  await act("chen.gang", id, "start_handling");
  await act("chen.gang", id, "log_handling", { handling: [{ what: "更换搓纸轮" }] });
  await act("chen.gang", id, "make_report", { methods: ["hardware_repair"], cause: "老化", report: "已更换" });
  await act("chen.gang", id, "feed_back", { feedback: "已修复" });
  await act("li.lei", id, "confirm", { satisfaction: "good" });
}

// --- revised regulations ---------------------------------------------------------------

function revise(dir, file, pairs) {
  const path = join(dir, file);
  let text = readFileSync(path, "utf8");
  for (const [was, is] of pairs) {
    if (!text.includes(was)) throw new Error(`not in ${file}: ${was}`);
    text = text.replace(was, is);
  }
  writeFileSync(path, text);
}
/** Another deadline, a field and a state more for faults; a field more for devices. */
function revised(dir) {
  cpSync(join(root, "regulations"), dir, { recursive: true });
  revise(dir, "fault_reporting/definition.yaml", [
    ["fault.accept: {type: workhours, default: 1 workhours", "fault.accept: {type: workhours, default: 3 workhours"],
    ["      withdraw_reason: {type", "      impact: {type: text, max: 200, zh: 影响范围, en: Impact, clause: report}\n      withdraw_reason: {type"],
    ["may: [description, occurred, device, place, unit]", "may: [description, occurred, device, place, unit, impact]"],
    ["      closed: {zh", "      reviewed: {zh: 已复核, en: Reviewed, next: [close]}\n      closed: {zh"],
    ["en: Confirmed, next: [close]}", "en: Confirmed, next: [review]}"],
    ["      close:\n        from: [rechecking, confirmed]", "      review:\n        from: [rechecking, confirmed]\n        to: reviewed\n        who: post('service_desk')\n        clause: close\n        zh: 复核\n        en: Review\n      close:\n        from: reviewed"],
  ]);
  revise(dir, "fault_reporting/regulation.md", [["故障经确认解决并完成规定的复查后结案。", "故障经确认解决并完成规定的复查，由服务台复核后结案。"]]);
  revise(dir, "fault_reporting/regulation.en.md", [["A fault is closed when it is confirmed as solved and its rechecks are done.", "A fault is closed when it is confirmed as solved, its rechecks are done and the service desk has reviewed it."]]);
  revise(dir, "equipment/definition.yaml", [
    ["      place: {type: text, max: 200, zh: 存放地点", "      service_line: {type: text, max: 40, zh: 报修电话, en: Service line, clause: warranty}\n      place: {type: text, max: 200, zh: 存放地点"],
    ["      move:\n", "      note_service_line:\n        from: [in_stock, in_use, in_repair, damaged]\n        who: post('equipment_keeper')\n        asks: [service_line]\n        clause: warranty\n        zh: 登记报修电话\n        en: Enter the service line\n      move:\n"],
  ]);
}

// --- requests that never stop ----------------------------------------------------------------

const hammered = { n: 0, bad: [], laws: new Set(), stop: false };
async function count(what, promise) {
  hammered.n++;
  try {
    const r = await promise;
    if (r.status >= 400) hammered.bad.push(`${what}: ${r.status} ${r.text?.slice(0, 300) ?? ""}`);
    return r;
  } catch (e) {
    hammered.bad.push(`${what}: ${e.message} ${e.cause ?? ""}`);
    return {};
  }
}
async function page(path, cookie) {
  const r = await fetch(url + path, { headers: { cookie }, redirect: "manual" });
  return { status: r.status, text: await r.text() };
}
const turns = [
  async (s) => {
    const r = await count("create", call("li.lei", "POST", "/api/v1/r/fault/new/report", { summary: "网络不通", contact: "8832" }));
    s.last = r.json?.id ?? s.last;
    const seen = await count("read", call("li.lei", "GET", `${fault(s.last)}?view=full`));
    if (seen.json) hammered.laws.add(seen.json.law);
  },
  async (s) => {
    if (!s.last) return;
    await count("perform", call("wu.tao", "POST", `${fault(s.last)}/do/accept`, { verification: "属实", category: "network" }));
    s.last = 0;
  },
  async () => count("list", call("wu.tao", "GET", "/api/v1/r/fault?open=true&limit=50")),
  async () => count("devices", call("huang.he", "GET", "/api/v1/r/device")),
  async (s) => {
    s.turn = (s.turn ?? 0) + 1;
    await count("move", call("huang.he", "POST", `/api/v1/r/device/${s.device}/do/move`, { place: `${s.name} 号库房 ${s.turn}` }));
  },
  async (s, c) => count("list page", page("/r/fault", c)),
  async (s, c) => count("inbox", page("/inbox", c)),
  async (s, c) => s.last && count("record page", page(`/r/fault/${s.last}`, c)),
  async (s, c) => count("form", page("/r/fault/new/report", c)),
  async (s, c) => count("regulation", page("/law/fault_reporting", c)),
  async () => count("search", call("wu.tao", "GET", "/api/v1/search?q=%E7%BD%91%E7%BB%9C")),
];
async function hand(name, cookie, device) {
  const s = { name, device };
  for (let i = name; !hammered.stop; i++) await turns[i % turns.length](s, cookie);
}
async function cookie_of(login) {
  const body = new URLSearchParams({ login, password: "zhidu-demo-2026" });
  const r = await fetch(`${url}/signin`, { method: "POST", body, redirect: "manual" });
  equal(r.status, 303, "sign in:");
  return r.headers.get("set-cookie").split(";")[0];
}

// --- the story ------------------------------------------------------------------------------------

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
execFileSync(program, ["init", join(root, "regulations"), "--demo", "--data", data], { stdio: "pipe" });
await start();
for (const login of ["li.lei", "wu.tao", "chen.gang", "huang.he"]) {
  tokens[login] = (await zhidu(["token", login, "--name", "t", "--scopes", "read write"])).out.trim();
}
const grades = await good("wu.tao", "GET", "/api/v1/r/fault_grade");
const ordinary = grades.items.find((g) => g.fields.rank === 1).id;
const old = { waiting: await report(), now: await report(), after: await report() };
await walk(old.now, ordinary);
await walk(old.after, ordinary);
const was_due = await time_to_accept(old.waiting);
const devices = (await good("huang.he", "GET", "/api/v1/r/device")).items;
const still = devices.find((d) => !["in_stock", "in_use"].includes(d.state)) ?? devices.at(-1);
const tag = { authorization: `Bearer ${tokens["huang.he"]}`, "if-none-match": `"${still.version}"` };
await check("a device read before has not changed", async () => {
  equal((await fetch(`${url}/api/v1/r/device/${still.id}`, { headers: tag })).status, 304);
});
const cookie = await cookie_of("wu.tao");
const movable = devices.filter((d) => ["in_stock", "in_use"].includes(d.state));

const next = join(work, "revised");
revised(next);
const wrong = join(work, "wrong");
cpSync(next, wrong, { recursive: true });
revise(wrong, "fault_reporting/definition.yaml", [["within: setting('fault.accept')", "within: setting('fault.acept')"], ["who: post('service_desk')\n        clause: close", "who: post('service_dest')\n        clause: close"]]);

const hands = Array.from({ length: HANDS }, (_, i) => hand(i, cookie, movable[i % movable.length].id));
/** Until so many requests were answered and cases were begun under this version. */
async function hammering(least, law) {
  for (const began = performance.now(); hammered.n < least || !hammered.laws.has(law);) {
    if (performance.now() - began > 90000) break; // what is checked below says what is missing
    await new Promise((r) => setTimeout(r, 50));
  }
}
await hammering(100, 1);

await check("nothing changed: nothing is published", async () => {
  const r = await zhidu(["publish", join(root, "regulations")]);
  equal(r.code, 0, r.out);
  contains(r.out, "Nothing to publish");
});
await check("definitions with mistakes: each at its place, nothing published", async () => {
  const r = await zhidu(["publish", wrong, "--yes"]);
  equal(r.code, 1, r.out);
  if (!/fault_reporting\/definition.yaml:\d+:\d+: .*fault.accept/.test(r.out)) throw new Error(r.out);
  if (!/fault_reporting\/definition.yaml:\d+:\d+: .*service_desk/.test(r.out)) throw new Error(r.out);
  contains(r.out, "Nothing was changed");
});
const shown = ["version 1 -> version 2", "setting fault.accept", "- 1 workhours", "+ 3 workhours", "+ field fault.impact", "+ state fault.reviewed",
  "~ action fault.close", "~ clause close", "由服务台复核后结案", "+ field device.service_line"];
await check("a dry run shows the difference and publishes nothing", async () => {
  const r = await zhidu(["publish", next, "--dry-run"]);
  equal(r.code, 0, r.out);
  for (const s of shown) contains(r.out, s);
});
await check("without a yes nothing is published", async () => {
  const r = await zhidu(["publish", next], "no\n");
  equal(r.code, 1, r.out);
  contains(r.out, "Not published.");
  const again = await zhidu(["publish", next]); // nobody there to ask
  equal(again.code, 1, again.out);
  equal((await good("li.lei", "GET", "/api/v1/regulations/equipment")).version, 1);
});
await check("with a yes both are published, in the name of whoever is named", async () => {
  const r = await zhidu(["publish", next, "--as", "xu.jing"], "yes\n");
  equal(r.code, 0, r.out);
  for (const s of shown) contains(r.out, s);
  contains(r.out, "Published: equipment, version 2");
  contains(r.out, "Published: fault_reporting, version 2");
  equal((await good("li.lei", "GET", "/api/v1/regulations/fault_reporting")).version, 2);
});
await hammering(Math.max(200, hammered.n + 50), 2);
hammered.stop = true;
await Promise.all(hands);
await check(`no request failed of ${hammered.n}, before, during and after`, () => {
  equal(hammered.bad.length, 0, hammered.bad.slice(0, 5).join("\n"));
  if (hammered.n < 200) throw new Error("too few requests to say so");
  equal([...hammered.laws].sort().join(), "1,2", "cases were begun under versions:");
});

async function old_law(id, when) {
  await check(`an open case ends under the version it began with ${when}`, async () => {
    const f = await read(id);
    equal(f.law, 1);
    equal(f.actions.some((a) => a.key === "review"), false);
    if ("impact" in f.fields) throw new Error("a field of a later version is shown");
    contains((await page(`/r/fault/${id}`, cookie)).text, '"/law/fault_reporting/v/1"'); // and says so
    await act("wu.tao", id, "close");
    equal((await read(id)).state, "closed");
  });
  await check(`its deadline is the one it began with ${when}`, async () => {
    equal((await read(old.waiting)).law, 1);
    equal(await time_to_accept(old.waiting), was_due);
  });
}
async function new_law(when) {
  await check(`a new case follows the new version ${when}`, async () => {
    const id = await report({ impact: "业务一科" });
    const f = await read(id);
    equal(f.law, 2);
    equal(f.fields.impact, "业务一科");
    if ((await time_to_accept(id)) <= was_due) throw new Error("the new deadline is not longer");
    await walk(id, ordinary);
    const r = await call("wu.tao", "POST", `${fault(id)}/do/close`, {});
    equal(r.status, 422);
    equal(r.json.clause.id, "close");
    await act("wu.tao", id, "review");
    await act("wu.tao", id, "close");
    equal((await read(id)).state, STATES.at(-1));
  });
  await check(`every device has the new field ${when}`, async () => {
    for (const d of (await good("huang.he", "GET", "/api/v1/r/device")).items) {
      const one = await good("huang.he", "GET", `/api/v1/r/device/${d.id}`);
      if (!("service_line" in one.fields)) throw new Error(`${d.number} has not`);
      equal(one.law, 2);
    }
    const d = movable[0].id;
    await good("huang.he", "POST", `/api/v1/r/device/${d}/do/note_service_line`, { service_line: when || "400-1" });
    equal((await good("huang.he", "GET", `/api/v1/r/device/${d}`)).fields.service_line, when || "400-1");
  });
}
await old_law(old.now, "");
await new_law("");
await check("a device read before is read again, for it has a field more", async () => {
  if (movable.includes(still)) return; // the requests have moved it
  const r = await fetch(`${url}/api/v1/r/device/${still.id}`, { headers: tag });
  equal(r.status, 200);
  equal("service_line" in (await r.json()).fields, true);
});
await check("the ledger is in order", async () => {
  const r = await zhidu(["ledger", "verify"]);
  equal(r.code, 0, r.out);
});

await stop();
await check("the ledger is in order while nobody serves", async () => {
  const r = await zhidu(["ledger", "verify"]);
  equal(r.code, 0, r.out);
});
await start();
await old_law(old.after, "after a restart");
await new_law("after a restart");
await stop();

revise(next, "fault_reporting/definition.yaml", [["fault.accept: {type: workhours, default: 3 workhours", "fault.accept: {type: workhours, default: 5 workhours"]]);
await check("without a server the command opens the data folder itself", async () => {
  const r = await zhidu(["publish", join(next, "fault_reporting"), "--yes"]);
  equal(r.code, 0, r.out);
  contains(r.out, "Published: fault_reporting, version 3");
});
await start();
await check("and the server follows when it starts", async () => {
  equal((await read(await report())).law, 3);
  equal((await read(old.waiting)).law, 1);
  equal(await time_to_accept(old.waiting), was_due);
});
async function page_form(who, path, values) {
  const text = (await page(path, who)).text;
  const csrf = /name="csrf" value="([^"]+)"/.exec(text)[1];
  const body = new URLSearchParams({ csrf, ...values });
  const r = await fetch(url + path, { method: "POST", body, headers: { cookie: who }, redirect: "manual" });
  return { status: r.status, text: await r.text(), to: r.headers.get("location") };
}
await check("a setting is changed in the browser: difference first, then the next version", async () => {
  const admin = await cookie_of("xu.jing");
  const path = "/admin/settings/fault_reporting/fault.accept";
  const bad = await page_form(admin, path, { value: "soon" });
  equal(bad.status, 422);
  contains(bad.text, "soon");
  const seen = await page_form(admin, path, { value: "7 workhours" });
  equal(seen.status, 200);
  for (const s of ["<del>5 个工作小时</del>", "<ins>7 个工作小时</ins>"]) contains(seen.text, s);
  equal((await read(await report())).law, 3, "nothing is published by looking:");
  const epoch = Number(/name="sure" value="(\d+)"/.exec(seen.text)[1]);
  const stale = await page_form(admin, path, { value: "7 workhours", sure: String(epoch - 1) });
  equal(stale.status, 422);
  const done = await page_form(admin, path, { value: "7 workhours", sure: String(epoch) });
  equal(done.status, 303, done.text);
  contains(done.to, "/law/fault_reporting/v/4/changes");
  const changes = (await page("/law/fault_reporting/v/4/changes", admin)).text;
  for (const s of ["<del>5 个工作小时</del>", "<ins>7 个工作小时</ins>", "徐静"]) contains(changes, s);
  equal((await read(await report())).law, 4);
  equal((await page(path, cookie)).status, 403, "for somebody who does not administer:");
  equal((await fetch(url + path, { method: "POST", body: "value=1", headers: { cookie: admin } })).status, 400, "without the form's token:");
});
await check("what a regulation changed is shown, version by version", async () => {
  const text = (await page("/law/fault_reporting/v/2/changes", cookie)).text;
  for (const s of ["fault.impact", "fault.reviewed", "由服务台复核后结案", "<ins>3 个工作小时</ins>"]) contains(text, s);
  contains((await page("/law/fault_reporting", cookie)).text, "/law/fault_reporting/v/3");
  equal((await page("/law/fault_reporting/v/1/changes", cookie)).status, 404);
});
await check("a unit's own value holds for what begins there from then on", async () => {
  const admin = await cookie_of("xu.jing");
  const path = "/admin/settings/fault_reporting/fault.accept";
  const before = await report();
  const set = async (values) => {
    const csrf = /name="csrf" value="([^"]+)"/.exec((await page(path, admin)).text)[1];
    return fetch(`${url}${path}/unit`, { method: "POST", body: new URLSearchParams({ csrf, ...values }), headers: { cookie: admin }, redirect: "manual" });
  };
  equal((await set({ unit: "业务一科", own: "soon" })).status, 422);
  equal((await set({ unit: "没有的科", own: "60 workhours" })).status, 422);
  equal((await set({ unit: "业务一科", own: "60 workhours" })).status, 303);
  contains((await page(path, admin)).text, "业务一科");
  const id = await report();
  equal((await read(id)).law, 4, "no version:");
  const long = await time_to_accept(id);
  if (long <= (await time_to_accept(before))) throw new Error("the unit's own deadline is not longer");
  const unit = /name="unit" value="(\d+)"/.exec((await page(path, admin)).text)[1];
  equal((await set({ unit, own: "" })).status, 303);
  if ((await time_to_accept(await report())) >= long) throw new Error("it was not taken back");
  equal((await set({ unit, own: "60 workhours" })).status, 303);
});
await check("the ledger is in order after all of it", async () => {
  const r = await zhidu(["ledger", "verify"]);
  equal(r.code, 0, r.out);
});
await stop();
if (allPassed()) rmSync(work, { recursive: true, force: true });
end();
