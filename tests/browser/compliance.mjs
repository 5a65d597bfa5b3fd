// How are we doing?  A leader opens the scorecard and reads the worst first; from an item of a
// standard one click leads to the control of the article that answers to it, a second to the
// record that breaks it, and the way back is as short.  What is on the screen goes into a workbook
// and on paper, and nothing that is not kept is kept there.
import { execFileSync } from "node:child_process";
import { contains, equal, expect, must, story } from "./support.mjs";

export const compliance = (browser, how) => story("compliance", browser, how, [broken, worstFirst, item, lived, workbook, paper, units]);

const CONTROL = "/controls/devices_have_somebody", STANDARD = "/compliance/standards/ISO27001", DEVICE = "李雷的笔记本";
const today = () => new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
const kept = (w, pill) => [w.t("符合", "kept"), w.t("符合（含例外）", "kept, with waivers")].includes(pill.trim());

/** Somebody leaves with a device in his name: one record breaks one control. */
async function broken(w) {
  const xu = await w.as("xu.jing");
  await must("a device is left without somebody who answers for it", async () => {
    await xu.fresh(`/r/person?q=${encodeURIComponent("李雷")}`);
    await xu.open(`${await xu.page.getAttribute("table.list a.row", "href")}/do/leave`);
    await xu.fill({ left_on: today() });
    equal((await xu.post("main form.card footer button")).status(), 303, await xu.text());
    const huang = await w.as("huang.he");
    for (const began = Date.now(); ;) {
      await huang.open(CONTROL);
      if ((await huang.text("table.list").catch(() => "")).includes(DEVICE)) break;
      expect(Date.now() - began < 30000, await huang.text());
      await new Promise((done) => setTimeout(done, 300));
    }
  });
}

async function worstFirst(w) {
  const zhao = await w.as("zhao.min");
  await must("a leader sees how we are doing: so many of so many, the worst regulation first", async () => {
    await zhao.open("/");
    if (w.how.width > 600) await zhao.press(".rail a[href='/compliance']");
    else await zhao.open("/compliance");
    contains(await zhao.text("main h1"), w.t("合规", "Compliance"));
    expect(/\d+ \/ \d+/.test(await zhao.text(".figures")), "no n of N");
    const pills = await zhao.page.locator("#regulations tbody .pill").allInnerTexts();
    const first = pills.findIndex((p) => kept(w, p));
    expect(first < 0 || pills.slice(first).every((p) => kept(w, p)), pills.join(", "));
    const row = await zhao.page.locator("#regulations tbody tr", { has: zhao.page.locator("a[href='/compliance/regulations/equipment']") }).innerText();
    contains(row, w.t("不符合", "not kept"));
    contains(row, w.t("今天", "today"));
    await zhao.axe("the scorecard");
  });
  await must("its figures open the controls that counted them, and these come to as many", async () => {
    const row = zhao.page.locator("#regulations tbody tr", { has: zhao.page.locator("a[href='/compliance/regulations/equipment']") });
    const figures = async (cells) => (await cells.allInnerTexts()).map((t) => /(\d+) \/ (\d+)/.exec(t).slice(1).map(Number));
    const [[ok, n]] = await figures(row.locator("td:has(progress)").first());
    await zhao.press(row.locator("td:has(progress) a.tap").first());
    equal(zhao.path(), "/controls");
    const each = await figures(zhao.page.locator("table.list td:has(progress)"));
    equal(each.reduce((sum, [k]) => sum + k, 0), ok);
    equal(each.reduce((sum, [, all]) => sum + all, 0), n);
    await zhao.open("/compliance");
  });
  await must("each regulation opens article by article", async () => {
    await zhao.press(zhao.page.locator("#regulations tbody tr", { hasText: w.t("不符合", "not kept") }).locator("a.row").first());
    contains(zhao.path(), "/compliance/regulations/");
    const state = await zhao.page.locator("main section .pill").first().innerText();
    expect(!kept(w, state), `${state} stands first`);
    await zhao.axe("one regulation");
  });
}

