// The fault process from a report to its closing, as the people concerned live it.
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Demo, Person, at, check, contains, equal, expect, must, photo, root } from "./support.mjs";

export async function walk(browser, how) {
  const name = `walk ${how.lang} ${how.width}${how.scripts === false ? " no scripts" : ""}`;
  at(name);
  const demo = await Demo.start(name.replaceAll(" ", "-"));
  const people = {};
  const as = async (login) => (people[login] ??= await Person.signIn(demo, browser, login, how));
  try {
    await steps(demo, as, how);
    for (const p of Object.values(people)) {
      await check(`no error in ${p.login}'s browser`, () => equal(p.errors.join("\n"), ""));
    }
  } catch (e) {
    if (!/^stopped at/.test(e.message)) await check("the walk goes to its end", () => { throw e; });
  } finally {
    for (const p of Object.values(people)) await p.close();
    await demo.stop();
  }
}

async function steps(demo, as, how) {
  const t = (zh, en) => (how.lang === "en" ? en : zh);
  const summary = t("三楼投影机无法开机", "The projector on floor 3 is dead");
  const li = await as("li.lei");
  await li.axe("home");

  // --- report, with a photo ---------------------------------------------------
  await must("the reporter finds the form in the New menu", async () => {
    await li.page.click("header.top details.menu:first-of-type > summary");
    await li.page.click(`header.top .drop a:has-text("${t("申报故障", "Report a fault")}")`);
    await li.page.waitForURL("**/r/fault/new/report");
  });
  await li.axe("form");
  const record = await must("a fault is reported with a photo", async () => {
    await li.fill({ summary, contact: "8832", place: t("办公楼 410", "Room 410"), files: photo() });
    const answer = await li.send();
    equal(answer.status(), 303, answer.status() === 303 ? "" : await li.text());
    return li.path();
  });
  await must("it has a number, a state and its photo", async () => {
    const text = await li.text();
    expect(/GZ-\d{4}-\d{5}/.test(text), "no number");
    contains(text, summary);
    contains(text, photo().name);
    equal(await li.state(), t("已申报", "Reported"));
  });
  await check("the photo comes back as it was", async () => {
    const href = await li.page.getAttribute(".thumbs a", "href");
    const got = await li.context.request.get(demo.url + href);
    equal(Buffer.compare(await got.body(), photo().buffer), 0, "bytes");
    contains(got.headers()["content-disposition"], "attachment");
  });
  await li.axe("record, reported");

  // --- accept, grade -------------------------------------------------------------
  const wu = await as("wu.tao");
  await must("the service desk finds it in the inbox", async () => {
    await wu.open("/inbox");
    contains(await wu.text(), summary);
  });
  await wu.axe("inbox");
  await must("accept", async () => {
    await wu.press(`main a:has-text("${summary}")`);
    await wu.fill({ verification: t("灯不亮", "No light"), category: "hardware" });
    equal((await wu.send()).status(), 303);
    equal(await wu.state(), t("待定级", "Accepted"));
  });
  await must("grade", async () => {
    await wu.act(t("定级", "Grade"), { grade: "较大故障", grade_reason: t("多人使用", "Many use it"), handler: "陈刚" });
    equal(await wu.state(), t("待处理", "Graded"));
  });
  await wu.axe("record, graded");

  // --- handle, report, feed back ----------------------------------------------------
  const chen = await as("chen.gang");
  await must("handling starts", async () => {
    await chen.open("/inbox");
    contains(await chen.text(), summary);
    await chen.open(record);
    await chen.act(t("开始处理", "Start handling"));
    equal(await chen.state(), t("处理中", "In handling"));
  });
  await must("what was done is recorded", async () => {
    await chen.act(t("记录处理", "Record what was done"), { "handling.0.kind": "hardware_repair", "handling.0.what": t("更换灯泡", "Changed the lamp") });
    const row = await chen.page.innerText(`dl.fields tr:has-text("${t("更换灯泡", "Changed the lamp")}")`);
    contains(row, "陈刚"); // who and when stand in the line by themselves
    expect(/20\d\d-\d\d-\d\d/.test(row), `no time in ${row}`);
  });
  await must("the report is made", async () => {
    await chen.press(`ul.acts a.btn:has-text("${t("作出处理报告", "Make the report")}")`);
    await chen.axe("form of a report");
    await chen.fill({ methods: "hardware_repair", cause: t("灯泡老化", "The lamp was old"), report: t("已更换，**正常**", "Replaced, **works**") });
    equal((await chen.send()).status(), 303);
    equal(await chen.state(), t("待反馈", "Report made"));
  });
  await must("the reporter is told", async () => {
    await chen.act(t("反馈", "Feed back"), { feedback: t("已修好，请试用", "Mended, please try") });
    equal(await chen.state(), t("待确认", "Fed back"));
  });

  // --- confirm ------------------------------------------------------------------------
  await check("the reporter's notifications tell of it", async () => {
    await li.open("/notifications");
    contains(await li.text(), t("已修好，请试用", "Mended, please try"));
    await li.axe("notifications");
    await li.press("main form[action='/notifications'] button");
    equal(await li.page.locator("header.top a[href='/notifications'] .count").count(), 0, "unread");
  });
  await must("confirm", async () => {
    await li.open(record);
    await li.act(t("确认解决", "Confirm"), { satisfaction: "good" });
    equal(await li.state(), t("复查中", "Under recheck"));
  });

  // --- recheck, close -------------------------------------------------------------------
  await must("after a week a recheck is due", async () => {
    demo.clock("8d");
    for (const p of [li, wu, chen]) await p.enter();
    await chen.open("/inbox");
    const link = chen.page.locator("main a[href*='/r/recheck/']").first();
    await chen.press(link);
    await chen.axe("form of a recheck");
    await chen.fill({ result: "normal", note: t("运行正常", "Works") });
    equal((await chen.send()).status(), 303);
  });
  await must("the fault waits to be closed", async () => {
    await wu.open(record);
    equal(await wu.state(), t("待结案", "Confirmed"));
  });
  await must("close", async () => {
    await wu.act(t("结案", "Close"));
    equal(await wu.state(), t("已结案", "Closed"));
  });
  await wu.axe("record, closed");
  await check("its history names who did what, with before and after", async () => {
    const text = await wu.text("#activity");
    for (const part of ["李雷", "吴涛", "陈刚", t("申报故障", "Report a fault"), t("结案", "Close"), t("更换灯泡", "Changed the lamp")]) contains(text, part);
  });
  await proof(demo, wu, how);
}

