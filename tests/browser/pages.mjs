// What there is to see: every page in every state worth a look, and who looks at it.
// tests/browser/shots.mjs makes pictures of them, every.mjs asks each whether everybody
// can use it; `forgotten` says which addresses of the program nobody here opens.
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { App, PASSWORD, Person, photo, root } from "./support.mjs";

// --- what there is to see -----------------------------------------------------
// [name, who (nobody: somebody at the door), address, what to do there before the look]

const open = (selector) => async (p) => { await p.page.click(selector); };
/** A menu that a phone does not have: there the page is shown as it is. */
const openAtDesk = (selector) => async (p) => { if (p.page.viewportSize().width >= 600) await p.page.click(selector); };
const press = async (p) => {
  await p.page.evaluate(() => { for (const f of document.querySelectorAll("main form.card")) f.noValidate = true; });
  await p.page.click("main form.card footer button.btn.main");
  await p.page.waitForLoadState();
};
const door = async (p, login, password) => {
  await p.page.fill("#login", login);
  await p.page.fill("#password", password);
  await p.press("main button.btn.main");
};
/** Somebody whose second factor is on, up to a page on the way there. */
const enrol = (upTo) => async (p) => {
  await p.page.fill("#begin-pw", PASSWORD);
  await p.press("form[action='/me/second/begin'] button");
  if (upTo === "begun") return;
  p.app = new App(await p.page.innerText("code.key"));
  await p.page.fill("#confirm-code", await p.app.code());
  await p.press("form[action='/me/second/confirm'] button");
};
/** Asks until it is answered that this is too often. */
const tooOften = async (p) => {
  for (let i = 0; i < 30; i++) {
    const got = await p.context.request.get(`${p.demo.url}/r/fault/export`);
    if (got.status() === 429) break;
  }
  await p.page.goto(`${p.demo.url}/r/fault/export`);
};
/** A former system's log with one good line and two that are sent back. */
const importHistory = async (p) => {
  const mapping = join(root, "examples/service-desk/mapping.yaml");
  const named = readFileSync(mapping, "utf8").matchAll(/\{([a-z_]+)[@|}]|\b([a-z_]+_at)\b/g);
  const columns = [...new Set(["number", "sys_mod_count", ...[...named].map(([, a, b]) => a ?? b)])];
  const lines = [
    { number: "INC1", sys_updated_at: "29-02-2024 01:23", sys_mod_count: "0", opened_at: "29-02-2024 01:16", incident_state: "New", opened_by: "Opened by 1", caller_id: "Caller 2", category: "Category 1", contact_type: "Phone" },
    { number: "INC1", sys_updated_at: "29-02-2024 02:23", sys_mod_count: "1", incident_state: "Lost" },
    { number: "INC2", sys_updated_at: "yesterday", sys_mod_count: "0", incident_state: "New" },
  ];
  const file = `${p.demo.data}-log.csv`;
  writeFileSync(file, [columns.join(","), ...lines.map((l) => columns.map((c) => l[c] ?? "").join(","))].join("\n"));
  p.demo.command("import", "--mapping", mapping, file);
  await p.page.reload();
};
export const pages = (r) => [
  ["home-reporter", "li.lei", "/"],
  ["home-technician", "liu.yang", "/"],
  ["home-leader", "zhao.min", "/"],
  ["home-begin", "xu.jing", "/"],
  ["admin-begin", "xu.jing", "/admin?first=1"],
  ["new-menu", "wu.tao", "/", open("header.top details.menu:first-of-type > summary")],
  ["my-menu", "wu.tao", "/", open("header.top details.menu:last-of-type > summary")],
  ["inbox-todo", "wu.tao", "/inbox"],
  ["inbox-done", "wu.tao", "/inbox?box=done"],
  ["inbox-mine", "li.lei", "/inbox?box=mine"],
  ["inbox-copied-empty", "zhao.min", "/inbox?box=copied"],
  ["inbox-watched-empty", "zhao.min", "/inbox?box=watched"],
  ["types", "li.lei", "/r"],
  ["list", "wu.tao", "/r/fault?n=1"],
  ["list-open", "wu.tao", "/r/fault?open=1&w.category=hardware&n=1"],
  ["list-filters", "wu.tao", "/r/fault?open=1", open("main form.bar details.menu > summary")],
  ["list-views", "wu.tao", "/r/fault?open=1", open("main .head details.menu > summary")],
  ["list-filter-wrong", "wu.tao", "/r/fault?f=stat+%3D%3D+1", open("main form.bar details.menu > summary")],
  ["list-chosen", "wu.tao", "/r/fault?open=1", async (p) => {
    const b = p.page.locator("[data-pick]");
    await b.nth(0).check(); await b.nth(1).check();
  }],
  ["list-nothing", "wu.tao", "/r/fault?q=%E9%BE%99%E5%8D%B7%E9%A3%8E"],
  ["list-empty", "guo.jing", "/r/device?mine=1"],
  ["list-devices", "huang.he", "/r/device"],
  ["list-people", "xu.jing", "/r/person"],
  ["list-units", "xu.jing", "/r/unit"],
  ["list-grades", "sun.li", "/r/fault_grade"],
  ["list-calendar", "xu.jing", "/r/calendar_day"],
  ["record-reported", "li.lei", r(23)],
  ["record-reported-desk", "wu.tao", r(23)],
  ["record-overdue", "wu.tao", r(22)],
  ["record-accepted", "chen.gang", r(20)],
  ["record-graded", "yang.fan", r(17)],
  ["record-handling", "chen.gang", r(12)],
  ["record-why-not", "li.lei", r(23), async (p) => { const d = p.page.locator("main details.fold > summary"); if (await d.count()) await d.first().click(); }],
  ["record-clause-shown", "li.lei", r(23), async (p) => { await p.page.locator("main dl .clause").nth(2).click(); await p.page.waitForSelector(".quote:popover-open"); }],
  ["record-watchers-menu", "chen.gang", r(12), open("details.watchers > summary")],
  ["record-print-menu", "chen.gang", r(12), open("main .head .act > details.menu:last-of-type > summary")],
  ["record-waiting", "guo.jing", r(11)],
  ["record-vendor", "liu.yang", r(10)],
  ["record-fed-back", "li.lei", r(14)],
  ["record-rechecking", "yang.fan", r(9)],
  ["record-closed", "wu.tao", r(3)],
  ["record-withdrawn", "tang.xue", r(7)],
  ["record-device", "huang.he", "first:/r/device"],
  ["record-person", "xu.jing", "first:/r/person"],
  ["record-post", "xu.jing", "first:/r/post"],
  ["list-posts", "xu.jing", "/r/post"],
  ["record-unit", "xu.jing", "first:/r/unit"],
  ["labels", "huang.he", "labels"],
  ["labels-print", "huang.he", "labels", "print"],
  ["labels-none", "huang.he", "/r/device/labels"],
  ["list-export-menu", "wu.tao", "/r/fault", openAtDesk("main .head details.menu:nth-of-type(2) > summary")],
  ["record-print", "wu.tao", `${r(3)}?print=1`, "print"],
  ["list-print", "wu.tao", "/r/fault?open=1", "print"],
  ["law-print", "wu.tao", "/law/fault_reporting", "print"],
  ["form-report", "li.lei", "/r/fault/new/report"],
  ["form-report-errors", "li.lei", "/r/fault/new/report", press],
  ["form-behalf", "wu.tao", "/r/fault/new/report_for"],
  ["form-accept", "wu.tao", `${r(22)}/do/accept`],
  ["form-grade", "chen.gang", `${r(20)}/do/grade`],
  ["form-rows", "chen.gang", `${r(12)}/do/log_handling`],
  ["form-make-report", "chen.gang", `${r(12)}/do/make_report`],
  ["form-confirm", "li.lei", `${r(14)}/do/confirm`],
  ["form-nothing-asked", "wu.tao", `${r(8)}/do/close`],
  ["form-refused", "li.lei", `${r(23)}/do/accept`],
  ["form-device", "huang.he", "/r/device/new/register"],
  ["library", "li.lei", "/law"],
  ["compliance", "li.lei", "/compliance"],
  ["compliance-units", "li.lei", "/compliance?by=unit"],
  ["compliance-lived", "li.lei", "/compliance?by=lived"],
  ["compliance-standards", "li.lei", "/compliance?by=standard"],
  ["compliance-regulation", "li.lei", "/compliance/regulations/fault_reporting"],
  ["compliance-standard", "li.lei", "/compliance/standards/ISO20000"],
  ["compliance-print", "li.lei", "/compliance", "print"],
  ["compliance-standard-print", "li.lei", "/compliance/standards/ISO20000", "print"],
  ["controls", "li.lei", "/controls"],
  ["control", "huang.he", "/controls/loan_returned"],
  ["control-manual", "gao.yuan", "/controls/answers_sampled"],
  ["duties", "sun.li", "/duties"],
  ["calendar", "huang.he", "/calendar"],
  ["calendar-ahead", "huang.he", "/calendar", async (p) => {
    for (let i = 0; i < 8 && !(await p.page.locator(".month td:not(.out) li.ahead").count()); i++) await p.open(await p.page.locator('a[rel="next"]').getAttribute("href"));
  }],
  ["duty", "huang.he", "/duties/equipment_is_counted"],
  ["duties-of", "huang.he", "/duties?regulation=equipment&clause=stock-take&owner=0&show=all"],
  ["task-address", "liu.yang", "task"],
  ["task-address-shown", "liu.yang", "task", (p) => p.press("main form[action$='/issue'] button")],
  ["task-record", "liu.yang", "first:/r/heartbeat"],
  ["law", "li.lei", "/law/fault_reporting"],
  ["law-open", "gao.yuan", "/law/equipment"],
  ["law-clause", "li.lei", "/law/fault_reporting#repair-time"],
  ["search", "wu.tao", `/search?q=${encodeURIComponent("打印")}`],
  ["search-nothing", "wu.tao", "/search?q=zzzzqq"],
  ["search-empty", "wu.tao", "/search"],
  ["notifications", "liu.yang", "/notifications"],
  ["notifications-empty", "gao.yuan", "/notifications"],
  ["proof", "wu.tao", "proof"],
  ["me", "li.lei", "/me"],
  ["help", "li.lei", "/help"],
  ["help-user", "li.lei", "/help/user"],
  ["help-section", "li.lei", "/help/user#lists"],
  ["help-admin", "xu.jing", "/help/admin"],
  ["help-author", "xu.jing", "/help/author"],
  ["help-language", "xu.jing", "/help/language"],
  ["help-found", "li.lei", "/help?q=CSV"],
  ["help-nothing", "li.lei", "/help?q=zzzz"],
  ["help-print", "li.lei", "/help/user", "print"],
  ["admin", "xu.jing", "/admin"],
  ["settings", "xu.jing", "/admin/settings"],
  ["setting", "xu.jing", "/admin/settings/fault_reporting/fault.accept"],
  ["setting-difference", "xu.jing", "/admin/settings/fault_reporting/fault.accept", async (p) => {
    await p.page.fill("#value", p.t("2 个工作小时", "2 working hours"));
    await p.page.click("main form.form button.btn");
    await p.page.waitForLoadState();
  }],
  ["jobs", "xu.jing", "/admin/jobs"],
  ["jobs-import", "xu.jing", "/admin/jobs", importHistory],
  ["my-jobs", "wu.tao", "/r/fault", async (p) => {
    await p.page.locator("form[action='/r/fault/export'] button").first().evaluate((b) => b.click());
    await p.page.waitForURL("**/me/jobs");
  }],
  ["health", "xu.jing", "/admin/health"],
  ["account", "xu.jing", "account"],
  ["seats", "xu.jing", "seats"],
  ["error-404", "li.lei", "/r/fault/1"],
  ["error-404-address", "li.lei", "/no/such/page"],
  ["error-forbidden", "li.lei", "/admin/account/1"],
  ["error-conflict", "wu.tao", `${r(21)}/do/grade`, async (p) => {
    await p.page.evaluate(() => { document.querySelector("main form.card [name=ver]").value = "1"; });
    await press(p);
  }],
  ["error-refused-post", "li.lei", "/r/fault/new/report", async (p) => {
    await p.page.fill("#f-summary", "打不开网页"); await p.page.fill("#f-contact", "8832"); await p.page.fill("#f-occurred", "2099-01-01T10:00");
    await press(p);
  }],
  ["signin", null, "/signin"],
  ["signin-wrong", null, "/signin", (p) => door(p, "li.lei", "wrong-password")],
  ["signin-ended", null, "/signin?back=%2Finbox&ended=1"],
  ["second-off", "deng.hua", "/me/second"],
  ["second-begun", "han.mei", "/me/second", enrol("begun")],
  ["second-codes", "qian.wei", "/me/second", enrol("codes")],
  ["second-on", "qian.wei", "/me/second"],
  ["signin-code", null, "/signin", (p) => door(p, "qian.wei", PASSWORD)],
  ["activity", "wu.tao", `${r(3)}/activity?before=9007199254740991`],
  ["label", "huang.he", "label"],
  ["bulk-answers", "wu.tao", "/r/fault?w.state=reported", async (p) => {
    await p.page.locator("[data-pick]").nth(0).check(); await p.page.locator("[data-pick]").nth(1).check();
    await p.page.selectOption("#bulk [name=action]", "close");
    await p.page.click("#bulk .sure summary"); await p.press("#bulk .sure button");
  }],
  ["file-remove", "wu.tao", r(12), open(".file details > summary")],
  ["record-labels", "wu.tao", r(12), openAtDesk("main .head details.menu > summary")],
  ["security-log", "he.qiang", "/admin/security"],
  ["security-log-none", "he.qiang", "/admin/security?login=nobody"],
  ["token-made", "wang.fang", "/me", async (p) => {
    await p.page.fill("#t-n", "同步"); await p.press("form[action='/me/token'] button");
  }],
  ["password-wrong", "wang.fang", "/me", async (p) => {
    for (const f of ["old", "fresh", "again"]) await p.page.fill(`#${f}`, `not the ${f} one`);
    await p.press("form[action='/me/password'] button");
  }],
  ["approval-route", "li.lei", "/r/loan/new/request", async (p) => { await p.page.fill("#f-loan_item", "备用笔记本"); await p.page.waitForTimeout(1200); }],
  ["approval-record", "han.mei", "loan"],
  ["approval-author", "li.lei", "loan"],
  ["approval-all", "li.lei", "loan/approval"],
  ["approval-vote", "han.mei", "loan/approval/vote?vote=reject"],
  ["approval-add", "han.mei", "loan/approval/add"],
  ["approval-return", "han.mei", "loan/approval/return"],
  ["approval-refused", "han.mei", "loan/approval/vote?vote=reject", press],
  ["approval-print", "li.lei", "loan?print=1", "print"],
  ["approval-again", "li.lei", "loan/approval/resubmit", async (p) => {
    await p.open(await address(p, "loan")); await p.press("#approval a[href*='/approval/withdraw']"); await p.press("main form.card footer button");
    await p.open(await address(p, "loan/approval/resubmit"));
  }],
  ["setting-units", "xu.jing", "/admin/settings/fault_reporting/fault.accept"],
  ["setting-published", "xu.jing", "/admin/settings/fault_reporting/fault.feedback", async (p) => {
    await p.page.fill("#value", p.t("5 个工作小时", "5 working hours")); await p.press("main form.form button.btn");
    await p.press("main form:has([name=sure]) button.main");
  }],
  ["law-version", "li.lei", "/law/fault_reporting/v/1"],
  ["law-versions", "li.lei", "/law/fault_reporting", open("main .head details.menu > summary")],
  ["law-changes", "li.lei", "/law/fault_reporting/v/2/changes"],
  ["error-often", "gao.yuan", "/r", tooOften],
  ["error-forged", "li.lei", "/r/fault/new/report", async (p) => {
    await p.page.evaluate(() => { document.querySelector("main form.card [name=csrf]").value = "0".repeat(32); });
    await press(p);
  }],
];