async function item(w) {
  const huang = await w.as("huang.he");
  let row;
  await must("an item of a standard names the article and its control, and is not kept", async () => {
    await huang.open("/compliance?by=standard");
    await huang.axe("all standards");
    await huang.press(`main a.row[href='${STANDARD}']`);
    row = huang.page.locator("tbody tr", { has: huang.page.locator(`a[href='${CONTROL}']`) }).first();
    contains(await row.innerText(), w.t("有问题", "not all kept"));
    expect(await row.locator("a[href='/law/equipment#custody']").count(), "no article");
    w.item = await row.getAttribute("id");
    await huang.axe("one standard");
  });
  await must("one click to the article", async () => {
    await huang.press(row.locator("a[href='/law/equipment#custody']").first());
    equal(new URL(huang.page.url()).hash, "#custody");
    await huang.page.goBack();
  });
  await must("two clicks to the record that breaks it", async () => {
    await huang.press(row.locator(`a[href='${CONTROL}']`).first());
    await huang.press(huang.page.locator("table.list a.row", { hasText: DEVICE }).first());
    contains(await huang.text("main h1"), DEVICE);
  });
  await must("and back: from the record to the control, from the control to the item", async () => {
    await huang.press(huang.page.locator(`main a[href^='${CONTROL}']`).first());
    await huang.press(huang.page.locator(`main a[href='${STANDARD}#${w.item}']`).first());
    equal(huang.path(), STANDARD);
    equal(decodeURIComponent(new URL(huang.page.url()).hash), `#${w.item}`);
  });
}

