// Every operation on an approval, as people do it: a loan that two must agree to, from the
// route before it is submitted to the votes on paper; a nomination that administrators hold,
// move and end.
import { effect } from "./effect.mjs";
import { check, contains, equal, expect, must, story } from "./support.mjs";

export const approvals = (browser, how) => story("approvals", browser, how, [submitted, asked, added, decided, moved, again, copied, refused, minded, onPaper]);

const NAMES = { "han.mei": "韩梅", "zhao.min": "赵敏", "huang.he": "黄河", "sun.li": "孙丽", "gao.yuan": "高原", "li.lei": "李雷" };
const inDays = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const card = (p) => p.text("#approval");
/** The latest seat of somebody; a name may carry a language of its own. */
const seat = (p, login) => p.page.locator("#approval .seat", { has: p.page.locator(".who b", { hasText: new RegExp(`^\\s*${NAMES[login]}`) }) }).last();
const buttons = (p, op) => p.page.locator(`#approval a[href*="/approval/${op}"]`);
const button = (p, op) => buttons(p, op).first();

/** Presses the form's one button and waits for the answer. */
const send = (p) => p.post("main form.card footer button");

/** From the record's page: an operation by its button, its form filled and sent. */
async function op(p, record, key, values = {}) {
  await p.open(record);
  await p.press(button(p, key));
  await p.fill(values);
  const answer = await send(p);
  equal(answer.status(), 303, `${key}: ${answer.status() === 303 ? "" : await p.text()}`);
  contains(p.page.url(), `done=approve.${key}`);
}
/** The same, and the rules say no, citing a clause. */
async function no(p, record, key, values, words) {
  await p.open(record);
  await p.press(button(p, key));
  await p.page.evaluate(() => { for (const f of document.querySelectorAll("main form.card")) f.noValidate = true; });
  await p.fill(values);
  const answer = await send(p);
  expect(answer.status() >= 400, `${key}: ${answer.status()}`);
  contains(await p.text("#errors"), words);
  expect(await p.page.locator("#errors .clause").count(), "a clause is cited");
}
const csrf = (p) => p.page.getAttribute("form[action='/signout'] [name=csrf]", "value");

// --- a loan -----------------------------------------------------------------------------------

async function submitted(w) {
  const [keeper, li] = [await w.as("huang.he"), await w.as("li.lei")];
  await keeper.open("/r/loan_item/new/offer");
  await keeper.fill({ device: "备用笔记本", title: "备用笔记本" });
  equal((await send(keeper)).status(), 303, "offered");
  await must("who decides, how long each has and by which clause stands beside the form before it is sent", async () => {
    await li.fresh("/r/loan/new/request");
    await li.fill({ loan_item: "备用笔记本", purpose: "外出巡检", due: inDays(10) });
    await li.page.locator("#next", { hasText: w.t("先由部门负责人（韩梅）审批", "first by Head of the unit (韩梅)") }).waitFor();
    await li.page.waitForTimeout(1200); // what was typed last is asked about
    const route = await li.text("#route");
    contains(route, NAMES["han.mei"]);
    contains(route, NAMES["zhao.min"]);
    contains(route, w.t("8 个工作小时", "8 working hours"));
    expect(await li.page.locator("#route .clause").count() === 2, "a clause at each node");
    const next = await li.text("#next"); // who first, then what
    contains(next, w.t("先由部门负责人（韩梅）审批，其后还有 1 个环节", "first by Head of the unit (韩梅), then 1 more"));
    contains(next, w.t("通过后，状态变为：已批准", "Once approved, the state becomes: Approved"));
    contains(next, w.t("未通过，状态变为：未获批准", "If refused, the state becomes: Refused"));
    await li.axe("the route before submitting");
    equal((await send(li)).status(), 303, await li.text());
    w.loan = li.path();
  });
  await check("the record shows who is asked, and what comes later", async () => {
    await li.open(w.loan);
    contains(await seat(li, "han.mei").innerText(), w.t("待审批", "To decide"));
    contains(await card(li), w.t("主管领导", "Leader in charge"));
    await li.axe("a record with an approval");
  });
  await check("it is urged once, and not again at once", async () => {
    await op(li, w.loan, "urge");
    equal(await seat(li, "han.mei").locator("a[href*='/approval/urge']").count(), 0, "offered again:");
    contains(await seat(li, "han.mei").innerText(), w.t("催办", "urged"));
  });
}

