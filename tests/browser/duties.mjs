// A recurring obligation that is not met in time shows at its clause the moment its grace is
// over, to whoever reads the regulation; met after all, it is late and no longer missed.
// So does a task that reports by itself: one that keeps silent, and one that says it failed.
import { execFileSync } from "node:child_process";
import { contains, equal, expect, must, story } from "./support.mjs";

export const duties = (browser, how) => story("duties", browser, how, [ahead, owed, missed, metLate, history, reports, silent, fails]);

const PAGE = "/duties/equipment_is_counted";
const ARTICLE = "#stock-take";
const pill = async (p) => (await p.page.locator("main .head .pill").textContent()).trim();
/** Sign-ins do not outlive weeks: time passes, and whoever goes on comes in again. */
async function later(w, login, length) {
  w.demo.clock(length);
  const p = await w.as(login);
  await p.open("/");
  if (p.path() === "/signin") await p.enter();
  return p;
}
const article = async (p) => {
  await p.open("/law/equipment");
  return p.text(`${ARTICLE} .side`);
};

/** Until the next half year begins. */
function daysToHalfYear() {
  const now = new Date(), next = new Date(now.getFullYear(), now.getMonth() < 6 ? 6 : 12, 1);
  return Math.ceil((next - now) / 86400000);
}

/** Before it begins: what is looked at ahead. */
const lead = () => Math.max(0, daysToHalfYear() - 5);

async function ahead(w) {
  const huang = await later(w, "huang.he", `${lead()}d`);
  const { page } = huang;
  await must("before the half year begins its stock-take is foreseen, with the post that will owe it", async () => {
    await huang.open("/calendar?show=mine");
    const line = page.locator(".month td:not(.out) li.ahead", { hasText: w.t("设备每半年清查一次", "Equipment is counted every half year") });
    for (let i = 0; i < 4 && !(await line.count()); i++) await huang.open(await page.locator('a[rel="next"]').getAttribute("href"));
    equal(await line.count(), 1);
    const text = await line.innerText();
    contains(text, w.t("预计", "foreseen"));
    contains(text, w.t("设备管理员", "Equipment keeper"));
    await huang.axe("a month that is foreseen");
    equal(await line.locator("a").getAttribute("href"), PAGE); // no record is there yet
    const ics = (await page.evaluate(async () => (await fetch("/api/v1/calendar.ics?mine=true")).text())).replaceAll("\r\n ", "");
    contains(ics, `SUMMARY:${w.t("预计：设备每半年清查一次", "foreseen: Equipment is counted every half year")}`);
    contains(ics, "STATUS:TENTATIVE");
  });
  await must("who does not hold the post finds it among all, not among his own", async () => {
    const xu = await w.as("xu.jing");
    const month = new URL(page.url()).search;
    await xu.open(`/calendar${month}`);
    equal(await xu.page.locator(".month li.ahead", { hasText: w.t("设备每半年清查一次", "Equipment is counted") }).count(), 0);
    await xu.open(`/calendar${month.replace("&show=mine", "")}`);
    equal(await xu.page.locator(".month td:not(.out) li.ahead", { hasText: w.t("设备每半年清查一次", "Equipment is counted") }).count(), 1);
  });
}

async function owed(w) {
  const huang = await later(w, "huang.he", `${daysToHalfYear() + 2 - lead()}d`);
  await must("the keeper finds the stock-take that the half year asks for, and all see the duty", async () => {
    await huang.open(PAGE);
    expect(await huang.page.locator("main table.list tbody tr").count() >= 1, "an occurrence");
    contains(await huang.text("main"), w.t("设备管理员", "Equipment keeper"));
    await huang.axe("a duty that waits");
    await huang.open("/duties");
    contains(await huang.text("main"), w.t("设备每半年清查一次", "Equipment is counted every half year"));
    await huang.axe("all duties");
  });
}

