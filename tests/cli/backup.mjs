// Backup, damage, restore, as the manual says it, seen from outside; and whatever
// a file that calls itself a backup may try.
//   node tests/cli/backup.mjs
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { Server, allPassed, check, child, end, env, equal, matches, program, root, until, wait, zhidu } from "../support/outside.mjs";

const work = process.env.ZHIDU_BACKUP_DIR ?? join(root, "build/backup");
const KILLS = Number(process.env.ZHIDU_BACKUP_KILLS ?? 10);

// --- the server, the command line ---------------------------------------------

let url;
let server;
async function start(data, more = {}) {
  server = await Server.start(data, { port: process.env.ZHIDU_BACKUP_PORT, more });
  url = server.url;
}
const stop = () => server.stop();
async function good(args, typed) {
  const r = await zhidu(args, { typed });
  equal(r.code, 0, `${args.join(" ")}: ${r.out}\n`);
  return r.out;
}
async function refused(args, pattern, typed) {
  const r = await zhidu(args, { typed });
  equal(r.code, 1, `${args.join(" ")}: ${r.out}\n`);
  matches(r.out, pattern);
}

// --- programs --------------------------------------------------------------------

const tokens = {};
async function call(who, method, path, body) {
  const headers = { authorization: `Bearer ${tokens[who]}` };
  let data = body;
  if (body && !(body instanceof FormData)) {
    headers["content-type"] = "application/json";
    data = JSON.stringify(body);
  }
  const r = await fetch(url + path, { method, headers, body: data });
  const bytes = Buffer.from(await r.arrayBuffer());
  const json = (r.headers.get("content-type") ?? "").includes("json") ? JSON.parse(bytes.toString()) : null;
  return { status: r.status, bytes, json };
}
async function fine(who, method, path, body) {
  const r = await call(who, method, path, body);
  if (r.status >= 300) throw new Error(`${method} ${path}: ${r.status} ${r.bytes.toString().slice(0, 300)}`);
  return r;
}
const report = async (n, bytes) => {
  const values = { summary: `打印机卡纸 ${n}`, contact: `PHONE-${1000 + n}` };
  let body = values;
  if (bytes) {
    body = new FormData();
    body.set("values", JSON.stringify(values));
    body.append("file", new Blob([bytes]), `photo-${n}.png`);
  }
  return (await fine("li.lei", "POST", "/api/v1/r/fault/new/report", body)).json;
};
/** Everything an outsider can see of the faults: each record, and the bytes of its attachments. */
async function everything() {
  const list = (await fine("wu.tao", "GET", "/api/v1/r/fault?limit=200")).json.items;
  const all = [];
  for (const f of list) {
    const full = (await fine("wu.tao", "GET", `/api/v1/r/fault/${f.id}?view=full`)).json;
    const files = [];
    for (const a of full.attachments) {
      const r = await call("wu.tao", "GET", `/api/v1/attachments/${a.id}`);
      files.push([a.name, r.status, createHash("sha256").update(r.bytes).digest("hex")]);
    }
    all.push([f.number, f.name, f.state, full.values ?? full.fields, files]);
  }
  return JSON.stringify(all.sort((a, b) => String(a[0]).localeCompare(String(b[0]))));
}
async function sign_in(login = "li.lei") {
  const page = await fetch(`${url}/signin`);
  const before = (page.headers.getSetCookie?.() ?? []).map((c) => c.split(";")[0]).join("; ");
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page.text())?.[1] ?? "";
  const r = await fetch(`${url}/signin`, { method: "POST", redirect: "manual", headers: { cookie: before, origin: url, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrf, login, password: "zhidu-demo-2026" }) });
  return [before, ...r.headers.getSetCookie().map((c) => c.split(";")[0])].filter(Boolean).join("; ");
}
const inside = async (cookie) => (await fetch(`${url}/me`, { headers: { cookie }, redirect: "manual" })).status === 200;

// --- a backup taken apart, and put together otherwise --------------------------------

