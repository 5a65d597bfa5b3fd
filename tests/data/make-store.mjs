// Makes a data folder with the program of some commit, and says what was in it.
//   node tests/data/make-store.mjs PROGRAM REGULATIONS TARGET
// PROGRAM: build/release/zhidu of that commit; REGULATIONS: its folder of that name.
// TARGET gets data.tar.gz and seen.json (what people saw before it was packed).
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Server, wait } from "../support/outside.mjs";
import { everything } from "../support/see.mjs";

const [program, regulations, target] = process.argv.slice(2);
const work = mkdtempSync(join(tmpdir(), "zhidu-old-"));
const data = join(work, "data");
const env = { ...process.env, ZHIDU_DEMO: "yes", LC_ALL: "en_US.UTF-8" };
const zhidu = (...args) => execFileSync(program, [...args, "--data", data], { env, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });

zhidu("init", regulations, "--demo");
const server = await Server.start(data, { port: process.env.PORT, binary: program });
const { url } = server;
const token = (login) => zhidu("token", login, "--name", "upgrade", "--scopes", "read write", "--days", "3650").trim();
const tokens = { "li.lei": token("li.lei"), "wu.tao": token("wu.tao"), "chen.gang": token("chen.gang") };
const post = async (who, path, body) => {
  const form = body instanceof FormData;
  const headers = { authorization: `Bearer ${tokens[who]}`, ...(form ? {} : { "content-type": "application/json" }) };
  const r = await fetch(url + path, { method: "POST", headers, body: form ? body : JSON.stringify(body) });
  const text = await r.text();
  if (!r.ok) throw new Error(`${path}: ${r.status} ${text}`);
  return JSON.parse(text || "{}");
};
const report = async (n) => {
  const f = new FormData();
  f.set("values", JSON.stringify({ summary: `打印机卡纸 ${n}`, contact: `${8800 + n}`, place: "三楼文印室" }));
  if (n % 2) f.append("file", new Blob([`photo ${n} `.repeat(100 * n)], { type: "image/png" }), `现场 ${n}.png`);
  return (await post("li.lei", "/api/v1/r/fault/new/report", f)).id;
};
const act = (who, id, action, values = {}) => post(who, `/api/v1/r/fault/${id}/do/${action}`, values);

const grades = await (await fetch(`${url}/api/v1/r/fault_grade`, { headers: { authorization: `Bearer ${tokens["wu.tao"]}` } })).json();
const ordinary = grades.items.find((g) => g.fields.rank === 1).id;
const ids = [];
for (let n = 1; n <= 5; n++) ids.push(await report(n));
await act("wu.tao", ids[0], "accept", { verification: "属实", category: "printing" });
await act("wu.tao", ids[0], "grade", { grade: ordinary });
await act("wu.tao", ids[1], "accept", { verification: "属实", category: "printing" });
await act("li.lei", ids[2], "comment", { note: "请尽快" });

// A second version: what is open goes on under the first.
const next = join(work, "regulations");
cpSync(regulations, next, { recursive: true });
const file = join(next, "fault_reporting", "definition.yaml");
const was = readFileSync(file, "utf8");
const is = was.replace("fault.accept: {type: workhours, default: 1 workhours", "fault.accept: {type: workhours, default: 3 workhours");
if (is === was) throw new Error("no deadline to change in fault_reporting");
writeFileSync(file, is);
zhidu("publish", next, "--yes");
for (let n = 6; n <= 8; n++) ids.push(await report(n));
await act("wu.tao", ids[6], "accept", { verification: "属实", category: "printing" });
await wait(2500); // search, checkpoint
writeFileSync(join(target, "seen.json"), `${JSON.stringify({ tokens, seen: await everything(url, tokens["wu.tao"]) }, null, 1)}\n`);
await server.stop();
execFileSync("tar", ["-C", data, "--sort=name", "--owner=0", "--group=0", "--numeric-owner", "-czf", join(target, "data.tar.gz"), "."]);
rmSync(work, { recursive: true });
