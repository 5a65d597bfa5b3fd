// Found, mended, let off.  A technician leaves: within seconds the control finds a device without
// one, and soon it is a finding of the device's unit; its head reports it mended, the keeper names
// another technician, the system tests again, the auditor closes.  And a waiver asked for from the
// same row, or from the article, holds the next violation off to its last day, and no longer.
import { contains, equal, expect, must, story } from "./support.mjs";

const KEY = "devices_have_a_technician", PAGE = `/controls/${KEY}`, DEVICE = "应用服务器一";

export const findings = (browser, how) => story("findings", browser, how, [found, corrected, tested, closed, asked, waived, marked, back], { inTurn: true });

const day = (w, from) => new Date(Date.now() + (w.moved ?? 0) + 8 * 3600000 + from * 86400000).toISOString().slice(0, 10);
const send = (p) => p.send();
const mark = (p, article) => p.page.locator(`#${article} .side`);
const row = (p) => p.page.locator("table.list tbody tr", { hasText: DEVICE }).first();
const state = (p) => p.text("main .head .pill");

/** Opens the page again until it is so. */
async function until(p, page, so, what) {
  for (const began = Date.now(); ;) {
    await p.open(page);
    if (await so()) return;
    expect(Date.now() - began < 60000, `${what} not within 60 s: ${(await p.text()).slice(0, 600)}`);
    await new Promise((done) => setTimeout(done, 500));
  }
}

/** Somebody leaves. */
async function leave(w, name) {
  const xu = await w.as("xu.jing");
  await xu.fresh(`/r/person?q=${encodeURIComponent(name)}`);
  const record = await xu.page.getAttribute("table.list a.row", "href");
  await xu.open(`${record}/do/leave`);
  await xu.fill({ left_on: day(w, 0) });
  equal((await send(xu)).status(), 303, await xu.text());
}

async function change(w, technician) {
  const huang = await w.as("huang.he");
  await huang.fresh(`${w.device}/do/change_technician`);
  await huang.fill({ technician });
  equal((await send(huang)).status(), 303, await huang.text());
}

async function found(w) {
  await must("somebody leaves, and what he looked after is found", async () => {
    await leave(w, "刘洋");
    const gao = await w.as("gao.yuan");
    await until(gao, PAGE, async () => (await row(gao).locator("a[href*='/r/finding/']").count()) > 0, "a finding");
    contains(await state(gao), w.t("不符合", "not kept"));
    w.device = await row(gao).locator("a.row").getAttribute("href");
    w.finding = await row(gao).locator("a[href*='/r/finding/']").getAttribute("href");
    contains(await row(gao).innerText(), w.t("待整改", "To be mended"));
    await gao.axe("a control with findings");
  });
  await must("it stands with the article, its time and the unit that mends it", async () => {
    const gao = await w.as("gao.yuan");
    await gao.open(w.finding);
    const text = await gao.text();
    for (const part of ["系统运维组", DEVICE]) contains(text, part);
    const whole = await gao.page.textContent("main"); // the history as well, where it is folded
    for (const key of [KEY, "equipment#technician"]) expect(!whole.includes(key), `words stand for ${key}, in the history too: ${whole}`);
    const card = gao.page.locator("section[aria-labelledby=h-fields]");
    for (const [href, words] of [["/law/equipment#technician", w.t("第十三条", "Article 13")], [PAGE, w.t("责任技术人员", "technician")], [w.device, DEVICE]]) {
      contains(await card.locator(`a[href='${href}']`).innerText(), words); // the article, the control and the record
    }
    await gao.axe("a finding");
  });
  await must("the article says how many are open, and has their list", async () => {
    const gao = await w.as("gao.yuan");
    await gao.open("/law/equipment");
    const link = mark(gao, "technician").locator("a[href*='/r/finding']");
    const open = Number.parseInt(await link.innerText(), 10);
    expect(open > 0, await link.innerText());
    await gao.axe("an article with findings");
    await gao.press(link);
    equal(await gao.page.locator("table.list tbody tr").count(), open);
    contains(await gao.text("table.list"), w.t("待整改", "To be mended"));
  });
}

