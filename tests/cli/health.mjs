// What the health page says, each sentence provoked on a real server, in both languages, with
// what to do; and no sentence of the program is left out (the last part).
//   node tests/cli/health.mjs
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Server, allPassed, check, child, end, equal, matches, root, until, wait, zhidu } from "../support/outside.mjs";

const work = process.env.ZHIDU_HEALTH_DIR ?? join(root, "build/health");
process.removeAllListeners("warning");
process.env.NODE_TLS_REJECT_UNAUTHORIZED = "0"; // the certificate is made here
let server;

async function good(args) {
  const r = await zhidu(args);
  equal(r.code, 0, `${args.join(" ")}: ${r.out}\n`);
  return r.out.trim().split("\n").filter((line) => !/^20\d\d-/.test(line)).pop(); // without the log
}
const sql = (data, text) => execFileSync("sqlite3", ["-cmd", ".timeout 9000", join(data, "zhidu.db"), text]);
async function sign_in(login) {
  const r = await fetch(`${server.url}/signin`, { method: "POST", redirect: "manual", headers: { "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ login, password: "zhidu-demo-2026" }) });
  return r.headers.getSetCookie().map((c) => c.split(";")[0]).join("; ");
}
const page = async (path, cookie) => (await (await fetch(server.url + path, { headers: { cookie } })).text()).replaceAll("&#39;", "'").replaceAll("&quot;", '"');
/** Until both administrators, of whom one reads English, are told; `always` may push. */
async function says(zh, zhDo, en, enDo, push = () => {}) {
  let last = "";
  try {
    await until(en, async () => {
      await push();
      const have = [await page("/admin/health", await sign_in("xu.jing")), await page("/admin/health", await sign_in("sun.li"))];
      last = have[1];
      return have[0].includes(zh) && have[0].includes(zhDo) && have[1].includes(en) && have[1].includes(enDo);
    });
  } catch (e) {
    throw new Error(`${e.message}\n${last.replace(/<[^>]*>/g, "").replace(/\s+/g, " ")}`);
  }
}

// --- without a demonstration's clock ------------------------------------------------------------

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const data = join(work, "a");
const conf = join(work, "zhidu.conf");
const more = { ZHIDU_CONFIG: conf, ZHIDU_SIGNINS_PER_MINUTE: "100000" };
const configure = (text) => writeFileSync(conf, `organisation = test\n${text}`);
const start = async (at, { env = {}, ...rest } = {}) => { server = await Server.start(at, { more: { ...more, ...env }, ...rest }); };
configure("");
await good(["init", join(root, "regulations"), "--demo", "--data", data]);
const chief = await good(["token", "xu.jing", "--name", "t", "--scopes", "read write", "--data", data]);
const staff = await good(["token", "li.lei", "--name", "t", "--scopes", "read write", "--days", "700", "--data", data]);
await start(data, { env: { ZHIDU_DEMO: "no" } });
await fetch(`${server.url}/api/v1/r/post/new/appoint`, { method: "POST", headers: { authorization: `Bearer ${chief}`, "content-type": "application/json" },
  body: JSON.stringify({ person: "孙丽", position: "administrator", unit: "信息中心", starts: "2025-01-01" }) });
{
  const cookie = await sign_in("sun.li");
  const csrf = /name="csrf" value="([^"]*)"/.exec(await page("/me", cookie))[1];
  await fetch(`${server.url}/me/language`, { method: "POST", redirect: "manual", headers: { cookie, "content-type": "application/x-www-form-urlencoded" },
    body: new URLSearchParams({ csrf, lang: "en", back: "/" }) });
}

/** name, what is done, what is said and what to do in both languages, what mends it, what is said then. */
const cases = [
  ["what is well", () => {}, "近七天没有失败", "一秒内可搜到", "under way; none failed in the last seven days", "wait; a record is found within a second"],
  ["the clock", () => {}, "系统时钟走得平稳", "项等待办理", "The machine's clock runs evenly", "things wait."],
  ["the disk", () => {}, "数据目录所在磁盘剩余", "", "are left on the disk of the data folder", ""],
  ["no backups are set up", () => {}, "没有设定定时备份", "在配置中设 backup_folder", "No backups are set up", "Set backup_folder in the configuration"],
  ["the data folder is away", () => renameSync(data, `${data}.away`), "读不到数据目录", "检查磁盘是否挂载", "cannot be read", "whether the disk is mounted", () => renameSync(`${data}.away`, data)],
  ["the key of what is encrypted goes away", () => renameSync(join(data, "secret.key"), join(work, "secret.key")), "密文在本服务停止之前还打得开",
    "从保管处取回该文件", "opens until this server ends", "Bring the file back now", () => renameSync(join(work, "secret.key"), join(data, "secret.key"))],
  ["the ledger was never looked at as a whole", () => {}, "完整核对用 zhidu ledger verify", "", "At the start it agreed with its last checkpoint", ""],
  ["a row was changed behind its back", async () => {
    sql(data, "update r_unit set name = name || 'x' where id = (select min(id) from r_unit)");
    equal((await zhidu(["ledger", "verify", "--data", data])).code, 1);
  }, "（UTC）核对不符", "指出第一处", "It did not verify at", "names the first place", async () => {
    sql(data, "update r_unit set name = substr(name, 1, length(name) - 1) where id = (select min(id) from r_unit)");
    equal((await zhidu(["ledger", "verify", "--data", data])).code, 0);
  }, "完整核对相符", "Verified as a whole at"],
  ["a mistake in the configuration", () => { configure("log_levle = warn\n"); server.process.kill("SIGHUP"); }, "重新载入时配置有误", "改正配置文件，再重新载入",
    "At the last reload it held a mistake", "Mend the configuration and reload"],
  ["a change that waits for a restart", () => { configure("stop_seconds = 9\n"); server.process.kill("SIGHUP"); }, "改动尚未生效", "在方便的时候重启服务",
    "Changed, and not in effect yet", "Restart the server when it suits", () => { configure(""); server.process.kill("SIGHUP"); }, "配置已全部生效", "All of it is in effect"],
];
for (const [name, provoke, zh, zhDo, en, enDo, mend, zhThen, enThen] of cases) {
  await check(`${name}: it is said, with what to do`, async () => {
    await provoke();
    try {
      await says(zh, zhDo, en, enDo);
    } finally {
      await mend?.();
    }
    if (zhThen) await says(zhThen, "", enThen, "");
  });
}
await server.stop();

// --- the key at the start ---------------------------------------------------------------------

const key = join(data, "secret.key");
const kept = readFileSync(key);
const keys = [
  ["is missing", () => rmSync(key), "不在。数据库中的密文", "请从备份取回该文件", "is missing: what is encrypted in the database", "Bring the file back from a backup"],
  ["is too short", () => writeFileSync(key, kept.subarray(1), { mode: 0o600 }), "不可用：应为 32", "请改正后重新启动", "it must be a plain file of 32 bytes", "Mend that and start"],
  ["is another's", () => writeFileSync(key, kept, { mode: 0o600 }), "不是这个数据库的密钥", "请换回那个文件", "is not the key of this database", "Bring that file back"],
  ["was being changed", () => { writeFileSync(key, Buffer.concat([kept, kept.map((b) => b ^ 1)])); sql(data, "delete from second_factor"); }, "更换密钥的操作中途停止",
    "运行 zhidu key rotate", "A change of the key was cut short", "which finishes it"],
];
sql(data, "insert into second_factor(person, key, created_at) values (1, x'01ffffffffffffffffffffffffffffffff0102030405060708090a0b0c0d0e0f10', 1)");
for (const [name, provoke, ...said] of keys) {
  await check(`a key that ${name} is said, with what to do, and everybody else works on`, async () => {
    provoke();
    await start(data);
    await says(...said);
    await server.stop();
  });
}
writeFileSync(key, kept);
await check("a key that fits is well, and a demonstration needs no backups", async () => {
  await start(data);
  await says("数据库中的密文可以打开", "演示实例不做定时备份", "What is encrypted in the database can be opened", "A demonstration makes no backups by itself");
  await says("本程序没有直接提供 https", "不同的人担任", "It does not speak https itself", "are different people");
  await server.stop();
});

// --- backups, and a certificate, by a clock that is moved -------------------------------------------

const own = join(work, "own");
mkdirSync(own);
const [cert, tlsKey] = [join(work, "cert.pem"), join(work, "key.pem")];
execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "40", "-subj", "/CN=x", "-keyout", tlsKey, "-out", cert], { stdio: "ignore" });
const ago = new Date(Date.now() + 8 * 3600000 - 600000); // ten minutes, where the calendar is
const at = `${String(ago.getUTCHours()).padStart(2, "0")}:${String(ago.getUTCMinutes()).padStart(2, "0")}`;
let maker;
await start(data, { scheme: "https", env: { ZHIDU_BACKUP_FOLDER: own, ZHIDU_BACKUP_AT: at, ZHIDU_TLS_CERT: cert, ZHIDU_TLS_KEY: tlsKey },
  // The server goes on by steps until there is one: so it is stopped before it is asked for the first.
  began: async (s) => {
    maker = await until("a process that makes backups", async () => {
      process.kill(s.pid, "SIGCONT");
      await wait(2);
      process.kill(s.pid, "SIGSTOP");
      await wait(20); // it may be there, and not called so yet
      return child("zhidu-backup", s.pid);
    });
    process.kill(maker, "SIGSTOP");
    process.kill(s.pid, "SIGCONT");
  } });
