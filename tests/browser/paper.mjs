// On paper, in forced colours, without motion: node paper.mjs [--out DIR]
// Prints a record, a list, a regulation, the manual and labels as PDF, as the browser's own
// print does, and reads the sheets again: what must be there, what has no place on paper,
// nothing cut.  With --out the sheets and the pages in forced colours are pictures to be
// looked at.
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { address, look, numbers, prepare } from "./pages.mjs";
import { Demo, at, check, contains, count, equal, expect, openBrowser, work } from "./support.mjs";

const i = process.argv.indexOf("--out");
const out = i < 0 ? "" : process.argv[i + 1];

/** The page that is open as the browser prints it: its text, its sheets, their size. */
async function sheets(p, name) {
  await p.page.emulateMedia({ media: "print" });
  const pdf = await p.page.pdf({ preferCSSPageSize: true, printBackground: false });
  await p.page.emulateMedia({ media: "screen" });
  if (out) {
    const file = join(out, `${name}-${p.how.lang}.pdf`);
    writeFileSync(file, pdf);
    execFileSync("pdftoppm", ["-r", "60", "-png", file, file.replace(".pdf", "")]);
  }
  const info = execFileSync("pdfinfo", ["-"], { input: pdf }).toString();
  return {
    text: execFileSync("pdftotext", ["-layout", "-", "-"], { input: pdf }).toString(),
    count: Number(/Pages:\s+(\d+)/.exec(info)[1]),
    a4: /Page size:\s+59[45](\.\d+)? x 84[12]/.test(info),
  };
}
const letters = (s) => s.replace(/\s+/g, "");

async function printed(p, name, path, { has, hasNot = [], most, least = 1 }) {
  await check(`${name} on paper`, async () => {
    await p.open(path);
    await p.page.waitForFunction(() => [...document.images].every((i) => i.complete && i.naturalWidth));
    const s = await sheets(p, name);
    expect(s.a4, "not A4");
    expect(s.count >= least && s.count <= most, `${s.count} sheets, not ${least} to ${most}`);
    for (const words of has) contains(letters(s.text), letters(words));
    for (const words of [p.t("退出登录", "Sign out"), p.t("跳到正文", "Skip to content"), p.t("我的菜单", "My menu"), ...hasNot]) {
      expect(!letters(s.text).includes(letters(words)), `${words} stands on paper`);
    }
    const wide = await p.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide <= 0, `${wide} px too wide`);
  });
}

async function papers(demo, browser, how, r) {
  const { lang } = how;
  const t = (zh, en) => (lang === "en" ? en : zh);
  const wu = await look(demo, browser, "wu.tao", how);
  await wu.page.addInitScript(() => { globalThis.print = () => {}; });
  const no = async (path) => { await wu.open(path); return /GZ-\d{4}-\d{5}/.exec(await wu.text())[0]; };
  await printed(wu, "record", `${r(3)}?print=1`, { has: [await no(r(3)), t("经办人", "Handled by"), t("所引条文", "Clauses cited"), t("动态", "Activity")], hasNot: [t("添加附件", "Attach"), t("取消关注", "Unwatch")], most: 5 });
  await printed(wu, "list", "/r/fault?open=1", { has: [t("编号", "Number"), t("打印于", "Printed")], hasNot: [t("清除筛选", "Clear the filter"), t("确认执行", "Yes, do it")], most: 4 });
  await printed(wu, "law", "/law/fault_reporting", { has: [t("第一条", "Article 1")], hasNot: [t("章目", "Chapters")], least: 3, most: 14 });
  await printed(wu, "manual", "/help/user?print=1", { has: ["CSV"], hasNot: [t("搜索手册", "Search the manual")], least: 3, most: 60 });
  const noUse = [t("按部门", "By unit"), "Excel"];
  await printed(wu, "compliance", "/compliance", { has: ["信息中心", t("打印于", "Printed"), t("最差的状态", "Worst state"), t("截至", "As of"), t("结果过期", "stale")], hasNot: noUse, most: 3 });
  await printed(wu, "compliance-units", "/compliance?by=unit", { has: ["信息中心", t("打印于", "Printed"), t("哪些控制点", "Which controls")], hasNot: ["Excel"], most: 3 });
  await printed(wu, "compliance-standards", "/compliance?by=standard", { has: [t("打印于", "Printed"), "ISO", t("截至", "As of")], hasNot: noUse, most: 3 });
  await printed(wu, "compliance-regulation", "/compliance/regulations/fault_reporting", { has: [t("打印于", "Printed"), t("由谁保证", "Seen to by")], hasNot: noUse, most: 6 });
  await printed(wu, "compliance-standard", "/compliance/standards/ISO20000", { has: [t("打印于", "Printed"), t("没有条款对应", "no article answers")], hasNot: noUse, most: 6 });
  const huang = await look(demo, browser, "huang.he", how);
  await huang.open("/r/device");
  const ids = await huang.page.locator("[data-pick]").evaluateAll((boxes) => boxes.map((b) => `id=${b.value}`));
  const many = ids.slice(0, 30);
  await printed(huang, "labels", `/r/device/labels?${many.join("&")}`, { has: [], least: Math.ceil(many.length / 24), most: Math.ceil(many.length / 24) });
  await check("every label is whole on its sheet", async () => {
    await huang.page.emulateMedia({ media: "print" });
    const cut = await huang.page.evaluate(() => [...document.querySelectorAll(".label")].flatMap((l) => {
      const box = l.getBoundingClientRect();
      return [...l.querySelectorAll("span, b, svg")].map((e) => [e, e.getBoundingClientRect()])
        .filter(([, r]) => r.bottom > box.bottom + 1 || r.right > box.right + 1 || r.left < box.left - 1 || r.top < box.top - 1)
        .map(([e, r]) => `${e.tagName} ${e.textContent.trim()} by ${Math.round(Math.max(r.bottom - box.bottom, r.right - box.right))} px`);
    }));
    expect(!cut.length, cut.slice(0, 3).join("\n"));
    await huang.page.emulateMedia({ media: "screen" });
  });
  await huang.close();
  await wu.close();
}

