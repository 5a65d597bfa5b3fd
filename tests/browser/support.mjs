// What every browser test stands on: a demonstration of its own on loopback, a
// browser, people who are signed in, and checks that are counted.
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { Server, program, root } from "../support/outside.mjs";

export { App } from "../support/authenticator.mjs";
export { root };
export const work = process.env.ZHIDU_BROWSER_DIR ?? join(root, "build/browser");
const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
export const PASSWORD = "zhidu-demo-2026";

// --- counting ---------------------------------------------------------------

export const count = { passed: 0, failed: 0 };
let where = "";
let lastPage; // what is photographed when a check fails
export const at = (place) => { where = place; };

/** One check: a sentence that is true when the function does not throw. */
export async function check(sentence, run) {
  try {
    const value = await run();
    count.passed++;
    if (process.env.VERBOSE) console.log(`ok   ${where}: ${sentence}`);
    return value;
  } catch (e) {
    count.failed++;
    const shot = join(work, "shots", `failed-${count.failed}.png`);
    await lastPage?.screenshot({ path: shot }).catch(() => {});
    console.log(`FAIL ${where}: ${sentence}\n     ${String(e.message).split("\n").slice(0, 14).join("\n     ")}`);
    return undefined;
  }
}
/** The same, but nothing after it makes sense when it fails. */
export async function must(sentence, run) {
  const before = count.failed;
  const value = await check(sentence, run);
  if (count.failed > before) throw new Error(`stopped at: ${sentence}`);
  return value;
}
export function expect(cond, words) { if (!cond) throw new Error(words); }
export function equal(have, want, words = "") {
  expect(have === want, `${words} have ${JSON.stringify(have)?.slice(0, 900)}, want ${JSON.stringify(want)?.slice(0, 900)}`);
}
export function contains(text, part) {
  expect(text.includes(part), `no ${JSON.stringify(part)} in ${JSON.stringify(text.replace(/\s+/g, " ").slice(0, 700))}`);
}

// --- a demonstration ----------------------------------------------------------

export function prepare() {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(join(work, "shots"), { recursive: true });
  if (process.env.ZHIDU_BROWSER_SEED) { // one was made for several
    cpSync(process.env.ZHIDU_BROWSER_SEED, join(work, "seed"), { recursive: true });
    return;
  }
  execFileSync(program, ["init", join(root, "regulations"), "--demo", "--data", join(work, "seed")], { stdio: "pipe" });
}

/** The same with regulations of the tests laid beside the shipped ones; the name of the seed. */
export function prepareWith(...names) {
  const seed = `seed-${names.join("-")}`, folder = join(work, `${seed}-regulations`);
  if (existsSync(join(work, seed))) return seed;
  cpSync(join(root, "regulations"), folder, { recursive: true });
  for (const name of names) cpSync(join(root, "tests/regulations", name), join(folder, name), { recursive: true });
  execFileSync(program, ["init", folder, "--demo", "--data", join(work, seed)], { stdio: "pipe" });
  return seed;
}

export class Demo {
  static async start(name, { seed = "seed", env = {} } = {}) {
    const d = new Demo();
    d.data = join(work, name);
    cpSync(join(work, seed), d.data, { recursive: true });
    d.server = await Server.start(d.data, { port: process.env.ZHIDU_BROWSER_PORT, more: env });
    d.url = d.server.url;
    return d;
  }
  command(...args) {
    return execFileSync(program, [...args, "--data", this.data], { env: { ...process.env, LC_ALL: "en_US.UTF-8" } }).toString();
  }
  /** Time passes: what falls due on the way has happened when this returns. */
  clock(length) { return this.command("clock", length); }
  async stop() {
    await this.server.stop();
    rmSync(this.data, { recursive: true, force: true });
  }
}

// --- people in front of a browser -----------------------------------------------

export const openBrowser = () => chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

export class Person {
  /** how: {lang: "zh"|"en", width, scripts} */
  constructor(demo, browser, login, how) { Object.assign(this, { demo, browser, login, how, seen: new Set() }); }
  static async signIn(demo, browser, login, how) {
    const p = await this.come(demo, browser, login, how);
    await p.enter();
    return p;
  }
  /** In front of the door. */
  static async come(demo, browser, login, how) {
    const p = new this(demo, browser, login, how);
    p.context = await browser.newContext({
      viewport: { width: how.width, height: how.width < 600 ? 740 : 900 },
      isMobile: how.width < 600, hasTouch: how.width < 600,
      colorScheme: how.theme ?? "light",
      locale: how.lang === "en" ? "en-GB" : "zh-CN",
      javaScriptEnabled: how.scripts !== false,
    });
    p.page = await p.context.newPage();
    p.page.setDefaultTimeout(Number(process.env.ZHIDU_BROWSER_PATIENCE ?? 20000));
    p.errors = [];
    p.page.on("pageerror", (e) => p.errors.push(String(e)));
    p.page.on("console", (m) => { if (m.type() === "error" && !/Failed to (load resource|fetch)/.test(m.text())) p.errors.push(m.text()); });
    return p;
  }
  t(zh, en) { return this.how.lang === "en" ? en : zh; }
  /** Signs in through the door, and takes the language of the run. */
  async enter() {
    await this.page.goto(`${this.demo.url}/signin`);
    await this.page.fill("#login", this.login);
    await this.page.fill("#password", PASSWORD);
    await this.page.click("main button.btn.main");
    await this.page.waitForURL(`${this.demo.url}/`);
    const have = (await this.page.getAttribute("html", "lang")) === "en" ? "en" : "zh";
    if (have !== this.how.lang) {
      await this.press("header.top button[name=lang]");
    }
  }
  async open(path) { lastPage = this.page; return this.page.goto(this.demo.url + path); }
  text(selector = "main") { return this.page.innerText(selector); }
  path() { return new URL(this.page.url()).pathname; }
  async close() { await this.context.close(); }

