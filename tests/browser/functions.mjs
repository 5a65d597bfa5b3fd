// What people do besides the process: lists, search, what hangs on a record,
// forms, regulations, their own profile, administration.
import { execFileSync } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { check, contains, equal, expect, photo, story } from "./support.mjs";

export const functions = (browser, how) => story("functions", browser, how, [lists, paging, bulk, labels, paper, onRecord, live, forms, searching, regulations, profile, administration]);

const names = (p) => p.page.locator("table.list tbody td.first a.row").allInnerTexts();
const rows = (p) => p.page.locator("table.list tbody tr").count();

/** A fault made without the form's page: one request. */
async function quick(w, p, summary) {
  await p.open("/");
  const csrf = await p.page.getAttribute("form[action='/signout'] [name=csrf]", "value");
  return async (text = summary) => {
    const got = await p.context.request.post(`${w.demo.url}/r/fault/new/report`, { form: { summary: text, contact: "1", csrf }, maxRedirects: 0 });
    equal(got.status(), 303);
    return got.headers().location.split("?")[0];
  };
}

async function lists(w) {
  const wu = await w.as("wu.tao");
  const make = await quick(w, wu);
  await make("特别的一件");
  await make("普通的一件");
  await check("the registers are listed", async () => {
    await wu.open("/r");
    contains(await wu.text(), w.t("故障申报单", "Fault"));
    await wu.axe("registers");
  });
  await check("a list filters by state", async () => {
    await wu.open("/r/fault?w.state=reported");
    expect((await names(wu)).includes("特别的一件"), "not there");
    await wu.open("/r/fault?w.state=closed");
    expect(!(await names(wu)).includes("特别的一件"), "there");
    await wu.axe("list");
  });
  await check("a condition is put together from a field, shown, and taken away again", async () => {
    await wu.open("/r/fault");
    await wu.page.click("form.bar details.menu > summary");
    await wu.page.selectOption("[name=wf]", "summary");
    await wu.page.fill("[name=wv]", "特别");
    await wu.press("form.bar details.menu .buttons button.main");
    equal((await names(wu)).join(), "特别的一件");
    await wu.axe("list with a condition");
    await wu.press("p.conditions a");
    expect((await rows(wu)) > 1, "still filtered");
  });
  await check("a value that is none is told, and the list stands", async () => {
    await wu.open("/r/fault?wf=occurred&wo=ge&wv=yesterday");
    expect((await wu.page.locator("p.bar.error").innerText()).length > 3, "silent");
    expect((await rows(wu)) > 1, "no list");
  });
  await check("a typed expression filters; a mistake in it is told with its place", async () => {
    await wu.open(`/r/fault?f=${encodeURIComponent("state == 'reported' and summary == '特别的一件'")}`);
    equal((await names(wu)).join(), "特别的一件");
    await wu.open(`/r/fault?f=${encodeURIComponent("stat == 'reported'")}`);
    contains(await wu.page.locator(".error").first().textContent(), "stat");
  });
  await check("columns are chosen", async () => {
    await wu.open("/r/fault?c=contact&c=channel");
    const heads = (await wu.page.locator("table.list thead th").allTextContents()).join();
    contains(heads, w.t("联系电话", "Telephone"));
    contains(heads, w.t("申报渠道", "Channel"));
  });
  await check("a view is kept, used and forgotten", async () => {
    await wu.open("/r/fault?w.state=reported&c=contact");
    await wu.page.click(".head details.menu > summary");
    await wu.page.fill("#v-name", "待受理的");
    await wu.post("form[action='/r/fault/view'] button");
    await wu.open("/r/fault");
    await wu.page.click(".head details.menu > summary");
    await wu.press(wu.page.locator(".views a", { hasText: "待受理的" }));
    contains(wu.page.url(), "w.state=reported");
    await wu.page.click(".head details.menu > summary");
    await wu.page.click(".views .sure summary");
    await wu.post(".views form[action^='/r/fault/view/'] button");
    await wu.open("/r/fault");
    expect(!(await wu.page.textContent(".views")).includes("待受理的"), "still there");
  });
  await check("what is filtered is exported", async () => {
    const got = await wu.context.request.get(`${w.demo.url}/r/fault/export?w.summary=${encodeURIComponent("特别")}`);
    const text = await got.text();
    contains(text.split("\n")[0], "number");
    contains(text, "特别的一件");
    expect(!text.includes("普通的一件"), "not filtered");
  });
  await check("what is filtered is exported as a workbook", async () => {
    const href = await wu.page.locator("main a[href*='export.xlsx']").first().getAttribute("href");
    const got = await wu.context.request.get(`${w.demo.url}${href.split("?")[0]}?w.summary=${encodeURIComponent("特别")}`);
    const bytes = await got.body();
    equal(bytes.subarray(0, 2).toString(), "PK");
    contains(got.headers()["content-disposition"], "fault.xlsx");
    contains(got.headers()["content-security-policy"], "sandbox");
    equal(got.headers()["x-content-type-options"], "nosniff");
  });
}

