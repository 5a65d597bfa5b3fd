// Every page, as a picture to be looked at: node shots.mjs [--out DIR] [--only NAME,...] [--lang zh] [--theme dark] [--width 360] [--window] [--quick]
// Chinese and English, light and dark, phone and desktop; on the way each is asked
// for WCAG 2.2 AA (axe), for its width and for its weight.  A contact sheet per
// language, theme and width says at a glance what is out of tune.
import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Demo, Person, at, check, count, expect, openBrowser, photo, root } from "./support.mjs";

const PAGE_MOST = 60 * 1024;
const argument = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : process.argv[i + 1];
};
const listed = (name, all) => argument(name, "")?.split(",").filter(Boolean).map((x) => (Number(x) || x)) ?? all;
const either = (name, all) => { const l = listed(name, all); return l.length ? l : all; };
const out = argument("out", join(root, "build/shots"));
const only = listed("only", []);
const quick = process.argv.includes("--quick"); // no pictures, only the questions
const windowOnly = process.argv.includes("--window"); // what one sees without scrolling

// --- what there is to see -----------------------------------------------------
// [name, who, address, what to do there before the picture]

const open = (selector) => async (p) => { await p.page.click(selector); };
/** A menu that a phone does not have: there the page is shown as it is. */
const openAtDesk = (selector) => async (p) => { if (p.page.viewportSize().width >= 600) await p.page.click(selector); };
const press = async (p) => {
  await p.page.evaluate(() => { for (const f of document.querySelectorAll("main form.card")) f.noValidate = true; });
  await p.page.click("main form.card footer button.btn.main");
  await p.page.waitForLoadState();
};
const pages = (r) => [
  ["home-reporter", "li.lei", "/"],
  ["home-technician", "liu.yang", "/"],
  ["home-leader", "zhao.min", "/"],
  ["new-menu", "wu.tao", "/", open("header.top details.menu:first-of-type > summary")],
  ["my-menu", "wu.tao", "/", open("header.top details.menu:last-of-type > summary")],
  ["inbox-todo", "wu.tao", "/inbox"],
  ["inbox-done", "wu.tao", "/inbox?box=done"],
  ["inbox-mine", "li.lei", "/inbox?box=mine"],
  ["inbox-watched-empty", "zhao.min", "/inbox?box=watched"],
  ["types", "li.lei", "/r"],
  ["list", "wu.tao", "/r/fault?n=1"],
  ["list-open", "wu.tao", "/r/fault?open=1&w.category=hardware&n=1"],
  ["list-filters", "wu.tao", "/r/fault?open=1", open("main form.bar details.menu > summary")],
  ["list-views", "wu.tao", "/r/fault?open=1", open("main .head details.menu > summary")],
  ["list-filter-wrong", "wu.tao", "/r/fault?f=stat+%3D%3D+1", open("main form.bar details.menu > summary")],
  ["list-chosen", "wu.tao", "/r/fault?open=1", async (p) => {
    const b = p.page.locator("[data-pick]");
    await b.nth(0).check(); await b.nth(1).check();
  }],
  ["list-nothing", "wu.tao", "/r/fault?q=%E9%BE%99%E5%8D%B7%E9%A3%8E"],
  ["list-empty", "guo.jing", "/r/device?mine=1"],
  ["list-devices", "huang.he", "/r/device"],
  ["list-people", "xu.jing", "/r/person"],
  ["list-units", "xu.jing", "/r/unit"],
  ["list-grades", "sun.li", "/r/fault_grade"],
  ["list-calendar", "xu.jing", "/r/calendar_day"],
  ["record-reported", "li.lei", r(23)],
  ["record-reported-desk", "wu.tao", r(23)],
  ["record-overdue", "wu.tao", r(22)],
  ["record-accepted", "chen.gang", r(20)],
  ["record-graded", "yang.fan", r(17)],
  ["record-handling", "chen.gang", r(12)],
  ["record-why-not", "li.lei", r(23), async (p) => { const d = p.page.locator("main details.fold > summary"); if (await d.count()) await d.first().click(); }],
  ["record-clause-shown", "li.lei", r(23), async (p) => { await p.page.locator("main dl .clause").nth(2).click(); await p.page.waitForSelector(".quote:popover-open"); }],
  ["record-waiting", "guo.jing", r(11)],
  ["record-vendor", "liu.yang", r(10)],
  ["record-fed-back", "li.lei", r(14)],
  ["record-rechecking", "yang.fan", r(9)],
  ["record-closed", "wu.tao", r(3)],
  ["record-withdrawn", "tang.xue", r(7)],
  ["record-device", "huang.he", "first:/r/device"],
  ["record-person", "xu.jing", "first:/r/person"],
  ["record-unit", "xu.jing", "first:/r/unit"],
  ["labels", "huang.he", "labels"],
  ["labels-print", "huang.he", "labels", "print"],
  ["labels-none", "huang.he", "/r/device/labels"],
  ["list-export-menu", "wu.tao", "/r/fault", openAtDesk("main .head details.menu:nth-of-type(2) > summary")],
  ["record-print", "wu.tao", `${r(3)}?print=1`, "print"],
  ["list-print", "wu.tao", "/r/fault?open=1", "print"],
  ["law-print", "wu.tao", "/law/fault_reporting", "print"],
  ["form-report", "li.lei", "/r/fault/new/report"],
  ["form-report-errors", "li.lei", "/r/fault/new/report", press],
  ["form-behalf", "wu.tao", "/r/fault/new/report_for"],
  ["form-accept", "wu.tao", `${r(22)}/do/accept`],
  ["form-grade", "chen.gang", `${r(20)}/do/grade`],
  ["form-rows", "chen.gang", `${r(12)}/do/log_handling`],
  ["form-make-report", "chen.gang", `${r(12)}/do/make_report`],
  ["form-confirm", "li.lei", `${r(14)}/do/confirm`],
  ["form-nothing-asked", "wu.tao", `${r(8)}/do/close`],
  ["form-refused", "li.lei", `${r(23)}/do/accept`],
  ["form-device", "huang.he", "/r/device/new/register"],
  ["library", "li.lei", "/law"],
  ["law", "li.lei", "/law/fault_reporting"],
  ["law-clause", "li.lei", "/law/fault_reporting#repair-time"],
  ["search", "wu.tao", `/search?q=${encodeURIComponent("打印")}`],
  ["search-nothing", "wu.tao", "/search?q=zzzzqq"],
  ["search-empty", "wu.tao", "/search"],
  ["notifications", "liu.yang", "/notifications"],
  ["notifications-empty", "gao.yuan", "/notifications"],
  ["proof", "wu.tao", "proof"],
  ["me", "li.lei", "/me"],
  ["help", "li.lei", "/help"],
  ["help-user", "li.lei", "/help/user"],
  ["help-section", "li.lei", "/help/user#lists"],
  ["help-admin", "xu.jing", "/help/admin"],
  ["help-author", "xu.jing", "/help/author"],
  ["help-found", "li.lei", "/help?q=CSV"],
  ["help-nothing", "li.lei", "/help?q=zzzz"],
  ["help-print", "li.lei", "/help/user", "print"],
  ["admin", "xu.jing", "/admin"],
  ["settings", "xu.jing", "/admin/settings"],
  ["setting", "xu.jing", "/admin/settings/fault_reporting/fault.accept"],
  ["setting-difference", "xu.jing", "/admin/settings/fault_reporting/fault.accept", async (p) => {
    await p.page.fill("#value", "2 workhours");
    await p.page.click("main form.form button.btn");
    await p.page.waitForLoadState();
  }],
  ["jobs", "xu.jing", "/admin/jobs"],
  ["health", "xu.jing", "/admin/health"],
  ["account", "xu.jing", "account"],
  ["error-404", "li.lei", "/r/fault/1"],
  ["error-forbidden", "li.lei", "/admin/account/1"],
  ["error-conflict", "wu.tao", `${r(21)}/do/grade`, async (p) => {
    await p.page.evaluate(() => { document.querySelector("main form.card [name=ver]").value = "1"; });
    await press(p);
  }],
  ["error-refused-post", "li.lei", "/r/fault/new/report", async (p) => {
    await p.page.fill("#f-summary", "打不开网页"); await p.page.fill("#f-contact", "8832"); await p.page.fill("#f-occurred", "2099-01-01T10:00");
    await press(p);
  }],
];

