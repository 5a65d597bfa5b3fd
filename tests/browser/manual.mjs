// The administrator's manual tried as somebody new would, "From installation to a changed
// deadline": ./start, the names it prints, a browser.  Whatever is pressed or filled in here
// must stand in that section of the manual in the words of the page, so that neither the
// manual nor a page can change without the other.
import { spawn, spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../support/outside.mjs";
import { Person, at, check, contains, equal, expect, must, root } from "./support.mjs";

const section = (lang) => {
  const text = readFileSync(join(root, `docs/manual/admin.${lang}.md`), "utf8");
  return text.slice(text.indexOf("{#first-hour}")).split(/\n## /)[0].replace(/\s+/g, " ");
};

/** ./start in a process group of its own; resolves with what it printed. */
async function start(data, port, lang) {
  const env = { ...process.env, ZHIDU_DATA: data, ZHIDU_PORT: String(port), LC_ALL: lang === "en" ? "en_US.UTF-8" : "zh_CN.UTF-8" };
  const server = spawn("./start", [], { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  server.stdout.on("data", (b) => { log += b; });
  server.stderr.on("data", (b) => { log += b; });
  for (let i = 0; !/(Ctrl-C)/.test(log); i++) {
    if (i > 1200 || server.exitCode !== null) throw new Error(`./start does not come up: ${log}`);
    await new Promise((r) => setTimeout(r, 100));
  }
  return { server, log: () => log };
}

/** Somebody who knows the manual's words and nothing else. */
class Newcomer extends Person {
  static async come(url, browser, how) {
    const n = new Newcomer({ url }, browser, "", how);
    n.manual = section(how.lang);
    n.context = await browser.newContext({ viewport: { width: how.width, height: 900 }, locale: how.lang === "en" ? "en-GB" : "zh-CN" });
    n.page = await n.context.newPage();
    n.page.setDefaultTimeout(20000);
    return n;
  }
  /** Words that the manual uses, or the step is a guess. */
  word(words, mark = "**") {
    const all = this.manual.matchAll(mark === "**" ? /\*\*([^*]+)\*\*/g : /`([^`]+)`/g);
    const said = [...all].flatMap(([, w]) => w.split(" → "));
    expect(said.includes(words), `the manual does not say ${JSON.stringify(words)}`);
    return words;
  }
  /** The link or button whose text these words are. */
  async click(words, within = "body") {
    const text = new RegExp(`^\\s*${this.word(words)}\\s*$`);
    await this.press(this.page.locator(`${within} a:visible, ${within} button:visible`).filter({ hasText: text }).first());
  }
  async write(label, value) { await this.page.getByLabel(this.word(label), { exact: false }).first().fill(value); }
  async signIn(login, password) {
    await this.page.goto(`${this.demo.url}/`);
    if (!(await this.page.getAttribute("html", "lang")).startsWith(this.how.lang)) await this.page.goto(`${this.demo.url}/signin?lang=${this.how.lang}`);
    await this.page.fill("#login", this.word(login, "`"));
    await this.page.fill("#password", password);
    await this.click(this.t("登录", "Sign in"), "main");
    if (!(await this.page.getAttribute("html", "lang")).startsWith(this.how.lang)) await this.click("EN", "header.top");
  }
  async signOut() {
    await this.page.locator("header.top details.menu > summary").last().click();
    await this.click(this.t("退出登录", "Sign out"));
  }
}

async function reports(n, what) {
  const t = n.t.bind(n);
  await n.page.locator("header.top details.menu > summary").first().click();
  await n.click(t("申报故障", "Report a fault"), "header.top .drop");
  await n.write(t("故障现象", "What is wrong"), what);
  await n.write(t("联系电话", "Telephone"), "8832");
  await n.click(t("申报故障", "Report a fault"), "main form");
  contains(await n.text(), what);
  return n.path();
}

/** How long the deadline is, in minutes by the clock, and the version the record follows. */
async function terms(n) {
  const clock = n.page.locator("main .clock").filter({ hasText: n.word(n.t("受理时限", "Acceptance")) });
  const details = await n.text('main [aria-labelledby="h-fields"] header');
  expect(details.includes(n.word(n.t("内容", "Details"))), details);
  return { length: Number(await clock.locator("progress").getAttribute("max")), version: Number(/(?:version|第) (\d+)/.exec(details)[1]) };
}

async function steps(n, password) {
  const t = n.t.bind(n);
  const first = await must("li.lei signs in and reports a fault", async () => {
    await n.signIn("li.lei", password);
    return reports(n, t("显示器不亮", "The screen stays dark"));
  });
  const before = await must("its deadline and its version are where the manual says", () => terms(n));
  equal(before.version, 1);
  await check("the mark beside the deadline shows the article", async () => {
    await n.page.locator("main .clock button.clause").first().click();
    await n.page.waitForSelector(".quote:popover-open");
    await n.page.keyboard.press("Escape");
  });
  await must("the administrator finds the setting", async () => {
    await n.signOut();
    await n.signIn("xu.jing", password);
    await n.click(t("管理", "Administration"), ".rail");
    await n.press(n.page.locator("main a.tile").filter({ hasText: n.word(t("制度参数", "Settings")) }));
    await n.click(t("受理时限", "Time to accept"), "main");
  });
  await must("the difference is shown first, then it is published", async () => {
    await n.page.fill("#value", n.word(t("2 个工作小时", "2 working hours"), "`"));
    await n.click(t("查看差异", "See the difference"), "main");
    await n.click(t("确认发布", "Publish"), "main");
  });
  await must("the next fault has the new deadline", async () => {
    await n.signOut();
    await n.signIn("li.lei", password);
    await reports(n, t("键盘失灵", "The keyboard is dead"));
    const now = await terms(n);
    equal(now.version, 2);
    expect(now.length >= 120 && now.length > before.length, `${before.length}, then ${now.length} minutes`); // by the clock: a noon may lie between
  });
  await check("the first one keeps its own", async () => {
    await n.open(first);
    const same = await terms(n);
    equal(same.version, 1);
    equal(same.length, before.length);
  });
  await check("the regulation shows what changed", async () => {
    await n.click(t("制度", "Regulations"), ".rail");
    await n.page.locator("main h2 a").filter({ hasText: t("故障申报", "faults") }).click();
    await n.click(t("与上一版的差异", "What changed"), "main");
    contains(await n.text(), t("2 个工作小时", "2 working hours"));
  });
  await check("? opens the help about the page, and the manual can be searched", async () => {
    await n.open("/r/fault");
    await n.page.keyboard.press("?");
    await n.page.waitForURL("**/help/user#lists");
    await n.page.fill("#h-q", "CSV");
    await n.page.keyboard.press("Enter");
    await n.page.waitForSelector(".help-hits a");
  });
}

export async function manual(browser, how) {
  at(`manual ${how.lang}`);
  const data = join(process.env.ZHIDU_BROWSER_DIR ?? join(root, "build/browser"), `manual-${how.lang}`);
  const port = await freePort();
  rmSync(data, { recursive: true, force: true });
  let run, n;
  try {
    run = await must("./start comes up", () => start(data, port, how.lang));
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(run.log())[0];
    const password = /password: (\S+)/.exec(run.log())[1];
    await check("it says address, names and password, and nothing alarming", () => {
      contains(run.log(), "li.lei");
      contains(run.log(), "xu.jing");
      expect(!/ (warn|error) /.test(run.log()), run.log());
    });
    n = await Newcomer.come(url, browser, how);
    await steps(n, password);
    await check("the ledger is in order", () => {
      const command = n.word("build/release/zhidu ledger verify --data data/demo", "`").replace("data/demo", data).split(" ");
      const r = spawnSync(command[0], command.slice(1), { cwd: root, encoding: "utf8", env: { ...process.env, LC_ALL: how.lang === "en" ? "en_US.UTF-8" : "zh_CN.UTF-8" } });
      equal(r.status, 0, r.stdout + r.stderr);
      const said = how.lang === "en" ? /says "([^"]+)"/.exec(n.manual)[1] : /答复“([^”]+)”/.exec(n.manual)[1];
      contains(r.stdout, said);
    });
  } catch (e) {
    if (!/^stopped at/.test(e.message)) await check("the manual leads to its end", () => { throw e; });
  } finally {
    await n?.close();
    run?.server.kill("SIGTERM");
    rmSync(data, { recursive: true, force: true });
  }
}