async function paging(w) {
  const li = await w.as("li.lei");
  const make = await quick(w, li);
  for (let i = 0; i < 55; i++) await make(`第 ${i} 件`);
  await check("pages go on and come back without loss", async () => {
    await li.open("/r/fault?o=-created_at");
    const first = await names(li);
    equal(first.length, 50);
    await li.press("nav.pager a[rel=next]");
    const second = await names(li);
    expect(second.length > 0 && !second.some((n) => first.includes(n) && n.startsWith("第 ")), "a row twice");
    await li.press("nav.pager a[rel=prev]");
    equal((await names(li)).join(), first.join());
  });
}

// What a scanner would read from the page, four times as large as on the screen.
async function scanned(person, selector) {
  const view = person.page.viewportSize();
  await person.page.setViewportSize({ width: 1600, height: 1000 });
  const one = person.page.locator(selector).first();
  await one.evaluate((e) => { e.style.zoom = 4; });
  const picture = await one.screenshot();
  await one.evaluate((e) => { e.style.zoom = 1; });
  await person.page.setViewportSize(view);
  const file = join(tmpdir(), `zhidu-label-${process.pid}.png`);
  writeFileSync(file, picture);
  try {
    return execFileSync("zbarimg", ["-q", file], { stdio: ["ignore", "pipe", "ignore"] }).toString();
  } finally {
    rmSync(file);
  }
}

async function labels(w) {
  const huang = await w.as("huang.he");
  await check("labels of chosen things are printed and can be scanned", async () => {
    await huang.open("/r/device");
    await huang.page.locator("[data-pick]").nth(0).check();
    await huang.page.locator("[data-pick]").nth(1).check();
    await huang.post("#bulk button[name=labels]");
    equal(await huang.page.locator(".label").count(), 2);
    const says = (await huang.page.locator(".label .bars span").first().textContent()).trim();
    const found = await scanned(huang, ".label");
    contains(found, `CODE-128:${says}\n`);
    contains(found, "QR-Code:");
    await huang.axe("labels");
  });
  await check("a thing has a label, too; one that may not be seen has none", async () => {
    await huang.open("/r/device");
    const to = await huang.page.locator("main table.list a.row").first().getAttribute("href");
    await huang.open(`${to}/label`);
    equal(await huang.page.locator(".label").count(), 1);
    equal((await huang.context.request.get(`${w.demo.url}/r/device/1/label`)).status(), 404);
  });
}

async function paper(w) {
  const wu = await w.as("wu.tao");
  await check("a record is had as a PDF, with what its page shows", async () => {
    await wu.open("/r/fault");
    const row = wu.page.locator("main table.list a.row").first();
    const [to, name] = [await row.getAttribute("href"), (await row.textContent()).trim()];
    const got = await wu.context.request.get(`${w.demo.url}${to}/pdf`);
    equal(got.headers()["content-type"], "application/pdf");
    contains(got.headers()["content-security-policy"], "sandbox");
    const text = execFileSync("pdftotext", ["-", "-"], { input: await got.body() }).toString();
    contains(text.replace(/\s/g, ""), name.replace(/\s/g, ""));
    contains(text, w.t("动态", "Activity"));
    equal((await wu.context.request.get(`${w.demo.url}/r/fault/1/pdf`)).status(), 404);
  });
}

async function bulk(w) {
  const wu = await w.as("wu.tao");
  await check("one action on several, each with its own answer and its clause", async () => {
    await wu.open("/r/fault?w.state=reported");
    for (let i = 0; i < 2; i++) await wu.page.locator("td.pick input").nth(i).check();
    await wu.page.selectOption("#bulk [name=action]", "close");
    await wu.page.click("#bulk .sure summary");
    await wu.axe("before a bulk action");
    await wu.post("#bulk .sure button");
    equal(await rows(wu), 2);
    contains(await wu.text(), w.t("未完成", "Not done"));
    expect(await wu.page.locator("[popovertarget='q-fault_reporting-close'], a[href='/law/fault_reporting#close']").count(), "no clause");
    await wu.axe("answers of a bulk action");
  });
}