async function report(w, chen, correction) {
  await chen.open(`${w.finding}/do/correct`);
  await chen.fill({ cause: "离岗未办移交", correction });
  equal((await send(chen)).status(), 303, await chen.text());
  await chen.open(w.finding);
}

async function corrected(w) {
  const chen = await w.as("chen.gang");
  await must("the head of the unit has it as a task; reported mended while it is not, it comes back", async () => {
    await chen.open(w.finding);
    await report(w, chen, "已请设备管理员指定技术人员");
    await until(chen, w.finding, async () => (await state(chen)).includes(w.t("待整改", "To be mended")), "its way back");
    const card = chen.page.locator("section[aria-labelledby=h-fields]");
    contains(await card.innerText(), w.t("未通过", "Failed"));
  });
  await must("he does not close it: it has not been tested", async () => {
    expect(!(await chen.page.locator(`a[href*="/do/close"]`).count()), "there is a button to close it");
  });
}

async function tested(w) {
  await must("when the record is as it should be, the system has tested it again", async () => {
    await change(w, "陈刚");
    const chen = await w.as("chen.gang");
    const fields = chen.page.locator("section[aria-labelledby=h-fields]");
    await until(chen, w.finding, async () => !(await fields.innerText()).includes(w.t("未通过", "Failed")), "a test that passed");
    await report(w, chen, "已指定新的技术人员");
    const gao = await w.as("gao.yuan");
    await until(gao, w.finding, async () => (await state(gao)).includes(w.t("复查通过", "Re-test passed")), "a re-test");
    await gao.axe("a finding that has passed");
  });
}

async function closed(w) {
  const gao = await w.as("gao.yuan");
  await must("somebody of neither unit closes it, and the record is not among those that do not hold", async () => {
    await gao.open(`${w.finding}/do/close`);
    equal((await send(gao)).status(), 303, await gao.text());
    await gao.open(w.finding);
    contains(await state(gao), w.t("已销号", "Closed"));
    await gao.open(PAGE);
    expect(!(await row(gao).count()), "the device is still listed");
  });
  await must("all others mended, the control is kept", async () => {
    await gao.open(PAGE);
    for (;;) {
      const more = await gao.page.locator("table.list a.row").evaluateAll((all) => all.map((a) => a.getAttribute("href")));
      if (!more.length) break;
      const was = w.device;
      for (w.device of more) await change(w, "杨帆");
      w.device = was;
      await until(gao, PAGE, async () => !(await gao.page.locator("table.list a.row").count()), "nothing left");
    }
    contains(await state(gao), w.t("符合", "kept"));
  });
}

async function asked(w) {
  await must("violated again, the quotation of the clause on the record asks for a waiver", async () => {
    await leave(w, "陈刚");
    const huang = await w.as("huang.he");
    await until(huang, PAGE, async () => (await row(huang).count()) > 0, "a violation");
    await huang.open(w.device);
    await huang.page.locator("section[aria-labelledby=breaks] button.clause").first().click();
    await huang.page.waitForSelector(".quote:popover-open");
    const link = huang.page.locator(`.quote:popover-open a[href*="control=${KEY}"]`);
    equal(await link.count(), 1);
    await huang.axe("a quotation that asks for a waiver");
    await huang.press(link);
    equal(await huang.page.inputValue("main form [name=control]"), KEY);
    expect((await huang.page.inputValue("main form [name=about]")).length > 0, "the record is not filled in");
  });
  await must("so does the row itself", async () => {
    const huang = await w.as("huang.he");
    await huang.open(PAGE);
    await huang.press(row(huang).locator("a[href*='/new/request']"));
    equal(await huang.page.inputValue("main form [name=control]"), KEY);
    expect((await huang.page.inputValue("main form [name=about]")).length > 0, "the record is not filled in");
    await huang.axe("asking for a waiver");
    await huang.fill({ reason: "厂家下周派人", measure: "由信息中心代管", ends: day(w, 3) });
    equal((await send(huang)).status(), 303, await huang.text());
    w.waiver = huang.path();
  });
}

async function approve(w, waiver) {
  const sun = await w.as("sun.li"); // the head of the unit and of the information centre
  for (const node of [1, 2]) {
    await sun.open(waiver);
    await sun.press("#approval a[href*='/approval/vote'][href$='vote=approve']");
    equal((await sun.send()).status(), 303, `node ${node}: ${await sun.text()}`);
  }
}

