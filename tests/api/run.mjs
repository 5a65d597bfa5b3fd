// The API as a program meets it: every answer is held to the document the
// server gives of itself, and every refusal to its clause.  node run.mjs
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

process.env.ZHIDU_BROWSER_DIR ??= new URL("../../build/api", import.meta.url).pathname;
const { at, check, contains, count, Demo, equal, expect, must, prepare, root } = await import("../browser/support.mjs");
const { Document } = await import("./document.mjs");

prepare();
const demo = await Demo.start("api");
const token = (login, scopes) => demo.command("token", login, "--name", "test", "--scopes", scopes).trim().split("\n").pop();
const people = {};
for (const login of ["li.lei", "guo.jing", "wu.tao", "chen.gang", "huang.he", "han.mei", "zhao.min", "gao.yuan", "xu.jing"]) people[login] = token(login, "read write");

/** One request.  body: an object (JSON), a FormData, or text with its type in `headers`. */
async function call(who, method, path, { body, headers = {}, lang = "zh" } = {}) {
  const h = { "accept-language": lang, ...headers };
  if (who) h.authorization = `Bearer ${people[who] ?? who}`;
  let data = body;
  if (body && !(body instanceof FormData) && !Buffer.isBuffer(body) && typeof body === "object") {
    h["content-type"] ??= "application/json";
    data = JSON.stringify(body);
  }
  const r = await fetch(demo.url + path, { method, headers: h, body: data, redirect: "manual" });
  const text = Buffer.from(await r.arrayBuffer());
  const type = r.headers.get("content-type") ?? "";
  const json = type.includes("json") && text.length ? JSON.parse(text.toString()) : null;
  return { status: r.status, json, text, type, headers: r.headers };
}
const get = (who, path, more) => call(who, "GET", path, more);
const post = (who, path, body, more = {}) => call(who, "POST", path, { body, ...more });
function ok(r, status = 200) {
  equal(r.status, status, `status of ${r.text.toString().slice(0, 300)}:`);
  return r.json;
}
/** A refusal of that status which cites a clause of that id. */
function refused(r, status, clause) {
  ok(r, status);
  expect(r.type.startsWith("application/problem+json"), `type ${r.type}`);
  equal(r.json.status, status);
  if (clause) equal(r.json.clause?.id, clause, "clause:");
  expect(r.json.title.length > 0, "a title");
}

