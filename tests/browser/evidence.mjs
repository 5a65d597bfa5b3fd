// Evidence: somebody makes a package of a control, and a stranger without a network, with the
// public key alone, sees that it holds; whatever is changed in it, the page that lies in the
// package names the file, and so does zhidu-verify.
import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { inflateRawSync } from "node:zlib";
import { Demo, Person, at, check, contains, equal, expect, must, root, work } from "./support.mjs";

const CONTROL = "devices_have_a_technician";
const verifier = join(root, "build/release/zhidu-verify");

export async function evidence(browser, how) {
  at(`evidence ${how.lang} ${how.width}`);
  const demo = await Demo.start(`evidence-${how.lang}-${how.width}`);
  const w = { demo, browser, how, t: (zh, en) => (how.lang === "en" ? en : zh), folder: join(work, `package-${how.lang}`) };
  rmSync(w.folder, { recursive: true, force: true });
  mkdirSync(w.folder, { recursive: true });
  for (const part of [made, holds, drawn, tampered, byProgram]) {
    try {
      await part(w);
    } catch (e) {
      await check(`${part.name} goes to its end`, () => { throw e; });
    }
  }
  await check("no error in the browser", () => equal(w.huang.errors.join("\n"), ""));
  await w.huang.close();
  await w.stranger?.close();
  await demo.stop();
}

/** The files of a zip file that zhidu made: name to bytes. */
function unzip(zip) {
  const files = new Map();
  let at = zip.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
  const n = zip.readUInt16LE(at + 10);
  at = zip.readUInt32LE(at + 16);
  for (let i = 0; i < n; i++) {
    const [packed, name, extra, note, local] = [zip.readUInt32LE(at + 20), zip.readUInt16LE(at + 28), zip.readUInt16LE(at + 30), zip.readUInt16LE(at + 32), zip.readUInt32LE(at + 42)];
    const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
    files.set(zip.toString("utf8", at + 46, at + 46 + name), inflateRawSync(zip.subarray(from, from + packed)));
    at += 46 + name + extra + note;
  }
  return files;
}

async function download(w, old) {
  const { huang } = w;
  await huang.open(`/controls/${CONTROL}`);
  if (old) {
    await huang.page.click("#evidence details summary");
    await huang.page.fill("#e-old", String(old));
  }
  await huang.post("#evidence form button.btn");
  equal(huang.path(), "/me/jobs");
  for (let i = 0; ; i++) {
    await huang.open("/me/jobs");
    const [first] = await huang.page.locator("main tbody tr").all();
    const text = await first.innerText();
    if (text.includes(w.t("完成", "done"))) break;
    expect(i < 60 && !text.includes(w.t("失败", "failed")), text);
    await new Promise((done) => setTimeout(done, 500));
  }
  const [file] = await Promise.all([huang.page.waitForEvent("download"), huang.page.locator("main tbody tr a.btn").first().click()]);
  const to = join(w.folder, file.suggestedFilename());
  await file.saveAs(to);
  return to;
}

async function made(w) {
  w.huang = await Person.signIn(w.demo, w.browser, "huang.he", w.how);
  await must("a package is made from the control's page and fetched", async () => {
    w.first = unzip(readFileSync(await download(w)));
    w.old = w.first.get("snapshot.tlog-proof").toString().split("\n\n").slice(1).join("\n\n");
    w.zip = await download(w, w.old.split("\n")[1]);
    w.files = unzip(readFileSync(w.zip));
    expect(w.files.has("consistency.txt"), [...w.files.keys()].join(" "));
    await w.huang.open(`/controls/${CONTROL}`);
    contains(await w.huang.text("#evidence"), w.t("存证账本第", "Entry"));
    await w.huang.axe("a control with snapshots");
  });
  w.key = readFileSync(join(w.demo.data, "ledger.pub")).toString().split("\n").find((l) => l && !l.startsWith("#"));
}