async function asked(w) {
  const [han, keeper] = [await w.as("han.mei"), await w.as("huang.he")];
  await check("it stands in the inbox and leads to the decision", async () => {
    await han.open("/inbox");
    contains(await han.text("table.list"), w.t("审批：借用设备", "Approval: Borrow a device"));
    await han.press("table.list a.row");
    contains(await han.text(), "外出巡检");
    for (const key of ["add", "transfer", "ask", "return"]) equal(await han.page.locator(`#others a[href*="/approval/${key}?seat="]`).count(), 1, `${key} from there:`);
    await han.axe("the form of a vote");
  });
  await check("that it was opened is a fact, told without a press", async () => {
    for (let i = 0; i < 20; i++) { // until it has been told
      await han.page.waitForTimeout(300);
      await han.open(w.loan);
      if ((await seat(han, "han.mei").innerText()).includes(w.t("已查看", "opened"))) break;
    }
    contains(await seat(han, "han.mei").innerText(), w.t("已查看", "opened"));
  });
  await check("somebody is asked for advice: the right stays, nobody votes meanwhile", async () => {
    await op(han, w.loan, "ask", { person: NAMES["huang.he"], note: "这台最近有人要用吗？" });
    contains(await card(han), w.t("征询", "asking"));
    equal(await buttons(han, "vote").count(), 0, "may vote:");
  });
  await check("who was asked finds it in his inbox and answers", async () => {
    await keeper.open("/inbox");
    await keeper.press("table.list a.row");
    contains(keeper.path(), "/approval/advise");
    await keeper.axe("the form of an answer");
    await keeper.fill({ note: "没有，可以借。" });
    equal((await send(keeper)).status(), 303, "answered");
    await han.open(w.loan);
    contains(await seat(han, "han.mei").innerText(), "没有，可以借。");
    expect(await buttons(han, "vote").count() > 0, "it is his again");
  });
  await check("asking is taken back", async () => {
    await op(han, w.loan, "ask", { person: NAMES["sun.li"], note: "您看呢？" });
    await op(han, w.loan, "ask_end");
    expect(await buttons(han, "vote").count() > 0, "it is his again");
  });
}

async function added(w) {
  const [han, sun] = [await w.as("han.mei"), await w.as("sun.li")];
  await check("adding needs a reason", () => no(han, w.loan, "add", { where: "before", people: NAMES["sun.li"] }, w.t("理由", "why")));
  await check("people are added before, and the adding is cancelled", async () => {
    await op(han, w.loan, "add", { where: "before", people: NAMES["sun.li"], rule: "all", note: "请信息中心先看" });
    contains(await seat(han, "han.mei").innerText(), w.t("等待前加签", "Waits for those added"));
    contains(await seat(han, "sun.li").innerText(), w.t("前加签", "to vote first"));
    await op(han, w.loan, "cancel_add");
    contains(await seat(han, "sun.li").innerText(), w.t("已减签", "Removed"));
    contains(await seat(han, "han.mei").innerText(), w.t("待审批", "To decide"));
  });
  await check("added again, who was added votes, and the seat comes back", async () => {
    await op(han, w.loan, "add", { where: "before", people: NAMES["sun.li"], rule: "any", note: "还是请信息中心先看" });
    await op(sun, w.loan, "vote", { vote: "approve", note: "设备完好" });
    await han.open(w.loan);
    contains(await seat(han, "sun.li").innerText(), "设备完好");
    contains(await seat(han, "han.mei").innerText(), w.t("待审批", "To decide"));
  });
  await check("one beside is added and removed again", async () => {
    await op(han, w.loan, "add", { where: "beside", people: NAMES["huang.he"], note: "管理员也表态" });
    contains(await card(han), w.t("须 2", "needed 2"));
    await han.press(seat(han, "huang.he").locator("a[href*='/approval/remove']"));
    await han.fill({ note: "不必了" });
    equal((await send(han)).status(), 303, await han.text());
    contains(await seat(han, "huang.he").innerText(), w.t("已减签", "Removed"));
    contains(await card(han), w.t("须 1", "needed 1"));
  });
}

