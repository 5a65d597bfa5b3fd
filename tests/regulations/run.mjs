// A regulation that nobody compiled for: the seed bank's folders laid beside the
// shipped ones run at once, in pages and through the API.  node run.mjs
// With ZHIDU_PG also on PostgreSQL.  Ends with "N passed, N failed".
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Server, equal, program, root } from "../support/outside.mjs";

const work = join(root, "build/seeds");
let passed = 0, failed = 0, where = "";

async function check(sentence, run) {
  try {
    const value = await run();
    passed++;
    return value;
  } catch (e) {
    failed++;
    console.log(`FAIL ${where}: ${sentence}\n     ${String(e.message).split("\n").slice(0, 8).join("\n     ")}`);
    return undefined;
  }
}
function contains(text, part) {
  if (!text.includes(part)) throw new Error(`no ${part} in ${text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 500)}`);
}

// --- the installation -----------------------------------------------------------

function lay(folder) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  cpSync(join(root, "regulations"), folder, { recursive: true });
  for (const name of ["seed_bank", "seed_exchange"]) cpSync(join(root, "tests/regulations", name), join(folder, name), { recursive: true });
}

async function serve(name, env) {
  const data = join(work, name), folder = join(work, "regulations");
  rmSync(data, { recursive: true, force: true });
  const all = { ...process.env, ...env, ZHIDU_DEMO: "yes", LC_ALL: "en_US.UTF-8" };
  execFileSync(program, ["init", folder, "--demo", "--data", data], { env: all, stdio: "pipe" });
  const server = await Server.start(data, { more: all });
  const command = (...args) => execFileSync(program, [...args, "--data", data], { env: all }).toString();
  return { url: server.url, command, stop: () => server.stop() };
}

// --- a person in front of pages, without scripts ------------------------------------

class Visitor {
  constructor(url) { this.url = url; this.cookies = new Map(); }
  async ask(path, options = {}) {
    const cookie = [...this.cookies].map(([k, v]) => `${k}=${v}`).join("; ");
    const r = await fetch(this.url + path, { redirect: "manual", ...options, headers: { cookie, "accept-language": "zh", ...options.headers } });
    for (const line of r.headers.getSetCookie()) {
      const [pair] = line.split(";");
      this.cookies.set(pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1));
    }
    return { status: r.status, text: await r.text(), to: r.headers.get("location") };
  }
  get(path) { return this.ask(path); }
  /** Opens a form, keeps what stands hidden in it, and sends the values. */
  async send(path, values) {
    const form = (await this.get(path)).text;
    const body = new FormData();
    const hidden = /<input type="hidden" name="([^"]*)" value="([^"]*)"/g;
    const main = form.slice(form.indexOf("<main"));
    for (const m of main.matchAll(hidden)) body.append(m[1], m[2]);
    for (const [k, v] of Object.entries(values)) for (const x of [v].flat()) body.append(k, x);
    return this.ask(path, { method: "POST", body });
  }
  async signIn(login) {
    const r = await this.send("/signin", { login, password: "zhidu-demo-2026" });
    equal(r.status, 303, "status at the door:");
    return this;
  }
}

