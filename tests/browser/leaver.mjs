// Several at once: consent to those that were opened, one's own phrases, and the seats of
// somebody who leaves, handed over by an administrator.
import { effect } from "./effect.mjs";
import { Person, check, contains, equal, expect, must, story } from "./support.mjs";

export const leaver = (browser, how) => story("leaver", browser, how, [waits, phrases, together, leaves]);

const today = () => new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
const inDays = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const send = (p) => p.post("main form.card footer button");

async function nominate(w, who) {
  const han = await w.as("han.mei");
  await han.fresh("/r/post/new/propose");
  await han.fill({ person: who, position: "liaison", unit: "业务一科", starts: today() });
  equal((await send(han)).status(), 303, await han.text());
  return han.path();
}

/** A loan that has passed the head and waits for the leader. */
async function borrow(w) {
  const [keeper, li, han] = [await w.as("huang.he"), await w.as("li.lei"), await w.as("han.mei")];
  await keeper.open("/r/loan_item/new/offer");
  await keeper.fill({ device: "备用笔记本", title: "备用笔记本" });
  equal((await send(keeper)).status(), 303, "offered");
  await li.fresh("/r/loan/new/request");
  await li.fill({ loan_item: "备用笔记本", purpose: "外出巡检", due: inDays(10) });
  equal((await send(li)).status(), 303, await li.text());
  await han.open(`${li.path()}/approval/vote`);
  await han.fill({ vote: "approve" });
  equal((await send(han)).status(), 303, await han.text());
  return li.path();
}

/** Opens the form of a vote; that it was opened is told by the page itself. */
async function look(p, record) {
  await p.open(record);
  await Promise.all([
    p.page.waitForResponse((r) => r.url().endsWith("/approval/view") && r.request().method() === "POST"),
    p.press(p.page.locator('#approval a[href*="/approval/vote"]').first()),
  ]);
}

async function waits(w) {
  w.posts = [];
  for (const who of ["郭静", "王芳", "高原"]) w.posts.push(await nominate(w, who));
  w.loan = await borrow(w);
  const zhao = await w.as("zhao.min");
  await must("what waits for a decision can be ticked, and what was not opened says so", async () => {
    await zhao.open("/inbox");
    equal(await zhao.page.locator("[data-pick]").count(), 4, "boxes:");
    equal(await zhao.page.locator("table.list .tag", { hasText: w.t("未打开", "not opened") }).count(), 4, "not opened:");
    await zhao.axe("an inbox with approvals");
  });
}

async function phrases(w) {
  const zhao = await w.as("zhao.min");
  await check("the usual phrases are there to be made one's own", async () => {
    await zhao.open("/me");
    contains(await zhao.page.inputValue("#ph"), w.t("同意。", "Agreed."));
    await zhao.page.fill("#ph", "情况属实，同意。\n请补充附件。");
    equal((await zhao.post("form[action='/me/phrases'] button")).status(), 303);
    equal(await zhao.page.inputValue("#ph"), "情况属实，同意。\n请补充附件。\n");
    await zhao.axe("a profile with phrases");
  });
  await check("eleven are refused, and nothing is lost", async () => {
    await zhao.page.fill("#ph", Array.from({ length: 11 }, (_, i) => `第${i}条`).join("\n"));
    equal((await zhao.post("form[action='/me/phrases'] button")).status(), 422);
    contains(await zhao.text(), w.t("最多 10 条", "at most 10"));
  });
  await check("one's own stand beside the opinion", async () => {
    await zhao.open(`${w.posts[0]}/approval/vote`);
    contains(await zhao.text("#f-phrase"), "情况属实，同意。");
    expect(!(await zhao.text("#f-phrase")).includes(w.t("已核实，同意。", "Checked, and agreed.")), "the usual ones as well");
    await zhao.open("/inbox");
    equal(await zhao.page.locator("#b-p option").first().getAttribute("value"), "情况属实，同意。");
  });
}

