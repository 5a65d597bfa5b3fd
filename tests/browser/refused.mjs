// Every forbidden step is refused: the clause is cited, what would allow it is
// said, nothing is lost and nothing is half done.
import { Demo, Person, at, check, contains, equal, expect, must } from "./support.mjs";

export async function refused(browser, how) {
  at(`refused ${how.lang} ${how.width}`);
  const demo = await Demo.start(`refused-${how.lang}`);
  const people = {};
  const as = async (login) => (people[login] ??= await Person.signIn(demo, browser, login, how));
  const w = new World(demo, as, how);
  for (const part of [wrongPerson, missing, order, reporterCloses, rechecks, twoTabs, twice, expired, forged, unseen, tooLarge]) {
    try {
      await part(w);
    } catch (e) {
      if (!/^stopped at/.test(e.message)) await check(`${part.name} goes to its end`, () => { throw e; });
    }
  }
  for (const p of Object.values(people)) await p.close();
  await demo.stop();
}

class World {
  constructor(demo, as, how) { Object.assign(this, { demo, as, how, n: 0 }); }
  t(zh, en) { return this.how.lang === "en" ? en : zh; }
  /** A new fault; its address. */
  async fault(login = "li.lei") {
    const p = await this.as(login);
    await p.fresh("/r/fault/new/report");
    await p.fill({ summary: `${this.t("打印机卡纸", "Paper jam")} ${++this.n}`, contact: "8832" });
    equal((await p.send()).status(), 303);
    return p.path();
  }
  /** One action after the other: [login, action, values]. */
  async go(record, ...steps) {
    for (const [login, action, values = {}] of steps) {
      const p = await this.as(login);
      await p.fresh(`${record}/do/${action}`);
      await p.fill(values);
      const answer = await p.send();
      equal(answer.status(), 303, `${login} ${action}: ${answer.status() === 303 ? "" : await p.text()}`);
    }
  }
}

const accept = ["wu.tao", "accept", { verification: "x", category: "printing" }];
const grade = ["wu.tao", "grade", { grade: "一般故障", handler: "陈刚" }];
const larger = ["wu.tao", "grade", { grade: "较大故障", grade_reason: "x", handler: "陈刚" }];
const start = ["chen.gang", "start_handling"];
const log = ["chen.gang", "log_handling", { "handling.0.what": "x" }];
const report = ["chen.gang", "make_report", { methods: "guidance", cause: "x", report: "x" }];
const feedBack = ["chen.gang", "feed_back", { feedback: "x" }];
const confirm = ["li.lei", "confirm", { satisfaction: "good" }];

const mark = (clause) => `button.clause[popovertarget='q-fault_reporting-${clause}']`;

/** The page that is open says why: these words, this clause. */
async function says(p, clause, ...words) {
  const note = p.page.locator("main .note.bad").first();
  const text = await note.innerText();
  for (const part of words) contains(text, part);
  expect(await note.locator(mark(clause)).count(), `no mark of ${clause} in: ${text}`);
  expect(await p.page.locator(`#q-fault_reporting-${clause} a[href='/law/fault_reporting#${clause}']`).count(), `the text of ${clause} is not there`);
}

/** The action is tried by its address, form and all: refused, and nothing has changed. */
async function tries(w, sentence, login, record, action, values, clause, ...words) {
  await check(sentence, async () => {
    const p = await w.as(login);
    await p.open(record);
    const before = await p.state();
    await p.fresh(`${record}/do/${action}`);
    await p.page.$$eval("main form [required]", (all) => all.forEach((e) => e.removeAttribute("required"))).catch(() => {});
    if (await p.page.locator("main form.card footer button.btn.main").count()) {
      await p.fill(values);
      const answer = await p.send();
      expect([403, 409, 422].includes(answer.status()), `answered ${answer.status()}`);
    }
    await says(p, clause, ...words);
    await p.open(record);
    equal(await p.state(), before, "state");
  });
}

async function wrongPerson(w) {
  const record = await w.fault();
  const li = await w.as("li.lei");
  await check("what one may not do stands greyed on the page, with why and its clause", async () => {
    await li.open(record);
    await li.page.click("details.fold summary");
    const row = li.page.locator("ul.acts li", { hasText: w.t("受理", "Accept") }).filter({ has: li.page.locator(".shut") }).first();
    contains(await row.innerText(), w.t("服务台", "Service desk"));
    expect(await row.locator(mark("accept")).count(), "no clause");
  });
  await tries(w, "a user does not accept his own report", "li.lei", record, "accept", {}, "accept", w.t("服务台", "Service desk"));
  await w.go(record, accept, grade);
  await tries(w, "a user does not start handling", "li.lei", record, "start_handling", {}, "handle", w.t("运维人员", "Technician"));
  await w.go(record, start, log, report, feedBack);
  await tries(w, "nobody confirms for the reporter", "wu.tao", record, "confirm", { satisfaction: "good" }, "confirm", w.t("申报人", "Reporter"));
  await w.go(record, confirm);
  await tries(w, "a reporter without a post does not close", "li.lei", record, "close", {}, "close", w.t("服务台", "Service desk"));
}