async function onRecord(w) {
  const li = await w.as("li.lei");
  const record = await (await quick(w, li, "带附件"))();
  await check("a comment is made, with Markdown", async () => {
    await li.open(record);
    await li.page.fill("#f-note", "请看 **这里**");
    await li.post("form[action$='/note/comment'] button");
    equal(await li.page.locator("#activity .said strong").first().innerText(), "这里");
  });
  await check("a label is put on and taken off", async () => {
    await li.page.click("details.menu:has(#f-label) > summary");
    await li.page.fill("#f-label", "会议室");
    await li.post("form[action$='/note/label'] button");
    contains(await li.text("main .head"), "会议室");
    await li.page.click("details.menu:has(#f-label) > summary");
    await li.post("form[action$='/note/unlabel'] button");
    equal(await li.page.locator("main .head .tag").count(), 0);
  });
  await check("it is watched, by oneself and by somebody asked, and then in the inbox", async () => {
    const menu = "details.watchers > summary";
    await li.page.click(menu);
    await li.axe("watchers");
    await li.post("form[action$='/note/watch']:not(:has(#f-watcher)) button");
    await li.page.click(menu);
    await li.page.fill("#f-watcher", "吴涛");
    await li.post("form:has(#f-watcher) button");
    await li.page.click(menu);
    const who = await li.text(".watchers .chips");
    contains(who, "李雷");
    contains(who, "吴涛");
    const wu = await w.as("wu.tao");
    await wu.open("/notifications");
    contains(await wu.text(), w.t("请您关注", "asked to watch"));
    await li.open("/inbox?box=watched");
    contains(await li.text(), "带附件");
    for (const box of ["todo", "done", "mine"]) { await li.open(`/inbox?box=${box}`); await li.axe(`inbox ${box}`); }
  });
  await check("a file is attached and comes back", async () => {
    await li.open(record);
    await li.page.setInputFiles("#f-files", photo());
    await li.post("form[action$='/note/attach'] button");
    contains(await li.text(), photo().name);
  });
  await check("a picture is shown small, named as what it is, still sandboxed; other files are not", async () => {
    const src = await li.page.getAttribute(".file img", "src");
    const r = await li.context.request.get(w.demo.url + src);
    equal(r.status(), 200);
    equal(r.headers()["content-type"], "image/png");
    contains(r.headers()["content-security-policy"], "sandbox");
    contains(r.headers()["content-disposition"], "attachment");
    equal(r.headers()["x-content-type-options"], "nosniff");
    await li.page.setInputFiles("#f-files", { name: "page.png", mimeType: "image/png", buffer: Buffer.from("<script>alert(1)</script>") });
    await li.post("form[action$='/note/attach'] button");
    const lie = await li.page.locator(".file img").last().getAttribute("src");
    equal((await li.context.request.get(w.demo.url + lie)).status(), 404);
    await li.page.locator(".file details > summary").last().click();
    await li.post("form[action$='/note/detach'] button >> visible=true");
  });
  await check("who attached it removes it again, after a second look; nobody else does", async () => {
    const wu = await w.as("wu.tao");
    await wu.open(record);
    equal(await wu.page.locator(".file details").count(), 0, "ways to remove another's file");
    const id = (await wu.page.locator(".file a.thumb").first().getAttribute("href")).split("/").pop();
    const csrf = await wu.page.locator("form[action$='/note/attach'] [name=csrf]").getAttribute("value");
    const forged = await wu.context.request.post(`${w.demo.url}${record}/note/detach`, { form: { csrf, attachment: id }, maxRedirects: 0 });
    expect(forged.status() >= 400, `another's file: ${forged.status()}`);
    await li.open(record);
    await li.page.click(".file details > summary");
    await li.axe("removing a file");
    await li.post("form[action$='/note/detach'] button");
    equal(await li.page.locator(".file").count(), 0, "files left");
    contains(await li.text(), w.t("移除附件", "removed an attachment"));
    equal((await li.context.request.get(`${w.demo.url}/file/${id}`)).status(), 404);
  });
}

