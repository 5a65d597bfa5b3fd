// Access to read: the administrator asks, the security officer agrees; from then on the reader sees
// what was done in the window and nothing else, and whatever he does is refused, with the day and
// the article; revoked, his own rights are back.
import { contains, equal, expect, must, story } from "./support.mjs";

export const reading = (browser, how) => story("reading", browser, how, [granted, shown, refused, revoked], { inTurn: true });

const day = (from) => new Date(Date.now() + 8 * 3600000 + from * 86400000).toISOString().slice(0, 10);
const send = (p) => p.send();
const banner = (p) => p.text("main > .note.wait");

async function ask(w, since, until) {
  const xu = await w.as("xu.jing");
  await xu.fresh("/r/access/new/request");
  await xu.axe("the form of an access");
  await xu.fill({ person: "高原", purpose: "年度审计", ends: day(7), since, until });
  equal((await send(xu)).status(), 303, await xu.text());
  return xu.path();
}

async function granted(w) {
  const gao = await w.as("gao.yuan");
  await gao.open("/r/device");
  w.before = await gao.page.locator("table.list a.row").count();
  expect(w.before > 0, "devices to see");
  await must("too long a time is refused by its article", async () => {
    const xu = await w.as("xu.jing");
    await xu.fresh("/r/access/new/request");
    await xu.fill({ person: "高原", purpose: "年度审计", ends: day(200), since: day(-30), until: day(-20) });
    equal((await send(xu)).status(), 422);
    contains(await xu.text(), w.t("至多 90 天", "90 days at most"));
  });
  await must("the administrator asks, the security officer agrees", async () => {
    w.access = await ask(w, day(-30), day(-20));
    const he = await w.as("he.qiang");
    await he.open(`${w.access}/approval/vote`);
    await he.fill({ vote: "approve" });
    equal((await send(he)).status(), 303, await he.text());
    await he.open(w.access);
    equal(await he.state(), w.t("已授权", "Granted"));
    await he.axe("an access that is granted");
  });
}

async function shown(w) {
  const gao = await w.as("gao.yuan");
  await must("each page says that one only reads, until when and what", async () => {
    await gao.open("/");
    contains(await banner(gao), day(7));
    contains(await banner(gao), day(-30));
    contains(await banner(gao), day(-20));
    await gao.axe("the home of a reader");
    await gao.press("main > .note.wait a");
    equal(gao.path(), w.access);
  });
  await must("what was not done in the window is not there", async () => {
    await gao.open("/r/device");
    equal(await gao.page.locator("table.list a.row").count(), 0, "devices:");
    await gao.axe("a list of a reader");
  });
}

async function refused(w) {
  const gao = await w.as("gao.yuan");
  await must("the form says why nothing can be done, and sending it is refused", async () => {
    await gao.open("/r/fault/new/report");
    contains(await gao.text(), w.t(`只能查看，不能办理，至 ${day(7)} 止`, `access to read, until ${day(7)}; nothing can be done`));
    await gao.axe("a form of a reader");
  });
  await must("the program's own door refuses, too, and cites the article", async () => {
    const said = await gao.page.evaluate(async () => {
      const csrf = document.querySelector("input[name=csrf]").value;
      const r = await fetch("/notifications", { method: "POST", body: new URLSearchParams({ csrf }), redirect: "manual" });
      return { status: r.status, text: await r.text() };
    });
    equal(said.status, 403);
    contains(said.text, day(7));
    contains(said.text, "#time");
  });
  await must("language and signing out stay one's own", async () => {
    await gao.press("header.top button[name=lang]");
    equal((await gao.page.getAttribute("html", "lang")) === "en" ? "en" : "zh", w.how.lang === "en" ? "zh" : "en");
    await gao.press("header.top button[name=lang]");
  });
}

async function revoked(w) {
  await must("the reader's coming in is an act at the access, once for each session", async () => {
    const gao = await w.as("gao.yuan");
    const he = await w.as("he.qiang");
    const words = w.t("登录查阅", "signed in to read");
    await he.open(w.access);
    expect(!(await he.text()).includes(words), "nobody came in yet");
    await gao.context.clearCookies();
    await gao.enter();
    await gao.open("/r/device");
    await he.open(w.access);
    equal((await he.text()).split(words).length - 1, 1, "acts:");
  });
  await must("revoked, the reader's own rights are back", async () => {
    const he = await w.as("he.qiang");
    await he.open(w.access);
    await he.act(w.t("撤销授权", "Revoke the access"), { revoke_reason: "审计结束" });
    const gao = await w.as("gao.yuan");
    await gao.open("/r/device");
    equal(await gao.page.locator("table.list a.row").count(), w.before, "devices:");
    equal(await gao.page.locator("main > .note.wait").count(), 0, "banners:");
  });
}