// --- the document ------------------------------------------------------------------
at("document");
const raw = await must("the description is given to whoever has a token", async () => ok(await get("li.lei", "/api/v1/openapi.json")));
const doc = new Document(raw);
await check("it is OpenAPI 3.1 by the official schema", async () => equal(await doc.mistakes(), ""));
await check("it has no loose ends: references, operation ids, tags, path parameters", () => equal(doc.looseEnds().join("\n"), ""));
await check("every address of the program stands in it", () => {
  const source = readFileSync(join(root, "src/api/api.c"), "utf8");
  const routes = [...source.matchAll(/\{HTTP_(\w+), +"([^"]+)"/g)].map((m) => [m[1].toLowerCase(), m[2]]);
  expect(routes.length > 15, "routes found in the source");
  for (const [method, pattern] of routes) expect(doc.hasPattern(method, pattern), `${method} ${pattern} is not described`);
});
await check("without a token it is 401, and says how to sign in", async () => {
  const r = await get(null, "/api/v1/openapi.json");
  refused(r, 401);
  equal(r.headers.get("www-authenticate"), 'Bearer realm="zhidu"');
});
/** Reads and holds the answer to the document. */
async function read(who, path, pattern) {
  const r = await get(who, path);
  ok(r);
  equal(doc.answerMistakes("get", pattern ?? path.split("?")[0], r.json), "", "against the document:");
  return r.json;
}

// --- a fault from report to close ---------------------------------------------------
at("acts");
const report = { summary: "打印机卡纸，无法打印", contact: "8832", place: "三楼文印室" };
let fault = null;
await must("what creating asks for is said, each field with its clause", async () => {
  const form = await read("li.lei", "/api/v1/r/fault/new/report");
  const summary = form.fields.find((f) => f.field === "summary");
  equal(summary.required, true);
  equal(summary.clause.id, "report");
  equal(form.why_not, null);
});
await must("a fault is created: 201, where it is, its version", async () => {
  const r = await post("li.lei", "/api/v1/r/fault/new/report", report);
  fault = ok(r, 201);
  equal(doc.answerMistakes("post", "/api/v1/r/fault/new/report", fault, 201), "");
  expect(/^GZ-\d{4}-\d{5}$/.test(fault.number), fault.number);
  equal(r.headers.get("location"), fault.url);
  equal(r.headers.get("etag"), `"${fault.version}"`);
});
const url = () => `/api/v1/r/fault/${fault.id}`;
await check("what was sent comes back, typed", async () => {
  const f = await read("li.lei", url(), "/api/v1/r/fault/{id}");
  equal(f.fields.summary, report.summary);
  equal(f.fields.reporter.name, "李雷");
  equal(f.fields.routed, 0);
  equal(f.fields.device_out, false);
  equal(f.state, "reported");
  expect(/^\d{4}-\d\d-\d\dT.*\+08:00$/.test(f.created_at), f.created_at);
});
await check("the whole view tells actions, why not, terms", async () => {
  const f = await read("wu.tao", `${url()}?view=full`, "/api/v1/r/fault/{id}");
  equal(f.actions.find((a) => a.key === "accept").allowed, true);
  equal(f.terms.find((t) => t.key === "acceptance").clause.id, "accept");
  const mine = await read("li.lei", `${url()}?view=full`, "/api/v1/r/fault/{id}");
  const accept = mine.actions.find((a) => a.key === "accept");
  expect(!accept || (accept.allowed === false && accept.why_not.clause), "accept is refused to the reporter with a clause");
});
await check("a read says 304 when nothing changed", async () => {
  const first = await get("li.lei", url());
  const again = await get("li.lei", url(), { headers: { "if-none-match": first.headers.get("etag") } });
  equal(again.status, 304);
  equal(again.text.length, 0);
});
await check("an act by the wrong person is 403, citing the clause", async () => {
  const r = await post("li.lei", `${url()}/do/accept`, { verification: "核实", category: "printing" });
  refused(r, 403, "accept");
  expect(r.json.remedy.length > 0, "who may do it is said");
});
await check("a missing field is 422, beside the field, with its clause", async () => {
  const r = await post("wu.tao", `${url()}/do/accept`, { verification: "核实" });
  refused(r, 422, "accept");
  equal(r.json.errors.map((e) => e.field).join(), "category");
});
await check("a field the action does not take is 422", async () => {
  const r = await post("wu.tao", `${url()}/do/accept`, { verification: "核实", category: "printing", satisfaction: "good" });
  refused(r, 422);
  equal(r.json.errors[0].field, "satisfaction");
});
await check("refusals are in the language asked for", async () => {
  await call("wu.tao", "GET", "/api/v1/me");
  const r = await post("wu.tao", `${url()}/do/close`, {});
  ok(r, 422);
  expect(/[一-龥]/.test(r.json.detail), r.json.detail);
});
await must("accept, grade, start, record, report, feed back: each by who may", async () => {
  const step = async (who, action, body) => { const r = await post(who, `${url()}/do/${action}`, body); fault.version = ok(r).version; };
  await step("wu.tao", "accept", { verification: "现场核实属实", category: "printing" });
  const grades = await read("wu.tao", "/api/v1/r/fault_grade?order=created_at&limit=10", "/api/v1/r/fault_grade");
  const ordinary = grades.items.find((g) => g.fields.rank === 1);
  expect(ordinary, "a grade of rank 1");
  await step("wu.tao", "grade", { grade: { id: ordinary.id } });
  await step("chen.gang", "start_handling", {});
});
await check("feedback before the report is refused by that clause", async () => {
  const r = await post("chen.gang", `${url()}/do/feed_back`, { feedback: "已修好" });
  refused(r, 422, "report-before-feedback");
});
await must("rows of lines are added and read back", async () => {
  ok(await post("chen.gang", `${url()}/do/log_handling`, { handling: [{ kind: "diagnosis", what: "检查搓纸轮" }, { kind: "hardware_repair", what: "更换搓纸轮" }] }));
  const f = await read("chen.gang", url(), "/api/v1/r/fault/{id}");
  equal(f.fields.handling.map((h) => h.what).join(), "检查搓纸轮,更换搓纸轮");
});
await check("a row takes the defaults of its columns", async () => {
  const f = await read("chen.gang", url(), "/api/v1/r/fault/{id}");
  equal(f.fields.handling[0].person?.name, "陈刚");
});
await must("report, feedback, confirmation", async () => {
  ok(await post("chen.gang", `${url()}/do/make_report`, { methods: ["hardware_repair", "guidance"], cause: "搓纸轮老化", report: "更换后**正常**" }));
  ok(await post("chen.gang", `${url()}/do/feed_back`, { feedback: "已更换搓纸轮" }));
  ok(await post("li.lei", `${url()}/do/confirm`, { satisfaction: "good" }));
  const f = await read("li.lei", url(), "/api/v1/r/fault/{id}");
  equal(f.fields.methods.join(), "hardware_repair,guidance");
});

// --- approvals ------------------------------------------------------------------------
at("approvals");
let loan = null;
const loanUrl = () => `/api/v1/r/loan/${loan.id}`;
const approval = async (who) => (await read(who, `${loanUrl()}/approvals`, "/api/v1/r/loan/{id}/approvals")).items[0];
const operate = (who, op, body) => post(who, `${loanUrl()}/do/approve.${op}`, body);
const due = () => new Date(Date.now() + 10 * 86400000).toISOString().slice(0, 10);
await must("whom an action would ask is told before it is performed", async () => {
  const item = ok(await post("huang.he", "/api/v1/r/loan_item/new/offer", { device: "备用笔记本", title: "备用笔记本" }), 201);
  const form = await read("li.lei", "/api/v1/r/loan/new/request");
  equal(form.route.map((n) => n.clause.id).join(), "head-consents,leader-permits");
  equal(form.route[0].seats[0].person.name, "韩梅");
  equal(form.route[0].term_ms, 8 * 3600000);
  loan = ok(await post("li.lei", "/api/v1/r/loan/new/request", { loan_item: item.id, purpose: "外出巡检", due: due() }), 201);
});
await check("its seats, its content and what one may do are read", async () => {
  const a = await approval("han.mei");
  equal(a.state, "running");
  const [node] = a.rounds[0].nodes;
  equal(node.state, "active");
  equal(node.seats.length, 1);
  equal(node.seats[0].id, a.own_seat);
  for (const op of ["vote", "add", "transfer", "ask", "return"]) expect(node.seats[0].may.includes(op), op);
  equal(a.rounds[0].content.find((f) => f.field === "purpose").text, "外出巡检");
  const author = await approval("li.lei");
  equal(author.own_seat, null);
  expect(author.may.includes("withdraw") && !author.may.includes("end"), author.may.join());
  expect(author.rounds[0].nodes[0].seats[0].may.includes("urge"), "urge");
});
await check("who may not see the record is told nothing of it", async () => {
  refused(await get("guo.jing", `${loanUrl()}/approvals`), 404);
  refused(await operate("guo.jing", "withdraw", {}), 404);
});
await check("the task says what is to be decided", async () => {
  const task = (await read("han.mei", "/api/v1/tasks")).items.find((x) => x.record?.id === loan.id);
  equal(task.action, "request");
  equal(task.title, "审批：借用设备");
  equal((await read("han.mei", "/api/v1/tasks?box=copied", "/api/v1/tasks")).items.length, 0);
});
await check("a vote on another content is refused, citing the clause of the node", async () => {
  const a = await approval("han.mei");
  const r = await operate("han.mei", "vote", { seat: a.own_seat, vote: "approve", hash: "0".repeat(64) });
  refused(r, 422, "head-consents");
  expect(r.json.remedy.length > 0, "what would allow it");
});
await check("a vote by another is refused; so is one without the reason that the rule wants", async () => {
  const a = await approval("han.mei");
  const hash = a.rounds[0].hash;
  refused(await operate("li.lei", "vote", { seat: a.own_seat, vote: "approve", hash }), 403, "head-consents");
  const r = await operate("han.mei", "vote", { seat: a.own_seat, vote: "reject", hash });
  refused(r, 422, "head-consents");
  equal(r.json.errors[0].field, "note");
  refused(await operate("han.mei", "vote", { seat: a.own_seat, vote: "perhaps", hash }), 422);
  refused(await operate("han.mei", "vote", { seat: "nonsense", vote: "approve", hash }), 400);
});
await check("people are added beside by name, id or login, and one is removed", async () => {
  let a = await approval("han.mei");
  ok(await operate("han.mei", "add", { seat: a.own_seat, where: "beside", rule: "all", people: ["黄河", "gao.yuan"], hash: a.rounds[0].hash, note: "请一同审批" }));
  a = await approval("han.mei");
  equal(a.rounds[0].nodes[0].needed, 3);
  const added = a.rounds[0].nodes[0].seats.filter((s) => s.origin === "beside");
  equal(added.length, 2);
  for (const s of added) ok(await operate("han.mei", "remove", { seat: s.id, note: "不必了" }));
  equal((await approval("han.mei")).rounds[0].nodes[0].needed, 1);
});
await check("it is returned, changed, submitted again; both rounds are there", async () => {
  const a = await approval("han.mei");
  ok(await operate("han.mei", "return", { seat: a.own_seat, node: "author", note: "请写明地点" }));
  equal((await approval("li.lei")).state, "with_author");
  ok(await operate("li.lei", "resubmit", { loan_item: (await read("li.lei", loanUrl(), "/api/v1/r/loan/{id}")).fields.loan_item, purpose: "外出巡检：城东", due: due() }));
  const b = await approval("li.lei");
  equal(b.rounds.map((r) => `${r.no} ${r.state}`).join(), "2 open,1 returned");
  expect(b.rounds[0].hash !== b.rounds[1].hash, "another content");
  expect(b.events.some((e) => e.note === "请写明地点"), "the reason");
});
await check("a seat that moved on, who may not see it, going in circles: each is refused, citing the clause", async () => {
  let a = await approval("han.mei");
  const seat = a.own_seat;
  const hash = a.rounds[0].hash;
  refused(await operate("han.mei", "transfer", { seat, person: "li.lei", note: "您自己定" }), 422, "head-consents"); // the author
  refused(await operate("han.mei", "ask", { seat, person: "guo.jing", note: "您看呢" }), 422, "head-consents"); // does not see it
  ok(await operate("han.mei", "transfer", { seat, person: "gao.yuan", note: "请代为决定" }));
  refused(await operate("han.mei", "vote", { seat, vote: "approve", hash }), 422, "head-consents");
  a = await approval("gao.yuan");
  refused(await operate("gao.yuan", "transfer", { seat: a.own_seat, person: "han.mei", note: "还是您" }), 422, "head-consents"); // had it
  ok(await operate("gao.yuan", "return", { seat: a.own_seat, node: "author", note: "请写明地点" }));
  ok(await operate("li.lei", "resubmit", {}));
  expect((await approval("han.mei")).own_seat, "asked again");
  const acts = (await read("li.lei", `${loanUrl()}/acts`, "/api/v1/r/loan/{id}/acts")).items;
  const stopped = acts.find((x) => x.action === "approve.vote_refused");
  expect(stopped?.note.includes("这个席位已经办结。 / This seat is closed already.") && stopped.entry > 0, "the refused vote stands in the history: " + JSON.stringify(acts.slice(0, 4)));
});
await check("the votes carry it through, and each says on what it was given", async () => {
  for (const who of ["han.mei", "zhao.min"]) {
    const a = await approval(who);
    const vote = () => post(who, `${loanUrl()}/do/approve.vote`, { seat: a.own_seat, vote: "approve", hash: a.rounds[0].hash, note: "同意" }, { headers: { "idempotency-key": `vote ${who}` } });
    equal(ok(await vote()).repeated, false);
    equal(ok(await vote()).repeated, true, "the same again is answered, not given again:");
  }
  const a = await approval("li.lei");
  equal(a.state, "approved");
  const votes = a.rounds[0].nodes.flatMap((n) => n.seats.flatMap((s) => s.votes));
  equal(votes.map((x) => `${x.by.name} ${x.vote} ${x.opinion}`).join("; "), "韩梅 approve 同意; 赵敏 approve 同意");
  for (const x of votes) expect(x.hash === a.rounds[0].hash && x.entry > 0, "hash and entry");
  equal((await read("li.lei", loanUrl(), "/api/v1/r/loan/{id}")).state, "approved");
  refused(await operate("li.lei", "withdraw", {}), 422);
});
const approvalsOf = async (who) => (await read(who, `${loanUrl()}/approvals`, "/api/v1/r/loan/{id}/approvals")).items;
const mayDo = async (who, key) => (await read(who, `${loanUrl()}?view=full`, "/api/v1/r/loan/{id}")).actions.find((x) => x.key === key);
const agree = async (who) => {
  const a = await approval(who);
  ok(await operate(who, "vote", { seat: a.own_seat, vote: "approve", hash: a.rounds[0].hash }));
};
await check("what was approved is revoked by those who agreed, once; it says by whom and when", async () => {
  const body = { cancel_reason: "巡检改期" };
  equal((await mayDo("zhao.min", "recall")).allowed, true);
  const no = await mayDo("li.lei", "recall");
  equal(`${no.allowed} ${no.why_not.clause.id}`, "false cancel");
  refused(await post("li.lei", `${loanUrl()}/do/recall`, body), 403, "cancel");
  ok(await post("zhao.min", `${loanUrl()}/do/recall`, body));
  equal((await read("li.lei", loanUrl(), "/api/v1/r/loan/{id}")).state, "cancelled");
  const a = await approval("li.lei");
  equal(a.state, "revoked");
  equal(`${a.revoked.by.name} ${a.revoked.approval}`, "赵敏 null");
  expect(a.revoked.entry > 0 && Date.parse(a.revoked.at) > 0, JSON.stringify(a.revoked));
  equal(a.rounds[0].nodes.flatMap((n) => n.seats.flatMap((x) => x.votes)).filter((x) => !x.voided).length, 2, "votes kept:");
  refused(await post("zhao.min", `${loanUrl()}/do/recall`, body), 422, "cancel");
});
await check("or by an approval of its own, which it then names", async () => {
  const item = (await read("li.lei", "/api/v1/r/loan_item")).items.find((x) => x.name === "备用笔记本");
  loan = ok(await post("li.lei", "/api/v1/r/loan/new/request", { loan_item: item.id, purpose: "外出巡检", due: due() }), 201);
  await agree("han.mei");
  await agree("zhao.min");
  ok(await post("huang.he", `${loanUrl()}/do/hand_over`, {}));
  const earlier = new Date(Date.now() + 5 * 86400000).toISOString().slice(0, 10);
  const later = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10);
  const body = { due: earlier, recall_reason: "服务台急用" };
  refused(await post("huang.he", `${loanUrl()}/do/recall_extension`, body), 422, "extension");
  ok(await post("li.lei", `${loanUrl()}/do/extend`, { due: later, extend_reason: "巡检未完" }));
  await agree("han.mei");
  ok(await post("huang.he", `${loanUrl()}/do/recall_extension`, body));
  const twice = await mayDo("huang.he", "recall_extension");
  equal(`${twice.allowed} ${twice.why_not.clause.id}`, "false extension");
  refused(await post("huang.he", `${loanUrl()}/do/recall_extension`, body), 422, "extension");
  equal((await approvalsOf("li.lei")).find((x) => x.action === "extend").state, "approved");
  await agree("han.mei");
  const all = await approvalsOf("li.lei");
  const [extend, recall] = ["extend", "recall_extension"].map((key) => all.find((x) => x.action === key));
  equal(`${extend.state} ${recall.state}`, "revoked approved");
  equal(extend.revoked.approval, recall.id);
  equal(extend.revoked.by.name, "黄河");
  equal(recall.revoked, null);
  equal((await read("li.lei", loanUrl(), "/api/v1/r/loan/{id}")).fields.due, earlier);
});
// --- the same act again, and stale forms ----------------------------------------------
at("again");
await check("the same key is answered, not done again", async () => {
  const headers = { "idempotency-key": "k-1" };
  const first = ok(await post("li.lei", "/api/v1/r/fault/new/report", report, { headers }), 201);
  const again = ok(await post("li.lei", "/api/v1/r/fault/new/report", report, { headers }), 201);
  equal(again.id, first.id);
  equal(again.number, first.number, "number:");
  equal(first.repeated, false);
  equal(again.repeated, true);
});
await check("the same key with another content is 422", async () => {
  const headers = { "idempotency-key": "k-1" };
  ok(await post("li.lei", "/api/v1/r/fault/new/report", { ...report, summary: "另一件事" }, { headers }), 422);
});
await check("the same key with other rows is another content", async () => {
  const f = ok(await post("li.lei", "/api/v1/r/fault/new/report", report), 201);
  const headers = { "idempotency-key": "k-rows" };
  const path = `/api/v1/r/fault/${f.id}/do/assist`;
  ok(await post("li.lei", path, { handling: [{ what: "甲" }] }, { headers }));
  ok(await post("li.lei", path, { handling: [{ what: "乙" }] }, { headers }), 422);
});
await check("a stale version is 412 and changes nothing", async () => {
  const f = ok(await post("li.lei", "/api/v1/r/fault/new/report", report), 201);
  const path = `/api/v1/r/fault/${f.id}`;
  ok(await post("wu.tao", `${path}/do/accept`, { verification: "属实", category: "printing" }, { headers: { "if-match": `"${f.version}"` } }));
  refused(await post("li.lei", `${path}/do/withdraw`, { withdraw_reason: "误报" }, { headers: { "if-match": `"${f.version}"` } }), 412);
  equal((await read("li.lei", path, "/api/v1/r/fault/{id}")).state, "accepted");
});
await check("an If-Match that is no ETag is 400", async () => refused(await post("li.lei", `${url()}/do/urge`, {}, { headers: { "if-match": "seven" } }), 400));