// --- a demonstration with something in it ---------------------------------------

export function prepare(work) {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  execFileSync(process.env.ZHIDU ?? join(root, "build/release/zhidu"),
    ["init", join(root, "regulations"), "--demo", "--cases", "--data", join(work, "seed")], { stdio: "pipe" });
}

export async function numbers(demo, browser) {
  const p = await Person.signIn(demo, browser, "wu.tao", { lang: "zh", width: 1280 });
  const found = {};
  await p.open("/r/fault");
  for (const row of await p.page.locator("main table.list tbody tr").all()) {
    const m = /GZ-\d+-0*(\d+)/.exec(await row.innerText());
    if (m) found[m[1]] = await row.locator("a.row").getAttribute("href");
  }
  await p.open(found[12]);
  await p.page.setInputFiles("#f-files", [photo(), { name: "阵列日志.txt", mimeType: "text/plain", buffer: Buffer.from("disk 7: 214 reallocated\n".repeat(900)) }]);
  await p.page.click('form[action$="/note/attach"] button');
  await p.page.waitForLoadState();
  await p.page.fill("#f-note", "已联系原厂，备件**明天上午**到。重建期间请不要重启阵列。");
  await p.page.click('form[action$="/note/comment"] button');
  await p.page.waitForLoadState();
  await p.close();
  return (n) => found[n];
}