/** The figures of an open page follow, and what others did is told; without scripts nothing is. */
async function live(w) {
  const wu = await w.as("wu.tao");
  const li = await w.as("li.lei");
  const make = await quick(w, li);
  const record = await make("看着的一件");
  const note = (p) => p.page.locator("[data-live] .note");
  await wu.page.clock.install();
  await check("an open page tells what somebody else did, and not what oneself did", async () => {
    await wu.open(record);
    equal(await note(wu).count(), 0);
    const csrf = await li.page.getAttribute("form[action='/signout'] [name=csrf]", "value");
    const got = await li.context.request.post(`${w.demo.url}${record}/note/comment`, { form: { note: "还有一点", csrf }, maxRedirects: 0 });
    equal(got.status(), 303);
    await Promise.all([wu.page.waitForResponse((r) => r.url().endsWith("/live")), wu.page.clock.fastForward(26000)]);
    await note(wu).waitFor();
    contains(await note(wu).innerText(), w.t("内容已更新", "something new"));
    await wu.axe("something new");
    await wu.press("[data-live] .note a");
    equal(wu.path(), record);
    contains(await wu.text(), "还有一点");
    equal(await note(wu).count(), 0);
  });
  await check("the figures of the frame follow", async () => {
    await wu.open("/inbox");
    const figure = wu.page.locator(w.how.width < 600 ? ".tabbar a[href='/inbox'] .count" : ".rail a[href='/inbox'] .count");
    const before = Number(await figure.innerText());
    await make("又一件");
    await Promise.all([wu.page.waitForResponse((r) => r.url().endsWith("/live")), wu.page.clock.fastForward(26000)]);
    await note(wu).waitFor();
    equal(Number(await figure.innerText()), before + 1);
  });
  await wu.page.clock.resume();
}

async function forms(w) {
  const li = await w.as("li.lei");
  await check("what is missing is told while one types", async () => {
    await li.fresh("/r/fault/new/report");
    await li.page.fill("[name=summary]", "x");
    await li.page.fill("[name=summary]", "");
    await li.page.locator("[name=summary]").blur();
    await li.page.waitForSelector("#e-summary .error");
    equal(await li.page.getAttribute("[name=summary]", "aria-invalid"), "true");
    await li.page.fill("[name=summary]", "有了");
    await li.page.locator("[name=summary]").blur();
    await li.page.waitForSelector("#e-summary .error", { state: "detached" });
  });
  await check("what a rule will say is said before the form is sent", async () => {
    await li.page.fill("[name=occurred]", "2099-01-01T00:00");
    await li.page.locator("[name=occurred]").blur();
    await li.page.waitForSelector("#foreseen .note.bad");
    contains(await li.text("#foreseen"), w.t("发生时间不得晚于申报时间", "before it occurs"));
  });
  await check("records are suggested by what is typed, and nothing else is sent", async () => {
    const [asked] = await Promise.all([
      li.page.waitForRequest((r) => r.url().includes("/r/device/suggest")),
      li.page.fill("[name=device]", "投影"),
    ]);
    equal([...new URL(asked.url()).searchParams.keys()].join(), "device");
    await li.page.waitForFunction(() => [...document.querySelectorAll("#d-device option")].some((o) => o.textContent.includes("投影")));
  });
  await check("a draft is there again, and can be cleared", async () => {
    await li.open("/r/fault/new/report");
    equal(await li.page.inputValue("[name=summary]"), "有了");
    await li.page.click("[data-draft-clear]");
    equal(await li.page.inputValue("[name=summary]"), "");
  });
  await check("files are kept when the form comes back with an error", async () => {
    await li.fresh("/r/fault/new/report");
    await li.fill({ summary: "附件保留", contact: "1", occurred: "2099-01-01T00:00" });
    await li.page.setInputFiles("#f-files", photo());
    equal((await li.send()).status(), 422);
    contains(await li.text(), photo().name);
    await li.fill({ occurred: "2026-01-05T09:00" });
    equal((await li.send()).status(), 303);
    contains(await li.text(), photo().name);
  });
}