async function decided(w) {
  const han = await w.as("han.mei");
  await check("refusing without a reason is refused, with the clause", () => no(han, w.loan, "vote", { vote: "reject" }, w.t("理由", "why")));
  await check("consent with others after: it is stored, the node waits, and is taken back", async () => {
    await op(han, w.loan, "add", { where: "after", people: NAMES["huang.he"], rule: "all", note: "同意，请管理员确认" });
    contains(await seat(han, "han.mei").innerText(), w.t("同意", "Approved"));
    await op(han, w.loan, "take_back");
    contains(await seat(han, "han.mei").innerText(), w.t("待审批", "To decide"));
    contains(await seat(han, "han.mei").innerText(), w.t("已撤回", "taken back"));
  });
  await check("the vote passes the node on, with a common phrase as its opinion", async () => {
    await op(han, w.loan, "vote", { vote: "approve", phrase: w.t("已核实，同意。", "Checked, and agreed.") });
    contains(await card(han), w.t("已核实，同意。", "Checked, and agreed."));
    contains(await seat(han, "zhao.min").innerText(), w.t("待审批", "To decide"));
  });
  await check("what one decided stands among what one has done", async () => {
    await han.open("/inbox?box=done");
    contains(await han.text("table.list"), w.t("审批", "Decide"));
  });
}

async function moved(w) {
  const [zhao, sun] = [await w.as("zhao.min"), await w.as("sun.li")];
  await check("nobody gets it who may not: the author", () => no(zhao, w.loan, "transfer", { person: NAMES["li.lei"], note: "您自己批" }, w.t("申请人", "himself")));
  await check("a seat is transferred for good", async () => {
    await op(zhao, w.loan, "transfer", { person: NAMES["sun.li"], note: "出差，请代为决定" });
    await sun.open(w.loan);
    contains(await seat(sun, "sun.li").innerText(), w.t("转自 赵敏", "transferred from 赵敏"));
    contains(await seat(sun, "zhao.min").innerText(), w.t("已转办", "Transferred"));
    equal(await buttons(zhao, "vote").count(), 0, "may still vote:");
  });
  await check("it goes back to its author, with the reason at the seat", async () => {
    await op(sun, w.loan, "return", { node: "author", note: "请写明巡检地点" });
    contains(await seat(sun, "sun.li").innerText(), "请写明巡检地点");
    contains(await card(sun), w.t("待申请人修改", "With its author"));
  });
}

async function again(w) {
  const [li, han, zhao] = [await w.as("li.lei"), await w.as("han.mei"), await w.as("zhao.min")];
  await check("the author finds it in his inbox, changes it and submits it again", async () => {
    await li.open("/inbox");
    await li.press("table.list a.row");
    contains(li.path(), "/approval/resubmit");
    await li.axe("submitting again");
    await li.fill({ purpose: "外出巡检：城东三个站点" });
    equal((await send(li)).status(), 303, await li.text());
    contains(await li.text("main"), w.t("重新提交", "Submit again"));
    contains(await card(li), w.t("第 2 轮", "Round 2"));
  });
  await check("who decides sees side by side what changed", async () => {
    await han.open(w.loan);
    await han.press(button(han, "vote"));
    const row = await han.text("table.sides");
    contains(row, "外出巡检：城东三个站点");
    contains(row, w.t("用途", "Purpose"));
    await han.axe("a vote on what changed");
  });
  await check("a decision on what was taken back meanwhile is stopped", async () => {
    await op(li, w.loan, "withdraw", { note: "再核一下" });
    await han.fill({ vote: "approve" });
    const answer = await send(han);
    expect(answer.status() >= 400, `status ${answer.status()}`);
    await op(li, w.loan, "resubmit", { purpose: "外出巡检：城东两个站点" });
  });
  await check("all rounds stand on their page, with what happened", async () => {
    await li.open(`${w.loan}/approval`);
    const all = await li.text();
    for (const n of [1, 2, 3]) contains(all, w.t(`第 ${n} 轮`, `Round ${n}`));
    await li.page.locator("main details.fold > summary").last().click();
    contains(await li.text(), w.t("退回至：申请人", "returned to: the author"));
    await li.axe("all rounds of an approval");
  });
  await check("to a node that has passed it goes back, too", async () => {
    await op(han, w.loan, "vote", { vote: "approve" });
    await op(zhao, w.loan, "return", { node: "1", note: "请科里再核实" });
    contains(await seat(zhao, "han.mei").innerText(), w.t("待审批", "To decide"));
  });
}