async function lived(w) {
  const zhao = await w.as("zhao.min");
  await must("what has never happened is listed with its article", async () => {
    await zhao.open("/compliance");
    await zhao.press(".figures a[href='/compliance?by=lived']");
    contains(await zhao.text("main h1"), w.t("从未执行的条款", "Articles never lived"));
    const [n, of] = /(\d+) \/ (\d+)/.exec(await zhao.text("main .head")).slice(1).map(Number);
    equal(await zhao.page.locator("tbody tr").count(), n);
    expect(n > 0 && n < of, `${n} of ${of}`);
    await zhao.axe("articles never lived");
    expect(!(await zhao.page.locator("tbody a[href='/law/organisation#leaving']").count()), "somebody has left");
    await zhao.press("tbody a.row");
    expect(/^\/law\//.test(zhao.path()) && new URL(zhao.page.url()).hash, zhao.page.url());
  });
}

/** The cells of a sheet, row by row, as the file holds them. */
function sheet(file, n) {
  const xml = execFileSync("unzip", ["-p", file, `xl/worksheets/sheet${n}.xml`], { maxBuffer: 64 << 20 }).toString();
  const cell = (c) => (/t="b"/.test(c) ? (/<v>1</.test(c) ? "TRUE" : "FALSE") : (/<t[^>]*>([^<]*)</.exec(c) ?? /<v>([^<]*)</.exec(c) ?? ["", ""])[1]);
  return [...xml.matchAll(/<row [^>]*>(.*?)<\/row>/gs)].map(([, row]) => {
    const cells = [];
    for (const [c, letters] of row.matchAll(/<c r="([A-Z]+)\d+".*?(?:<\/c>|\/>)/gs)) {
      cells[[...letters].reduce((x, l) => x * 26 + l.charCodeAt(0) - 64, 0) - 1] = cell(c);
    }
    return cells;
  });
}

async function taken(p, by) {
  const waiting = p.page.waitForEvent("download");
  await p.page.click(`main .head a[href='/compliance/export.xlsx?by=${by}']`);
  const got = await waiting;
  expect(/\.xlsx$/.test(got.suggestedFilename()), got.suggestedFilename());
  return got.path();
}

async function workbook(w) {
  const zhao = await w.as("zhao.min");
  await must("the workbook says what the screen says, and calls nothing kept that is not", async () => {
    await zhao.open("/compliance");
    const figure = (await zhao.page.locator(".figures .figure").first().innerText()).match(/(\d+) \/ (\d+)/);
    const screen = await zhao.page.locator("#regulations tbody a.row").allInnerTexts();
    const file = await taken(zhao, "regulation");
    const [names, , ...rows] = sheet(file, 1);
    const col = (name) => names.indexOf(name);
    equal(rows.map((r) => r[0]).join("|"), screen.join("|"));
    equal(rows.reduce((n, r) => n + Number(r[col("controls_kept")]), 0), Number(figure[1]));
    equal(rows.reduce((n, r) => n + Number(r[col("controls")]), 0), Number(figure[2]));
    for (const r of rows) equal(r[col("kept")], kept(w, r[col("state")]) ? "TRUE" : "FALSE", `${r[0]}, ${r[col("state")]}:`);
    const [below, , ...controls] = sheet(file, 2);
    const at = (name) => below.indexOf(name);
    equal(controls.filter((r) => r[at("kept")] === "TRUE").length, Number(figure[1]));
    for (const r of controls) {
      expect(r[at("state")], `no state: ${r.join(",")}`);
      equal(r[at("kept")], kept(w, r[at("state")]) ? "TRUE" : "FALSE", `${r[at("control_key")]}, ${r[at("state")]}:`);
    }
    expect(controls.some((r) => r[at("control_key")] === "devices_have_somebody" && r[at("not_kept")] === "1"), "the broken control");
    expect(sheet(file, 3).length > 3, "no sheet of what was never lived");
  });
  await must("so do those by unit and by standard", async () => {
    for (const by of ["unit", "standard"]) {
      await zhao.open(`/compliance?by=${by}`);
      const screen = await zhao.page.locator("main tbody tr").count();
      const [, , ...rows] = sheet(await taken(zhao, by), 1);
      equal(rows.length, screen, by);
    }
  });
}

async function paper(w) {
  const zhao = await w.as("zhao.min");
  await must("on paper stand the organisation, the moment, each regulation and its state in words", async () => {
    await zhao.open("/compliance");
    const screen = await zhao.page.locator("#regulations tbody tr").evaluateAll((all) => all.map((r) => [r.querySelector("a.row").innerText, r.querySelector(".pill").innerText]));
    await zhao.page.emulateMedia({ media: "print" });
    const pdf = await zhao.page.pdf({ preferCSSPageSize: true });
    await zhao.page.emulateMedia({ media: "screen" });
    const text = execFileSync("pdftotext", ["-layout", "-", "-"], { input: pdf }).toString().replace(/\s+/g, "");
    for (const part of ["信息中心", w.t("打印于", "Printed"), today()]) contains(text, part);
    if (w.how.lang === "zh") for (const [title, state] of screen) for (const part of [title.slice(0, 8), state]) contains(text, part.replace(/\s+/g, ""));
    expect(!text.includes("Excel"), "a button stands on paper");
    expect(/595|594/.test(execFileSync("pdfinfo", ["-"], { input: pdf }).toString()), "not A4");
  });
}

async function units(w) {
  const zhao = await w.as("zhao.min");
  const links = () => zhao.page.locator(`a[href^='${CONTROL}?unit=']`);
  await must("by unit: where the records are that do not hold", async () => {
    await zhao.open("/compliance");
    await zhao.press("nav.tabs a[href='/compliance?by=unit']");
    expect(await links().count(), "the unit of the device");
    const row = await zhao.page.locator("tbody tr", { has: links() }).first().innerText();
    const [ok, n] = /(\d+) \/ (\d+)/.exec(row).slice(1).map(Number);
    expect(ok < n, row);
    await zhao.axe("by unit");
  });
  await must("a unit's figure opens the controls that counted it, and each of these its records", async () => {
    const row = zhao.page.locator("tbody tr", { has: links() }).first();
    const figure = row.locator("b a[href^='/controls?unit=']");
    const violations = Number(await figure.innerText());
    const [, unit] = /unit=(\d+)/.exec(await figure.getAttribute("href"));
    await zhao.press(`tbody b a[href='/controls?unit=${unit}']`);
    const counted = await zhao.page.locator("tbody tr td:nth-child(4)").allInnerTexts();
    expect(counted.reduce((sum, x) => sum + Number(x), 0) === violations, `${counted} of ${violations}`);
    await zhao.axe("the controls of a unit");
    await zhao.press(`tbody a[href='${CONTROL}?unit=${unit}#cases']`);
    const own = await zhao.page.locator("#cases tbody tr").count();
    expect((await zhao.page.locator("#cases").innerText()).includes(DEVICE), "the device is of this unit");
    await zhao.axe("the records of a unit");
    await zhao.press(`#cases a[href='${CONTROL}#cases']`);
    expect(await zhao.page.locator("#cases tbody tr").count() >= own, "all units are more than one");
    equal(await zhao.page.locator("#cases .note a").count(), 0);
  });
}