/** Day by day until the page of the duty says so; at most so many. */
async function until(w, login, words, days) {
  for (let n = 1; n <= days; n++) {
    const p = await later(w, login, "1d");
    await p.open(PAGE);
    if (process.env.VERBOSE) console.log(n, await pill(p));
    if (await pill(p) === words) return { p, n };
  }
  throw new Error(`not ${words} within ${days} days`);
}

async function missed(w) {
  await must("within its term it is no fault", async () => {
    const p = await later(w, "huang.he", "20d");
    await p.open(PAGE);
    equal(await pill(p), w.t("有缺失", "unknown")); // none has ended yet
    expect(!(await article(p)).includes(w.t("不符合", "not kept")), "its article is not kept");
  });
  await must("past its term it is in grace, and no longer only unknown", async () => {
    const { p } = await until(w, "huang.he", w.t("宽限中", "in grace"), 20);
    contains(await p.text("main"), w.t("已逾期，宽限中", "overdue, in grace"));
    await p.axe("a duty in grace");
  });
  await must("within the day its grace is over it is missed, on its page and among all", async () => {
    const { p, n } = await until(w, "huang.he", w.t("不符合", "not kept"), 25);
    expect(n >= 4, `after ${n} days in grace; it has five working days`);
    contains(await p.text("main"), w.t("未履行", "Missed"));
    await p.axe("a missed duty");
    await p.open("/duties?show=missed");
    contains(await p.text("#runs"), w.t("设备每半年清查一次", "Equipment is counted every half year"));
  });
  await must("it stands on the day it was due, in the calendar and among one's own", async () => {
    const huang = await w.as("huang.he");
    const { page } = huang;
    await huang.open("/calendar?show=mine");
    for (let i = 0; i < 3 && !(await page.locator(".month li").count()); i++) {
      const before = await page.locator('a[rel="prev"]').getAttribute("href");
      await huang.open(before);
    }
    contains(await page.locator(".month").innerText(), w.t("未履行", "Missed"));
    expect(await page.locator(".month td.rest").count() >= 8, "days that are not worked");
    await huang.axe("a month of the calendar");
    const text = await page.evaluate(async () => (await fetch("/api/v1/calendar.ics?mine=true")).text());
    contains(text, `SUMMARY:${w.t("设备每半年清查一次", "Equipment is counted every half year")}`);
  });
  await must("its clause says so to whoever reads the regulation", async () => {
    const li = await w.as("li.lei");
    contains(await article(li), w.t("不符合", "not kept"));
    await li.axe("an article whose duty was missed");
  });
  await must("its regulation is not kept, whatever its controls say, and the figures say why", async () => {
    const huang = await w.as("huang.he");
    await huang.open("/compliance");
    const row = huang.page.locator("main tr", { has: huang.page.locator("a[href='/compliance/regulations/equipment']") });
    contains(await row.innerText(), w.t("不符合", "not kept"));
    contains(await row.innerText(), w.t("未履行 1", "missed 1"));
    await huang.axe("sums with a missed duty");
    await huang.press(row.locator("a.row"));
    contains(await huang.text("#duties"), w.t("设备每半年清查一次", "Equipment is counted every half year"));
    contains(await huang.text("#duties"), w.t("未履行 1", "missed 1"));
    equal(await huang.page.locator("main .head .pill.bad").count(), 1);
    await huang.axe("a regulation with a missed duty");
    await huang.open("/compliance?by=unit");
    contains(await huang.text("main"), w.t("未履行 1", "missed 1"));
    await huang.axe("units with a missed duty");
  });
  await must("who owes it and who answers for it are told", async () => {
    const huang = await w.as("huang.he");
    await huang.open("/notifications");
    contains(await huang.text("main"), w.t("设备清查未按期完成", "The stock-take of equipment was not done in time"));
  });
}