const sha = (b) => createHash("sha256").update(b).digest("hex");
function unpack(file) {
  const all = readFileSync(file);
  const first = all.indexOf("\n") + 1;
  const second = all.indexOf("\n", first) + 1;
  const [, length] = all.subarray(first, second).toString().split(" ");
  let at = second + Number(length);
  const lines = all.subarray(second, at).toString().trimEnd().split("\n");
  const files = [];
  for (const l of lines) {
    const m = /^(database|public-key|settings|clock|attachment) (\d+) ([0-9a-f]{64})$/.exec(l);
    if (m) files.push({ kind: m[1], bytes: all.subarray(at, at += Number(m[2])) });
  }
  return { head: lines.slice(0, lines.findIndex((l) => l.startsWith("files "))), files, missing: [] };
}
function pack(b, { lines, trailing = "", first = "zhidu-backup 1 plain\n", manifest } = {}) {
  lines ??= b.files.map((f) => `${f.kind} ${f.bytes.length} ${sha(f.bytes)}`);
  const bytes = b.files.reduce((n, f) => n + f.bytes.length, 0);
  const counts = b.counts ?? `files ${b.files.length} bytes ${bytes} missing ${b.missing.length}`;
  const text = [...b.head, counts, ...lines, ...b.missing.map((m) => `missing ${m}`), "end"].join("\n") + "\n";
  const line = manifest ?? `manifest ${Buffer.byteLength(text)} ${sha(text)}`;
  return Buffer.concat([Buffer.from(`${first}${line}\n${text}`), ...b.files.map((f) => f.bytes), Buffer.from(trailing)]);
}
const copy = (b) => ({ ...b, head: [...b.head], files: b.files.map((f) => ({ ...f, bytes: Buffer.from(f.bytes) })), missing: [...b.missing] });
function replace_all(bytes, from, to) {
  let n = 0;
  for (let at = bytes.indexOf(from); at >= 0; at = bytes.indexOf(from, at + 1)) { bytes.write(to, at); n++; }
  return n;
}

// --- the walk ----------------------------------------------------------------------------