async function missing(w) {
  const record = await w.fault();
  const wu = await w.as("wu.tao");
  await check("a missing field is told beside it, with its clause, and what was typed is kept", async () => {
    await wu.open(`${record}/do/accept`);
    await wu.page.$$eval("main form [required]", (all) => all.forEach((e) => e.removeAttribute("required")));
    await wu.fill({ verification: w.t("已核实", "Verified") });
    equal((await wu.send()).status(), 422);
    contains(await wu.text("#e-category"), w.t("必须填写", "must be filled in"));
    equal(await wu.page.inputValue("[name=verification]"), w.t("已核实", "Verified"));
    await wu.axe("form with an error");
  });
  await w.go(record, accept);
  await tries(w, "a larger fault is not graded without its reason", "wu.tao", record, "grade", { grade: "较大故障" }, "grade", w.t("定级理由", "reason"));
  const li = await w.as("li.lei");
  await check("a fault cannot occur after its report", async () => {
    await li.fresh("/r/fault/new/report");
    await li.fill({ summary: "x", contact: "1", occurred: "2099-01-01T00:00" });
    equal((await li.send()).status(), 422);
    await says(li, "report", w.t("发生时间不得晚于申报时间", "before it occurs"));
    equal(await li.page.inputValue("[name=summary]"), "x");
  });
}

async function order(w) {
  const record = await w.fault();
  await tries(w, "handling does not start before grading", "chen.gang", record, "start_handling", {}, "handle", w.t("待处理", "Graded"));
  await w.go(record, accept, grade, start);
  await tries(w, "no report before anything was recorded", "chen.gang", record, "make_report", { methods: "guidance", cause: "x", report: "x" }, "track", w.t("处理经过尚无记录", "Nothing is recorded"));
  await w.go(record, log);
  await tries(w, "no feedback before the report", "chen.gang", record, "feed_back", { feedback: "x" }, "report-before-feedback", w.t("应先作出故障处理报告", "Make the fault handling report"));
  await w.go(record, report);
  await tries(w, "no closing before feedback and confirmation", "chen.gang", record, "close", {}, "close", w.t("待结案", "Confirmed"));
}

async function reporterCloses(w) {
  const record = await w.fault("chen.gang");
  const liu = ([, action, values]) => ["liu.yang", action, values];
  await w.go(record, accept, ["wu.tao", "grade", { grade: "一般故障", handler: "刘洋" }], liu(start), liu(log), liu(report), liu(feedBack),
    ["chen.gang", "confirm", { satisfaction: "good" }]);
  await tries(w, "the reporter does not close his own fault, technician or not", "chen.gang", record, "close", {}, "separation", w.t("申报人不得为自己申报的故障结案", "The reporter does not close"));
  await w.go(record, ["liu.yang", "close"]);
}

async function rechecks(w) {
  const record = await w.fault();
  await w.go(record, accept, larger, start, log, report, feedBack, confirm);
  await tries(w, "no closing while rechecks are to be done", "wu.tao", record, "close", {}, "recheck", w.t("复查次数未满", "Rechecks are still"));
}

/** What the server says of a field waits until the button is pressed, so that nothing moves before. */
async function holdChecks(page) {
  let open;
  const pressed = new Promise((done) => { open = done; });
  await page.route("**/check?field=*", async (route) => {
    await pressed;
    await route.continue().catch(() => {}); // a later question took its place
  });
  return open;
}

/** The mouse goes down, what the server says of the field just left has time to come, and up. */
async function pressSlowly(page, button, letChecks) {
  const checked = page.waitForResponse((r) => r.url().includes("/check?field="));
  await page.locator(button).scrollIntoViewIfNeeded();
  await page.hover(button);
  await page.mouse.down();
  letChecks();
  await checked;
  await page.waitForTimeout(300); // and to move what it would move
  await page.mouse.up();
}

async function twoTabs(w) {
  const record = await w.fault();
  const wu = await w.as("wu.tao");
  await check("of two tabs the second hears that somebody was faster, and keeps what was typed", async () => {
    await wu.open(`${record}/do/accept`);
    const other = await wu.context.newPage();
    const letChecks = await holdChecks(other);
    await other.goto(`${w.demo.url}${record}/do/accept`);
    await other.fill("[name=verification]", "second tab");
    await other.locator("[name=category]").first().evaluate((e) => e.tagName).then((tag) => (tag === "SELECT"
      ? other.selectOption("[name=category]", "network") : other.check("[name=category][value=network]")));
    await wu.fill(accept[2]);
    equal((await wu.send()).status(), 303);
    const [answer] = await Promise.all([
      other.waitForResponse((r) => r.request().method() === "POST" && r.request().isNavigationRequest()),
      pressSlowly(other, "main form.card footer button.btn.main", letChecks),
    ]);
    expect([409, 412, 422].includes(answer.status()), `answered ${answer.status()}`);
    await other.waitForLoadState();
    contains(await other.innerText("main"), w.t("待定级", "Accepted"));
    equal(await other.inputValue("[name=verification]"), "second tab");
    await other.close();
  });
}