// --- a demonstration with something in it ---------------------------------------

function prepare(work) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  execFileSync(process.env.ZHIDU ?? join(root, "build/release/zhidu"),
    ["init", join(root, "regulations"), "--demo", "--cases", "--data", join(work, "seed")], { stdio: "pipe" });
}

async function numbers(demo, browser) {
  const p = await Person.signIn(demo, browser, "wu.tao", { lang: "zh", width: 1280 });
  const found = {};
  await p.open("/r/fault");
  for (const row of await p.page.locator("main table.list tbody tr").all()) {
    const m = /GZ-\d+-0*(\d+)/.exec(await row.innerText());
    if (m) found[m[1]] = await row.locator("a.row").getAttribute("href");
  }
  await p.open(found[12]);
  await p.page.setInputFiles("#f-files", [photo(), { name: "阵列日志.txt", mimeType: "text/plain", buffer: Buffer.from("disk 7: 214 reallocated\n".repeat(900)) }]);
  await p.page.click('form[action$="/note/attach"] button');
  await p.page.waitForLoadState();
  await p.page.fill("#f-note", "已联系原厂，备件**明天上午**到。重建期间请不要重启阵列。");
  await p.page.click('form[action$="/note/comment"] button');
  await p.page.waitForLoadState();
  await p.close();
  return (n) => found[n];
}

