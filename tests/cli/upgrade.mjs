// Data folders that earlier programs wrote (tests/data/store-*), opened by this one:
// what was seen before is seen now, every check passes, and whatever goes wrong on
// the way leaves the old folder as it was.
//   node tests/cli/upgrade.mjs
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Server, allPassed, check, end, env, equal, freePort, matches, program, root, until, wait, zhidu } from "../support/outside.mjs";
import { everything } from "../support/see.mjs";

const work = process.env.ZHIDU_UPGRADE_DIR ?? join(root, "build/upgrade");
const KILLS = Number(process.env.ZHIDU_UPGRADE_KILLS ?? 20);

/** All that was there before is there, and the same; a newer program may say more. */
function holds(have, want, at = "") {
  if (want !== null && typeof want === "object") {
    if (have === null || typeof have !== "object") throw new Error(`${at}: ${JSON.stringify(have)}`);
    if (Array.isArray(want)) equal(have.length, want.length, `${at}: length`);
    for (const key of Object.keys(want)) holds(have[key], want[key], `${at}/${key}`);
  } else {
    equal(have, want, at);
  }
}
const sha = (file) => createHash("sha256").update(readFileSync(file)).digest("hex");

let server;
let url;
/** Starts it; what it printed. */
async function start(data) {
  server = await Server.start(data, { port: process.env.ZHIDU_UPGRADE_PORT });
  url = server.url;
  return server.log;
}
const stop = () => server.stop();
async function good(args) {
  const r = await zhidu(args);
  equal(r.code, 0, `${args.join(" ")}: ${r.out}\n`);
  return r.out;
}
/** An old folder, unpacked; its database can be changed on the way. */
function unpack(store, name, change) {
  const data = join(work, name);
  mkdirSync(data, { recursive: true });
  execFileSync("tar", ["-C", data, "-xzf", join(store, "data.tar.gz")]);
  if (change) {
    const db = readFileSync(join(data, "zhidu.db"));
    change(db);
    writeFileSync(join(data, "zhidu.db"), db);
  }
  return data;
}
function replace(bytes, from, to) {
  let n = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) { bytes.write(to, at); n++; }
  if (!n || Buffer.byteLength(from) !== Buffer.byteLength(to)) throw new Error(`nothing to replace: ${from}`);
}
const left = (data) => readdirSync(data).filter((n) => n.startsWith(".zhidu-scratch") || /-(wal|shm)$/.test(n));
const serve_fails = (data) => zhidu(["serve", "--data", data, "--port", "1"]);

rmSync(work, { recursive: true, force: true });
const stores = readdirSync(join(root, "tests/data")).filter((n) => /^store-\d+$/.test(n)).map((n) => join(root, "tests/data", n));
await check("there are old folders", () => equal(stores.length > 0, true));

