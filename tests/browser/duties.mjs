// A recurring obligation that is not met in time shows at its clause the moment its grace is
// over, to whoever reads the regulation; met after all, it is late and no longer missed.
import { contains, equal, expect, must, story } from "./support.mjs";

export const duties = (browser, how) => story("duties", browser, how, [owed, missed, metLate]);

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

async function owed(w) {
  const huang = await later(w, "huang.he", `${daysToHalfYear() + 2}d`);
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
  await must("within the day its grace is over it is missed, on its page and among all", async () => {
    const { p, n } = await until(w, "huang.he", w.t("不符合", "not kept"), 25);
    expect(n >= 8, `after ${n} days; 20 working days and five of grace`);
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
