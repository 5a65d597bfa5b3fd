// The second factor, as its owner goes through it: set up, sign in with it, a recovery
// code, switch off; then a post that must have one, and a reset by an administrator.
import { App, Demo, PASSWORD, Person, at, check, contains, equal, expect, must } from "./support.mjs";

/** To the door, with the password. */
async function knock(p) {
  await p.context.clearCookies();
  await p.open(`/signin?lang=${p.how.lang}`);
  await p.page.fill("#login", p.login);
  await p.page.fill("#password", PASSWORD);
  await p.press("main button.btn.main");
}
async function give(p, code) {
  await p.page.fill("#code", code);
  return p.post("main button.btn.main");
}

async function enrol(p) {
  await p.open("/me/second");
  await p.page.fill("#begin-pw", PASSWORD);
  await p.press("form[action='/me/second/begin'] button");
  const app = new App(await p.page.innerText("code.key"));
  await p.page.fill("#confirm-code", await app.code());
  await p.press("form[action='/me/second/confirm'] button");
  return { app, codes: await p.page.locator("ul.codes li").allInnerTexts() };
}

async function owner(p) {
  await must("it is off, and the profile says where to set it up", async () => {
    await p.open("/me");
    await p.axe("profile");
    await p.press("a[href='/me/second']");
    contains(await p.text(), p.t("未启用", "Off"));
    await p.axe("second factor off");
  });
  await check("a wrong password begins nothing", async () => {
    await p.page.fill("#begin-pw", "not my password");
    equal((await p.post("form[action='/me/second/begin'] button")).status(), 422);
    contains(await p.text(), p.t("当前密码不正确", "present password is wrong"));
  });
  let app, codes;
  await must("the key is shown as a QR code and to be typed, and counts after a right code", async () => {
    await p.page.fill("#begin-pw", PASSWORD);
    await p.press("form[action='/me/second/begin'] button");
    expect(await p.page.locator(".qr svg path").count(), "no QR code");
    app = new App(await p.page.innerText("code.key"));
    equal(app.key.replace(/\s/g, "").length, 32, "length of the key");
    await p.axe("second factor begun");
    await p.page.fill("#confirm-code", "000000");
    equal((await p.post("form[action='/me/second/confirm'] button")).status(), 422);
    await p.page.fill("#confirm-code", await app.code());
    equal((await p.post("form[action='/me/second/confirm'] button")).status(), 200);
    codes = await p.page.locator("ul.codes li").allInnerTexts();
    equal(codes.length, 10, "recovery codes");
    await p.axe("recovery codes");
  });
  await check("the page goes on in the new session", async () => {
    await p.press("main footer a.btn.main");
    contains(await p.text(), p.t("已启用", "On"));
    await p.open("/me/second");
    await p.axe("second factor on");
    expect(!(await p.page.content()).includes(codes[0]), "a recovery code is shown again");
  });
  await check("signing in asks for the code on a page of its own", async () => {
    await knock(p);
    equal(p.path(), "/signin/code");
    await p.axe("the code");
    await p.page.goto(`${p.demo.url}/inbox`);
    equal(p.path(), "/signin", "between password and code nothing opens; path");
  });
  await must("a wrong code is refused, the right one lets in", async () => {
    await knock(p);
    equal((await give(p, "000000")).status(), 403);
    contains(await p.text(), p.t("验证码不正确", "code is wrong"));
    equal((await give(p, await app.code())).status(), 303);
    equal(p.path(), "/");
  });
  await check("a recovery code lets in once", async () => {
    await knock(p);
    equal((await give(p, codes[0].toLowerCase())).status(), 303);
    equal(p.path(), "/");
    await knock(p);
    equal((await give(p, codes[0])).status(), 403);
    equal((await give(p, codes[1])).status(), 303);
    await p.open("/me/second");
    contains(await p.text("section[aria-labelledby=h-codes] header"), "8");
  });
  await check("switching off takes password and code", async () => {
    await p.page.fill("#off-pw", PASSWORD);
    await p.page.fill("#off-code", "000000");
    equal((await p.post("form[action='/me/second/off'] button")).status(), 422);
    await p.page.fill("#off-pw", PASSWORD);
    await p.page.fill("#off-code", await app.code());
    equal((await p.post("form[action='/me/second/off'] button")).status(), 303);
    contains(await p.text(), p.t("未启用", "Off"));
    await knock(p);
    equal(p.path(), "/");
  });
}

async function sessions(p, q) {
  await check("another sign-in of mine can be ended from the list", async () => {
    await q.open("/inbox");
    await p.open("/me");
    await p.press("form[action^='/me/sessions/'][action$='/end'] button.bad");
    await q.open("/inbox");
    equal(q.path(), "/signin");
    await p.open("/inbox");
    equal(p.path(), "/inbox");
  });
}

async function required(demo, admin, wu) {
  await must("a setting names the posts that need one", async () => {
    await admin.open("/admin/settings/organisation/signin.second_factor");
    await admin.page.fill("#value", "administrator service_desk");
    await admin.press("main form:has(#value) button.btn.main");
    await admin.press("main form:has([name=sure]) button.btn.main");
    await admin.open("/admin/settings");
    contains(await admin.text(), "administrator service_desk");
  });
  await check("who holds such a post sets it up before anything else", async () => {
    await knock(wu);
    equal(wu.path(), "/me/second");
    contains(await wu.text(), wu.t("您的岗位要求", "Your post asks"));
    for (const path of ["/", "/inbox", "/r/fault", "/api/v1/me"]) {
      await wu.open(path);
      equal(wu.path(), "/me/second", path);
    }
    const { codes } = await enrol(wu);
    equal(codes.length, 10, "recovery codes");
    await wu.open("/inbox");
    equal(wu.path(), "/inbox");
  });
  await check("an administrator resets it; its owner is told who did, and must set it up again", async () => {
    await admin.open("/r/person?q=" + encodeURIComponent("吴涛"));
    const id = (await admin.page.locator("table.list td.first a", { hasText: "吴涛" }).first().getAttribute("href")).match(/\d+/)[0];
    await admin.open(`/admin/account/${id}`);
    await admin.axe("account");
    await admin.page.click("form[action$='/second'] .sure summary");
    await admin.press("form[action$='/second'] button");
    contains(await admin.text(), admin.t("已重置", "was reset"));
    await wu.open("/inbox");
    equal(wu.path(), "/signin");
    await knock(wu);
    equal(wu.path(), "/me/second");
    contains(await wu.text(), "徐静");
  });
}

export async function second(browser, how) {
  at(`second ${how.lang} ${how.width}${how.scripts === false ? " no scripts" : ""}`);
  const demo = await Demo.start(`second-${how.lang}-${how.width}`);
  const people = {};
  for (const login of ["li.lei", "xu.jing", "wu.tao"]) people[login] = await Person.signIn(demo, browser, login, how);
  const again = await Person.signIn(demo, browser, "li.lei", how);
  try {
    await sessions(people["li.lei"], again);
    await owner(people["li.lei"]);
    await required(demo, people["xu.jing"], people["wu.tao"]);
  } catch (e) {
    if (!/^stopped at/.test(e.message)) await check("it goes to its end", () => { throw e; });
  }
  for (const p of [...Object.values(people), again]) await p.close();
  await demo.stop();
}
