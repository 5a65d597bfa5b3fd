// What was approved is revoked: a loan by who agreed to it, at once; an extension by an
// approval of its own.  What becomes of votes, other seats, terms and the ledger.
import { check, contains, equal, expect, must, story } from "./support.mjs";

export const approvalsRevoke = (browser, how) => story("revoke", browser, how, [atOnce, byApproval, verified]);

const inDays = (n) => new Date(Date.now() + n * 86400000).toISOString().slice(0, 10);
const card = (p) => p.text("#approval");
const seats = (p, card_) => p.page.locator(`${card_} .seat`);

/** The decision of who sits there now. */
async function agrees(w, login) {
  const p = await w.as(login);
  await p.open(w.loan);
  await p.press("#approval a[href*='/approval/vote'][href$='vote=approve']");
  equal((await p.send()).status(), 303, `${login}: ${await p.text()}`);
}

/** A loan that both have agreed to. */
async function approved(w) {
  const [keeper, li] = [await w.as("huang.he"), await w.as("li.lei")];
  if (!w.offered) {
    await keeper.open("/r/loan_item/new/offer");
    await keeper.fill({ device: "备用笔记本", title: "备用笔记本" });
    equal((await keeper.send()).status(), 303, "offered");
    w.offered = true;
  }
  await li.fresh("/r/loan/new/request");
  await li.fill({ loan_item: "备用笔记本", purpose: "外出巡检", due: inDays(10) });
  equal((await li.send()).status(), 303, await li.text());
  w.loan = li.path();
  await agrees(w, "han.mei");
  await agrees(w, "zhao.min");
}

/** Why one may not, beside the name of what one would do. */
async function grey(p, words) {
  equal(await p.page.locator(`ul.acts:not(.locked) a.btn:has-text("${words}")`).count(), 0, `${words} can be pressed:`);
  const fold = p.page.locator("details.fold", { has: p.page.locator("ul.acts.locked") }).first();
  if (!(await fold.evaluate((e) => e.open))) await fold.locator("summary").click();
  const item = p.page.locator("ul.acts.locked > li", { hasText: words }).first();
  expect(await item.locator(".clause").count(), `${words}: a clause is cited`);
  return item.innerText();
}

// --- at once -----------------------------------------------------------------------------------

async function atOnce(w) {
  const REVOKE = w.t("撤销批准", "Revoke the approval");
  await must("a loan is asked for and approved by two", () => approved(w));
  const [li, han, zhao] = [await w.as("li.lei"), await w.as("han.mei"), await w.as("zhao.min")];
  await check("who asked may not revoke it, and is told by which clause and who may", async () => {
    await li.open(w.loan);
    contains(await grey(li, REVOKE), w.t("先前的审批人", "who approved it"));
  });
  await check("who agreed revokes it, with a reason", async () => {
    await zhao.open(w.loan);
    await zhao.axe("a record whose approval may be revoked");
    await zhao.press(`ul.acts a.btn:has-text("${REVOKE}")`);
    await zhao.axe("the form of revoking");
    await zhao.fill({ cancel_reason: "巡检改期" });
    equal((await zhao.send()).status(), 303, await zhao.text());
    contains(await zhao.state(), w.t("已取消", "Cancelled"));
  });
  await check("the card says so: by whom, when, with its entry in the ledger", async () => {
    contains(await zhao.text("#approval header .pill"), w.t("通过后已撤销", "Revoked"));
    contains(await zhao.text("#approval .revoked"), "赵敏");
    expect(await zhao.page.locator("#approval .revoked time[datetime]").count(), "when");
    await zhao.axe("an approval that was revoked");
  });
  await check("votes and seats are kept as they were; nothing waits and no term runs", async () => {
    equal(await seats(zhao, "#approval").count(), 2, "seats:");
    equal(await zhao.page.locator("#approval .seat .pill.good").count(), 2, "that agreed:");
    equal(await zhao.page.locator("#approval .seat .due").count(), 0, "terms:");
    equal(await zhao.page.locator("#approval a.btn").count(), 0, "buttons:");
    for (const p of [han, zhao]) {
      await p.open("/inbox");
      expect(!(await p.text()).includes("外出巡检"), `${p.login} has it in the inbox`);
    }
  });
  await check("the ledger holds it", async () => {
    await zhao.open(w.loan);
    await zhao.press("#approval .revoked a[href^='/proof/']");
    contains(await zhao.text(), "recall");
  });
  await check("those who voted and who asked are told", async () => {
    for (const p of [li, han]) {
      await p.open("/notifications");
      contains(await p.text(), w.t("审批“借用设备”：通过后撤销", "Approval of \"Borrow a device\": revoked"));
    }
  });
  await check("it stands in the history, on paper and in the PDF", async () => {
    await li.open(`${w.loan}?print=1`);
    contains(await card(li), w.t("通过后已撤销：赵敏", "Revoked after it had passed: 赵敏"));
    contains(await li.text("#activity"), REVOKE);
    equal((await li.context.request.get(`${w.demo.url}${w.loan}/pdf`)).status(), 200);
    await li.open(`${w.loan}/approval`);
    await li.page.locator("main details.fold > summary").last().click();
    contains(await li.text(), w.t("通过后撤销", "revoked"));
  });
  await check("it is not revoked twice", async () => {
    const csrf = await zhao.page.getAttribute("form[action='/signout'] [name=csrf]", "value");
    const got = await zhao.context.request.post(`${w.demo.url}${w.loan}/do/recall`, { form: { csrf, cancel_reason: "再撤一次" }, maxRedirects: 0 });
    expect(got.status() >= 400 && got.status() < 500, `status ${got.status()}`);
  });
}