async function together(w) {
  const zhao = await w.as("zhao.min");
  for (const path of [w.posts[1], w.loan]) await look(zhao, path); // the first was opened for its phrases
  await must("several at once: each answered; what was not opened, or is of another kind, is left out and told why", async () => {
    await zhao.open("/inbox");
    const tags = await zhao.page.locator("table.list .tag", { hasText: w.t("未打开", "not opened") }).count();
    equal(tags, 1, "not opened:");
    for (const box of await zhao.page.locator("[data-pick]").all()) await box.check();
    await zhao.page.selectOption("#b-k", "post.propose");
    await zhao.page.fill("#b-n", "情况属实，同意。");
    await zhao.page.click("#bulk .sure summary");
    await zhao.axe("asked before several are approved");
    equal((await zhao.post("#bulk .sure button")).status(), 200);
    const all = await zhao.text();
    contains(all, w.t("完成 2 / 4", "2 of 4 done"));
    contains(all, w.t("您还没有打开过它", "You have not opened it yet"));
    contains(all, w.t("不是同一种审批", "another kind of approval"));
    await zhao.axe("the answers of several");
  });
  await check("without scripts a button tells that one was opened, and it can be ticked with others", async () => {
    const plain = await Person.signIn(w.demo, w.browser, "zhao.min", { ...w.how, scripts: false });
    await plain.open(`${w.posts[2]}/approval/vote`);
    equal((await plain.post("form[action$='/approval/view'] button")).status(), 303);
    equal(plain.path(), "/inbox");
    equal(await plain.page.locator("table.list .tag", { hasText: w.t("未打开", "not opened") }).count(), 0, "not opened:");
    expect(await plain.page.locator("#bulk .sure summary").isVisible(), "there is no button for several");
    await plain.close();
  });
  await check("each has its own vote, with the opinion", async () => {
    await zhao.open(w.posts[0]);
    contains(await zhao.state(), w.t("在任", "In force"));
    contains(await zhao.text("#approval"), "情况属实，同意。");
    await zhao.open(w.posts[2]);
    contains(await zhao.state(), w.t("待批准", "To be approved"));
    await zhao.open("/inbox");
    equal(await zhao.page.locator("[data-pick]").count(), 2, "left:");
  });
}

async function leaves(w) {
  const [xu, li, zhao, sun] = [await w.as("xu.jing"), await w.as("li.lei"), await w.as("zhao.min"), await w.as("sun.li")];
  await nominate(w, "孙丽"); // she cannot decide on herself
  await zhao.open("/me");
  await zhao.press("main .head .act a");
  const person = zhao.path();
  const seats = person.replace("/r/person", "/admin/seats");
  await check("only administrators are shown what somebody else would decide", async () => {
    equal((await li.open(seats)).status(), 403);
    const csrf = await li.page.getAttribute("form[action='/signout'] [name=csrf]", "value");
    const got = await li.context.request.post(li.demo.url + seats, { form: { csrf, to: "李雷", note: "x", all: "1" }, maxRedirects: 0 });
    equal(got.status(), 403);
  });
  await must("from the person's record an administrator sees the open seats", async () => {
    await xu.open(person);
    await xu.press("main .head a[href^='/admin/seats/']");
    equal(await xu.page.locator("[data-pick]:checked").count(), 2, "ticked:"); // the loan is not for his eyes
    expect(!(await xu.text()).includes("外出巡检"), "a record he may not see");
    await xu.axe("open seats of a person");
  });
  await check("without a receiver or a reason nothing happens", async () => {
    await xu.page.evaluate(() => { document.getElementById("hand").noValidate = true; });
    equal((await xu.post("#hand footer > button")).status(), 422);
    contains(await xu.text("#errors"), w.t("写明理由", "say why"));
  });
  await must("all are handed over, one act each; what could not be is listed with the reason", async () => {
    await xu.open(seats);
    await effect(xu, w.posts[2], async () => {
      await xu.fill({ to: "孙丽", note: "赵敏调离" });
      await xu.page.click("#hand .sure summary");
      equal((await xu.post("#hand .sure button")).status(), 200);
    }, ["赵敏: open → transferred", "孙丽: new, open", "events: transferred seated"]);
    contains(await xu.text(), w.t("完成 1 / 2", "1 of 2 done"));
    contains(await xu.text(), w.t("职责需要分离", "duties are separate"));
    expect(await xu.page.locator("main .clause").count() > 0, "a clause is cited");
    await xu.axe("what was handed over");
  });
  await check("who takes over has it in the inbox, and it says from whom", async () => {
    await sun.open(w.posts[2]);
    contains(await sun.text("#approval"), w.t("转自 赵敏", "transferred from 赵敏"));
    contains(await sun.text("#approval"), "赵敏调离");
    await sun.open("/inbox");
    equal(await sun.page.locator("[data-pick]").count(), 1, "boxes:");
  });
  await check("the rest goes to somebody else, by its box", async () => {
    await xu.open(seats);
    equal(await xu.page.locator("[data-pick]").count(), 1, "left:");
    await xu.fill({ to: "陈刚", note: "赵敏调离" });
    equal((await xu.post("#hand footer > button")).status(), 200);
    contains(await xu.text(), w.t("完成 1 / 1", "1 of 1 done"));
    await xu.open(seats);
    contains(await xu.text(), w.t("没有待此人审批的席位", "No seat waits for this person"));
  });
}
