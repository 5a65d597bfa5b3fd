// Every flow with the keyboard alone: a fault from its report to its closing, lists, search,
// settings, people, the second factor, help; where the focus goes after an error, a menu,
// a quotation; what was typed and not sent.
import { Hands } from "./hands.mjs";
import { App, Demo, PASSWORD, at, check, contains, equal, expect, must, photo } from "./support.mjs";

export async function keys(browser, how) {
  at(`keys ${how.lang} ${how.width}`);
  const demo = await Demo.start(`keys-${how.lang}`);
  const people = {};
  const as = async (login) => (people[login] ??= await Hands.begin(demo, browser, login, how));
  const t = (zh, en) => (how.lang === "en" ? en : zh);
  const w = { demo, as, t, how };
  for (const part of [factor, fault, errors, kept, lists, finding, quotation, ruling, hiring, leaving]) {
    try {
      await part(w);
    } catch (e) {
      if (!/^stopped at/.test(e.message)) await check(`${part.name} goes to its end`, () => { throw e; });
    }
  }
  for (const p of Object.values(people)) {
    await check(`${p.login} touched no mouse, and the browser tells of no error`, () => {
      equal(p.pointers, 0, "presses of a pointer");
      equal(p.errors.join("\n"), "");
    });
    await p.close();
  }
  await demo.stop();
}

const tour = (p, name) => check(`${name}: every stop is seen, nothing traps`, () => p.tour());

async function report(w, p, summary) {
  await p.open("/");
  await p.to("header.top details.menu:first-of-type > summary");
  await p.key("Enter");
  await p.toText("header.top .drop a", w.t("申报故障", "Report a fault"));
  await p.go();
  await p.write("#f-summary", summary);
  await p.write("#f-contact", "8832");
}

async function fault(w) {
  const { t } = w;
  const summary = t("三楼投影机无法开机", "The projector on floor 3 is dead");
  const li = await w.as("li.lei");
  await tour(li, "home");
  const record = await must("reported with a photo", async () => {
    await report(w, li, summary);
    await li.photo("#f-files", photo());
    await li.sends();
    contains(await li.text("#activity"), photo().name); // the history says what came along
    return li.path();
  });
  await tour(li, "record");
  await must("found, accepted and graded", async () => {
    const wu = await w.as("wu.tao");
    await wu.open("/");
    await wu.key("/");
    expect(await wu.on("form.find input"), "/ leads to the search");
    await wu.type(summary);
    await wu.go();
    await wu.skip();
    await wu.toText("main a.row", summary);
    await wu.go();
    equal(wu.path(), record);
    await wu.begins(t("受理", "Accept"));
    await tour(wu, "form");
    await wu.write("[name=verification]", t("灯不亮", "No light"));
    await wu.choose("#f-category", "hardware");
    await wu.sends();
    await wu.begins(t("定级", "Grade"));
    await wu.page.waitForSelector("#f-grade option:nth-child(2), [name=grade]");
    const grade = await wu.page.locator("#f-grade").evaluate((e) => (e.tagName === "SELECT" ? [...e.options].find((o) => o.text.includes("较大")).value : "较大故障"));
    if (await wu.page.locator("select#f-grade").count()) await wu.choose("#f-grade", grade); else await wu.write("#f-grade", grade);
    await wu.write("#f-grade_reason", t("多人使用", "Many use it"));
    await wu.write("#f-handler", "陈刚");
    await wu.sends();
  });
  await must("handled, reported on and fed back", async () => {
    const chen = await w.as("chen.gang");
    await chen.open(record);
    await chen.begins(t("开始处理", "Start handling"));
    await chen.sends();
    await chen.begins(t("记录处理", "Record what was done"));
    await tour(chen, "form with rows");
    const kind = "[name='handling.0.kind']";
    if (await chen.page.locator(`select${kind}`).count()) await chen.choose(kind, "hardware_repair"); else await chen.pick("handling.0.kind", "hardware_repair");
    await chen.write("[name='handling.0.what']", t("更换灯泡", "Changed the lamp"));
    await chen.sends();
    await chen.begins(t("作出处理报告", "Make the report"));
    await chen.pick("methods", "hardware_repair");
    await chen.write("#f-cause", t("灯泡老化", "The lamp was old"));
    await chen.write("#f-report", t("已更换", "Replaced"));
    await chen.sends();
    await chen.begins(t("反馈", "Feed back"));
    await chen.write("#f-feedback", t("已修好", "Mended"));
    await chen.sends();
  });
  await must("commented on and confirmed", async () => {
    await li.open(record);
    await li.skip();
    await li.write("#f-note", t("谢谢", "Thank you"));
    await li.key("Tab");
    equal((await li.give()).status(), 303);
    await li.begins(t("确认解决", "Confirm"));
    await li.pick("satisfaction", "good");
    await li.sends();
  });
  await must("rechecked after a week, and closed", async () => {
    w.demo.clock("8d");
    for (const login of ["li.lei", "wu.tao", "chen.gang"]) await (await w.as(login)).enter();
    const chen = await w.as("chen.gang");
    await chen.open("/inbox");
    await chen.skip();
    await chen.to("main a[href*='/r/recheck/']");
    await chen.go();
    if (await chen.page.locator("select#f-result").count()) await chen.choose("#f-result", "normal"); else await chen.pick("result", "normal");
    await chen.write("#f-note", t("运行正常", "Works"));
    await chen.sends();
    const wu = await w.as("wu.tao");
    await wu.open(record);
    await wu.begins(t("结案", "Close"));
    await wu.sends();
    equal(await wu.state(), t("已结案", "Closed"));
  });
}