const data = join(work, "data");
const folder = join(work, "kept");
rmSync(work, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
await good(["init", join(root, "regulations"), "--demo", "--data", data]);
await start(data);
for (const login of ["li.lei", "wu.tao"]) tokens[login] = (await good(["token", login, "--name", "test", "--scopes", "read write", "--data", data])).trim();
const photo = (n) => Buffer.from(`photo ${n} `.repeat(400 + n));
for (let i = 0; i < 12; i++) await report(i, i % 2 ? photo(i) : null);
const cookie = await sign_in();
let before;
let number;
await check("whoever signs in is in", async () => equal(await inside(cookie), true));

const first = join(folder, "first.backup");
await check("a backup is made while the server runs, restored on trial and verified", async () => {
  before = await everything();
  const out = await good(["backup", first, "--data", data]);
  matches(out, /In order: restored into a scratch folder and verified; \d+ entries/);
  matches(out, /ledger\.key and secret\.key are not in it/);
  for (const key of ["signer/ledger.key", "secret.key"]) equal(readFileSync(first).includes(readFileSync(join(data, key))), false, `${key} in the backup:`);
});
await check("into a folder it gets a name of its own, and nothing is overwritten", async () => {
  matches(await good(["backup", folder, "--data", data]), /zhidu-[0-9a-f]{8}-\d{8}T\d{6}Z\.backup/);
  await refused(["backup", first, "--data", data], /is there already; it is not overwritten/);
});
await check("acts go on while backups are made, and each backup verifies", async () => {
  let busy = true;
  let acts = 0;
  const writers = Array.from({ length: 6 }, async (_, w) => { while (busy) { await report(100 + w); acts++; } });
  const sizes = [];
  for (let i = 0; i < 3; i++) {
    const at = acts;
    const out = await good(["backup", join(folder, `load-${i}.backup`), "--data", data]);
    sizes.push(Number(/Ledger: (\d+) entries/.exec(out)[1]));
    if (acts === at) throw new Error("no act while the backup was made");
  }
  busy = false;
  await Promise.all(writers);
  console.log(`     ${acts} acts while 3 backups were made: ${sizes.join(", ")} entries`);
  equal(sizes[0] < sizes[1] && sizes[1] < sizes[2], true, `growing: ${sizes}`);
});
await check("what came after the first backup is there now, and is signed", async () => {
  number = (await report(999)).number;
  const entries = Number(/^entries (\d+)$/m.exec(unpack(first).head.join("\n"))[1]);
  await until("the signer has signed more", () => Number(readFileSync(join(data, "signer/last"), "utf8").split("\n")[1]) > entries);
});
await stop();

await check("damage: bytes of the database are flipped, attachments deleted; verification says so", async () => {
  const db = readFileSync(join(data, "zhidu.db"));
  for (let at = 4096 * 8 + 100; at < db.length; at += 4096 * 5) db[at] ^= 0xff;
  writeFileSync(join(data, "zhidu.db"), db);
  rmSync(join(data, "blobs"), { recursive: true });
  const r = await zhidu(["ledger", "verify", "--data", data]);
  equal(r.code, 1);
  matches(r.out, /Not in order|database|malformed/i);
});
await check("a backup of what is damaged is refused, and leaves no file", async () => {
  const r = await zhidu(["backup", join(folder, "damaged.backup"), "--data", data]);
  equal(r.code, 1, r.out);
  equal(existsSync(join(folder, "damaged.backup")), false);
});
await check("restore never overwrites a folder", () => refused(["restore", first, "--data", data, "--yes"], /is there already; it is not overwritten/));
const fresh = join(work, "restored");
let restored = "";
await check("restore says what it is, and without a yes does nothing", async () => {
  const r = await zhidu(["restore", first, "--data", fresh, "--old", data], { typed: "no\n" });
  equal(r.code, 1);
  for (const p of [/Organisation: /, /Made: \d{4}-/, /Ledger: \d+ entries, the last of/, /Key of the ledger: zhidu\.local/, /Nothing was restored/]) matches(r.out, p);
  equal(existsSync(fresh), false);
});
await check("restore makes a new folder and says what was lost and what to do", async () => {
  const out = await good(["restore", first, "--data", fresh, "--old", data, "--yes"]);
  matches(out, /numbers go on from there/);
  matches(out, /after the backup/);
  matches(out, /Everybody must sign in again/);
  matches(out, /has signed a longer log/);
  restored = out;
  matches(await good(["ledger", "verify", "--data", fresh]), /In order/);
});
await check("a database of SQLite outside the data folder: restore refuses and says what to do, which works", async () => {
  const to = join(work, "apart");
  const file = join(work, "apart.db");
  const more = { ZHIDU_DATABASE: `sqlite:${file}` };
  const r = await zhidu(["restore", first, "--data", to, "--old", data, "--yes"], { more });
  equal(r.code, 1, r.out);
  matches(r.out, /puts the database outside the data folder \(.*apart\.db\); nothing was restored/);
  matches(r.out, /ZHIDU_DATABASE= zhidu restore/);
  equal(existsSync(to) || existsSync(file), false);
  equal((await zhidu(["restore", first, "--data", to, "--old", data, "--yes"], { more: { ZHIDU_DATABASE: "" } })).code, 0);
  renameSync(join(to, "zhidu.db"), file);
  matches((await zhidu(["ledger", "verify", "--data", to], { more })).out, /In order/);
  const again = await zhidu(["backup", join(work, "apart.backup"), "--data", to], { more });
  matches(again.out, /In order: restored/);
});
await check("without the old folder it says that the key is to be brought", async () => {
  matches(await good(["restore", first, "--data", join(work, "keyless"), "--yes"]), /There is no signing key[\s\S]*Put ledger\.key/);
});
await check("the signer, which signed more, is set back by the command that restore names", async () => {
  const command = /zhidu-signer (set-back --dir \S+ --size \d+ --root \S+ --reason)/.exec(restored)[1].split(" ");
  const r = spawnSync(join(dirname(program), "zhidu-signer"), [...command, "restored the first backup"], { env, encoding: "utf8" });
  equal(r.status, 0, r.stdout + r.stderr);
});
await start(fresh);
await check("everything is there: records, fields, attachments byte for byte", async () => equal(await everything(), before));
await check("everybody must sign in again", async () => equal(await inside(cookie), false));
await check("numbers go on without a gap", async () => {
  const next = (await report(13)).number;
  const n = (s) => Number(/(\d+)$/.exec(s)[1]);
  const last = Math.max(...JSON.parse(before).map((f) => n(f[0])));
  equal(n(next), last + 1, `${next} after ${last} (before the damage: ${number}):`);
});
await check("an attachment that goes missing is said by the next backup, which is made all the same", async () => {
  const sub = readdirSync(join(fresh, "blobs"))[0];
  rmSync(join(fresh, "blobs", sub), { recursive: true });
  const r = await zhidu(["backup", join(folder, "hole.backup"), "--data", fresh]);
  equal(r.code, 1);
  matches(r.out, /Beware: \d+ attachments were missing or changed when it was made/);
  matches(await good(["backup", "--verify", join(folder, "hole.backup")]), /Beware: .*[\s\S]*In order/);
});
await check("bytes of an attachment that changed are found while it is made", async () => {
  const sub = readdirSync(join(fresh, "blobs"))[0];
  const file = join(fresh, "blobs", sub, readdirSync(join(fresh, "blobs", sub))[0]);
  const bytes = readFileSync(file);
  bytes[7] ^= 1;
  writeFileSync(file, bytes);
  const r = await zhidu(["backup", join(folder, "lie.backup"), "--data", fresh]);
  equal(r.code, 1);
  matches(r.out, /Beware: 2 attachments/);
});
await stop();

// --- by the server itself ---------------------------------------------------------------------

const own = join(work, "own");
mkdirSync(own);
const whose = readFileSync(join(work, "keyless", "ledger.pub"), "utf8").split("+")[1];
const day = (n, of = `${whose}-`) => `zhidu-${of}${new Date(Date.now() - n * 86400000).toISOString().slice(0, 10).replaceAll("-", "")}T183000Z.backup`;
for (let n = 1; n <= 40; n++) writeFileSync(join(own, day(n)), "an older one");
const others = ["notes.txt", day(1, "00000000-"), day(2, "00000000-"), day(30, "00000000-"), day(30, "")];
for (const name of others) writeFileSync(join(own, name), "not ours");
const metric = async (name) => new RegExp(`^zhidu_${name} (\\S+)$`, "m").exec(await (await fetch(`${url}/metrics`)).text())?.[1];
const health = async (cookie) => (await (await fetch(`${url}/admin/health`, { headers: { cookie, "accept-language": "en" } })).text()).replace(/\s+/g, " ");
const scheduled = join(work, "scheduled");
cpSync(join(work, "keyless"), scheduled, { recursive: true });
await start(scheduled, { ZHIDU_BACKUP_FOLDER: own, ZHIDU_BACKUP_DAILY: "3", ZHIDU_BACKUP_WEEKLY: "2", ZHIDU_BACKUP_MONTHLY: "0" });
const made = () => readdirSync(own).filter((n) => n.endsWith(".backup") && readFileSync(join(own, n)).length > 100);
await check("the server makes its first backup by itself, and it is whole", async () => {
  const name = (await until("a backup", () => made()[0]));
  matches(await good(["backup", "--verify", join(own, name)]), /In order/);
});
await check("of the older ones stays what the rules say, and nothing else is touched", async () => {
  await until("tidied", () => readdirSync(own).length <= others.length + 5);
  const left = readdirSync(own);
  for (const name of others) equal(left.includes(name), true, `${name}, of another installation or none:`);
  const kept = left.length - others.length;
  if (kept < 3 || kept > 5) throw new Error(`kept: ${left}`);
});
await check("health page and figures tell of it", async () => {
  const admin = await sign_in("xu.jing");
  await until("age", async () => Number(await metric("backup_age_seconds")) < 100);
  equal(await metric('health\\{check="backup"\\}'), "0");
  matches(await health(admin), /[\d: -]+ 的备份已恢复到临时目录并核验，存证 \d+ 条/);
});
await check("the next day there is the next one", async () => {
  const before = made().length;
  await good(["clock", "1d", "--data", scheduled]);
  await until("the next", () => made().length > before);
});
await check("one that fails is said in words with what to do, and the figure says it", async () => {
  rmSync(own, { recursive: true });
  await good(["clock", "1d", "--data", scheduled]);
  await until("failed", async () => (await metric("backup_failures_total")) === "1");
  equal(await metric('health\\{check="backup"\\}'), "2");
  matches(await health(await sign_in("xu.jing")), /最近一次备份失败：不能读写 [^<]*own：No such file or directory。上一次成功：[\d: -]+。/);
});
await check("it is tried again within the hour, and then it is well", async () => {
  mkdirSync(own);
  await good(["clock", "1h", "--data", scheduled]);
  await until("well", async () => (await metric('health\\{check="backup"\\}')) === "0");
  equal(made().length, 1);
});
await stop();
await check("what became of the last one is known after a restart", async () => {
  await start(scheduled, { ZHIDU_BACKUP_FOLDER: own });
  equal(await metric('health\\{check="backup"\\}'), "0");
  equal(await metric("backup_failures_total"), "1");
});
await check("killed while it makes one: the backup has failed, in words, and the next is made", async () => {
  const maker = child("zhidu-backup", server.pid);
  equal(maker > 0, true, "a process of its own:");
  await good(["clock", "1d", "--data", scheduled]);
  process.kill(await until("at work", () => child("zhidu-backup", maker)), "SIGKILL");
  await until("failed", async () => (await metric("backup_failures_total")) === "2");
  matches(await health(await sign_in("xu.jing")), /备份进程中途结束（signal 9）/);
  await good(["clock", "1h", "--data", scheduled]);
  await until("well", async () => (await metric('health\\{check="backup"\\}')) === "0");
  equal(readdirSync(own).filter((n) => n.startsWith(".")).join(), "", "left behind:");
});
await check("when the process that makes them is gone, the page says so with what to do, and the server works on", async () => {
  process.kill(child("zhidu-backup", server.pid), "SIGKILL");
  await until("said", async () => (await metric('health\\{check="backup"\\}')) === "2");
  matches(await health(await sign_in("xu.jing")), /负责备份的进程已经结束，不会再有定时备份。[^]*重启服务/);
  await report(4711);
  await stop();
});
await check("it ends with the server, however that ends", async () => {
  await start(scheduled, { ZHIDU_BACKUP_FOLDER: own });
  const maker = child("zhidu-backup", server.pid);
  equal(maker > 0, true, "a process of its own:");
  await server.kill();
  await until("gone", () => !existsSync(`/proc/${maker}`));
});
await check("a time that is none is refused", async () => {
  const r = await zhidu(["serve", "--data", scheduled, "--port", "1"], { more: { ZHIDU_BACKUP_AT: "25:00" } });
  equal(r.code, 1, r.out);
  matches(r.out, /backup_at is no time of the day/);
});

// --- sealed -----------------------------------------------------------------------------------

const pass = join(work, "passphrase");
const wrong = join(work, "wrong");
writeFileSync(pass, "一句足够长的口令 correct horse\n");
writeFileSync(wrong, "another passphrase altogether\n");
const sealed = join(folder, "sealed.backup");
const posted = join(folder, "posted.backup");
const secret = join(work, "secret.key");
let recipient;
await check("sealed by a passphrase it opens with that one only, and hides what it holds", async () => {
  await good(["backup", sealed, "--data", fresh, "--passphrase-file", pass, "--no-verify"].filter((x) => x)).catch((e) => matches(e.message, /Beware/));
  matches(await good(["backup", "--verify", sealed, "--passphrase-file", pass]), /In order/);
  await refused(["backup", "--verify", sealed, "--passphrase-file", wrong], /passphrase does not open/);
  equal(readFileSync(sealed).includes("SQLite format"), false);
});
await check("a passphrase is asked for, never an argument, and not a short one", async () => {
  matches(await good(["backup", "--verify", sealed], readFileSync(pass)), /Passphrase: [\s\S]*In order/);
  await refused(["backup", join(folder, "short.backup"), "--data", fresh, "--passphrase"], /10 to 500 bytes/, "short\n");
});
await check("sealed for a recipient it is verified by its maker, and opens with the private key only", async () => {
  recipient = (await good(["backup", "--new-key", secret])).trim().split("\n").pop();
  const r = await zhidu(["backup", posted, "--data", fresh, "--recipient", recipient]);
  matches(r.out, /In order: restored/);
  matches(await good(["backup", "--verify", posted, "--private-key", secret]), /In order/);
  await good(["backup", "--new-key", join(work, "other.key")]);
  await refused(["backup", "--verify", posted, "--private-key", join(work, "other.key")], /This key does not open/);
  await refused(["backup", "--verify", posted], /private half is wanted/);
  await refused(["backup", join(folder, "x.backup"), "--data", fresh, "--recipient", "zhidu-recipient-12"], /recipient's key is no key/);
});

// --- files that lie ------------------------------------------------------------------------------

const plain = unpack(first);
const lies = [];
const lie = (name, bytes, pattern, more = []) => lies.push({ name, bytes, pattern, more });
const index = (kind) => plain.files.findIndex((f) => f.kind === kind);
function changed(run, options) {
  const b = copy(plain);
  const o = run(b) ?? options;
  return pack(b, o);
}
const lines_of = (b) => b.files.map((f) => `${f.kind} ${f.bytes.length} ${sha(f.bytes)}`);
const attachment = index("attachment");
lie("another file", Buffer.from("hello\n"), /no backup of zhidu/);
lie("an empty file", Buffer.alloc(0), /no backup of zhidu/);
lie("a first line without end", Buffer.from("zhidu-backup 1 ".padEnd(5000, "x")), /no backup of zhidu/);
lie("a newer form", changed(() => ({ first: "zhidu-backup 2 plain\n" })), /newer program/);
lie("a byte of the database", changed((b) => { const lines = lines_of(b); b.files[0].bytes[5000] ^= 1; return { lines }; }), /database in the backup was changed/);
lie("a byte of an attachment", changed((b) => { const lines = lines_of(b); b.files[attachment].bytes[5] ^= 1; return { lines }; }), /An attachment in the backup was changed/);
lie("a byte of the public key", changed((b) => { const lines = lines_of(b); b.files[1].bytes[30] ^= 1; return { lines }; }), /A file in the backup was changed/);
lie("a manifest that was changed", (() => { const all = pack(plain); all[all.indexOf("program")] ^= 1; return all; })(), /manifest was changed/);
lie("no manifest line", Buffer.from("zhidu-backup 1 plain\n" + "x".repeat(500)), /manifest was changed/);
lie("a path as a name", changed((b) => { const lines = lines_of(b); lines[2] = lines[2].replace("settings", "../../etc/passwd"); return { lines }; }), /manifest does not hold/);
lie("a hash that is a path", changed((b) => { const lines = lines_of(b); lines[attachment] = `attachment 5 ${"../".repeat(21)}x`; return { lines }; }), /manifest does not hold/);
lie("a link as a kind", changed((b) => { const lines = lines_of(b); lines[2] = lines[2].replace("settings", "link"); return { lines }; }), /manifest does not hold/);
lie("a manifest of ten terabytes", changed(() => ({ manifest: `manifest 10000000000000 ${"0".repeat(64)}` })), /passes a limit/);
lie("a manifest longer than the file", changed(() => ({ manifest: `manifest 400000000 ${"0".repeat(64)}` })), /more than its file has/);
lie("a negative length", changed(() => ({ manifest: `manifest -1 ${"0".repeat(64)}` })), /manifest was changed/);
lie("a billion files", changed((b) => { b.counts = "files 1000000000 bytes 1 missing 0"; }), /passes a limit/);
lie("a number beyond all numbers", changed((b) => { b.counts = "files 99999999999999999999 bytes 1 missing 0"; }), /manifest does not hold/);
lie("more bytes than there are", changed((b) => { b.counts = `files ${b.files.length} bytes 900000000000 missing 0`; }), /more than its file has/);
lie("fewer files than counted", changed((b) => { b.counts = `files ${b.files.length + 1} bytes ${b.files.reduce((n, f) => n + f.bytes.length, 0)} missing 0`; }), /manifest does not hold/);
lie("settings of a hundred kilobytes", changed((b) => { const i = index("settings"); b.files[i].bytes = Buffer.alloc(100000, 65); }), /passes a limit/);
lie("an attachment of thirty megabytes", changed((b) => { b.files[attachment].bytes = Buffer.alloc(30 << 20, 65); }), /passes a limit/);
lie("a line of a megabyte", changed((b) => { b.head[1] = `program ${"x".repeat(1 << 20)}`; }), /manifest does not hold/);
lie("a name that a terminal would obey", changed((b) => { b.head = b.head.map((l) => (l.startsWith("organisation ") ? "organisation \u001b]0;x\u0007" : l)); }), /manifest does not hold/);
lie("the same attachment twice", changed((b) => { b.files.splice(attachment, 0, b.files[attachment]); }), /manifest does not hold/);
lie("the database twice", changed((b) => { b.files.splice(1, 0, b.files[0]); }), /manifest does not hold/);
lie("no database", changed((b) => { b.files.shift(); }), /manifest does not hold/);
lie("something behind the end", changed(() => ({ trailing: "more" })), /behind the backup's end/);
lie("an attachment nobody has", changed((b) => { const bytes = Buffer.from("stowaway"); b.files.push({ kind: "attachment", bytes }); b.files = [...b.files.slice(0, attachment), ...b.files.slice(attachment).sort((x, y) => (sha(x.bytes) < sha(y.bytes) ? -1 : 1))]; }), /belongs to no record/);
lie("an attachment left out", changed((b) => { b.files.splice(attachment, 1); }), /attachment of a record is not in the backup/);
lie("a database of noise", changed((b) => { b.files[0].bytes.fill(7); }), /database does not (open|hold)/);
lie("a field changed in the database", changed((b) => { if (!replace_all(b.files[0].bytes, "PHONE-1003", "PHONE-1666")) throw new Error("no such field"); }), /ledger is not in order/);
lie("another number of entries", changed((b) => { b.head = b.head.map((l) => l.replace(/^entries \d+/, "entries 7")); }), /not the one the manifest speaks of/);
lie("another root", changed((b) => { b.head = b.head.map((l) => (l.startsWith("root ") ? `root ${"1".repeat(64)}` : l)); }), /not the one the manifest speaks of/);
lie("a public key of somebody else", changed((b) => { b.files[1].bytes = Buffer.from("zhidu.local/ledger+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW\n"); }), /public key does not hold|not in order/);
lie("a passphrase that costs a hundred gigabytes", Buffer.from(`zhidu-backup 1 passphrase 3 100000000000 ${"0".repeat(32)}\n${"x".repeat(200)}`), /more memory or work than is allowed/, ["--passphrase-file", pass]);
for (const [i, part] of [0.001, 0.1, 0.5, 0.9, 0.99999].entries()) {
  const all = readFileSync(first);
  lie(`cut off ${i}`, all.subarray(0, Math.max(300, Math.floor(all.length * part))), /cut off|its end is missing/);
  const shut = readFileSync(sealed);
  lie(`sealed and cut off ${i}`, shut.subarray(0, Math.max(300, Math.floor(shut.length * part))), /end is missing|end of the backup is missing|cut off|beginning of the file was changed/, ["--passphrase-file", pass]);
  const flipped = Buffer.from(shut);
  flipped[Math.min(shut.length - 1, 200 + Math.floor(shut.length * part))] ^= 4;
  lie(`sealed and flipped ${i}`, flipped, /was changed/, ["--passphrase-file", pass]);
}
{ // pieces of a sealed stream in another order
  const shut = Buffer.from(readFileSync(sealed));
  const at = shut.indexOf("\n") + 1 + 24;
  const piece = 65536 + 17;
  const [a, b] = [Buffer.from(shut.subarray(at + piece, at + 2 * piece)), Buffer.from(shut.subarray(at + 2 * piece, at + 3 * piece))];
  b.copy(shut, at + piece);
  a.copy(shut, at + 2 * piece);
  lie("sealed, two pieces changed places", shut, /was changed/, ["--passphrase-file", pass]);
}
await check("a backup put together unchanged verifies (or the lies below prove nothing)", async () => {
  writeFileSync(join(work, "same.backup"), pack(plain));
  matches(await good(["backup", "--verify", join(work, "same.backup")]), /In order/);
});
for (const l of lies) {
  await check(`refused, by verification and by restore: ${l.name}`, async () => {
    const file = join(work, "lie.backup");
    const to = join(work, "never");
    writeFileSync(file, l.bytes);
    await refused(["backup", "--verify", file, ...l.more], l.pattern);
    await refused(["restore", file, "--data", to, "--yes", ...l.more], l.pattern);
    equal(existsSync(to), false, "a folder:");
    equal(readdirSync(work).filter((n) => n.startsWith(".zhidu-scratch")).join(), "", "left behind:");
  });
}
await check("a folder or a pipe is no backup", async () => {
  await refused(["backup", "--verify", folder], /no ordinary file|cannot be opened/);
  spawnSync("mkfifo", [join(work, "pipe")]);
  await refused(["backup", "--verify", join(work, "pipe")], /no ordinary file/);
});
console.log(`     ${lies.length} files that lie`);

// --- full disks and sudden ends ---------------------------------------------------------------------

await check("a disk that is full: said in words, and nothing is left, wherever it happens", async () => {
  const blocks = Math.ceil(readFileSync(first).length / 1024);
  const full = join(work, "full");
  mkdirSync(full);
  for (const part of [0.0, 0.2, 0.5, 0.9, 0.99]) {
    const run = (args) => spawnSync("bash", ["-c", 'ulimit -f "$1"; shift; exec "$@"', "-", String(Math.floor(blocks * part)), program, ...args], { env, encoding: "utf8" });
    let r = run(["backup", join(full, "x.backup"), "--data", join(work, "keyless")]);
    equal(r.status, 1, `${part}: ${r.stdout}${r.stderr}`);
    matches(r.stdout + r.stderr, /room (left )?on the disk/);
    r = run(["restore", first, "--data", join(full, "y"), "--yes"]);
    equal(r.status, 1, `${part}: ${r.stdout}${r.stderr}`);
    equal(readdirSync(full).join(), "", "left behind:");
  }
});
await check(`kill -9 at any moment of a backup or restore: nothing half done under a final name`, async () => {
  const dead = join(work, "killed");
  mkdirSync(dead);
  const took = async (args) => { const t = performance.now(); await good(args); return performance.now() - t; };
  const jobs = [
    { args: (i) => ["backup", join(dead, `b${i}`), "--data", join(work, "keyless")] },
    { args: (i) => ["restore", first, "--data", join(dead, `r${i}`), "--yes"] },
  ];
  let whole = 0;
  for (const j of jobs) {
    const ms = await took(j.args("whole"));
    for (let i = 0; i < KILLS; i++) {
      const p = spawn(program, j.args(i), { env, stdio: "ignore" });
      const gone = new Promise((r) => p.once("exit", r));
      await wait(ms * 1.1 * i / KILLS);
      p.kill("SIGKILL");
      await gone;
    }
  }
  for (const name of readdirSync(dead)) {
    if (name.startsWith(".")) continue;
    whole++;
    if (name.startsWith("b")) matches(await good(["backup", "--verify", join(dead, name)]), /In order/);
    else matches(await good(["ledger", "verify", "--data", join(dead, name)]), /In order/);
  }
  await good(["backup", join(dead, "last"), "--data", join(work, "keyless")]);
  equal(readdirSync(dead).filter((n) => n.startsWith(".")).join(), "", "left behind after the next backup:");
  console.log(`     ${2 * KILLS} kills, ${whole} finished before, each whole`);
});

// --- PostgreSQL -----------------------------------------------------------------------------------

if (process.env.ZHIDU_PG) {
  const psql = (sql) => spawnSync("psql", [process.env.ZHIDU_PG, "-qc", sql], { encoding: "utf8" });
  const psql_in = (database, sql) => spawnSync("psql", [database, "-qc", sql], { encoding: "utf8" });
  const database = (name) => { psql(`drop database if exists ${name}`); psql(`create database ${name}`); return process.env.ZHIDU_PG.replace(/[^/]*$/, name); };
  const [live, again] = [database("backup_live"), database("backup_again")];
  const at = join(work, "pg");
  const with_ = (database, args) => zhidu(args, { more: { ZHIDU_DATABASE: database } });
  const file = join(folder, "pg.backup");
  let seen;
  await check("PostgreSQL: a database that holds an installation is not written into by init", async () => {
    equal((await with_(live, ["init", join(root, "regulations"), "--demo", "--data", at])).code, 0);
    const other = join(work, "pg-other");
    const r = await with_(live, ["init", join(root, "regulations"), "--demo", "--data", other]);
    equal(r.code, 1, r.out);
    matches(r.out, /setting `database` holds an installation already[^]*drop schema public cascade/);
    equal(existsSync(other), false, other);
  });
  await check("PostgreSQL: a backup is made while acts go on, and verifies", async () => {
    await start(at, { ZHIDU_DATABASE: live });
    for (const login of ["li.lei", "wu.tao"]) tokens[login] = (await with_(live, ["token", login, "--name", "test", "--scopes", "read write", "--data", at])).out.trim();
    for (let i = 0; i < 8; i++) await report(i, i % 2 ? photo(i) : null);
    seen = await everything();
    const quiet = await with_(live, ["backup", file, "--data", at]);
    matches(quiet.out, /In order: restored/);
    let busy = true;
    const writers = [1, 2, 3].map(async () => { while (busy) await report(500); });
    const r = await with_(live, ["backup", join(folder, "pg-load.backup"), "--data", at]);
    busy = false;
    await Promise.all(writers);
    matches(r.out, /In order: restored/);
    await stop();
  });
  await check("PostgreSQL: of two nodes one makes the backup that is due, and the other says so", async () => {
    const both = [join(work, "node-a"), join(work, "node-b")];
    const made = (folder) => readdirSync(folder).filter((n) => n.endsWith(".backup"));
    for (const node of both) {
      cpSync(at, node, { recursive: true });
      mkdirSync(`${node}-kept`);
    }
    const nodes = await Promise.all(both.map((node) => Server.start(node, { more: { ZHIDU_DATABASE: live, ZHIDU_BACKUP_FOLDER: `${node}-kept` } })));
    const state = async (s) => /^zhidu_health\{check="backup"\} (\S+)$/m.exec(await (await fetch(`${s.url}/metrics`)).text())?.[1];
    await until("both well", async () => (await state(nodes[0])) === "0" && (await state(nodes[1])) === "0");
    equal(both.flatMap((node) => made(`${node}-kept`)).length, 1, "backups of both:");
    const other = made(`${both[0]}-kept`).length ? 1 : 0;
    url = nodes[other].url;
    matches(await health(await sign_in("xu.jing")), new RegExp(`由另一节点 [^<]*${both[1 - other]} 制作`));
    // One whose disk is gone fails, and the other makes it.
    rmSync(`${both[0]}-kept`, { recursive: true });
    psql_in(live, "delete from backup_claim");
    for (const s of nodes) await s.stop();
    for (const node of both) rmSync(join(node, "backup.state"), { force: true });
    const had = made(`${both[1]}-kept`); // of one day only the newest stays
    const again = [await Server.start(both[0], { more: { ZHIDU_DATABASE: live, ZHIDU_BACKUP_FOLDER: `${both[0]}-kept` } })];
    await until("failed", async () => (await state(again[0])) === "2");
    again.push(await Server.start(both[1], { more: { ZHIDU_DATABASE: live, ZHIDU_BACKUP_FOLDER: `${both[1]}-kept` } }));
    await until("made by the other", () => made(`${both[1]}-kept`).some((n) => !had.includes(n)));
    for (const s of again) await s.stop();
  });
  await check("PostgreSQL: it is restored into an empty database only, and verifies there", async () => {
    const full = await with_(live, ["restore", file, "--data", join(work, "pg-full"), "--yes"]);
    equal(full.code, 1);
    matches(full.out, /database is not empty/);
    const r = await with_(again, ["restore", file, "--data", join(work, "pg-again"), "--old", at, "--yes"]);
    equal(r.code, 0, r.out);
    equal(existsSync(join(work, "pg-again", "zhidu.db")), false);
    matches((await with_(again, ["ledger", "verify", "--data", join(work, "pg-again")])).out, /In order/);
  });
  await check("PostgreSQL: everything is there, is found, and goes on", async () => {
    await start(join(work, "pg-again"), { ZHIDU_DATABASE: again });
    equal(await everything(), seen);
    const next = (await report(77)).number;
    equal(Number(/(\d+)$/.exec(next)[1]), 9, "next number:");
    await until("found", async () => (await fine("wu.tao", "GET", `/api/v1/search?q=${encodeURIComponent("打印机卡纸 3")}`)).json.items.length > 0);
    await stop();
  });
  await check("PostgreSQL: and the same file makes a folder of SQLite", async () => {
    await good(["restore", file, "--data", join(work, "pg-lite"), "--old", at, "--yes"]);
    await start(join(work, "pg-lite"));
    equal(await everything(), seen);
    await stop();
  });
}

if (allPassed()) rmSync(work, { recursive: true, force: true });
end();