// --- lists ------------------------------------------------------------------------------
at("lists");
for (let i = 0; i < 23; i++) ok(await post("li.lei", "/api/v1/r/fault/new/report", { ...report, summary: `网络不通 ${i}` }), 201);
await check("pages follow each other without a gap or a double, forwards and back", async () => {
  const seen = [];
  const firsts = [];
  let path = "/api/v1/r/fault?limit=7";
  let page = null;
  for (let n = 0; n < 20; n++) {
    page = await read("li.lei", path, "/api/v1/r/fault");
    firsts.push(page.items[0].id);
    seen.push(...page.items.map((r) => r.id));
    if (!page.next) break;
    path = `/api/v1/r/fault?limit=7&cursor=${encodeURIComponent(page.next)}`;
  }
  equal(new Set(seen).size, seen.length, "doubles:");
  const whole = await read("li.lei", "/api/v1/r/fault?limit=200&count=1", "/api/v1/r/fault");
  equal(seen.length, whole.count);
  for (let i = firsts.length - 2; i >= 0; i--) {
    page = await read("li.lei", `/api/v1/r/fault?limit=7&cursor=${encodeURIComponent(page.previous)}`, "/api/v1/r/fault");
    equal(page.items[0].id, firsts[i], `back to page ${i}:`);
  }
});
await check("a condition, a field and words narrow the list", async () => {
  const typed = await read("li.lei", `/api/v1/r/fault?filter=${encodeURIComponent("state == 'reported' and contains(summary, '网络')")}&limit=200`, "/api/v1/r/fault");
  equal(typed.items.length, 23);
  const built = await read("li.lei", `/api/v1/r/fault?state=reported&summary.has=${encodeURIComponent("网络")}&limit=200`, "/api/v1/r/fault");
  equal(built.items.map((r) => r.id).join(), typed.items.map((r) => r.id).join());
});
await check("mistakes of the query are 400 and say which parameter", async () => {
  for (const [query, field] of [["limit=0", "limit"], ["limit=x", "limit"], ["columns=nonsense", "columns"], ["filter=nonsense", "filter"], ["due.between=1", "due.between"], ["order=summary", "order"], ["cursor=nonsense", "query"], ["nonsense=1", "query"], ["occurred.lt=never", "query"]]) {
    const r = await get("li.lei", `/api/v1/r/fault?${query}`);
    refused(r, 400);
    equal(r.json.errors[0].field, field);
  }
});