async function pages(site) {
  const keeper = await new Visitor(site.url).signIn("huang.he");
  const researcher = await new Visitor(site.url).signIn("chen.gang");
  const anybody = await new Visitor(site.url).signIn("li.lei");
  const types = ["species", "accession", "trial", "request", "duplicate", "stocktake", "shipment"];
  for (const t of types) await check(`the list of ${t} opens`, async () => equal((await keeper.get(`/r/${t}`)).status, 200));
  await check("the library shows its text and what runs for each article", async () => {
    contains((await anybody.get("/law")).text, "种质资源库管理制度");
    const law = (await anybody.get("/law/seed_bank")).text;
    contains(law, "随机抽袋检测");
    contains(law, "审批环节 分管领导");
    contains(law, "职责分离 提出、同意和存放各由不同的人办理");
    contains(law, "职责分离 同一人不得在同一部门及其上级部门兼任“保管员”、“研究员”");
  });
  await check("an appointment against it cites its article, and names the other one", async () => {
    const administrator = await new Visitor(site.url).signIn("xu.jing");
    const refused = await administrator.send("/r/post/new/appoint", { person: "huang.he", position: "technician", unit: "信息中心", starts: "2026-01-05" });
    equal(refused.status, 422);
    contains(refused.text, "兼任“保管员”、“研究员”");
    contains(refused.text, "第二十一条");
    contains(refused.text, "黄河 · 设备管理员");
  });
  const made = async (who, path, values) => {
    const r = await who.send(path, values);
    if (r.status !== 303) throw new Error(r.text.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ").slice(0, 600));
    return r.to;
  };
  const species = await check("a form creates a register entry", () =>
    made(researcher, "/r/species/new/enter", { title: "水稻", latin: "Oryza sativa", code: "OS", family: "grass" }));
  await check("a value against its pattern is refused in the form", async () =>
    equal((await researcher.send("/r/species/new/enter", { title: "大豆", latin: "大豆", code: "GM", family: "bean" })).status, 422));
  await check("a forbidden action cites its article", async () =>
    contains((await anybody.send("/r/species/new/enter", { title: "大豆", latin: "Glycine max", code: "GM", family: "bean" })).text, "物种目录"));
  const at = await check("every kind of field is taken by a form", () =>
    made(keeper, "/r/accession/new/receive", {
      species: "水稻", batch: "B-1", place: "云南省", collected: "2025-10-01", altitude: "1200", moisture: "6.25", value: "88.50",
      notes: "**糯**稻", traits: ["early", "hardy"], sensor: "10.1.2.3", sensor_id: "00:11:22:33:44:55", soak: "24h", rest: "30",
      quarantine: "0", collectors: "li.lei",
    }));
  await check("the record shows them, and hides what is not for everybody", async () => {
    contains((await keeper.get(at)).text, "88.50");
    const other = (await anybody.get(at)).text;
    contains(other, "B-1");
    if (other.includes("88.50")) throw new Error("the value is shown to everybody");
  });
  await check("an action that may not be done is greyed with its reason", async () => contains((await keeper.get(at)).text, "尚未分袋"));
  return { species, accession: at };
}

// --- a program ----------------------------------------------------------------------

async function api(site, at) {
  const token = (login) => site.command("token", login, "--name", "test", "--scopes", "read write").trim().split("\n").pop();
  const tokens = { keeper: token("huang.he"), anybody: token("li.lei"), researcher: token("liu.yang") };
  const call = async (who, method, path, body) => {
    const r = await fetch(`${site.url}/api/v1${path}`, {
      method, headers: { authorization: `Bearer ${tokens[who]}`, "content-type": "application/json", "accept-language": "zh" },
      body: body && JSON.stringify(body),
    });
    return { status: r.status, json: await r.json() };
  };
  const ok = (r, status = 200) => { equal(r.status, status, JSON.stringify(r.json).slice(0, 300)); return r.json; };
  const id = (at.accession ?? "").split("?")[0].split("/").pop();
  await check("its types stand in the description of the interface", async () => {
    const doc = ok(await call("keeper", "GET", "/openapi.json"));
    const paths = Object.keys(doc.paths).join(" ");
    for (const p of ["/r/accession", "/r/request/new/ask", "/r/trial"]) contains(paths, p);
  });
  const bag = await check("a part is created through the API", async () =>
    ok(await call("keeper", "POST", "/r/bag/new/fill", { accession: id, label: "甲", seeds: 400 }), 201));
  await check("what cannot be decided names what is missing", async () => {
    const a = ok(await call("keeper", "POST", "/r/accession/new/receive", { species: "水稻", batch: "B-2", place: "昆明市", collected: "2025-10-02" }), 201);
    ok(await call("keeper", "POST", "/r/bag/new/fill", { accession: a.id, label: "甲", seeds: 4 }), 201);
    const r = await call("keeper", "POST", `/r/accession/${a.id}/do/store`, {});
    equal(r.json.refused_by, "unknown");
    contains(r.json.remedy, "含水率");
  });
  await check("an action moves the record", async () =>
    {
    ok(await call("keeper", "POST", `/r/accession/${id}/do/store`, {}));
    equal(ok(await call("keeper", "GET", `/r/accession/${id}`)).state, "stored");
  });
  await check("a refusal is a problem that cites the article", async () => {
    const r = await call("anybody", "POST", "/r/request/new/ask", { accession: id, use: "show", seeds: 51 });
    equal(r.status, 422);
    equal(r.json.clause.id, "amounts");
  });
  await check("what follows an approval is nobody's to perform, and no program is told it could", async () => {
    const d = ok(await call("researcher", "POST", "/r/duplicate/new/propose", { accession: id, place: "库二", seeds: 20 }), 201);
    const record = ok(await call("keeper", "GET", `/r/duplicate/${d.id}`));
    equal(record.state, "proposed");
    equal(JSON.stringify(record.actions ?? []).includes("propose."), false);
    const r = await call("keeper", "POST", `/r/duplicate/${d.id}/do/propose.approved`, {});
    equal(r.status, 403);
    equal(r.json.clause.id, "duplicates");
    const paths = Object.keys(ok(await call("keeper", "GET", "/openapi.json")).paths).join(" ");
    contains(paths, "/r/duplicate/new/propose");
    equal(paths.includes("propose.approved"), false);
  });
  const request = await check("anybody asks for seeds", async () =>
    ok(await call("anybody", "POST", "/r/request/new/ask", { accession: id, use: "research", seeds: 40 }), 201));
  await check("seeds are taken, sent and logged by the other regulation", async () => {
    ok(await call("keeper", "POST", `/r/request/${request.id}/do/pack`, {}));
    ok(await call("keeper", "POST", `/r/request/${request.id}/do/send`, {}));
    equal(ok(await call("keeper", "GET", "/r/shipment")).items.length, 1);
    equal(ok(await call("keeper", "GET", `/r/bag/${bag.id}`)).state, "full");
  });
  await check("what is to be signed is shown, signed once, and then the reply is taken", async () => {
    const who = await new Visitor(site.url).signIn("li.lei");
    const page = (await who.get(`/r/request/${request.id}`)).text;
    contains(page, "我已阅读并签收");
    equal((await call("anybody", "POST", `/r/request/${request.id}/do/reply`, { result: "出苗好" })).json.clause.id, "feedback");
    const csrf = /name="csrf" value="([^"]*)"/.exec(page)[1];
    const sign = () => who.ask(`/r/request/${request.id}/note/sign`, { method: "POST", body: new URLSearchParams({ csrf }) });
    equal((await sign()).status, 303);
    equal((await sign()).status, 422);
    ok(await call("anybody", "POST", `/r/request/${request.id}/do/reply`, { result: "出苗好" }));
  });
  await check("a filter over its fields finds it", async () =>
    equal(ok(await call("keeper", "GET", `/r/request?filter=${encodeURIComponent("seeds == 40 and state == 'replied'")}`)).items.length, 1));
  await check("a check-list is answered through the API, with its photo; what is not its own is refused", async () => {
    const plan = ok(await call("keeper", "POST", "/r/round_plan/new/draw_up", { title: "冷库", items: [{ item: "库门" }, { item: "灭火器", wants: ["photo"] }] }), 201);
    const round = ok(await call("keeper", "POST", "/r/round/new/start", { round_plan: plan.id }), 201);
    const other = ok(await call("keeper", "POST", "/r/round/new/start", { round_plan: plan.id }), 201);
    const rows = async (of) => ok(await call("keeper", "GET", `/r/round/${of}`)).fields.sheet;
    const [door, fire] = await rows(round.id), [foreign] = await rows(other.id);
    const send = async (values, files = {}) => {
      const body = new FormData();
      body.append("values", JSON.stringify(values));
      for (const [name, text] of Object.entries(files)) body.append(name, new Blob([text], { type: "image/png" }), "a.png");
      const r = await fetch(`${site.url}/api/v1/r/round/${round.id}/do/tick`, { method: "POST", body, headers: { authorization: `Bearer ${tokens.keeper}`, "accept-language": "zh" } });
      return { status: r.status, json: await r.json() };
    };
    equal((await send({ sheet: [{ id: foreign.id, answer: "yes" }] })).status, 422);
    equal((await send({ sheet: [{ id: fire.id, answer: "yes" }] })).status, 422);
    equal((await send({ sheet: [{ id: door.id, answer: "yes" }] }, { [`sheet.${fire.id}.photo`]: "x" })).status, 422);
    ok(await send({ sheet: [{ id: door.id, answer: "yes" }, { id: fire.id, answer: "yes" }] }, { [`sheet.${fire.id}.photo`]: "x" }));
    const done = ok(await call("keeper", "GET", `/r/round/${round.id}`)).fields;
    equal(done.sheet_left, 0);
    const file = done.sheet.find((i) => i.id === fire.id).photo;
    const bytes = await fetch(`${site.url}/api/v1/attachments/${file}`, { headers: { authorization: `Bearer ${tokens.keeper}` } });
    equal(await bytes.text(), "x");
    const many = Array.from({ length: 199 }, (_, i) => ({ item: `第 ${i} 项` }));
    equal((await call("keeper", "POST", `/r/round/${round.id}/do/add_items`, { sheet: many })).status, 422);
    ok(await call("keeper", "POST", `/r/round/${round.id}/do/add_items`, { sheet: many.slice(1) }));
    equal((await rows(round.id)).length, 200);
  });
  await check("search finds its words", async () => {
    await new Promise((r) => setTimeout(r, 1200));
    contains(JSON.stringify(ok(await call("keeper", "GET", `/search?q=${encodeURIComponent("云南")}`))), "云南");
  });
}

async function run(name, env) {
  where = name;
  const site = await serve(name, env);
  try {
    await api(site, await pages(site));
  } finally {
    await site.stop();
  }
  await check("the ledger of all that is in order", async () => contains(site.command("ledger", "verify"), "In order"));
}

lay(join(work, "regulations"));
await run("sqlite", {});
if (process.env.ZHIDU_PG) {
  const db = `seeds_${process.pid}`;
  execFileSync("psql", [process.env.ZHIDU_PG, "-qc", `create database ${db}`]);
  await run("postgresql", { ZHIDU_DATABASE: process.env.ZHIDU_PG.replace(/\/[^/]*$/, `/${db}`) });
  execFileSync("psql", [process.env.ZHIDU_PG, "-qc", `drop database ${db} with (force)`]);
} else {
  console.log("SKIPPED on PostgreSQL: ZHIDU_PG not set");
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
