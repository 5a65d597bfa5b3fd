// Is it being followed?  Somebody leaves with a device in his name: within seconds the
// control says so, on its page, at its article and among all controls; when the device is
// handed to another, it is kept again.  And a row that was changed behind the program's back is
// named at the article that answers for the registers, within the hour its control allows.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { Person, contains, equal, expect, must, story } from "./support.mjs";

export const controls = (browser, how) => story("controls", browser, how, [kept, broken, shown, mended, edited]);

const PAGE = "/controls/devices_have_somebody";
const today = () => new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);
const state = (p) => p.text("main .head .pill");
const send = (p) => p.post("main form.card footer button");

/** Looks again until the page says so; how many seconds it took. */
async function until(p, words, page = PAGE) {
  const began = Date.now();
  for (;;) {
    await p.open(page);
    if ((await state(p)).trim() === words) return (Date.now() - began) / 1000;
    expect(Date.now() - began < 30000, `still ${await state(p)} after 30 s`);
    await new Promise((done) => setTimeout(done, 300));
  }
}

async function kept(w) {
  const huang = await w.as("huang.he");
  await must("what is kept says so, of how many and as of when", async () => {
    await until(huang, w.t("符合", "kept"));
    const text = await huang.text("main");
    expect(/\d+ (\/|of) \d+/.test(text), text);
    contains(text, w.t("截至", "As of"));
    contains(text, "custodian.state == 'active'");
    await huang.axe("a control that is kept");
  });
}

async function broken(w) {
  const xu = await w.as("xu.jing");
  await must("somebody leaves with a device in his name", async () => {
    await xu.fresh("/r/person?q=%E6%9D%8E%E9%9B%B7");
    const record = await xu.page.getAttribute("table.list a.row", "href");
    await xu.open(`${record}/do/leave`);
    await xu.fill({ left_on: today() });
    equal((await send(xu)).status(), 303, await xu.text());
  });
  const huang = await w.as("huang.he");
  await must("within seconds the control is not kept, and names the device and why", async () => {
    const seconds = await until(huang, w.t("不符合", "not kept"));
    expect(seconds < 20, `${seconds} s`);
    const rows = await huang.text("table.list");
    contains(rows, "李雷的笔记本");
    contains(rows, w.t("责任使用人已离职", "has left without handing it over"));
    await huang.axe("a control that is broken");
  });
}

async function shown(w) {
  const huang = await w.as("huang.he");
  await must("it stands among all before what is kept, and at its article", async () => {
    await huang.open("/controls");
    const rows = await huang.page.locator("table.list tbody tr").allInnerTexts();
    const mine = rows.findIndex((row) => row.includes(w.t("责任使用人在岗", "still works here")));
    contains(rows[mine] ?? "", w.t("不符合", "not kept"));
    const kept = rows.findIndex((row) => row.includes(w.t("符合", "kept")) && !row.includes(w.t("不符合", "not kept")));
    expect(kept < 0 || mine < kept, `row ${mine}, and what is kept from row ${kept}`);
    await huang.axe("all controls");
    await huang.open("/law/equipment");
    contains(await huang.text("#custody .side .watch"), w.t("不符合", "not kept"));
    await huang.press(huang.page.locator("#custody .side .watch a").first());
    contains(huang.page.url(), PAGE);
    await huang.press(huang.page.locator("dl.fields a[href*='/law/']").first());
    contains(huang.page.url(), "/law/equipment#custody");
  });
  const guo = await w.as("guo.jing");
  await must("who may not see the device sees that there is one, not which", async () => {
    await guo.open(PAGE);
    contains(await state(guo), w.t("不符合", "not kept"));
    expect(!(await guo.text("main")).includes("李雷的笔记本"), "the device is named");
  });
}

async function mended(w) {
  const huang = await w.as("huang.he");
  await must("the record is one step away, and what is done there shows", async () => {
    await huang.open(PAGE);
    await huang.press(huang.page.locator("table.list a.row", { hasText: "李雷的笔记本" }).first());
    const device = huang.path();
    await huang.open(`${device}/do/take_back`);
    await huang.fill({ place: "信息中心库房" });
    equal((await send(huang)).status(), 303, await huang.text());
    const seconds = await until(huang, w.t("符合", "kept"));
    expect(seconds < 20, `${seconds} s`);
    const main = await huang.text("main");
    expect(!main.includes("李雷的笔记本"), "it is still listed");
  });
}

async function edited(w) {
  const huang = await w.as("huang.he");
  const page = "/controls/records_untouched";
  await must("what the program verifies of itself is kept, of so many rows", async () => {
    await until(huang, w.t("符合", "kept"), page);
    expect(/\d{2,} (\/|of) \d{2,}/.test(await huang.text("main")), await huang.text("main"));
    await huang.axe("a control of the program itself");
  });
  await must("a row edited by other means is named there and at the article, within the hour", async () => {
    const sql = "update r_person set f_full_name = '李蕾' where f_login = 'li.lei'";
    execFileSync("sqlite3", [join(w.demo.data, "zhidu.db"), `.timeout 5000`, sql]);
    w.demo.clock("61m");
    await until(huang, w.t("不符合", "not kept"), page);
    const main = await huang.text("main");
    contains(main, w.t("人员", "Person"));
    contains(main, w.t("姓名", "Name"));
    await huang.axe("a control of the program itself that is not kept");
    await huang.open("/law/organisation");
    contains(await huang.text("#duty-of-administrator .side .watch"), w.t("不符合", "not kept"));
  });
}