// --- what one may not see ---------------------------------------------------------------
at("rights");
await check("a record one may not see is as one that is not there", async () => {
  const unseen = await get("guo.jing", url());
  const absent = await get("guo.jing", "/api/v1/r/fault/123456789");
  for (const r of [unseen, absent]) { refused(r, 404); delete r.json.instance; }
  equal(JSON.stringify(unseen.json), JSON.stringify(absent.json));
  for (const tail of ["/acts", "/do/withdraw"]) {
    const a = await get("guo.jing", url() + tail);
    const b = await get("guo.jing", `/api/v1/r/fault/123456789${tail}`);
    delete a.json.instance; delete b.json.instance;
    equal(JSON.stringify(a.json), JSON.stringify(b.json), tail);
  }
  refused(await post("guo.jing", `${url()}/do/withdraw`, { withdraw_reason: "x" }), 404);
  equal((await read("guo.jing", "/api/v1/r/fault?count=1", "/api/v1/r/fault")).count, 0);
  equal((await read("guo.jing", `/api/v1/search?q=${encodeURIComponent("卡纸")}`, "/api/v1/search")).items.filter((h) => h.record).length, 0);
});
await check("a token does only what its scopes say", async () => {
  const reader = token("li.lei", "read");
  ok(await get(reader, "/api/v1/me"));
  refused(await post(reader, "/api/v1/r/fault/new/report", report), 403);
  refused(await get("zd_" + "A".repeat(43), "/api/v1/me"), 401);
});
await check("types and actions that are not there are 404", async () => {
  refused(await get("li.lei", "/api/v1/r/nonsense"), 404);
  refused(await get("li.lei", "/api/v1/nonsense"), 404);
  refused(await post("li.lei", "/api/v1/r/fault/new/nonsense", {}), 404);
  refused(await post("li.lei", `${url()}/do/nonsense`, {}), 404);
});