/** The page of the package in a browser that has no network. */
async function stranger(w) {
  const page = join(w.folder, "verify.html");
  writeFileSync(page, w.files.get("verify.html"));
  const s = w.stranger = await Person.come(w.demo, w.browser, "stranger", w.how);
  await s.context.setOffline(true);
  await s.page.goto(`file://${page}`);
  return s;
}

const asPayload = (files) => [...files].map(([name, buffer]) => ({ name, mimeType: "application/octet-stream", buffer }));

async function holds(w) {
  const s = await stranger(w);
  await must("offline, with the key alone, the package holds", async () => {
    await s.axe("the verifier's page");
    await s.page.fill("#key", w.key);
    await s.page.setInputFiles("#files", w.zip);
    await s.page.click("#go");
    await s.page.waitForSelector("#result .good");
    const text = await s.page.innerText("#result");
    contains(text, CONTROL);
    contains(text, w.demo ? "11" : "");
    await s.axe("a package that holds");
  });
  await must("its unpacked files hold too, and continue a checkpoint that was kept", async () => {
    await s.page.click("details summary");
    await s.page.fill("#old", w.old);
    await s.page.setInputFiles("#files", asPayload(w.files));
    await s.page.click("#go");
    await s.page.waitForSelector("#result .good");
  });
}

async function drawn(w) {
  const s = w.stranger;
  await must("a sample is drawn, and the program draws the same", async () => {
    const later = w.files.get("snapshot.tlog-proof").toString().split("\n\n").slice(1).join("\n\n");
    await s.page.fill("#old", "");
    await s.page.fill("#later", later);
    await s.page.fill("#nonce", "dice");
    await s.page.fill("#campaign", "2026");
    await s.page.fill("#draw", "5");
    await s.page.setInputFiles("#files", asPayload(w.first));
    await s.page.click("#go");
    await s.page.waitForSelector("#result .good");
    const rows = await s.page.locator("#result table:nth-of-type(2) tr").all();
    equal(rows.length, 5);
    const folder = join(w.folder, "first"), key = join(w.folder, "first.key"), at = join(w.folder, "later");
    mkdirSync(folder);
    for (const [n, b] of w.first) writeFileSync(join(folder, n), b);
    writeFileSync(key, `${w.key}\n`);
    writeFileSync(at, later);
    const says = execFileSync(verifier, [key, folder, "--sample", at, "--nonce", "dice", "--campaign", "2026", "--draw", "5"], { env: { LANG: "en_US.UTF-8" } }).toString();
    contains(says, await s.page.innerText("#result table:nth-of-type(2) caption code"));
    for (const row of rows) contains(says, (await row.innerText()).trim());
    await s.axe("a sample");
    for (const id of ["#later", "#nonce", "#campaign", "#draw"]) await s.page.fill(id, "");
  });
}

const flip = (b, i) => { const c = Buffer.from(b); c[Math.floor(i)] ^= 1; return c; };
const put = (files, name, bytes) => new Map(files).set(name, bytes);
/** The manifest that a cunning hand would write. */
function listed(files) {
  const lines = [...files.keys()].filter((n) => n !== "manifest.txt").sort((a, b) => (a < b ? -1 : 1));
  return put(files, "manifest.txt", Buffer.from(lines.map((n) => `${createHash("sha256").update(files.get(n)).digest("hex")}  ${n}\n`).join("")));
}