async function twice(w) {
  const li = await w.as("li.lei");
  await check("a double click makes one record", async () => {
    await li.fresh("/r/fault/new/report");
    const summary = w.t("重复点击", "Clicked twice");
    await li.fill({ summary, contact: "1" });
    await li.page.dblclick("main form.card footer button.btn.main");
    await li.page.waitForURL(/\/r\/fault\/\d+/);
    await li.open("/r/fault");
    equal(await li.page.locator(`table.list td.first:has-text("${summary}")`).count(), 1, "records");
  });
  await check("the same form sent again is answered with the same record", async () => {
    await li.fresh("/r/fault/new/report");
    const form = { summary: "again", contact: "1", csrf: await li.page.getAttribute("main form [name=csrf]", "value"), key: await li.page.getAttribute("main form [name=key]", "value") };
    const send = () => li.context.request.post(`${w.demo.url}/r/fault/new/report`, { form, maxRedirects: 0 });
    const [a, b] = [await send(), await send()];
    equal(a.status(), 303);
    equal(b.status(), 303);
    equal(b.headers().location, a.headers().location);
  });
}

async function expired(w) {
  const li = await w.as("li.lei");
  await check("after the session ended, signing in again leads back to what was typed", async () => {
    await li.fresh("/r/fault/new/report");
    await li.fill({ summary: w.t("会话过期", "Session over"), contact: "8832" });
    const [cookie] = await li.context.cookies();
    await li.context.addCookies([{ ...cookie, value: "x".repeat(43) }]);
    await li.send();
    contains(await li.text("body"), w.t("登录", "Sign in"));
    contains(await li.text("body"), w.t("已过期", "has ended"));
    await li.page.fill("#login", "li.lei");
    await li.page.fill("#password", "zhidu-demo-2026");
    await li.page.click("main button.btn.main");
    await li.page.waitForURL("**/r/fault/new/report**");
    equal(await li.page.inputValue("[name=summary]"), w.t("会话过期", "Session over"));
    equal(await li.page.inputValue("[name=contact]"), "8832");
    equal((await li.send()).status(), 303);
  });
}

async function forged(w) {
  const li = await w.as("li.lei");
  await check("a forged form does nothing, and says so", async () => {
    const before = w.demo.command("export", "fault").split("\n").length;
    for (const csrf of ["", "0".repeat(32)]) {
      const got = await li.context.request.post(`${w.demo.url}/r/fault/new/report`, { form: { summary: "forged", contact: "1", csrf }, maxRedirects: 0 });
      equal(got.status(), 400);
      contains(await got.text(), w.t("请返回", "Go back"));
    }
    equal(w.demo.command("export", "fault").split("\n").length, before, "records");
  });
  await check("another site cannot sign a browser in", async () => {
    const got = await li.context.request.post(`${w.demo.url}/signin`, { form: { login: "li.lei", password: "zhidu-demo-2026" }, headers: { "Sec-Fetch-Site": "cross-site" }, maxRedirects: 0 });
    equal(got.status(), 400);
  });
}

async function unseen(w) {
  const record = await w.fault();
  const guo = await w.as("guo.jing");
  const absent = record.replace(/\d+$/, "4503599627370495");
  const strip = (s) => s.replaceAll(record, "").replaceAll(absent, "").replace(/<p class="small">[^<]*\d+<\/p>/g, "").replace(/value="[0-9a-f]{32}"/g, "");
  await check("what one may not see answers exactly as if it were not there", async () => {
    for (const tail of ["", "/do/accept", "/activity?before=9007199254740991"]) {
      const [a, b] = await Promise.all([record, absent].map((r) => guo.context.request.get(w.demo.url + r + tail)));
      equal(a.status(), 404, tail);
      equal(b.status(), 404, tail);
      equal(strip(await a.text()), strip(await b.text()), tail);
    }
  });
  await check("nor can it be acted upon", async () => {
    await guo.open("/");
    const csrf = await guo.page.getAttribute("form[action='/signout'] [name=csrf]", "value");
    for (const tail of ["/do/withdraw", "/note/comment", "/note/watch"]) {
      const got = await guo.context.request.post(w.demo.url + record + tail, { form: { csrf, withdraw_reason: "x", note: "x" }, maxRedirects: 0 });
      equal(got.status(), 404, tail);
    }
  });
}

async function tooLarge(w) {
  const li = await w.as("li.lei");
  await check("a file over the limit is refused with a clear answer", async () => {
    await li.fresh("/r/fault/new/report");
    const csrf = await li.page.getAttribute("main form [name=csrf]", "value");
    const got = await li.context.request.post(`${w.demo.url}/r/fault/new/report`, {
      multipart: { summary: "x", contact: "1", csrf, files: { name: "big.bin", mimeType: "application/octet-stream", buffer: Buffer.alloc(20.5 * 1024 * 1024) } }, maxRedirects: 0 });
    equal(got.status(), 413);
    contains(await got.text(), "20 MB");
  });
}