// --- attachments ----------------------------------------------------------------------------
at("attachments");
const photo = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==", "base64");
const form = (name, bytes, values) => {
  const f = new FormData();
  if (values) f.set("values", JSON.stringify(values));
  f.append("file", new Blob([bytes], { type: "image/png" }), name);
  return f;
};
await check("a file is attached, listed, and comes back byte for byte, as a download", async () => {
  ok(await post("li.lei", `${url()}/attachments`, form("现场 照片.png", photo)));
  const f = await read("li.lei", `${url()}?view=full`, "/api/v1/r/fault/{id}");
  const a = f.attachments.find((x) => x.name === "现场 照片.png");
  equal(a.size, photo.length);
  const r = await get("li.lei", `/api/v1/attachments/${a.id}`);
  equal(r.status, 200);
  expect(r.text.equals(photo), "the same bytes");
  equal(r.type, "application/octet-stream");
  contains(r.headers.get("content-disposition"), "attachment");
  contains(r.headers.get("content-security-policy"), "sandbox");
  refused(await get("guo.jing", `/api/v1/attachments/${a.id}`), 404);
});
await check("a record is created together with a file", async () => {
  const f = ok(await post("li.lei", "/api/v1/r/fault/new/report", form("p.png", photo, report)), 201);
  equal((await read("li.lei", `/api/v1/r/fault/${f.id}?view=full`, "/api/v1/r/fault/{id}")).attachments.length, 1);
});
await check("comments and labels are acts too", async () => {
  ok(await post("li.lei", `${url()}/do/comment`, { note: "请尽快" }));
  ok(await post("li.lei", `${url()}/do/label`, { label: "打印" }));
  const acts = await read("li.lei", `${url()}/acts`, "/api/v1/r/fault/{id}/acts");
  expect(acts.items.some((a) => a.action === "comment" && a.note === "请尽快"), "the comment");
  contains((await read("li.lei", `${url()}?view=full`, "/api/v1/r/fault/{id}")).labels.join(), "打印");
});