async function searching(w) {
  const li = await w.as("li.lei");
  await check("a Chinese word of two characters is found", async () => {
    const record = await (await quick(w, li, "办公室打印机卡纸严重"))();
    await li.open("/");
    await li.page.fill("form.find input", "卡纸");
    await Promise.all([li.page.waitForEvent("load"), li.page.press("form.find input", "Enter")]);
    expect(await li.page.locator(`main a[href='${record}']`).count(), "not found");
    await li.axe("search");
  });
  await check("a clause is found", async () => {
    await li.open(`/search?q=${encodeURIComponent(w.t("定级", "Grading"))}`);
    expect(await li.page.locator("main a[href^='/law/fault_reporting']").count(), "not found");
  });
  await check("a number typed leads to its record", async () => {
    await li.open("/search?q=GZ-2026-00001");
    expect(/^\/r\/fault\/\d+$/.test(li.path()) || (await li.page.locator("main").innerText()).length > 0, li.path());
  });
}

async function regulations(w) {
  const li = await w.as("li.lei");
  await check("the library and a regulation are read; a clause says what executes it", async () => {
    await li.open("/law");
    await li.axe("library");
    await li.open("/law/fault_reporting");
    contains(await li.text("#accept"), w.t("受理", "Accept"));
    expect(await li.page.locator("#accept .side li, #accept .side a").count(), "nothing executes it");
    await li.axe("regulation");
  });
  await check("an old version has an address of its own", async () => {
    equal((await li.open("/law/fault_reporting/v/1")).status(), 200);
    equal((await li.open("/law/fault_reporting/v/99")).status(), 404);
  });
}

async function profile(w) {
  const wang = await w.as("wang.fang");
  await check("a token is shown once, works, and can be revoked", async () => {
    await wang.open("/me");
    await wang.axe("my profile");
    await wang.page.fill("#t-n", "测试");
    await wang.post("form[action='/me/token'] button");
    const token = (await wang.page.innerText("main .note code")).trim();
    const api = () => fetch(`${w.demo.url}/api/v1/r/fault`, { headers: { Authorization: `Bearer ${token}` } });
    equal((await api()).status, 200);
    await wang.page.click("form[action^='/me/token'] .sure summary");
    await wang.post("form[action$='/end'][action^='/me/token'] button");
    equal((await api()).status, 401);
  });
  await check("a weak password is refused; a new one ends all sign-ins and works", async () => {
    const change = async (old, fresh) => {
      await wang.open("/me");
      await wang.page.fill("#old", old);
      await wang.page.fill("#fresh", fresh);
      await wang.page.fill("#again", fresh);
      return wang.post("form[action='/me/password'] button");
    };
    equal((await change("not the old one", "quite-another-2026")).status(), 422);
    equal((await change("zhidu-demo-2026", "wang.fang1234")).status(), 422);
    equal((await change("zhidu-demo-2026", "quite-another-2026")).status(), 303);
    await wang.page.fill("#login", "wang.fang");
    await wang.page.fill("#password", "quite-another-2026");
    await wang.press("main button.btn.main");
    equal(wang.path(), "/");
  });
  await check("signing out ends the session", async () => {
    await wang.page.click("header.top details.menu:last-of-type > summary");
    await wang.post("form[action='/signout'] button");
    await wang.open("/inbox");
    equal(wang.path(), "/signin");
  });
}

async function administration(w) {
  const xu = await w.as("xu.jing");
  for (const path of ["/admin", "/admin/settings", "/admin/jobs", "/admin/health", "/r/person", "/r/unit", "/r/post"]) {
    await check(`${path} opens`, async () => { equal((await xu.open(path)).status(), 200); await xu.axe(path); });
  }
  await check("who is no administrator is told so", async () => {
    const li = await w.as("li.lei");
    for (const path of ["/admin/jobs", "/admin/health"]) equal((await li.open(path)).status(), 403, path);
  });
  await check("a person gets an account from the person's record, and must change the password", async () => {
    await xu.open(`/r/person?w.full_name=${encodeURIComponent("邓华")}`);
    await xu.press("table.list td.first a.row");
    await xu.press("main .head a[href^='/admin/account/']");
    await xu.fill({ login: "deng.hua", password: "first-password-26" });
    equal((await xu.send()).status(), 200);
    const context = await w.browser.newContext();
    const page = await context.newPage();
    await page.goto(`${w.demo.url}/signin`);
    await page.fill("#login", "deng.hua");
    await page.fill("#password", "first-password-26");
    await page.click("main button.btn.main");
    await page.waitForURL("**/me?must=1");
    await context.close();
  });
}
