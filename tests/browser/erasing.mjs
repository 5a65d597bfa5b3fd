// Erasing somebody's personal data: what will happen stands there before it is agreed to; it reaches
// his comments; what names him elsewhere is listed, masked by a decision, refused under a hold, and
// the ledger verifies afterwards.
import { contains, equal, expect, must, story } from "./support.mjs";

export const erasing = (browser, how) => story("erasing", browser, how, [said, foreseen, carriedOut, held, masked], { inTurn: true });

const GONE = "（已删除）";
const until = async (p, path, want) => {
  for (let i = 0; i < 40; i++) {
    await p.open(path);
    if (await p.state() === want) return;
    await new Promise((r) => { setTimeout(r, 250); });
  }
  equal(await p.state(), want);
};

async function said(w) {
  await must("somebody is named in a fault and says something there", async () => {
    const li = await w.as("li.lei");
    await li.fresh("/r/fault/new/report");
    await li.fill({ summary: "打印机不出纸，请找李雷", contact: "8832", place: "410" });
    equal((await li.send()).status(), 303, await li.text());
    w.fault = li.path();
    w.number = (await li.text("main .crumbs")).trim().split("›").pop().trim();
    await li.page.fill("#f-note", "我下午都在");
    await li.post("form[action$='/note/comment'] button");
    contains(await li.text(), "我下午都在");
  });
}

async function foreseen(w) {
  await must("the request says what will happen, with how much", async () => {
    const xu = await w.as("xu.jing");
    await xu.fresh("/r/erasure/new/request");
    await xu.fill({ person: "李雷", basis: "个人信息保护法第四十七条" });
    equal((await xu.send()).status(), 303, await xu.text());
    w.erasure = xu.path();
    contains(await xu.text("#erase"), w.t("关于其本人的记录 1 条", "Records about the person: 1"));
    await xu.axe("a request to erase");
  });
  await must("so does the form of the one who agrees", async () => {
    const he = await w.as("he.qiang");
    await he.open(`${w.erasure}/approval/vote`);
    const card = await he.text("#erase");
    contains(card, w.t("本人发表的意见 1 条", "Comments of that person: 1"));
    contains(card, w.t("登录痕迹", "Traces of signing in: "));
    await he.axe("the form that agrees to erase");
    await he.fill({ vote: "approve" });
    equal((await he.send()).status(), 303, await he.text());
  });
}

async function carriedOut(w) {
  await must("it is carried out, and what names him is listed", async () => {
    const he = await w.as("he.qiang");
    await until(he, w.erasure, w.t("已执行", "Carried out"));
    equal(await he.page.locator("#erase").count(), 0, "nothing is about to happen:");
    const link = he.page.locator("main a[href^='/r/mention/']", { hasText: w.number });
    expect(await link.count() > 0, await he.text());
    w.mention = new URL(await link.first().getAttribute("href"), w.demo.url).pathname;
    await he.axe("an erasure that was carried out");
  });
  await must("the comment is gone, and its place is seen", async () => {
    const wu = await w.as("wu.tao");
    await wu.open(w.fault);
    const text = await wu.text();
    contains(text, GONE);
    expect(!text.includes("我下午都在"), text);
    contains(text, "请找李雷");
  });
}

async function held(w) {
  const he = await w.as("he.qiang");
  await must("under a legal hold the name is not masked, by its article", async () => {
    await he.open(w.mention);
    contains(await he.text("#erase"), w.t("1 个栏目", "1 fields"));
    await he.axe("a record that names somebody");
    await he.fresh("/r/legal_hold/new/put");
    await he.fill({ about: "李雷", grounds: "诉讼" });
    equal((await he.send()).status(), 303, await he.text());
    w.hold = he.path();
    await he.open(`${w.mention}/do/mask`);
    equal((await he.send()).status(), 422);
    contains(await he.page.content(), "#hold");
    await he.open(w.hold);
    await he.act(w.t("解除封存", "Release"), { released_because: "撤诉" });
  });
}

async function masked(w) {
  await must("decided, the name is gone, also from the history; the ledger is in order", async () => {
    const he = await w.as("he.qiang");
    await he.open(`${w.mention}/do/mask`);
    equal((await he.send()).status(), 303, await he.text());
    await until(he, w.mention, w.t("已隐去", "Masked"));
    const wu = await w.as("wu.tao");
    await wu.open(w.fault);
    contains(await wu.text(), `打印机不出纸，请找${GONE}`);
    expect(!(await wu.text()).includes("请找李雷"), await wu.text());
    contains(w.demo.command("ledger", "verify"), "contents were erased, each named by an entry");
  });
}