// --- pictures -----------------------------------------------------------------------

async function address(p, path) {
  if (path.startsWith("first:")) {
    await p.open(path.slice(6));
    return p.page.locator("main table.list a.row").first().getAttribute("href");
  }
  if (path === "labels") {
    await p.open("/r/device");
    const ids = await p.page.locator("[data-pick]").evaluateAll((boxes) => boxes.slice(0, 8).map((b) => `id=${b.value}`));
    return `/r/device/labels?${ids.join("&")}`;
  }
  if (path === "proof") {
    await p.open("/r/fault");
    await p.page.locator("main table.list a.row").first().click();
    return p.page.locator('main a[href^="/proof/"]').first().getAttribute("href");
  }
  if (path === "account") {
    return (await address(p, "first:/r/person")).replace("/r/person", "/admin/account");
  }
  return path;
}

async function shoot(p, dir, [name, , path, before]) {
  await p.page.emulateMedia({ media: "screen" });
  await p.page.mouse.move(2, 2);
  const to = await address(p, path);
  const answer = await p.open(to);
  if (typeof before === "function") await before(p);
  if (answer) {
    const size = (await answer.body().catch(() => Buffer.alloc(0))).length;
    await check(`${name}: at most 60 KB`, () => expect(size <= PAGE_MOST, `${size} bytes`));
  }
  await p.axe(name);
  if (before === "print") {
    await p.page.emulateMedia({ media: "print" });
  }
  if (quick) return;
  const still = windowOnly || name.endsWith("-shown") || name.includes("menu") || name === "law-clause" || name === "help-section";
  const view = p.page.viewportSize();
  if (!still) await p.tall();
  await p.page.screenshot({ path: join(dir, `${name}.png`), fullPage: !still });
  await p.page.setViewportSize(view);
}

async function door(demo, browser, dir, how) {
  const context = await browser.newContext({ viewport: { width: how.width, height: how.width < 600 ? 740 : 800 }, colorScheme: how.theme });
  const page = await context.newPage();
  await page.goto(`${demo.url}/signin?lang=${how.lang}`);
  await page.screenshot({ path: join(dir, "door.png") });
  await page.fill("#login", "li.lei");
  await page.fill("#password", "wrong-password");
  await page.click("main button.btn.main");
  await page.screenshot({ path: join(dir, "door-wrong.png") });
  await context.close();
}

async function sheet(browser, dir, width) {
  const files = readdirSync(dir).filter((f) => f.endsWith(".png") && !f.startsWith("sheet"));
  const [per, w, h] = width < 600 ? [16, 240, 500] : [9, 620, 520];
  const page = await browser.newPage({ viewport: { width: width < 600 ? 1980 : 1900, height: 600 } });
  for (let i = 0; i * per < files.length; i++) {
    const cells = files.slice(i * per, i * per + per).map((f) =>
      `<figure><figcaption>${f}</figcaption><div><img src="data:image/png;base64,${readFileSync(join(dir, f)).toString("base64")}"></div></figure>`).join("");
    await page.setContent(`<style>body{margin:6px;display:flex;flex-wrap:wrap;gap:6px;font:12px sans-serif;background:#999}figure{margin:0}div{width:${w}px;height:${h}px;overflow:hidden}img{width:${w}px}</style>${cells}`);
    await page.screenshot({ path: join(dir, `sheet-${i + 1}.png`), fullPage: true });
  }
  await page.close();
}

const work = join(process.env.ZHIDU_BROWSER_DIR ?? join(root, "build/browser"));
prepare(work);
const browser = await openBrowser();
const demo = await Demo.start("shots");
try {
  const r = await numbers(demo, browser);
  for (const lang of either("lang", ["zh", "en"])) for (const theme of either("theme", ["light", "dark"])) for (const width of either("width", [1280, 360])) {
    const dir = join(out, `${lang}-${theme}-${width}`);
    if (!quick) mkdirSync(dir, { recursive: true });
    at(`${lang} ${theme} ${width}`);
    if (!only.length && !quick) await door(demo, browser, dir, { lang, theme, width });
    const people = {};
    for (const page of pages(r)) {
      if (only.length && !only.some((o) => page[0].startsWith(o))) continue;
      const p = (people[page[1]] ??= await Person.signIn(demo, browser, page[1], { lang, width, theme }));
      await check(`${page[0]}: can be shown`, () => shoot(p, dir, page));
    }
    for (const p of Object.values(people)) await p.close();
    if (!quick) await sheet(browser, dir, width);
  }
} finally {
  await browser.close();
  await demo.stop();
}
if (!quick) console.log(`pictures in ${out}`);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