/** [what, the file that is wrong, the files] of every kind. */
function variants(w) {
  const all = [];
  for (const [name, bytes] of w.files) {
    const changed = [["a bit at the beginning", flip(bytes, 0)], ["a bit in the middle", flip(bytes, bytes.length / 2)],
      ["its end is gone", bytes.subarray(0, bytes.length - 1)], ["half is gone", bytes.subarray(0, bytes.length / 2)],
      ["a bit at two thirds", flip(bytes, bytes.length * 2 / 3)], ["empty", Buffer.alloc(0)], ["a line more", Buffer.concat([bytes, Buffer.from("x\n")])], ["from another package", w.first.get(name) ?? Buffer.from("zhidu")]];
    const lines = bytes.toString("latin1").split("\n");
    if (lines.length > 3) {
      changed.push(["a line is gone", Buffer.from(lines.slice(1).join("\n"), "latin1")]);
      changed.push(["lines are exchanged", Buffer.from([lines[1], lines[0], ...lines.slice(2)].join("\n"), "latin1")]);
    }
    for (const [what, to] of changed) {
      if (to.equals(bytes)) continue;
      all.push([what, name, put(w.files, name, to)]);
      if (name !== "manifest.txt") all.push([`${what}, and the manifest made anew`, name, listed(put(w.files, name, to))]);
    }
    const less = new Map(w.files);
    less.delete(name);
    all.push(["missing", name, less]);
    all.push(["a file more", `${name}.bak`, put(w.files, `${name}.bak`, bytes)]);
  }
  return all;
}

/** What the page says of these files: the names it names. */
const named = (page, files, key, old) => page.evaluate(async ({ files, key, old }) => {
  const bytes = (b) => Uint8Array.from(atob(b), (c) => c.charCodeAt(0));
  const list = files.map(([name, b]) => fileOf(new File([bytes(b)], name)));
  const opt = { keys: [parseKey(key, 1)], witnesses: [], need: 0, old, later: "", nonce: "", campaign: "", draw: 0 };
  return (await check(list, opt)).bad.map((b) => b.file);
}, { files: [...files].map(([n, b]) => [n, b.toString("base64")]), key, old });

async function tampered(w) {
  const s = w.stranger;
  const list = variants(w);
  await must("the files as they are: nothing is named", async () => equal((await named(s.page, w.files, w.key, w.old)).join(), ""));
  await must(`of ${list.length} tamperings each is named`, async () => {
    expect(list.length >= 200, `${list.length}`);
    for (const [what, name, files] of list) {
      const says = await named(s.page, files, w.key, w.old);
      expect(says.includes(name), `${name}, ${what}: named ${says.join(" ") || "nothing"}`);
    }
  });
  await must("what is wrong is shown by its name", async () => {
    await s.page.setInputFiles("#files", asPayload(put(w.files, "population.ndjson", flip(w.files.get("population.ndjson"), 40))));
    await s.page.click("#go");
    await s.page.waitForSelector("#result [data-file='population.ndjson']");
    await s.axe("a package that was tampered with");
  });
  await must("with another key nothing is believed", async () => {
    await s.page.fill("#key", w.key.replace(/\+.*$/, "+00000000+AAAA"));
    await s.page.click("#go");
    await s.page.waitForSelector("#result .bad");
    contains(await s.page.innerText("#result"), w.t("公钥有误", "A public key is wrong"));
  });
  await must("the report is readable alone", async () => {
    writeFileSync(join(w.folder, "report.html"), w.files.get("report.html"));
    await s.page.goto(`file://${join(w.folder, "report.html")}`);
    contains(await s.page.innerText("article >> nth=0"), "控制点证据");
    contains(await s.page.innerText("article >> nth=1"), "Evidence of a control");
    await s.axe("the report of a package");
  });
}

async function byProgram(w) {
  await must("zhidu-verify says the same", async () => {
    const key = join(w.folder, "key"), folder = join(w.folder, "unpacked"), old = join(w.folder, "old");
    writeFileSync(key, `${w.key}\n`);
    writeFileSync(old, w.old);
    const env = { LANG: "en_US.UTF-8" };
    contains(execFileSync(verifier, [key, w.zip, "--old", old], { env }).toString(), "the package is whole");
    for (const [what, name, files] of variants(w)) {
      rmSync(folder, { recursive: true, force: true });
      mkdirSync(folder);
      for (const [n, b] of files) writeFileSync(join(folder, n), b);
      const r = spawnSync(verifier, [key, folder, "--old", old], { env });
      equal(r.status, 1, `${name}, ${what}`);
      contains(r.stdout.toString(), ` / ${name}: `);
    }
  });
}