  /** A form as it is without a draft of last time. */
  async fresh(path) {
    await this.open(path);
    const clear = this.page.locator("[data-draft-clear]");
    if (await clear.isVisible().catch(() => false)) await clear.click();
  }
  /** Fills a form by the names of its fields, whatever kind of input they are. */
  async fill(values) {
    for (const [name, value] of Object.entries(values)) {
      const all = this.page.locator(`main form [name="${name}"]`);
      const first = all.first();
      const kind = await first.evaluate((e) => (e.tagName === "INPUT" ? e.type : e.tagName.toLowerCase()));
      if (kind === "radio" || kind === "checkbox") {
        await this.page.check(`main form [name="${name}"][value="${value}"]`);
      } else if (kind === "select") {
        await first.selectOption(value);
      } else if (kind === "file") {
        await first.setInputFiles(value);
      } else {
        await first.fill(value);
        await first.blur();
      }
    }
  }
  /** Presses the form's own button and waits for the answer. */
  async send() {
    lastPage = this.page;
    return this.post("main form.card footer button.btn.main");
  }
  /** Presses something that leads to another page, and waits for it. */
  async press(what) {
    await Promise.all([this.page.waitForEvent("load"), (typeof what === "string" ? this.page.locator(what).first() : what).click()]);
  }
  /** The same for what is posted; the answer, not the page it leads to. */
  async post(what) {
    const [answer] = await Promise.all([
      this.page.waitForResponse((r) => r.request().method() === "POST" && r.request().isNavigationRequest()),
      this.press(what),
    ]);
    return answer;
  }
  /** On a record's page: chooses an action by its words, fills its form, sends it. */
  async act(words, values = {}) {
    await this.press(`ul.acts a.btn:has-text("${words}")`);
    await this.fill(values);
    const answer = await this.send();
    equal(answer.status(), 303, `${words}: ${answer.status() === 303 ? "" : await this.text()}`);
    contains(await this.text(), words);
  }
  state() { return this.page.innerText("main .head .pill"); }

  /** Makes the window as tall as the page, within reason. */
  async tall() {
    const { width, height } = this.page.viewportSize();
    const whole = await this.page.evaluate(() => document.documentElement.scrollHeight);
    await this.page.setViewportSize({ width, height: Math.min(Math.max(whole, height), 16000) });
  }
  /** What axe finds on the page that is open: WCAG 2.2 A and AA and best practices, or these rules alone. */
  async violations(rules) {
    if (!(await this.page.evaluate(() => Boolean(globalThis.axe)))) await this.page.evaluate(axeSource);
    return this.page.evaluate(async (rules) => {
      const runOnly = rules ?? ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
      const r = await globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] });
      return r.violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((n) => n.target.join(" ")).join(" | ")} (${v.nodes[0].any[0]?.message ?? v.help})`);
    }, rules);
  }
  /** No violation of WCAG 2.2 A and AA on the page that is open. */
  async axe(name) {
    if (this.how.scripts === false) return;
    const view = this.page.viewportSize();
    await this.tall(); // what sticks to an edge covers nothing then
    await check(`${name}: accessible`, async () => {
      const found = await this.violations();
      expect(!found.length, found.join("\n"));
    });
    await check(`${name}: nothing is wider than the screen`, async () => {
      const wide = await this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      expect(wide <= 0, `${wide} px too wide`);
    });
    await this.page.setViewportSize(view);
    if (process.env.SHOTS) await this.page.screenshot({ path: join(work, "shots", `${name.replace(/\W+/g, "-")}-${this.how.lang}-${this.how.width}.png`), fullPage: true });
  }
}

/** A demonstration of its own and the people who walk through it, part by part, each given
 * {demo, browser, how, as, t}.  A part that breaks off is a failure and the next goes on, unless
 * each stands on the one before (`inTurn`); `last` looks at what is left when all have gone. */
export async function story(name, browser, how, parts, { inTurn = false, last } = {}) {
  at(`${name} ${how.lang} ${how.width}`);
  const demo = await Demo.start(`${name.replaceAll(" ", "-")}-${how.lang}-${how.width}`);
  const people = {};
  const as = async (login) => (people[login] ??= await Person.signIn(demo, browser, login, how));
  const w = { demo, browser, how, as, t: (zh, en) => (how.lang === "en" ? en : zh) };
  for (const part of parts) {
    try {
      await part(w);
    } catch (e) {
      await check(`${part.name} goes to its end`, () => { throw e; });
      if (inTurn) break;
    }
  }
  for (const p of Object.values(people)) {
    await check(`no error in ${p.login}'s browser`, () => equal(p.errors.join("\n"), ""));
    await p.close();
  }
  await last?.(w);
  await demo.stop();
}

/** A real photograph's bytes: a small PNG made here. */
export const photo = () => ({ name: "现场照片.png", mimeType: "image/png", buffer: Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGO46BuPFTEMUomLvvEADJ51wZMLpKAAAAAASUVORK5CYII=", "base64") });