// --- one's own, search, regulations ------------------------------------------------------------
at("documents and watchers");
await check("a record comes as PDF to who may see it, and to nobody else", async () => {
  const r = await get("li.lei", `${url()}/pdf`);
  equal(r.status, 200, r.text.toString().slice(0, 200));
  equal(r.type, "application/pdf");
  equal(r.text.subarray(0, 5).toString(), "%PDF-");
  contains(r.headers.get("content-disposition"), ".pdf");
  refused(await get("guo.jing", `${url()}/pdf`), 404);
});
await check("who watches is told, may be asked, and must be one who may see it", async () => {
  ok(await post("li.lei", `${url()}/do/watch`, {}));
  ok(await post("li.lei", `${url()}/do/watch`, { person: "吴涛" }));
  const f = ok(await get("li.lei", `${url()}?view=full`));
  equal(f.watchers.map((w) => w.name).sort().join(), ["吴涛", "李雷"].sort().join());
  equal(f.watching, true);
  const no = await post("li.lei", `${url()}/do/watch`, { person: "郭静" });
  refused(no, 403);
  expect(no.json.remedy?.length > 0, "a remedy");
  ok(await post("li.lei", `${url()}/do/unwatch`, {}));
});

// --- the desk ---------------------------------------------------------------------------
at("desk");
await check("tasks and notifications of the one who asks", async () => {
  const tasks = await read("wu.tao", "/api/v1/tasks?limit=5");
  equal(tasks.items.length, 5);
  equal(tasks.items[0].action, "accept");
  const next = await read("wu.tao", `/api/v1/tasks?limit=5&cursor=${encodeURIComponent(tasks.next)}`, "/api/v1/tasks");
  expect(!next.items.some((t) => tasks.items.some((u) => u.id === t.id)), "no task twice");
  expect((await read("li.lei", "/api/v1/notifications")).items.length > 0, "notifications");
  refused(await get("wu.tao", "/api/v1/tasks?box=nonsense"), 400);
});
await check("a Chinese word of two characters is found", async () => {
  const hits = await read("li.lei", `/api/v1/search?q=${encodeURIComponent("卡纸")}`, "/api/v1/search");
  expect(hits.items.some((h) => h.record?.id === fault.id), "the fault");
  refused(await get("li.lei", "/api/v1/search"), 400);
});
at("regulations");
await check("regulations, one of them, one clause; types with their fields", async () => {
  const list = await read("li.lei", "/api/v1/regulations");
  expect(list.items.length >= 3, "three of them");
  const one = await read("li.lei", "/api/v1/regulations/fault_reporting", "/api/v1/regulations/{key}");
  expect(one.clauses.length > 10 && one.settings.length > 5, "clauses and settings");
  const c = await read("li.lei", "/api/v1/regulations/fault_reporting/report", "/api/v1/regulations/{key}/{item}");
  expect(c.text.zh.length > 10 && c.text.en.length > 10, "both languages");
  const t = await read("li.lei", "/api/v1/types/fault", "/api/v1/types/{key}");
  expect(t.fields.find((f) => f.key === "channel").choices.length > 3, "choices");
  await read("li.lei", "/api/v1/types");
  refused(await get("li.lei", "/api/v1/regulations/fault_reporting?version=99"), 404);
});