/** The proof of the last act, checked by the small program that knows no server. */
async function proof(demo, who, how) {
  const t = (zh, en) => (how.lang === "en" ? en : zh);
  await check("the proof of the last act is verified without the server", async () => {
    await who.press("section[aria-labelledby=h-proof] a[href^='/proof/']");
    await who.axe("proof");
    const file_link = who.page.locator("main a[href$='/file']");
    for (let i = 0; i < 20 && !(await file_link.count()); i++) { // until the checkpoint is signed
      await who.page.waitForTimeout(300);
      await who.page.reload();
    }
    const href = await file_link.getAttribute("href");
    const text = await (await who.context.request.get(demo.url + href)).text();
    const file = join(demo.data, "proof.txt");
    writeFileSync(file, text);
    const out = execFileSync(join(root, "build/release/zhidu-verify"), [join(demo.data, "ledger.pub"), file]).toString();
    expect(out.length > 0, "silent");
    const forged = join(demo.data, "forged.txt");
    writeFileSync(forged, readFileSync(file, "utf8").replace(/close|结案|closed/, "cl0se"));
    let refused = false;
    try { execFileSync(join(root, "build/release/zhidu-verify"), [join(demo.data, "ledger.pub"), forged], { stdio: "pipe" }); } catch { refused = true; }
    expect(refused, "a forged proof was taken");
    contains(await who.text(), t("存证", "ledger"));
  });
}