let moved = 0; // days
const later = async (length) => { await good(["clock", length, "--data", data]); moved += length.endsWith("d") ? parseInt(length) : 0; };
const made = () => says("的备份已恢复到临时目录并核验，存证", "", "was restored on trial and verified, with", "");
await check("before the first backup it is said that there is none yet", () =>
  says("还没有备份", "第一份会很快做成", "There is no backup yet", "The first is made soon"));
await check("one that takes long is late, and said to be in work", async () => {
  await later("3h");
  await says("备份晚了：应在", "正在进行，尚未完成", "The backup is late: it was due at", "It is in work and not done yet");
  process.kill(maker, "SIGCONT");
  await made();
});
await check("one that is due and not begun is late", async () => {
  // The schedule looks every two seconds; within them it is seen, at the latest on another day.
  await says("备份晚了：应在", "也可以立即运行 zhidu backup", "The backup is late: it was due at", "zhidu backup does it at once", () => later("1d"));
  await made();
});
await check("one that was made up for is said to have been missed", () => says("当时服务没有运行，已补做", "", "missed because the server did not run, and made up for", ""));
await check("one that fails is said, with the reason", async () => {
  rmSync(own, { recursive: true });
  await later("1d");
  await says("最近一次备份失败", "一小时内会自动重试", "The last backup failed", "It is tried again within an hour");
  mkdirSync(own);
});
await check("an attachment that is gone is said by the next backup", async () => {
  const body = new FormData();
  body.set("values", JSON.stringify({ summary: "x", contact: "1" }));
  body.append("file", new Blob(["a file"]), "a.txt");
  equal((await fetch(`${server.url}/api/v1/r/fault/new/report`, { method: "POST", headers: { authorization: `Bearer ${staff}` }, body })).status, 201);
  rmSync(join(data, "blobs"), { recursive: true });
  await later("1d");
  await says("的备份缺少 1 个附件", "从较早的备份中恢复这些附件", "lacks 1 attachments: their files are gone or changed", "Bring the attachments back from an older backup");
});
await check("when nobody makes them any more, that is said", async () => {
  process.kill(maker, "SIGKILL");
  await says("负责备份的进程已经结束", "在系统日志中查它为何结束", "The process that makes the backups has ended", "look in the system's log for why it ended");
});
for (const [left, zh, en] of [[18, "证书还有", "The certificate ends in"], [5, "证书还有", "The certificate ends in"], [-1, "证书已过期", "The certificate has ended"]]) {
  await check(`a certificate that ends in ${left} days is said`, async () => {
    await later(`${40 - left - moved}d`);
    await says(zh, "换上新证书文件", en, "Put the new certificate in place and reload");
    const watched = await (await fetch(`${server.url}/metrics`)).text();
    matches(watched, new RegExp(`zhidu_health\\{check="certificate"\\} ${left > 7 ? 1 : 2}`));
  });
}
await server.stop();