async function metLate(w) {
  const huang = await w.as("huang.he");
  await must("counted after all, it is late, and the clause is kept again", async () => {
    await huang.open("/r/stock_take?open=1");
    await huang.press("main a.row[href*='/r/stock_take/']");
    await huang.press("ul.acts a.btn[href$='/do/record']");
    await huang.fill({ in_books: "12", found: "12" });
    equal((await huang.send()).status(), 303);
    w.demo.clock("1m");
    await huang.open(PAGE);
    contains(await huang.text("main"), w.t("逾期完成", "late"));
    expect(await pill(huang) !== w.t("不符合", "not kept"), "still not kept");
    expect(!(await article(huang)).includes(w.t("不符合", "not kept")), "the article is still not kept");
    await huang.axe("a duty met late");
  });
}

/** The list behind a figure has as many records as the figure says; the first opens. */
async function opens(p, figure, what) {
  const n = Number(/\d+/.exec(await figure.innerText())[0]);
  await p.press(figure);
  await p.axe(`the list behind: ${what}`);
  equal(await p.page.locator("#runs tbody tr").count(), n, what);
  await p.press(p.page.locator("#runs a.row").first());
  expect(/^\/r\/duty_run\/\d+$/.test(p.path()), `${what}: ${p.path()}`);
}

async function history(w) {
  const huang = await w.as("huang.he");
  const { page } = huang;
  const cell = (row, label) => row.locator(`td[data-label="${label}"] a`).first();
  const late = w.t("逾期完成", "Late");
  await must("its history says which post owed it, who held that, and that it was late, not missed", async () => {
    await huang.open(`${PAGE}#history`);
    const rows = page.locator("#history tbody tr");
    contains(await rows.nth(0).innerText(), w.t("设备管理员", "Equipment keeper"));
    contains(await rows.nth(1).innerText(), "黄河");
    for (const i of [0, 1]) equal(await cell(rows.nth(i), late).textContent().then((x) => Number(/\d+/.exec(x)[0])), 1);
    equal(await rows.nth(1).locator(`td[data-label="${w.t("未履行", "Missed")}"] a`).count(), 0);
    equal(await rows.nth(1).locator(`td[data-label="${w.t("亲手完成", "Did it")}"] a`).count(), 1);
    await huang.axe("the history of a duty");
    await opens(huang, cell(rows.nth(1), late), "late by a person");
  });
  await must("the year before has nothing to tell, and does not say all was done", async () => {
    await huang.open(PAGE);
    await huang.press(page.locator("#history .tabs a").nth(1));
    equal(await page.locator("#history tbody tr").count(), 0);
    expect(!(await huang.text("#history")).includes("100%"), "100% of nothing");
    await huang.axe("a year without occurrences");
  });
  await must("of a regulation, by article, post and person; and on paper", async () => {
    await huang.open("/compliance/regulations/equipment");
    await huang.press(page.locator("#duties header a[href$='#history']"));
    contains(await huang.text("#history"), w.t("第二十四条", "Article 24"));
    await huang.axe("the history of a regulation");
    await opens(huang, cell(page.locator("#history tbody tr").first(), late), "late at an article");
  });
  await must("from the sums by regulation and by unit each figure opens its occurrences", async () => {
    for (const [path, what] of [["/compliance", "regulation"], ["/compliance?by=unit", "unit"]]) {
      await huang.open(path);
      await opens(huang, page.locator(`main td a[href*='${what}='][href*='show=late']`).first(), `late by ${what}`);
    }
  });
}

// --- tasks that report by themselves ------------------------------------------------------

const TASK = "业务库每日备份";
const told = async (p) => {
  await p.open("/law/routine");
  return p.text("#report .side");
};
/** Looks until the article is kept, or not. */
async function turns(p, kept) {
  for (const began = Date.now(); ;) {
    if (!(await told(p)).includes(p.how.lang === "zh" ? "不符合" : "not kept") === kept) return;
    expect(Date.now() - began < 30000, `still ${kept ? "not kept" : "kept"} after 30 s`);
    await new Promise((done) => setTimeout(done, 300));
  }
}
/** As a task does it: no browser, no session. */
const curl = (w, ending, ...more) => execFileSync("curl", ["-sS", "-o", "-", "-w", " %{http_code}", ...more, w.address + ending]).toString();