for (const store of stores) {
  const name = store.split("/").pop();
  const { tokens, seen } = JSON.parse(readFileSync(join(store, "seen.json"), "utf8"));
  const data = unpack(store, name);
  const call = async (who, method, path, body) => {
    const r = await fetch(url + path, { method, headers: { authorization: `Bearer ${tokens[who]}`, "content-type": "application/json" }, body: body && JSON.stringify(body) });
    return { status: r.status, json: await r.json() };
  };
  await check(`${name}: it is upgraded when it is opened, and says where the old database stays`, async () => {
    const log = await start(data);
    matches(log, /The data were upgraded \(\d+ -> \d+\)/);
    const kept = readdirSync(data).filter((n) => n.startsWith("zhidu.db.before-"));
    equal(kept.length, 1);
    matches(log, new RegExp(`The old database stays as \\S*/${kept[0]}`));
    matches(log, /upgrade\.look types=\d+ records=[1-9]\d+ unseen=\d+ pages=[1-9]\d+ cut_short=0/);
    equal(left(data).filter((n) => n.startsWith(".")).join(), "");
  });
  await check(`${name}: the lists and every record, field, act and attachment are what they were`, async () => holds(await everything(url, tokens["wu.tao"]), seen));
  let pages = 0;
  await check(`${name}: every page of every record answers`, async () => {
    const page = await fetch(`${url}/signin`);
    const cookies = (page.headers.getSetCookie() ?? []).map((c) => c.split(";")[0]);
    const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? "";
    const r = await fetch(`${url}/signin`, { method: "POST", redirect: "manual", headers: { cookie: cookies.join("; "), origin: url, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ csrf, login: "wu.tao", password: "zhidu-demo-2026" }) });
    const cookie = [...cookies, ...r.headers.getSetCookie().map((c) => c.split(";")[0])].join("; ");
    const open = ["/", "/inbox", "/r", "/law", "/search?q=%E6%89%93%E5%8D%B0%E6%9C%BA", "/me", "/notifications", "/law/fault_reporting"];
    const done = new Set();
    while (open.length && pages < 400) {
      const path = open.shift();
      if (done.has(path)) continue;
      done.add(path);
      const a = await fetch(url + path, { headers: { cookie }, redirect: "manual" });
      const text = await a.text();
      pages++;
      if (a.status !== 200 && a.status !== 303 && a.status !== 404) throw new Error(`${path}: ${a.status}`);
      if (a.status === 404 && /^\/r\/\w+\/\d+$/.test(path)) throw new Error(`${path}: a link to what is not there`);
      for (const m of text.matchAll(/href="(\/(?:r|law|ledger|proof)\/[^"#]*)"/g)) open.push(m[1].replaceAll("&amp;", "&"));
    }
    equal(pages > 60, true, `${pages} pages:`);
  });
  await check(`${name}: acts go on, under the law each case began with, numbers without a gap`, async () => {
    const number = (s) => Number(/(\d+)$/.exec(s)[1]);
    const last = Math.max(...seen.map((f) => number(f.number)));
    const made = await call("li.lei", "POST", "/api/v1/r/fault/new/report", { summary: "升级之后", contact: "1" });
    equal(made.status, 201);
    equal(number(made.json.number), last + 1);
    const old = seen.filter((f) => f.law === 1 && f.state === "reported")[0];
    const r = await call("wu.tao", "POST", `/api/v1/r/fault/${old.id}/do/accept`, { verification: "属实", category: "printing" });
    equal(r.status, 200, JSON.stringify(r.json));
    equal((await call("wu.tao", "GET", `/api/v1/r/fault/${old.id}?view=full`)).json.law, 1);
  });
  await check(`${name}: the ledger verifies, and a backup of it does`, async () => {
    matches(await good(["ledger", "verify", "--data", data]), /In order/);
    matches(await good(["backup", join(work, `${name}.backup`), "--data", data]), /In order/);
  });
  await stop();
  await check(`${name}: the second start upgrades nothing`, async () => {
    equal(/upgraded/.test(await start(data)), false);
    await stop();
  });
  await check(`${name}: the old database that was kept opens again, and is upgraded again`, async () => {
    const kept = join(data, readdirSync(data).find((n) => n.startsWith("zhidu.db.before-")));
    const again = unpack(store, `${name}-again`);
    execFileSync("cp", [kept, join(again, "zhidu.db")]);
    matches(await start(again), /The data were upgraded/);
    holds(await everything(url, tokens["wu.tao"]), seen);
    await stop();
  });

  await check(`${name}: a database outside the data folder is upgraded where it is`, async () => {
    const dir = unpack(store, `${name}-apart`);
    const apart = join(work, `${name}-elsewhere`);
    mkdirSync(apart);
    renameSync(join(dir, "zhidu.db"), join(apart, "z.db"));
    const s = await Server.start(dir, { more: { ZHIDU_DATABASE: `sqlite:${join(apart, "z.db")}` } });
    matches(s.log, new RegExp(`The old database stays as ${join(apart, "z.db")}\\.before-\\d+`));
    holds(await everything(s.url, tokens["wu.tao"]), seen);
    await s.stop();
    equal(readdirSync(apart).sort().map((n) => n.replace(/\d+$/, "N")).join(), "z.db,z.db.before-N");
    equal(readdirSync(dir).filter((n) => n.startsWith("zhidu.db")).join(), "");
  });

  // Who upgrades a service by hand is mostly root.
  if (process.getuid() === 0) await check(`${name}: upgraded by root, the folder stays the service's`, async () => {
    const dir = unpack(store, `${name}-root`);
    execFileSync("chown", ["-R", "65533:65533", dir]);
    await good(["token", "wu.tao", "--name", "t", "--data", dir]);
    equal(readdirSync(dir).filter((n) => n.startsWith("zhidu.db.before-")).length, 1);
    equal(execFileSync("find", [dir, "!", "-user", "65533"], { encoding: "utf8" }), "");
  });

  // --- what goes wrong on the way ---
  await check(`${name}: killed at any moment, the next start has all of it`, async () => {
    const t = performance.now();
    const one = unpack(store, `${name}-time`);
    await start(one);
    const ms = performance.now() - t;
    await stop();
    let early = 0;
    for (let i = 0; i < KILLS; i++) {
      const dir = unpack(store, `${name}-killed`);
      const p = spawn(program, ["serve", "--data", dir, "--port", String(await freePort())], { env, stdio: "ignore" });
      const gone = new Promise((r) => p.once("exit", r));
      await wait(ms * i / KILLS);
      p.kill("SIGKILL");
      await gone;
      early += !readdirSync(dir).some((n) => n.startsWith("zhidu.db.before-"));
      await until("the next one opens it", async () => (await zhidu(["token", "wu.tao", "--name", "x", "--data", dir])).code === 0);
      matches(await good(["ledger", "verify", "--data", dir]), /In order/);
      equal(readdirSync(dir).filter((n) => n.startsWith("zhidu.db.before-")).length, 1, `kill ${i}: kept`);
      equal(left(dir).join(), "", `kill ${i}: left`);
      rmSync(dir, { recursive: true });
    }
    console.log(`     ${name}: ${pages} pages, ${KILLS} kills, ${early} of them before the switch`);
  });
  await check(`${name}: a record that does not agree with the ledger: refused in words, nothing changed`, async () => {
    const dir = unpack(store, `${name}-forged`, (db) => replace(db, "三楼文印室", "四楼文印室"));
    const was = sha(join(dir, "zhidu.db"));
    const r = await serve_fails(dir);
    equal(r.code, 1);
    matches(r.out, /not in order/);
    matches(r.out, /Nothing was changed: the former version still runs/);
    equal(sha(join(dir, "zhidu.db")), was);
    equal(left(dir).join(), "");
  });
  await check(`${name}: records whose page cannot be made: refused in words, nothing changed`, async () => {
    const dir = unpack(store, `${name}-broken`);
    const db = join(dir, "zhidu.db");
    // A sum that overflows: no ledger tells of these rows, only the page asks for them.
    execFileSync("sqlite3", [db, `insert into step_job(id, act, record, type, law, action, effect, actor, at, next_x, max_x, done, total, "left")
      select r.id + n, 0, r.id, 0, 1, '', 0, 0, 0, 0, 0, 0, 0, 9223372036854775807 from r_fault r, (select 1 n union select 2)`]);
    const was = sha(db);
    const r = await serve_fails(dir);
    equal(r.code, 1);
    matches(r.out, /a page of Fault[^,]*, \/r\/fault\/\d+, cannot be shown: .*overflow/);
    matches(r.out, /Nothing was changed: the former version still runs\. +Open the same address there/);
    equal(sha(db), was);
    equal(left(dir).join(), "");
  });
  await check(`${name}: a disk that is full: refused in words, nothing changed, and then it works`, async () => {
    const dir = unpack(store, `${name}-full`);
    const was = sha(join(dir, "zhidu.db"));
    for (const part of [0.1, 0.6, 0.97]) {
      const blocks = Math.floor(readFileSync(join(dir, "zhidu.db")).length / 1024 * part);
      const r = spawnSync("bash", ["-c", 'trap "" XFSZ; ulimit -f "$1"; shift; exec "$@"', "-", String(blocks), program, "serve", "--data", dir, "--port", "1"], { env, encoding: "utf8" });
      equal(r.status, 1, `${part}: ${r.stdout}${r.stderr}`);
      matches(r.stdout + r.stderr, /cannot be (copied|upgraded)|room/);
      equal(sha(join(dir, "zhidu.db")), was, `${part}:`);
    }
    matches(await start(dir), /The data were upgraded/);
    await stop();
  });
  await check(`${name}: data of a newer program are not opened, and it says with what`, async () => {
    const dir = join(work, name);
    const db = readFileSync(join(dir, "zhidu.db"));
    replace(db, "min_binary2", "min_binary9");
    writeFileSync(join(dir, "zhidu.db"), db);
    const was = sha(join(dir, "zhidu.db"));
    const r = await serve_fails(dir);
    equal(r.code, 1);
    matches(r.out, /A newer program has written these data \(9 is wanted, this one is \d+\)/);
    equal(sha(join(dir, "zhidu.db")), was);
  });
}

if (allPassed()) rmSync(work, { recursive: true, force: true });
end();