// --- by an approval of its own --------------------------------------------------------------------

async function byApproval(w) {
  const REVOKE = w.t("撤销续借", "Revoke the extension");
  const [li, han, keeper] = [await w.as("li.lei"), await w.as("han.mei"), await w.as("huang.he")];
  await must("another loan is handed over", async () => {
    await approved(w);
    await keeper.open(w.loan);
    await keeper.act(w.t("交接", "Hand over"));
    contains(await grey(keeper, REVOKE), w.t("没有可以撤销的审批", "no approval of"));
  });
  await must("and extended", async () => {
    await li.open(w.loan);
    await li.act(w.t("续借", "Extend"), { due: inDays(20), extend_reason: "巡检未完" });
    await agrees(w, "han.mei");
  });
  await check("the keeper asks to revoke the extension, and sees who decides", async () => {
    await keeper.open(w.loan);
    await keeper.press(`ul.acts a.btn:has-text("${REVOKE}")`);
    contains(await keeper.text("#route"), "韩梅");
    await keeper.fill({ due: inDays(5), recall_reason: "服务台急用" });
    equal((await keeper.send()).status(), 303, await keeper.text());
    contains(await card(keeper), w.t("批准后撤销的审批：续借", "it revokes the approval of: Extend"));
  });
  await check("it stands until then, and is not asked for twice", async () => {
    await keeper.open(w.loan);
    contains(await grey(keeper, REVOKE), w.t("审批尚未结束", "has not ended"));
    await keeper.open(`${w.loan}/approval`);
    expect(!(await keeper.page.locator(".revoked").count()), "revoked already");
  });
  await check("the vote revokes it; it names the approval that did", async () => {
    await agrees(w, "han.mei");
    await li.open(`${w.loan}/approval`);
    const one = li.page.locator("section.card", { has: li.page.locator(".revoked") });
    equal(await one.count(), 1, "revoked:");
    contains(await one.innerText(), w.t("审批 · 续借", "Approval · Extend"));
    contains(await one.locator(".revoked").innerText(), "黄河");
    equal(await one.locator(".seat .pill.good").count(), 1, "votes kept:");
    equal(await one.locator(".seat .due").count(), 0, "terms:");
    await li.axe("approvals, one of them revoked");
    const href = await one.locator(".revoked a[href*='#approval-']").getAttribute("href");
    const other = li.page.locator(new URL(href, w.demo.url).hash);
    contains(await other.innerText(), REVOKE);
    contains(await other.locator("header .pill").innerText(), w.t("已通过", "Approved"));
  });
  await check("what the revoking action says has happened", async () => {
    await li.open(w.loan);
    contains(await li.text("#activity"), w.t("续借已撤销", "Extension revoked"));
    contains(await li.text(), "服务台急用");
    await keeper.open(w.loan);
    contains(await grey(keeper, REVOKE), w.t("没有可以撤销的审批", "no approval of"));
  });
  await check("who agreed to the extension is told", async () => {
    await li.open("/notifications");
    contains(await li.text(), w.t("审批“续借”：通过后撤销", "Approval of \"Extend\": revoked"));
  });
}

async function verified(w) {
  await check("every row agrees with the ledger", () => contains(w.demo.command("ledger", "verify"), "In order"));
}