// --- none is left out ---------------------------------------------------------------------------------

const literal = String.raw`((?:"(?:[^"\\]|\\.)*"\s*)+)`;
const joined = (s) => [...s.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map((m) => m[1]).join("").replaceAll('\\"', '"');
const read = (file) => readFileSync(join(root, file), "utf8");
/** Every sentence of two languages in a piece of C: not a title, whose English ends with no stop. */
function sentences(text) {
  const all = [...text.matchAll(new RegExp(String.raw`(?:WORDS(?:_INIT)?\(|words_fmt\(\s*&?\w+,)\s*${literal}\s*,\s*${literal}`, "g"))];
  return all.map((m) => [joined(m[1]), joined(m[2])]).filter(([, en]) => /[.:]$|%s$|%\.\*s$/.test(en.trim()) && en.length > 20);
}
const between = (text, from, to) => text.slice(text.indexOf(from), to ? text.indexOf(to, text.indexOf(from)) : undefined);
const sources = [read("src/engine/health.c"), read("src/cli/watch.c"), read("src/backup/schedule.c"), between(read("src/base/health.c"), "read_told"),
  between(read("src/signer/line.c"), "} texts[]"), between(read("src/store/secret.c"), "struct words secrets_words", "place_text")];
const tests = ["tests/cli/health.mjs", "tests/cli/signer.sh", "tests/cli/backup.mjs", "tests/engine/health_test.c", "tests/base/health_test.c", "tests/torture/disk.c", "tests/torture/jump.c"];
const texts = tests.flatMap((file) => [...read(file).matchAll(/"((?:[^"\\\n]|\\.)*)"|'([^'\n]*)'/g)].map((m) => (m[1] ?? m[2]).replaceAll("&#39;", "'")));
const chinese = texts.filter((s) => /[\u4e00-\u9fff]/.test(s) && s.length >= 3);
const english = texts.filter((s) => !/[\u4e00-\u9fff]/.test(s) && s.length >= 8);
const plain = (s) => s.replace(/%(\.\*s|lld|s|d)|\d+/g, "\u0001"); // numbers and names differ
/** A backup that takes hours, of two nodes on one database: who has it is said by backup.mjs when it is made. */
const apart = ["The node %s is making it."];
let counted = 0;
for (const [zh, en] of sources.flatMap(sentences)) {
  counted++;
  await check(`somebody provokes: ${en}`, () => {
    const said = (list, text) => list.some((s) => plain(text).includes(plain(s)));
    equal((said(chinese, zh) && said(english, en)) || apart.includes(en), true);
  });
}
await check("the program's sentences were found", () => equal(counted > 60, true, `${counted}:`));

if (allPassed() && existsSync(work)) rmSync(work, { recursive: true, force: true });
end();