async function reports(w) {
  let liu = await later(w, "liu.yang", "1m");
  await must("a technician registers the backup and gets its address, once", async () => {
    await liu.open("/r/heartbeat/new/register");
    await liu.fill({ title: TASK });
    equal((await liu.send()).status(), 303);
    w.task = /\/r\/heartbeat\/(\d+)/.exec(liu.path())[1];
    await liu.press(`ul.acts a.btn[href$='/do/issue']`);
    equal(liu.path(), `/duties/heartbeat/${w.task}`);
    await liu.axe("a task without an address");
    equal((await liu.post("main form[action$='/issue'] button")).status(), 200);
    w.address = (await liu.page.locator(".note .said").textContent()).trim();
    expect(/\/ping\/[\w-]{43}$/.test(w.address), w.address);
    await liu.axe("an address that was given out");
    await liu.open(`/duties/heartbeat/${w.task}`);
    expect(!(await liu.page.content()).includes(w.address.slice(-43)), "the secret is shown again");
  });
  await must("it reports with what it wrote, and its clause is kept", async () => {
    equal(curl(w, "/start"), "OK\n 200");
    equal(curl(w, "/0", "--data-binary", "完成 12 个库，占用 87%\n"), "OK\n 200");
    w.demo.clock("1m");
    await turns(liu, true);
    await liu.open(`/r/heartbeat/${w.task}`);
    await liu.press(liu.page.locator("main a.row[href*='/r/ping/']").last());
    contains(await liu.text("main"), "完成 12 个库，占用 87%");
    await liu.axe("what a task reported");
    await turns(liu, true);
    await liu.axe("an article that tasks keep");
  });
}

async function silent(w) {
  await must("no report within its cycle: two hours later the clause is not kept, and its keeper is told", async () => {
    let liu = await later(w, "liu.yang", "49h");
    expect(!(await told(liu)).includes(w.t("不符合", "not kept")), "within the grace it is not kept");
    liu = await later(w, "liu.yang", "2h");
    await turns(liu, false);
    await liu.open("/duties/tasks_report");
    equal(await pill(liu), w.t("不符合", "not kept"));
    await liu.open("/notifications");
    contains(await liu.text("main"), w.t(`${TASK} 没有按周期报到`, `${TASK} did not report in its cycle`));
  });
  await must("with the next good report it is kept again", async () => {
    equal(curl(w, "", "-X", "POST"), "OK\n 200");
    await turns(await later(w, "liu.yang", "1m"), true);
  });
}

async function fails(w) {
  await must("a report of failure turns the clause at once, with what the task wrote", async () => {
    equal(curl(w, "/2", "--data-binary", "磁盘已满\n"), "OK\n 200");
    const liu = await later(w, "liu.yang", "1m");
    await turns(liu, false);
    await liu.open("/controls/tasks_succeed");
    contains(await liu.text("main"), TASK);
    await liu.open(`/r/heartbeat/${w.task}`);
    await liu.press(liu.page.locator("main a.row[href*='/r/ping/']").last());
    contains(await liu.text("main"), "磁盘已满");
    await liu.axe("a task that failed");
    await liu.open("/notifications");
    contains(await liu.text("main"), w.t(`${TASK} 报告失败`, `${TASK} reports a failure`));
  });
  await must("and success turns it back", async () => {
    contains(curl(w, "/0", "-I"), "200 OK"); // HEAD
    await turns(await later(w, "liu.yang", "1m"), true);
  });
  await must("a wrong address is refused, and none learns whether it was one", async () => {
    const wrong = w.address.slice(0, -43) + "A".repeat(43), r = curl({ address: wrong }, "");
    expect(r.endsWith(" 404"), r);
    equal(curl(w, "/256"), r);
  });
}