/** Who looks: somebody signed in, or somebody at the door. */
export const look = (demo, browser, login, how) =>
  (login ? Person.signIn(demo, browser, login, how) : Person.come(demo, browser, login, how));

/** The loan of the demonstration that waits for the head of the unit; its borrower sees no other. */
async function loan(p) {
  if (!p.demo.loan) {
    const li = await Person.signIn(p.demo, p.browser, "li.lei", { ...p.how, scripts: true });
    await li.open("/r/loan");
    p.demo.loan = await li.page.locator("main table.list a.row").first().getAttribute("href");
    await li.close();
  }
  return p.demo.loan;
}

/** A task of the demonstration that reports by itself; at first it has no address. */
export async function task(p) {
  if (!p.demo.task) {
    const liu = await Person.signIn(p.demo, p.browser, "liu.yang", { ...p.how, scripts: true });
    await liu.open("/r/heartbeat/new/register");
    await liu.fill({ title: "业务库每日备份", what: "每天 2:00 备份全部业务库" });
    await liu.send();
    p.demo.task = /\/r\/heartbeat\/(\d+)/.exec(liu.path())[1];
    await liu.close();
  }
  return p.demo.task;
}

export async function address(p, path) {
  if (!p.login) { // at the door: nobody, in the language of the run
    await p.context.clearCookies();
    return `${path}${path.includes("?") ? "&" : "?"}lang=${p.how.lang}`;
  }
  if (path.startsWith("first:")) {
    await p.open(path.slice(6));
    return p.page.locator("main table.list a.row").first().getAttribute("href");
  }
  if (path === "labels") {
    await p.open("/r/device");
    const ids = await p.page.locator("[data-pick]").evaluateAll((boxes) => boxes.slice(0, 8).map((b) => `id=${b.value}`));
    return `/r/device/labels?${ids.join("&")}`;
  }
  if (path === "label") return `${await address(p, "first:/r/device")}/label`;
  if (path === "proof") {
    await p.open("/r/fault");
    await p.page.locator("main table.list a.row").first().click();
    return p.page.locator('main a[href^="/proof/"]').first().getAttribute("href");
  }
  if (path === "task") return `/duties/heartbeat/${await task(p)}`;
  if (path.startsWith("loan")) return (await loan(p)) + path.slice(4);
  if (path === "seats") return (await address(p, "first:/r/person")).replace("/r/person", "/admin/seats");
  if (path === "account") {
    return (await address(p, "first:/r/person")).replace("/r/person", "/admin/account");
  }
  return path;
}