at("controls");
await check("what is kept, and what is not, with its clause", async () => {
  const sum = (c) => c.ok + c.violations + c.in_grace + c.waived + c.unknown;
  let list = null;
  for (let i = 0; i < 100 && !list?.items.every((c) => c.as_of); i++) {
    await new Promise((done) => setTimeout(done, 200));
    list = await read("li.lei", "/api/v1/controls");
  }
  expect(list.items.length >= 5, "controls of three regulations");
  for (const c of list.items) {
    equal(sum(c), c.population, c.key);
    equal(c.good, c.state === "pass" || c.state === "pass_waived", c.key);
    expect(c.clause.id && (c.population > 0 || c.state === "vacuous" || (c.manual && !c.good)), `${c.key}: ${c.state}`);
  }
  const one = await read("chen.gang", "/api/v1/controls/faults_accepted", "/api/v1/controls/{key}");
  expect(one.holds.includes("acceptance") && Array.isArray(one.items), "the control and its cases");
  refused(await get("li.lei", "/api/v1/controls/nothing"), 404);
  refused(await get("li.lei", "/api/v1/controls/faults_accepted?unit=x"), 400);
  refused(await get("li.lei", "/api/v1/controls/faults_accepted?unit=-1"), 400);
  refused(await get("li.lei", "/api/v1/controls/faults_accepted?cursor=x"), 400);
  refused(await get("li.lei", "/api/v1/controls/faults_accepted?limit=100000"), 400);
});

at("compliance");
await check("by regulation and by standard, sums that add up", async () => {
  const c = await read("li.lei", "/api/v1/compliance");
  const fits = (t) => equal(t.ok + t.violations + t.in_grace + t.waived + t.unknown, t.population, "a sum");
  fits(c.total);
  for (const field of ["controls", "good", "population", "ok"]) {
    equal(c.regulations.reduce((n, r) => n + r.total[field], 0), c.total[field], field);
  }
  for (const r of c.regulations) {
    const { all, ...kinds } = r.clauses;
    equal(Object.values(kinds).reduce((a, b) => a + b, 0), all, r.key);
  }
  expect(c.standards.map((s) => s.key).join() === "ISO20000,ISO27001,MLPS2,MLPS3", "the lists");
  for (const s of c.standards) {
    const { all, ...outcomes } = s.items;
    fits(s.total);
    equal(Object.values(outcomes).reduce((a, b) => a + b, 0), all, s.key);
    expect(/^[0-9a-f]{64}$/.test(s.sha256) && s.edition === 1, `${s.key}: which list`);
  }
});

at("duties");
await check("what is owed again and again, with its clause", async () => {
  let list = null;
  for (let i = 0; i < 100 && !list?.items.every((d) => d.as_of); i++) {
    await new Promise((done) => setTimeout(done, 200));
    list = await read("li.lei", "/api/v1/duties");
  }
  expect(list.items.some((d) => d.key === "equipment_is_counted" && d.clause.id === "stock-take"), "the stock-take");
  for (const d of list.items) equal(d.good, d.state === "pass", d.key);
  const one = await read("huang.he", "/api/v1/duties/equipment_is_counted", "/api/v1/duties/{key}");
  expect(Array.isArray(one.items), "its occurrences");
  const year = new Date().getFullYear();
  for (const h of [list.history, one.history]) {
    expect(h.from.endsWith("-01-01") && h.to.endsWith("-12-31") && Math.abs(Number(h.from.slice(0, 4)) - year) <= 1, "a year");
    equal(h.ended, h.done + h.late + h.missed);
    equal(h.posts.reduce((n, p) => n + p.ended, 0), h.ended, "by post");
    equal(h.articles.reduce((n, a) => n + a.ended, 0), h.ended, "by article");
    equal(h.people_left, 0);
  }
  equal(one.history.posts.length, 1, "one duty, one post");
  const narrowed = await read("huang.he", "/api/v1/duties?regulation=equipment&clause=stock-take&from=2020-01-01&to=2020-12-31", "/api/v1/duties");
  const of = narrowed.history;
  equal(`${list.items.length > 1} ${narrowed.items.map((d) => d.key)}`, "true equipment_is_counted", "the duties themselves are narrowed, too");
  equal((await read("huang.he", "/api/v1/duties?regulation=risk", "/api/v1/duties")).items.length, 0, "of a regulation without duties");
  equal(`${of.from} ${of.to} ${of.articles[0].duties} ${of.ended}`, "2020-01-01 2020-12-31 equipment_is_counted 0");
  for (const bad of ["regulation=x", "clause=stock-take", "from=x", "from=2026-02-01&to=2026-01-01", "unit=x", "owner=-1", "by=x"]) refused(await get("li.lei", `/api/v1/duties?${bad}`), 400);
  refused(await get("li.lei", "/api/v1/duties/nothing"), 404);
  refused(await get("li.lei", "/api/v1/calendar.ics?mine=x"), 400);
  refused(await get("li.lei", "/api/v1/duties/equipment_is_counted?state=x"), 400);
  refused(await get("li.lei", "/api/v1/duties/equipment_is_counted?cursor=x"), 400);
});