async function waived(w) {
  await must("approved, it is counted by itself, and the row says until when", async () => {
    await approve(w, w.waiver);
    const gao = await w.as("gao.yuan");
    await gao.open(w.waiver);
    contains(await state(gao), w.t("有效", "In force"));
    await gao.open(PAGE);
    const text = await row(gao).innerText();
    contains(text, w.t("例外", "waived"));
    contains(text, day(w, 3));
    contains(await gao.text("dl.fields"), w.t("1 条属例外", "1 waived"));
    await gao.axe("a control with a waiver");
  });
}

/** Another record of the same control, asked for from the article: before anything is wrong with it. */
async function marked(w) {
  const huang = await w.as("huang.he");
  await must("at the article a waiver is asked for of its control; one chooses the record", async () => {
    await huang.open("/law/equipment");
    await huang.press(mark(huang, "technician").locator("a[href*='/new/request']"));
    equal(await huang.page.inputValue("main form [name=control]"), KEY);
    equal(await huang.page.inputValue("main form [name=about]"), "");
    const known = await huang.page.$$eval("#d-control option", (all) => all.map((o) => [o.value, o.textContent]));
    expect(known.some(([key, words]) => key === KEY && words.trim() !== KEY), "the list of controls says what each is");
    await huang.open("/r/device");
    const other = huang.page.locator("table.list tbody tr", { hasNotText: DEVICE }).first();
    w.other = await other.locator("a.row").getAttribute("href");
    await huang.open("/law/equipment");
    await huang.press(mark(huang, "technician").locator("a[href*='/new/request']"));
    await huang.fill({ about: w.other.split("/").pop(), reason: "停用期间无人负责", measure: "断电封存", ends: day(w, 3) });
    equal((await send(huang)).status(), 303, await huang.text());
    w.asked = huang.path();
    await huang.open("/law/equipment");
    contains(await mark(huang, "technician").innerText(), w.t("1 件例外有效", "1 waiver in force"));
  });
  await must("a term longer than may be is refused, with its clause", async () => {
    await huang.press(mark(huang, "technician").locator("a[href*='/new/request']"));
    await huang.fill({ about: w.other.split("/").pop(), reason: "一直如此", measure: "无", ends: day(w, 400) });
    expect((await send(huang)).status() >= 400, await huang.text());
    expect(await huang.page.locator("main [popovertarget='q-rectification-waiver-term'], main a[href='/law/rectification#waiver-term']").count(), "no clause");
  });
  await must("approved, it is counted at the article, whose list has both", async () => {
    await approve(w, w.asked);
    const gao = await w.as("gao.yuan");
    await gao.open("/law/equipment");
    const link = mark(gao, "technician").locator("a[href*='/r/waiver?']");
    contains(await link.innerText(), w.t("2 件例外有效", "2 waivers in force"));
    await gao.axe("an article with waivers");
    await gao.press(link);
    equal(await gao.page.locator("table.list tbody tr").count(), 2);
  });
  await must("who may see none of them is told of none", async () => {
    const guo = await w.as("guo.jing");
    await guo.open("/law/equipment");
    expect(!(await mark(guo, "technician").locator("a[href*='/r/waiver?']").count()), "it is counted");
    expect(await mark(guo, "technician").locator("a[href*='/new/request']").count(), "no way to ask");
  });
}

async function back(w) {
  await must("on the day after its last it holds nothing off", async () => {
    const gao = await w.as("gao.yuan");
    w.demo.clock("96h");
    w.moved = 96 * 3600000;
    await gao.enter(); // four days later nobody is signed in any more
    await until(gao, PAGE, async () => {
      const rows = row(gao);
      return (await rows.count()) > 0 && (await rows.innerText()).includes(w.t("不符合", "not kept"));
    }, "the violation back");
    expect(!(await row(gao).innerText()).includes(day(w, -1)), "it is still waived");
    await until(gao, w.waiver, async () => (await state(gao)).includes(w.t("已期满", "Ended")), "the end");
    await gao.open("/law/equipment");
    expect(!(await mark(gao, "technician").locator("a[href*='/r/waiver?']").count()), "it is still counted at the article");
  });
}