// --- an organisation that has nothing yet ------------------------------------------

/** An installation with one administrator: what a page says where there is nothing. */
export function prepareEmpty(work) {
  execFileSync(process.env.ZHIDU ?? join(root, "build/release/zhidu"),
    ["init", join(root, "regulations"), "--admin", "徐静", "--login", "xu.jing", "--data", join(work, "empty-seed")],
    { input: `${PASSWORD}\n`, stdio: ["pipe", "pipe", "inherit"] });
}
export const emptyPages = [
  "/", "/inbox", "/inbox?box=done", "/inbox?box=mine", "/inbox?box=watched", "/notifications", "/r", "/r/fault", "/r/device", "/r/post",
  "/r/fault/labels", "/search?q=x", "/law", "/me", "/admin", "/admin/settings", "/admin/jobs", "/admin/health",
].map((path) => [`empty ${path}`, "xu.jing", path]);

// --- none is forgotten ------------------------------------------------------------------

/** Addresses that answer with no page, by what the program's table says of them or by name. */
const NO_PAGE = new Map([
  ["probe", "for machines that watch"], ["asset", "a file of the program"], ["file", "a file to keep"],
  ["suggest", "a part of a page: tried with the keyboard in keys.mjs"],
  ["/proof/~/file", "a file to keep"],
  ["/live", "asked by pages: tried in functions.mjs"], ["/r/~/~/live", "asked by pages: tried in functions.mjs"],
]);