async function copied(w) {
  const [li, gao] = [await w.as("li.lei"), await w.as("gao.yuan")];
  await check("a copy is sent, stands unread, and is read", async () => {
    await op(li, w.loan, "copy", { people: NAMES["gao.yuan"] });
    await gao.open("/inbox?box=copied");
    contains(await gao.text("table.list"), w.t("未读", "unread"));
    await gao.axe("copies to me");
    await gao.press("table.list a.row");
    await gao.press(button(gao, "read"));
    equal((await send(gao)).status(), 303, "read");
    await gao.open("/inbox?box=copied");
    expect(!(await gao.text("table.list")).includes(w.t("未读", "unread")), "still unread");
    await li.open(`${w.loan}/approval`);
    contains(await li.text(), w.t("已阅", "read"));
  });
}

async function refused(w) {
  const han = await w.as("han.mei");
  await check("a refusal with its reason ends it", async () => {
    await op(han, w.loan, "vote", { vote: "reject", note: "科室已有笔记本可用" });
    contains(await card(han), w.t("未通过", "Refused"));
    contains(await han.state(), w.t("未获批准", "Refused"));
    equal(await buttons(han, "vote").count(), 0, "may vote:");
  });
}

// --- who minds approvals ---------------------------------------------------------------------------

async function nominate(w, who) {
  const han = await w.as("han.mei");
  await han.fresh("/r/post/new/propose");
  await han.fill({ person: who, position: "liaison", unit: "业务一科", starts: inDays(0) });
  equal((await send(han)).status(), 303, await han.text());
  return han.path();
}

async function minded(w) {
  const [xu, sun] = [await w.as("xu.jing"), await w.as("sun.li")];
  const post = await nominate(w, "郭静");
  await check("an administrator holds it and lets it go on", async () => {
    await op(xu, post, "suspend", { note: "等候文件" });
    contains(await card(xu), w.t("已挂起", "Suspended"));
    await op(xu, post, "resume");
    contains(await card(xu), w.t("审批中", "Under way"));
  });
  await check("moving it takes two: one proposes, another confirms", async () => {
    await xu.fresh("/r/post/new/appoint");
    await xu.fill({ person: "孙丽", position: "administrator", unit: "信息中心", starts: inDays(0) });
    equal((await send(xu)).status(), 303, await xu.text());
    await op(xu, post, "jump_ask", { node: "2", note: "主管领导已书面同意" });
    equal(await xu.page.locator("#approval a[href$='/approval/jump']").count(), 0, "his own proposal:");
    await sun.open(post);
    await sun.press("#approval a[href$='/approval/jump']");
    await sun.axe("confirming to move it on");
    await effect(sun, post, async () => {
      await sun.fill({ node: "2" });
      equal((await send(sun)).status(), 303, await sun.text());
    }, ["赵敏: open → closed", "node 1.1: active → ended", "events: jumped (completed)"]);
    contains(await card(sun), w.t("已通过", "Approved"));
    contains(await sun.state(), w.t("在任", "In force"));
  });
  await check("another is ended for good, with a reason", async () => {
    const other = await nominate(w, "王芳");
    await op(xu, other, "end", { note: "提名有误" });
    contains(await card(xu), w.t("已终止", "Ended"));
  });
}

async function onPaper(w) {
  const li = await w.as("li.lei");
  await check("opinions stand on paper, without what one can press", async () => {
    await li.open(`${w.loan}?print=1`);
    contains(await card(li), "科室已有笔记本可用");
    equal(await li.page.locator("#approval a.btn").count(), 0, "buttons:");
  });
  await check("and in the PDF", async () => {
    const got = await li.context.request.get(`${li.demo.url}${w.loan}/pdf`);
    equal(got.status(), 200);
    equal((await got.body()).subarray(0, 5).toString(), "%PDF-");
  });
  await check("a person who may not see the record is told nothing of its approval", async () => {
    const guo = await w.as("guo.jing");
    equal((await guo.open(`${w.loan}/approval`)).status(), 404);
    equal((await guo.open(`${w.loan}/approval/vote`)).status(), 404);
    const got = await guo.context.request.post(`${guo.demo.url}${w.loan}/approval/withdraw`, { form: { csrf: await csrf(guo) }, maxRedirects: 0 });
    equal(got.status(), 404);
  });
}