async function errors(w) {
  const li = await w.as("li.lei");
  await must("after an error the focus is on what was wrong", async () => {
    await li.open("/r/fault/new/report");
    await li.page.evaluate(() => { document.querySelector("main form.card").noValidate = true; });
    await li.to("main form.card footer button.btn.main");
    equal((await li.give()).status(), 422);
    await li.focused("#errors");
    contains(await li.page.title(), w.t("请更正", "Please correct"));
  });
  await check("its links lead to the fields, which say what is wrong", async () => {
    const links = await li.page.locator("#errors li a").count();
    expect(links >= 2, `${links} links`);
    for (let i = 0; i < links; i++) {
      await li.page.evaluate(() => document.querySelector("#errors").focus());
      for (let k = 0; k <= i; k++) await li.key("Tab");
      const to = await li.page.evaluate(() => document.activeElement.getAttribute("href"));
      await li.key("Enter");
      expect(await li.on(to), `${to} leads to ${await li.what()}`);
      const says = await li.page.evaluate(() => document.getElementById(document.activeElement.getAttribute("aria-describedby")).textContent.trim());
      expect(says.length > 2, `${to} says nothing`);
    }
  });
}

async function kept(w) {
  const { t } = w;
  const li = await w.as("li.lei");
  const words = t("写到一半", "Half written");
  await check("a form left and come back to has what was typed and chosen", async () => {
    await report(w, li, words);
    await li.open("/inbox");
    await li.open("/r/fault/new/report");
    equal(await li.page.inputValue("#f-summary"), words);
    expect(await li.page.isVisible("[data-draft-note]"), "it says so");
    await li.to("[data-draft-clear]");
    await li.key("Enter");
    equal(await li.page.inputValue("#f-summary"), "");
  });
  await check("a comment outlives a session that ended while it was typed", async () => {
    await report(w, li, t("评论的草稿", "Draft of a comment"));
    await li.sends();
    const record = li.path();
    await li.skip();
    await li.write("#f-note", words);
    const [cookie] = await li.context.cookies();
    await li.context.addCookies([{ ...cookie, value: "x".repeat(43) }]);
    await li.key("Tab");
    await li.go();
    equal(li.path(), "/signin");
    await li.write("#login", "li.lei");
    await li.write("#password", PASSWORD);
    await li.go();
    equal(li.path(), record);
    equal(await li.page.inputValue("#f-note"), words);
    await li.skip();
    await li.to("#f-note");
    await li.key("Tab");
    equal((await li.give()).status(), 303);
    contains(await li.text("#activity"), words);
    equal(await li.page.inputValue("#f-note"), "", "what was sent is no draft;");
    await li.page.waitForFunction((s) => document.querySelector("p.sr[role=status]")?.textContent.includes(s), t("发表评论", "Comment"));
  });
}