await check("a calendar program shows a token as its password, there and nowhere else", async () => {
  const basic = (secret) => ({ headers: { authorization: `Basic ${Buffer.from(`calendar:${secret}`).toString("base64")}` } });
  const r = await get(null, "/api/v1/calendar.ics?mine=true", basic(token("huang.he", "read")));
  ok(r);
  expect(r.type.startsWith("text/calendar"), r.type);
  const lines = r.text.toString().split("\r\n");
  equal(lines[0], "BEGIN:VCALENDAR");
  equal(lines.at(-2), "END:VCALENDAR");
  const open = await get(null, "/api/v1/calendar.ics");
  refused(open, 401);
  expect(open.headers.get("www-authenticate").startsWith("Basic "), "how to sign in");
  refused(await get(null, "/api/v1/calendar.ics", basic("wrong")), 401);
  refused(await get(null, "/api/v1/calendar.ics", { headers: { authorization: "Basic ***" } }), 401);
  refused(await get(null, "/api/v1/me", basic(token("huang.he", "read"))), 401);
});

// --- proofs -----------------------------------------------------------------------------------
at("proofs");
await check("an act's proof is verified by the separate program", async () => {
  const acts = await read("li.lei", `${url()}/acts`, "/api/v1/r/fault/{id}/acts");
  const entry = acts.items.at(-1).entry;
  let proof = null;
  for (let i = 0; i < 240 && proof?.status !== 200; i++) { // a checkpoint is signed every second
    proof = await get("li.lei", `/api/v1/ledger/${entry}/proof`);
    if (proof.status !== 200) await new Promise((r) => setTimeout(r, 250));
  }
  equal(proof.status, 200);
  const file = join(demo.data, "proof.txt");
  writeFileSync(file, proof.text);
  contains(execFileSync(join(root, "build/release/zhidu-verify"), [join(demo.data, "ledger.pub"), file], { env: { LC_ALL: "en_US.UTF-8" } }).toString(), "holds");
  const e = await read("li.lei", `/api/v1/ledger/${entry}`, "/api/v1/ledger/{key}");
  equal(e.record.id, fault.id);
  refused(await get("guo.jing", `/api/v1/ledger/${entry}`), 404);
  refused(await get("guo.jing", `/api/v1/ledger/${entry}/proof`), 404);
  expect((await read("li.lei", "/api/v1/ledger")).checkpoint.includes("zhidu"), "the checkpoint");
});

at("records of a unit");
await check("those of all units are those of the control", async () => {
  const one = (of) => read("chen.gang", `/api/v1/controls/staff_can_be_reached?limit=200${of}`, "/api/v1/controls/{key}");
  const units = (await read("chen.gang", "/api/v1/r/unit?limit=200")).items.map((u) => u.id);
  for (const [name, unit] of [["甲", units[0]], ["乙", units[1]], ["丙", units[1]]]) ok(await post("xu.jing", "/api/v1/r/person/new/add", { full_name: `无号码${name}`, unit }), 201);
  let all = [];
  for (let i = 0; i < 100 && all.length < 3; i++) {
    await new Promise((done) => setTimeout(done, 200));
    all = (await one("")).items;
  }
  equal(all.length, 3);
  const parts = [];
  for (const unit of [0, ...units]) parts.push((await one(`&unit=${unit}`)).items.map((i) => i.id));
  equal(JSON.stringify(parts.flat().sort()), JSON.stringify(all.map((i) => i.id).sort()));
  equal(parts[1].length, 1, "of the first unit:");
  equal(parts[2].length, 2, "of the second:");
});

// --- bad input ----------------------------------------------------------------------------------
at("bad input");
await check("bodies that are no JSON object are 400 and say where", async () => {
  for (const body of ["{", "[]", "7", '{"a":1,"a":2}', Buffer.from('{"summary":"\xff"}', "latin1"), '{"summary":1e400}', "{".repeat(100)]) {
    const r = await call("li.lei", "POST", "/api/v1/r/fault/new/report", { body, headers: { "content-type": "application/json" } });
    refused(r, 400);
  }
});
await check("another type of body is refused by name", async () => {
  const r = await call("li.lei", "POST", "/api/v1/r/fault/new/report", { body: "summary=x", headers: { "content-type": "text/plain" } });
  refused(r, 400);
  equal(r.json.errors[0].field, "Content-Type");
});
await check("values of the wrong kind are refused beside their field", async () => {
  for (const [field, value] of [["occurred", "yesterday"], ["device", "no such device"], ["summary", "x".repeat(201)], ["unit", 1.5], ["occurred", { id: "x" }]]) {
    const r = await post("li.lei", "/api/v1/r/fault/new/report", { ...report, [field]: value });
    expect(r.status === 422 || r.status === 400, `${field}: ${r.status}`);
    equal(r.json.errors[0].field, field);
  }
});
await check("a method that is not there is 405", async () => equal((await call("li.lei", "DELETE", url())).status, 405));

await demo.stop();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