/** GET addresses of the program that are neither opened (their paths) nor have a reason not to be. */
export function forgotten(opened) {
  const table = execFileSync(join(root, process.env.ZHIDU_ROUTES ?? "build/release/routes")).toString().trim().split("\n").map((l) => l.split(" "));
  const gets = table.filter(([method, , kind]) => method === "GET" && !NO_PAGE.has(kind));
  const left = gets.filter(([, path]) => {
    const like = new RegExp(`^${path.replaceAll(/[.]/g, "\\.").replaceAll("~", "[^/]+").replaceAll("#", "\\d+")}$`);
    const other = gets.filter(([, p]) => p !== path && !/[~#]/.test(p)).map(([, p]) => p); // a fixed address is not an example of a pattern
    return !NO_PAGE.has(path.replaceAll("#", "~")) && !opened.some((o) => like.test(o) && !other.includes(o));
  });
  return { pages: gets.length, left: left.map(([, path]) => path) };
}

// --- what asks once more -----------------------------------------------------------------

/** How what an address does is taken back, or what comes before it (docs/decisions/0035). */
const TAKEN_BACK = {
  "/signin": "again", "/signin/code": "again", "/signout": "again", "/notifications": "again", "/r/~/view": "again",
  "/me/language": "again", "/me/theme": "again", "/me/token": "again", "/me/sessions/end": "again", "/me/sessions/~/end": "again",
  "/r/~/new/~/check": "changes nothing", "/r/~/#/do/~/check": "changes nothing",
  "/r/~/new/~": "a form of its own", "/r/~/#/do/~": "a form of its own", "/me/password": "a form of its own",
  "/admin/account/#": "a form of its own", "/admin/settings/~/~": "the difference first", "/admin/settings/~/~/unit": "again",
  "/me/second/begin": "a password", "/me/second/confirm": "a code", "/me/second/codes": "a password and a code", "/me/second/off": "a password and a code",
  "/r/~/#/approval/~": "a form of its own", "/r/~/#/approval/resubmit": "a form of its own", "/r/~/#/approval/resubmit/check": "changes nothing",
  "/r/~/#/note/~": "the other way, or part of the history; detach asks",
  "/r/~/#/note/detach": "asks", "/r/~/bulk": "asks", "/r/~/view/#": "asks", "/me/token/#/end": "asks", "/admin/jobs/#/cancel": "asks",
  "/me/jobs/#/cancel": "asks", "/r/~/export": "can be cancelled in My jobs", "/controls/~/evidence": "can be cancelled in My jobs",
  "/admin/account/#/second": "asks", "/admin/seats/#": "a form of its own", "/inbox/approve": "asks", "/me/phrases": "again",
  "/duties/heartbeat/#/issue": "again", "/duties/heartbeat/#/revoke": "asks", "/ping/~": "a machine's", "/ping/~/~": "a machine's",
};
const pattern = (path) => new RegExp(`^${path.replaceAll("~", "[^/]+").replaceAll("#", "\\d+")}$`);

/** Addresses of the program that change something and of which nobody said how it is taken back. */
export function unsaid() {
  const table = execFileSync(join(root, process.env.ZHIDU_ROUTES ?? "build/release/routes")).toString().trim().split("\n").map((l) => l.split(" "));
  return table.filter(([method, path]) => method === "POST" && !TAKEN_BACK[path]).map(([, path]) => path);
}

/** Forms of the page that do what asks once more, and those of them that do not ask. */
export async function hasty(p) {
  const asks = Object.entries(TAKEN_BACK).filter(([, how]) => how === "asks").map(([path]) => pattern(path));
  const forms = await p.page.locator("form[method=post]").evaluateAll((all) => all.map((f) => ({
    action: f.getAttribute("action"), // a field may be called so
    at: [...f.elements].some((b) => b.type === "submit" && !b.name && !b.closest("details.sure, details:has(.drop.wide)")),
  })));
  return forms.filter((f) => f.at && asks.some((a) => a.test(f.action))).map((f) => f.action);
}