/** In high contrast nothing may be told by a background alone, which the system takes away. */
async function forced(demo, browser, how, r) {
  const wu = await look(demo, browser, "wu.tao", how);
  await wu.page.emulateMedia({ forcedColors: "active" });
  for (const [name, path] of [["home", "/"], ["list", "/r/fault"], ["record", r(12)], ["form", `${r(22)}/do/accept`], ["law", "/law/fault_reporting"]]) {
    await check(`${name} in forced colours: edges, shapes and the focus are seen`, async () => {
      await wu.open(path);
      const wrong = await wu.page.evaluate(() => {
        const found = [];
        const canvas = getComputedStyle(document.body).backgroundColor;
        const seen = (e) => e.checkVisibility() && e.getBoundingClientRect().width > 2;
        for (const e of document.querySelectorAll(".btn:not(.plain), input:not([type=hidden], [type=file], [type=checkbox], [type=radio]), select, textarea, .note, progress")) {
          const s = getComputedStyle(e);
          if (seen(e) && parseFloat(s.borderTopWidth) < 1) found.push(`no edge: ${e.tagName} ${e.className}`);
        }
        for (const e of document.querySelectorAll(".pill, .due, .lives, .steps li")) {
          const s = getComputedStyle(e, "::before");
          if (seen(e) && s.content !== "none" && [s.color, s.backgroundColor, s.borderTopColor].every((c) => c === canvas)) found.push(`no shape: ${e.className}`);
        }
        for (const e of document.querySelectorAll("[aria-current]")) {
          const s = getComputedStyle(e);
          const other = [...e.parentElement.children].find((x) => x !== e && !x.hasAttribute("aria-current"));
          const o = other && getComputedStyle(other);
          if (seen(e) && o && s.fontWeight === o.fontWeight && s.borderBottomColor === o.borderBottomColor && s.outlineStyle === o.outlineStyle) found.push(`no mark of where one is: ${e.textContent.trim()}`);
        }
        return [...new Set(found)];
      });
      expect(!wrong.length, wrong.join("\n"));
      await wu.key?.("Tab");
      await wu.page.keyboard.press("Tab");
      expect(await wu.page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle !== "none"), "no ring");
      if (out) await wu.page.screenshot({ path: join(out, `forced-${name}-${how.lang}.png`) });
    });
  }
  await wu.close();
}

async function still(demo, browser, how, r) {
  const wu = await look(demo, browser, "wu.tao", how);
  await wu.page.emulateMedia({ reducedMotion: "reduce" });
  for (const path of ["/", r(12), `${r(22)}/do/accept`]) {
    await check(`${path.replace(/\d{5,}/, "N")} without motion: nothing moves`, async () => {
      await wu.open(path);
      const moving = await wu.page.evaluate(() => {
        for (const d of document.querySelectorAll("details")) d.open = true;
        const slow = [...document.querySelectorAll("*")].filter((e) => { const s = getComputedStyle(e); return parseFloat(s.transitionDuration) > 0 || s.animationName !== "none"; });
        return [...slow.map((e) => e.className), ...document.getAnimations().map(String)];
      });
      equal(moving.join(" "), "");
    });
  }
  await wu.close();
}

prepare(work);
if (out) mkdirSync(out, { recursive: true });
const browser = await openBrowser();
for (const lang of ["zh", "en"]) {
  at(`paper ${lang}`);
  const how = { lang, width: 1280 };
  const demo = await Demo.start(`paper-${lang}`);
  const r = await numbers(demo, browser);
  await papers(demo, browser, how, r);
  if (lang === "zh") await forced(demo, browser, how, r);
  if (lang === "en") await still(demo, browser, how, r);
  await demo.stop();
}
await browser.close();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