async function lists(w) {
  const wu = await w.as("wu.tao");
  await wu.open("/r/fault");
  await tour(wu, "list");
  await check("a filter waits until its button is pressed, and the focus stays there", async () => {
    await wu.open("/r/fault");
    await wu.skip();
    await wu.choose("#l-state", "closed");
    await wu.key("ArrowUp", "ArrowDown");
    equal(new URL(wu.page.url()).search, "", "nothing happens on the way;");
    await wu.to("#l-go");
    await wu.go();
    contains(wu.page.url(), "w.state=closed");
    await wu.focused("#l-go");
  });
  await check("the menu of filters opens, closes with Escape, and gives the focus back", async () => {
    await wu.to("form.bar details.menu > summary");
    await wu.key("Enter", "Tab", "Escape");
    expect(await wu.on("form.bar details.menu > summary"), `the focus is on ${await wu.what()}`);
    equal(await wu.page.locator("details.menu[open]").count(), 0, "open menus");
  });
  await check("leaving a menu closes it", async () => {
    await wu.key("Enter");
    await wu.key("Shift+Tab");
    equal(await wu.page.locator("details.menu[open]").count(), 0, "open menus");
  });
  await check("an order is chosen", async () => {
    await wu.to("form.bar details.menu > summary");
    await wu.key("Enter");
    await wu.to("#l-o");
    await wu.key("End");
    const order = await wu.page.inputValue("#l-o");
    await wu.to("form.bar details.menu .buttons button");
    await wu.go();
    equal(new URL(wu.page.url()).searchParams.get("o"), order);
  });
  await check("a file is exported", async () => {
    await wu.skip();
    await wu.to(".head details.not-phone > summary");
    await wu.key("Enter", "Tab");
    const [file] = await Promise.all([wu.page.waitForEvent("download"), wu.key("Enter")]);
    contains(file.suggestedFilename(), ".xlsx");
  });
  await check("two records are chosen and acted upon, after a second look", async () => {
    await wu.open("/r/fault?w.state=reported");
    await wu.skip();
    await wu.to("[data-pick]");
    await wu.key("Space");
    await wu.to("#b-a");
    await wu.choose("#b-a", "close");
    await wu.to("#bulk .sure > summary");
    await wu.key("Enter");
    await wu.to("#bulk .sure div button");
    await wu.give();
    contains(await wu.text(), w.t("未完成", "Not done"));
  });
}

async function finding(w) {
  const li = await w.as("li.lei");
  await check("? opens the help about the page", async () => {
    await li.open("/r/fault");
    await li.page.evaluate(() => document.activeElement.blur());
    await li.go("?");
    equal(li.path(), "/help/user");
  });
  await check("what is typed is suggested", async () => {
    await li.open("/r/fault/new/report");
    await li.to("#f-device");
    await li.page.keyboard.type("EQ-");
    await li.page.keyboard.insertText("投影");
    await li.key("Control+A");
    await li.type("投影");
    await li.page.waitForFunction(() => [...document.querySelectorAll("#d-device option")].some((o) => o.textContent.includes("投影")));
  });
}

async function quotation(w) {
  const li = await w.as("li.lei");
  await check("a clause opens from its mark, and Escape leads back to it", async () => {
    await li.open("/r/fault/new/report");
    await li.skip();
    await li.to("button.clause");
    const mark = await li.what();
    await li.key("Enter");
    await li.page.waitForSelector(".quote:popover-open");
    await li.key("Tab");
    expect(await li.on(".quote:popover-open a"), `Tab leads to ${await li.what()}`);
    await li.key("Escape");
    equal(await li.page.locator(".quote:popover-open").count(), 0, "quotations");
    equal(await li.what(), mark);
  });
}

async function factor(w) {
  const p = await w.as("tang.xue");
  await check("the second factor is set up, asked for and given", async () => {
    await p.open("/me");
    await p.to("a[href='/me/second']");
    await p.go();
    await p.write("#begin-pw", PASSWORD);
    await p.go();
    const app = new App(await p.page.innerText("code.key"));
    await p.write("#confirm-code", await app.code());
    await p.go();
    equal(await p.page.locator("ul.codes li").count(), 10, await p.text());
    await p.context.clearCookies();
    await p.open("/signin");
    await p.focused("#login");
    await p.type("tang.xue");
    await p.write("#password", PASSWORD);
    await p.go();
    equal(p.path(), "/signin/code");
    await p.focused("#code");
    await p.type(await app.code());
    await p.go();
    equal(p.path(), "/");
  });
}

async function ruling(w) {
  const xu = await w.as("xu.jing");
  await xu.open("/admin/settings");
  await tour(xu, "settings");
  await check("a setting is changed, its difference read, the version published", async () => {
    await xu.skip();
    await xu.to("main a[href$='/fault.feedback']");
    await xu.go();
    const value = w.t("5 个工作小时", "5 working hours");
    await xu.write("#value", value);
    await xu.go();
    await xu.skip();
    await xu.to("main form:has([name=sure]) button");
    await xu.give();
    contains(await xu.text(), value);
  });
}

async function hiring(w) {
  const xu = await w.as("xu.jing");
  await check("a person is registered and given an account", async () => {
    await xu.open("/r/person");
    await xu.skip();
    await xu.to("main .head a[href^='/r/person/new/']");
    await xu.go();
    await xu.write("#f-full_name", "钱多多");
    if (await xu.page.locator("#f-unit").count()) await xu.write("#f-unit", "财务科");
    await xu.sends();
    await xu.to("main .head a[href^='/admin/account/']");
    await xu.go();
    await tour(xu, "account");
    await xu.write("#a-l", "qian.duoduo");
    await xu.write("#a-p", "first-password-26");
    await xu.give();
    expect(await xu.page.locator(".note.good").count(), await xu.text());
  });
}

async function leaving(w) {
  const li = await w.as("li.lei");
  await check("signing out", async () => {
    await li.open("/");
    await li.leave();
    await tour(li, "the door");
  });
}
