// Every way an approval is counted and every way it moves, each step with its effect looked at
// whole (effect.mjs): what it did to votes, to other seats, to clocks, and its entry in the
// ledger; what is not said is checked to be as it was.  tests/regulations/every_way has a route
// for each.
//
//   countersigned   会签; 前加签 with the clock standing; 并加签; 减签; who voted is not removed
//   moved           转办 with its term, and begun anew by an administrator; loops; 委派; 挂起, 恢复
//   around          后加签; 抄送 by the route, 已阅; 拿回 by the last voter, not once it was seen;
//                   退回 to a node; 撤回 by the author; 重新提交, straight back; 通过; 拒绝
//   oneOfThem       或签                     inOrder     依次, 取消加签, 拿回
//   voted           票签 by share with quorum, by number; a vote changed while undecided
//   failing         驳回: to the node before, a named one, the author, the end; 退回 to the one before
//   nobody          administrator, substitute, superior, pass, stop and 指定审批人, reject
//   oneself         superior, skip, may; 去重
//   late            催办 three times; reminded, 上报 beside and instead, passed, refused, ended
//   minded          减签 of a named one, never the last; 终止
//   deputies        leave from the profile, 代理 of open seats, taken back by whose right it is,
//                   back again; an appointed deputy; never on the deputy's own paper
//   signed          drawn by finger or mouse, kept, on card and paper, bound to the content; typed
//   notCarried      再次执行
//
// In approvals.mjs: the route before it is submitted, 征询 answered from the inbox, differences of
// rounds, 管理员跳转 by two, print and PDF.  In leaver.mjs: 批量同意, 离职移交.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { NAMES, difference, effect, look, of, op, send } from "./effect.mjs";
import { Demo, Person, at, check, contains, equal, expect, must, prepareWith, root } from "./support.mjs";

export async function ways(browser, how) {
  at(`ways ${how.lang} ${how.width}`);
  const demo = await Demo.start(`ways-${how.lang}-${how.width}`, { seed: prepareWith("every_way") });
  const people = {};
  const as = async (login) => {
    const p = (people[login] ??= Object.assign(await Person.signIn(demo, browser, login, how), { used: w.moved }));
    if (w.moved - p.used > 7 * HOUR) await p.enter(); // after eight hours a sign-in has run out
    p.used = w.moved;
    return p;
  };
  const w = { demo, as, how, moved: 0, t: (zh, en) => (how.lang === "en" ? en : zh) };
  w.nine = nineOfAWorkingDay();
  await until(w, 0, 9);
  for (const part of [countersigned, moved, around, oneOfThem, inOrder, voted, failing, nobody, oneself, late, minded, deputies, signed, notCarried]) {
    try {
      await part(w);
    } catch (e) {
      await check(`${part.name} goes to its end`, () => { throw e; });
    }
  }
  await check("the ledger agrees with every row of every approval", () => contains(demo.command("ledger", "verify"), "In order"));
  for (const p of Object.values(people)) {
    await check(`no error in ${p.login}'s browser`, () => equal(p.errors.join("\n"), ""));
    await p.close();
  }
  await demo.stop();
}

const ZONE = 8 * 3600000, DAY = 86400000, HOUR = 3600000;
/** Nine o'clock of a working day with working days behind it: then it is known how terms run, whenever this is run. */
function nineOfAWorkingDay() {
  const days = new Set(readFileSync(join(root, "regulations/organisation/records.yaml"), "utf8").match(/\d{4}-\d\d-\d\d/g));
  for (let nine = Math.floor((Date.now() + ZONE) / DAY) * DAY + 9 * HOUR; ; nine += DAY) {
    const plain = [0, 1, 2, 3].every((n) => !days.has(new Date(nine + n * DAY).toISOString().slice(0, 10)));
    if (nine > Date.now() + ZONE && new Date(nine).getUTCDay() >= 1 && new Date(nine).getUTCDay() <= 2 && plain) return nine - ZONE;
  }
}
/** Working hours between two moments of such days, 08:30-12:00 and 13:30-17:30. */
function worked(from, to) {
  let ms = 0;
  for (let day = Math.floor((from + ZONE) / DAY) * DAY - ZONE; day < to; day += DAY) {
    for (const [a, b] of [[8.5, 12], [13.5, 17.5]]) ms += Math.max(0, Math.min(to, day + b * HOUR) - Math.max(from, day + a * HOUR));
  }
  return ms / HOUR;
}
/** A term now ends so many working hours later, a minute or two more or less. */
const later = (before, after, n, words) => {
  const have = worked(Date.parse(before), Date.parse(after));
  expect(Math.abs(have - n) < 0.05, `${words}: ${before} to ${after} is ${have} working hours, not ${n}`);
};
/** Time passes, so many hours; whoever was signed in for long has to sign in again. */
const pass = (w, hours) => move(w, hours * 60);
/** Time passes up to an hour of a day, counted from the first. */
const until = (w, day_, hour) => move(w, Math.ceil((w.nine + day_ * DAY + (hour - 9) * HOUR - Date.now() - w.moved) / 60000));
async function move(w, minutes) {
  w.demo.clock(`${minutes}m`);
  w.moved += minutes * 60000;
}

async function create(w, key, values, author = "li.lei") {
  const p = await w.as(author);
  await p.fresh(`/r/paper/new/${key}`);
  await p.fill({ title: `文件 ${key}`, ...values });
  equal((await send(p)).status(), 303, await p.text());
  return p.path();
}
/** A vote by its form, and what it does. */
async function vote(w, record, login, what, want, note = "") {
  const p = await w.as(login);
  return effect(p, record, () => op(p, record, "vote", note ? { vote: what, note } : { vote: what }), want);
}
/** Any other operation by its form, and what it does. */
async function does(w, record, login, key, values, want, seat) {
  const p = await w.as(login);
  return effect(p, record, () => op(p, record, key, values, seat), want);
}
const state = async (w, record, zh, en) => {
  const p = await w.as("li.lei");
  await p.open(record);
  contains(await p.state(), w.t(zh, en));
};

// --- 会签, 加签, 减签, 转办, 委派 ---------------------------------------------------------------

async function countersigned(w) {
  w.paper = await create(w, "all", { circle: "韩梅, 周杰, 孙丽" });
  const li = await w.as("li.lei");
  await must("countersigning opens all seats at once, each with its term", async () => {
    const now = await look(li, w.paper);
    equal(now.seats.map((s) => `${s.who} ${s.state}`).sort().join(), "周杰 open,孙丽 open,韩梅 open");
    expect(now.seats.every((s) => s.due === now.seats[0].due && s.due), "one term for all");
    contains(now.rounds[0].runs[0].tally, w.t("须 3", "needed 3"));
  });
  await check("a vote closes its own seat, and no other", () =>
    vote(w, w.paper, "han.mei", "approve", ["韩梅: open → approved; its clock stops; votes: approved", "events: approved"]));
  await check("added before: the holder waits, his clock stands, theirs runs", async () => {
    const { before } = await does(w, w.paper, "zhou.jie", "add", { where: "before", people: "唐雪", rule: "all", note: "请人事科先看" },
      ["周杰: open → held; its clock stops", "唐雪: new, open; its clock runs", "events: added seated"]);
    w.due = of(before, "周杰").due;
  });
  await pass(w, 2); // eleven o'clock
  await check("the group agrees: the holder goes on with what was left of his term", async () => {
    const { after } = await vote(w, w.paper, "tang.xue", "approve",
      ["唐雪: open → approved; its clock stops; votes: approved", "周杰: held → open; its clock runs", "events: approved (group_agreed)"]);
    later(w.due, of(after, "周杰").due, 2, "two hours were held");
  });
  await check("added beside: one more in the same count, others untouched", async () => {
    const { after } = await does(w, w.paper, "sun.li", "add", { where: "beside", people: "高原", note: "审计室也看" },
      ["高原: new, open; its clock runs", "events: added seated"]);
    contains(after.rounds[0].runs[0].tally, w.t("须 4", "needed 4"));
    later(of(after, "孙丽").due, of(after, "高原").due, 2, "a full term of his own");
  });
  await check("removed: the seat stays to be read, its clock stops, what is needed is counted again", async () => {
    const seat = of(await look(li, w.paper), "高原").id;
    const { after } = await does(w, w.paper, "sun.li", "remove", { note: "不必了" }, ["高原: open → removed; its clock stops", "events: removed"], seat);
    contains(after.rounds[0].runs[0].tally, w.t("须 3", "needed 3"));
  });
  await check("who has voted cannot be removed: it is not offered, and refused", async () => {
    const xu = await w.as("xu.jing");
    const now = await look(xu, w.paper);
    await xu.open(`${w.paper}/approval/remove?seat=${of(now, "韩梅").id.slice(5)}`);
    await xu.fill({ note: "不必了" });
    expect((await send(xu)).status() >= 400, "removed");
    contains(await xu.text("#errors"), w.t("已经表态", "has voted"));
    equal(difference(now, await look(xu, w.paper)).join("\n"), "");
  });
}

async function moved(w) {
  await check("transferred: the right goes, and the time that is left", async () => {
    const { before, after } = await does(w, w.paper, "sun.li", "transfer", { person: "林娜", note: "请办公室定" },
      ["孙丽: open → transferred; its clock stops", "林娜: new, open; its clock runs", "events: transferred seated"]);
    equal(of(after, "林娜").due, of(before, "孙丽").due, "due:");
  });
  await pass(w, 1); // noon
  await check("by who minds approvals, the term begun anew: noted, and as long as it says", async () => {
    const seat = of(await look(await w.as("xu.jing"), w.paper), "林娜");
    const { after } = await does(w, w.paper, "xu.jing", "transfer", { person: "高原", note: "林娜出差", restart: "true" },
      ["林娜: open → transferred; its clock stops", "高原: new, open; its clock runs", "events: transferred seated"], seat.id);
    later(seat.due, of(after, "高原").due, 3, "three hours after the first seats were opened");
  });
  await check("nobody gets it who had it, sits there, or asked for it", async () => {
    const gao = await w.as("gao.yuan");
    for (const [name, zh, en] of [["孙丽", "曾持有", "held this seat"], ["周杰", "已有席位", "has a seat"], ["李雷", "申请人", "himself"]]) {
      await gao.open(`${w.paper}/approval/transfer`);
      await gao.fill({ person: name, note: "请定" });
      expect((await send(gao)).status() >= 400, `given to ${name}`);
      contains(await gao.text("#errors"), w.t(zh, en));
    }
  });
  await check("asked for advice: the same seat, its clock runs on, and it comes back", async () => {
    await does(w, w.paper, "gao.yuan", "ask", { person: "徐静", note: "可行吗？" }, ["高原（征询 徐静）: was 高原; open → asking", "events: asked"]);
    await does(w, w.paper, "xu.jing", "advise", { note: "可行" }, ["高原: was 高原（征询 徐静）; asking → open", "events: advised"]);
  });
  await check("suspended, nothing waits for anybody and no clock runs; resumed, what was left runs on", async () => {
    const zhou = await w.as("zhou.jie");
    const { before } = await does(w, w.paper, "xu.jing", "suspend", { note: "等文件" }, ["周杰: its clock stops", "高原: its clock stops", "events: suspended"]);
    await zhou.open("/inbox");
    equal(await zhou.page.locator(`a.row[href^="${w.paper}/"]`).count(), 0, "in the inbox:");
    await pass(w, 2); // two o'clock, of which half an hour is working time
    const { after } = await does(w, w.paper, "xu.jing", "resume", {}, ["周杰: its clock runs", "高原: its clock runs", "events: resumed"]);
    later(of(before, "周杰").due, of(after, "周杰").due, 0.5, "half an hour was suspended");
    await zhou.open("/inbox");
    equal(await zhou.page.locator(`a.row[href^="${w.paper}/"]`).count(), 1, "in the inbox:");
  });
}

// --- 后加签, 撤回, 退回, 抄送, 拒绝 --------------------------------------------------------------

async function around(w) {
  await check("added after: the consent stands at once, the node waits for them", () => does(w, w.paper, "gao.yuan", "add",
    { where: "after", people: "黄河", rule: "all", note: "同意，请管理员确认" }, ["高原: open → approved; its clock stops; votes: approved", "黄河: new, open; its clock runs", "events: approved added seated"]));
  await check("they agree: others of the node are still waited for", () =>
    vote(w, w.paper, "huang.he", "approve", ["黄河: open → approved; its clock stops; votes: approved", "events: approved"]));
  await check("the last vote passes it: the next opens, and who is named gets a copy", () => vote(w, w.paper, "zhou.jie", "approve",
    ["周杰: open → approved; its clock stops; votes: approved", "node 1.1: active → passed", "node 1.2: new, active", "赵敏: new, open; its clock runs", "events: approved (passed) (opened) (seated) (copied)"]));
  await check("a copy is no seat; reading it is a receipt, and nothing else", () => does(w, w.paper, "huang.he", "read", {}, ["events: read"]));
  await check("the last voter takes it back: the node is active, those after it wait no more, other votes stay", () => does(w, w.paper, "zhou.jie", "take_back", {},
    ["周杰: approved → open; its clock runs; its vote is void", "node 1.1: passed → active", "node 1.2: active → withdrawn", "赵敏: open → withdrawn; its clock stops", "events: voided taken_back"]));
  await check("he votes once more, and the next gets a seat of his own", () => vote(w, w.paper, "zhou.jie", "approve",
    ["周杰: open → approved; its clock stops; votes: approved", "node 1.1: active → passed", "node 1.3: new, active", "赵敏: new, open; its clock runs", "events: approved (passed) (opened) (seated)"]));
  await check("once the next has opened it, it is not taken back any more", async () => {
    const [zhao, zhou] = [await w.as("zhao.min"), await w.as("zhou.jie")];
    await Promise.all([zhao.page.waitForResponse((r) => r.url().endsWith("/approval/view")), zhao.open(`${w.paper}/approval/vote`)]);
    await zhou.open(w.paper);
    equal(await zhou.page.locator("#approval a[href*='/approval/take_back']").count(), 0, "offered:");
  });
  await check("returned to a node that passed: new seats, new clocks; earlier votes stay, and count no more", async () => {
    const { after } = await does(w, w.paper, "zhao.min", "return", { node: "1", note: "请再核" },
      ["赵敏: open → returned; its clock stops", "node 1.3: active → returned", "node 1.1: passed → returned", "node 1.4: new, active", ...["韩梅", "周杰", "孙丽"].map((n) => `${n}: new, open; its clock runs`), "events: returned (opened) (seated) (seated) (seated)"]);
    contains(after.rounds[0].runs[3].tally, w.t("同意 0", "agreed 0"));
  });
  await check("withdrawn by its author: every seat is void, every clock stops, votes stay", async () => {
    await vote(w, w.paper, "han.mei", "approve", ["韩梅: open → approved; its clock stops; votes: approved", "events: approved"]);
    await does(w, w.paper, "li.lei", "withdraw", { note: "再改改" }, ["周杰: open → withdrawn; its clock stops", "孙丽: open → withdrawn; its clock stops", "node 1.4: active → withdrawn", "events: withdrawn"]);
  });
  await check("submitted anew: a round from the first node on", () => does(w, w.paper, "li.lei", "resubmit", { title: "文件 改" },
    ["node 2.1: new, active", ...["韩梅", "周杰", "孙丽"].map((n) => `${n}: new, open; its clock runs`), "events: resubmitted (opened) (seated) (seated) (seated)"]));
  await check("the history tells what was changed, and of the people that stayed nothing", async () => {
    const li = await w.as("li.lei");
    await li.open(w.paper);
    const last = await li.page.locator("#activity li").first().innerText();
    contains(last, "文件 改");
    expect(!last.includes(w.t("会签人员", "Circle")), last);
  });
  await check("returned to its author, and unchanged straight back to where it was", async () => {
    for (const who of ["han.mei", "zhou.jie"]) await vote(w, w.paper, who, "approve", [`${NAMES[who]}: open → approved; its clock stops; votes: approved`, "events: approved"]);
    await vote(w, w.paper, "sun.li", "approve", ["孙丽: open → approved; its clock stops; votes: approved", "node 2.1: active → passed", "node 2.2: new, active", "赵敏: new, open; its clock runs", "events: approved (passed) (opened) (seated) (copied)"]);
    await does(w, w.paper, "zhao.min", "return", { node: "author", note: "请说明" }, ["赵敏: open → returned; its clock stops", "node 2.2: active → returned", "events: returned"]);
    await does(w, w.paper, "li.lei", "resubmit", { straight: "true" }, ["node 3.1: new, active", "赵敏: new, open; its clock runs", "events: resubmitted (opened) (seated)"]);
  });
  await check("approved in full", async () => {
    await vote(w, w.paper, "zhao.min", "approve", ["赵敏: open → approved; its clock stops; votes: approved", "node 3.1: active → passed", "events: approved (passed) (completed)"]);
    await state(w, w.paper, "已生效", "Agreed");
  });
  await check("one refusal ends a countersigning; who did not vote is shown as such", async () => {
    const paper = await create(w, "all", { circle: "韩梅, 周杰, 孙丽" });
    await vote(w, paper, "han.mei", "reject", ["韩梅: open → rejected; its clock stops; votes: rejected", "周杰: open → closed; its clock stops", "孙丽: open → closed; its clock stops", "node 1.1: active → failed", "events: rejected (failed) (refused)"], "不妥");
    await state(w, paper, "未生效", "Declined");
  });
}

// --- 或签, 依次, 票签 ----------------------------------------------------------------------------

async function oneOfThem(w) {
  const paper = await create(w, "any", { circle: "韩梅, 周杰, 孙丽" });
  await check("one of them: a refusal decides nothing", () => vote(w, paper, "han.mei", "reject", ["韩梅: open → rejected; its clock stops; votes: rejected", "events: rejected"]));
  await check("the first consent does; the others' seats are closed, not gone", () => vote(w, paper, "zhou.jie", "approve",
    ["周杰: open → approved; its clock stops; votes: approved", "孙丽: open → closed; its clock stops", "node 1.1: active → passed", "events: approved (passed) (completed)"]));
  await check("who comes later is told that it is decided", async () => {
    const sun = await w.as("sun.li");
    await sun.open(`${paper}/approval/vote`);
    contains(sun.path(), paper);
    equal(await sun.page.locator("main form.card [name=vote]").count(), 0, "may vote:");
  });
}

async function inOrder(w) {
  const paper = await create(w, "order", { circle: "韩梅, 周杰, 孙丽" });
  const names = (await look(await w.as("li.lei"), paper)).seats.map((s) => `${s.who} ${s.state}${s.due ? " due" : ""}`);
  const logins = names.map((n) => Object.keys(NAMES).find((l) => NAMES[l] === n.split(" ")[0]));
  const [a, b, c] = logins.map((l) => NAMES[l]);
  await must("in order: one seat is open, the others wait and have no clock yet", () => equal(names.map((n) => n.split(" ").slice(1).join(" ")).join(), "open due,waiting,waiting"));
  await pass(w, 1); // three o'clock
  const first = [`${a}: open → approved; its clock stops; votes: approved`, `${b}: waiting → open; its clock runs`, "events: approved"];
  await check("the next opens with a term of its own", async () => {
    const { before, after } = await vote(w, paper, logins[0], "approve", first);
    later(of(before, a).due, of(after, b).due, 1, "an hour later");
  });
  await check("taken back before the next has looked: his turn again, the next waits without a clock", () => does(w, paper, logins[0], "take_back", {},
    [`${a}: approved → open; its clock runs; its vote is void`, `${b}: open → waiting; its clock stops`, "events: voided"]));
  await check("nobody is added beside; one before, whose adding is cancelled", async () => {
    await vote(w, paper, logins[0], "approve", first);
    const p = await w.as(logins[1]);
    await p.open(`${paper}/approval/add`);
    equal(await p.page.locator("[name=where][value=beside]").count(), 0, "beside is offered:");
    await does(w, paper, logins[1], "add", { where: "before", people: "唐雪", note: "先看" }, [`${b}: open → held; its clock stops`, "唐雪: new, open; its clock runs", "events: added seated"]);
    await does(w, paper, logins[1], "cancel_add", {}, ["唐雪: open → removed; its clock stops", `${b}: held → open; its clock runs`, "events: add_cancelled"]);
  });
  await check("a refusal ends it at once", () => vote(w, paper, logins[1], "reject",
    [`${b}: open → rejected; its clock stops; votes: rejected`, `${c}: waiting → closed`, "node 1.1: active → failed", "events: rejected (failed) (refused)"]));
}

async function voted(w) {
  const paper = await create(w, "ballot", { circle: "韩梅, 周杰, 孙丽, 唐雪" });
  const tally = (look_) => look_.rounds[0].runs.at(-1).tally;
  await check("a vote by share: one refusal does not end it", async () => {
    const { after } = await vote(w, paper, "han.mei", "reject", ["韩梅: open → rejected; votes: rejected", "events: rejected"]);
    contains(tally(after), w.t("须 3 · 同意 0 · 拒绝 1", "needed 3 · agreed 0 · refused 1"));
  });
  await check("an abstention lowers what is needed, where it does not count", async () => {
    const { after } = await vote(w, paper, "zhou.jie", "abstain", ["周杰: open → abstained; votes: abstained", "events: abstained"]);
    contains(tally(after), w.t("须 2", "needed 2"));
  });
  await check("the last but one does not decide alone", () => vote(w, paper, "sun.li", "approve", ["孙丽: open → approved; votes: approved", "events: approved"]));
  await check("with the share and the quorum it passes, and the next is opened", () => vote(w, paper, "tang.xue", "approve",
    ["唐雪: open → approved; votes: approved", "node 1.1: active → passed", "node 1.2: new, active", ...["韩梅", "周杰", "孙丽", "唐雪"].map((n) => `${n}: new, open`), "events: approved (passed) (opened) (seated) (seated) (seated) (seated)"]));
  await check("a vote may be changed while nothing is decided: the old one is void", async () => {
    await vote(w, paper, "han.mei", "approve", ["韩梅: open → approved; votes: approved", "events: approved"]);
    await does(w, paper, "han.mei", "take_back", {}, ["韩梅: approved → open; its vote is void", "events: voided"]);
    await vote(w, paper, "han.mei", "approve", ["韩梅: open → approved; votes: approved", "events: approved"]);
  });
  await check("a vote by number: with the second it passes, the rest are closed", () => vote(w, paper, "zhou.jie", "approve",
    ["周杰: open → approved; votes: approved", "孙丽: open → closed", "唐雪: open → closed", "node 1.2: active → passed", "events: approved (passed) (completed)"]));
}

// --- 驳回 -----------------------------------------------------------------------------------------

async function failing(w) {
  const paper = await create(w, "chain", { first: "韩梅", second: "周杰", third: "唐雪" });
  const next = (n, name) => [`node ${n}: new, active`, `${name}: new, open`];
  const passes = (who, n, then, name) => vote(w, paper, who, "approve", [`${NAMES[who]}: open → approved; votes: approved`, `node ${n}: active → passed`, ...next(then, name), "events: approved (passed) (opened) (seated)"]);
  await check("refused, it goes to the node before", async () => {
    await passes("han.mei", "1.1", "1.2", "周杰");
    await vote(w, paper, "zhou.jie", "reject", ["周杰: open → rejected; votes: rejected", "node 1.2: active → failed", "node 1.1: passed → returned", ...next("1.3", "韩梅"), "events: rejected (failed) (opened) (seated)"]);
  });
  await check("refused, it goes to the node that is named", async () => {
    await passes("han.mei", "1.3", "1.4", "周杰");
    await passes("zhou.jie", "1.4", "1.5", "唐雪");
    await vote(w, paper, "tang.xue", "reject", ["唐雪: open → rejected; votes: rejected", "node 1.5: active → failed", "node 1.3: passed → returned", "node 1.4: passed → returned", ...next("1.6", "韩梅"), "events: rejected (failed) (opened) (seated)"]);
  });
  await check("returned on purpose to the one before: the first in the list", async () => {
    await passes("han.mei", "1.6", "1.7", "周杰");
    await passes("zhou.jie", "1.7", "1.8", "唐雪");
    const tang = await w.as("tang.xue");
    await tang.open(`${paper}/approval/return`);
    equal((await tang.page.locator("[name=node]").evaluateAll((all) => all.map((e) => e.value))).join(), "2,1,author");
    await does(w, paper, "tang.xue", "return", { node: "2", note: "请再核" }, ["唐雪: open → returned", "node 1.8: active → returned", "node 1.7: passed → returned", ...next("1.9", "周杰"), "events: returned (opened) (seated)"]);
  });
  await check("refused, it goes to its author", async () => {
    await passes("zhou.jie", "1.9", "1.10", "唐雪");
    await passes("tang.xue", "1.10", "1.11", "赵敏");
    await vote(w, paper, "zhao.min", "reject", ["赵敏: open → rejected; votes: rejected", "node 1.11: active → failed", "events: rejected (failed)"]);
    await state(w, paper, "审批中", "Asked");
  });
  await check("refused, it ends; nothing of an earlier round counts", async () => {
    await does(w, paper, "li.lei", "resubmit", { title: "文件 改" }, [...next("2.1", "韩梅"), "events: resubmitted (opened) (seated)"]);
    await vote(w, paper, "han.mei", "reject", ["韩梅: open → rejected; votes: rejected", "node 2.1: active → failed", "events: rejected (failed) (refused)"]);
    await state(w, paper, "未生效", "Declined");
  });
}

// --- nobody, oneself ------------------------------------------------------------------------------

async function nobody(w) {
  const paper = await create(w, "empty", {});
  const li = await w.as("li.lei");
  await check("nobody there: to who minds approvals, and it says why", async () => {
    const now = await look(li, paper);
    equal(now.seats.map((s) => s.who).join(), "徐静");
    equal(now.events.map((e) => e.kind).join(), "submitted,opened,empty,seated");
    contains(await li.text("#approval"), w.t("原定环节无人可审批", "nobody named could sit here"));
  });
  await check("to the substitute", () => vote(w, paper, "xu.jing", "approve", ["徐静: open → approved; votes: approved", "node 1.1: active → passed", "node 1.2: new, active", "孙丽: new, open", "events: approved (passed) (opened) (empty) (seated)"]));
  await check("to the author's superior", () => vote(w, paper, "sun.li", "approve", ["孙丽: open → approved; votes: approved", "node 1.2: active → passed", "node 1.3: new, active", "韩梅: new, open", "events: approved (passed) (opened) (empty) (seated)"]));
  await check("passed as an exception that says so, then stopped until somebody is named", () => vote(w, paper, "han.mei", "approve",
    ["韩梅: open → approved; votes: approved", "node 1.3: active → passed", "node 1.4: new, passed", "node 1.5: new, stopped", "events: approved (passed) (opened) (empty) (empty_passed) (opened) (empty)"]));
  await check("an administrator names somebody, who decides; the last is refused by the system", async () => {
    await does(w, paper, "xu.jing", "place", { person: "周杰" }, ["node 1.5: stopped → active", "周杰: new, open", "events: seated"]);
    await vote(w, paper, "zhou.jie", "approve", ["周杰: open → approved; votes: approved", "node 1.5: active → passed", "node 1.6: new, failed", "events: approved (passed) (opened) (empty) (failed) (refused)"]);
    await state(w, paper, "未生效", "Declined");
  });
}

async function oneself(w) {
  const paper = await create(w, "own", { circle: "李雷" });
  const li = await w.as("li.lei");
  await check("the author has no seat on his own paper: his superior has", async () => {
    equal((await look(li, paper)).seats.map((s) => `${s.who} ${s.state}`).join(), "韩梅 open");
    await li.open(paper);
    contains(await li.text("#approval"), w.t("由其上级审批", "instead of the author"));
  });
  await check("who agreed is not asked again, citing the vote; the author is left out, then may", () => vote(w, paper, "han.mei", "approve",
    ["韩梅: open → approved; votes: approved", "node 1.1: active → passed", "node 1.2: new, passed", "韩梅: new, passed by the system; votes: repeated", "node 1.3: new, active", "李雷: new, open",
      "events: approved (passed) (opened) (seated) (repeated) (passed) (opened) (seated)"]));
  await check("where the node says so he decides himself, and somebody else last", async () => {
    await vote(w, paper, "li.lei", "approve", ["李雷: open → approved; votes: approved", "node 1.3: active → passed", "node 1.4: new, active", "赵敏: new, open", "events: approved (passed) (opened) (seated)"]);
  });
}

// --- time ------------------------------------------------------------------------------------------

async function late(w) {
  let paper = await create(w, "any", { circle: "韩梅" });
  const at_ = async (day_, hour, want) => {
    const li = await w.as("li.lei");
    return effect(li, paper, async () => { await until(w, day_, hour); await w.as("li.lei"); }, want);
  };
  await check("urged three times: no clock moves; not again at once; the third time the superior is told", async () => {
    for (let i = 1; i <= 3; i++) {
      const li = await w.as("li.lei");
      await does(w, paper, "li.lei", "urge", {}, ["events: urged"]);
      equal(await li.page.locator("#approval a[href*='/approval/urge']").count(), 0, "again at once:");
      if (i < 3) await pass(w, 4); // seven, eleven in the evening: no working time
    }
    for (const [login, n] of [["han.mei", 3], ["zhao.min", 1]]) {
      const p = await w.as(login);
      await p.open("/notifications");
      equal(await p.page.locator("main tr", { hasText: w.t("催办", "urged to decide") }).count(), n, `told to ${login}:`);
    }
  });
  await check("late: reminded, and nothing else", async () => {
    paper = await create(w, "late", { first: "韩梅", second: "周杰" });
    await look(await w.as("li.lei"), paper);
    await at_(1, 11, ["events: (reminded)"]);
  });
  await check("later: the superior sits beside him, with a term of his own", () => at_(1, 14, ["赵敏: new, open; its clock runs", "events: (escalated) (seated)"]));
  await check("at last the system decides, in its own name and never in theirs", () => at_(1, 16, [
    "韩梅: open → passed by the system; its clock stops; votes: passed by the system", "赵敏: open → passed by the system; its clock stops; votes: passed by the system",
    "node 1.1: active → passed", "node 1.2: new, active", "周杰: new, open; its clock runs", "events: (auto_approved) (auto_approved) (passed) (opened) (seated)"]));
  await check("or the superior gets it, and the system refuses", async () => {
    await at_(1, 18, ["周杰: open → transferred; its clock stops", "赵敏: new, open; its clock runs", "events: (escalated) (seated)"]);
    await at_(2, 10, ["赵敏: open → rejected by the system; its clock stops; votes: rejected by the system", "node 1.2: active → failed", "events: (auto_rejected) (failed) (refused)"]);
    await state(w, paper, "未生效", "Declined");
  });
  await check("or it ends", async () => {
    paper = await create(w, "expire", { first: "韩梅" });
    await look(await w.as("li.lei"), paper);
    await at_(3, 11, ["韩梅: open → expired; its clock stops", "node 1.1: active → ended", "events: (expired) (ended)"]);
  });
}

// --- by who minds approvals -------------------------------------------------------------------------

async function minded(w) {
  const paper = await create(w, "any", { circle: "韩梅, 周杰" });
  const xu = await w.as("xu.jing");
  await check("an administrator removes one whom the route named, and never the last", async () => {
    const seat = of(await look(xu, paper), "周杰").id;
    await does(w, paper, "xu.jing", "remove", { note: "调离" }, ["周杰: open → removed; its clock stops", "events: removed"], seat);
    equal(await xu.page.locator("#approval a[href*='/approval/remove']").count(), 0, "the last is offered:");
  });
  await check("ended: no seat stays open", () => does(w, paper, "xu.jing", "end", { note: "不再需要" }, ["韩梅: open → closed; its clock stops", "node 1.1: active → ended", "events: ended"]));
}

// --- leave ------------------------------------------------------------------------------------------

/** The day it is there, and days after it. */
const day = (w, n) => new Date(Date.now() + w.moved + ZONE + n * DAY).toISOString().slice(0, 10);
const settled = async (p, record, who) => {
  for (let i = 0; i < 100; i++) {
    if ((await look(p, record)).seats.some((s) => s.who === who)) return;
    await p.page.waitForTimeout(100);
  }
  throw new Error(`${record} never waits for ${who}`);
};

async function deputies(w) {
  const [li, han] = [await w.as("li.lei"), await w.as("han.mei")];
  const [open, voted_, left] = [await create(w, "any", { circle: "韩梅, 孙丽" }), await create(w, "all", { circle: "韩梅, 孙丽" }), await create(w, "any", { circle: "韩梅, 孙丽" })];
  await must("leave is entered from one's own profile: menu, profile, and there", async () => {
    await han.open("/");
    await han.page.click("header.top details.menu:last-of-type > summary");
    await han.press("header.top a[href='/me']");
    await han.axe("a profile");
    await han.press("#away footer a");
    await han.fill({ deputy: "唐雪", starts: day(w, 0), ends: day(w, 3), kind: "leave" });
    await han.axe("entering leave");
    equal((await send(han)).status(), 303, await han.text());
    await han.open("/me");
    contains(await han.text("#away"), "唐雪");
  });
  await check("what waits goes to the deputy: same seat, same clock", async () => {
    for (const record of [open, voted_, left]) await settled(li, record, "唐雪 代 韩梅");
    const now = await look(li, open);
    equal(now.events.at(-1).kind, "proxy");
    equal(of(now, "唐雪 代 韩梅").due, of(now, "孙丽").due, "due:");
  });
  await check("his vote says for whom; whose right it is is told", async () => {
    await vote(w, open, "tang.xue", "approve", ["唐雪 代 韩梅: open → approved; its clock stops; votes: approved", "孙丽: open → closed; its clock stops", "node 1.1: active → passed", "events: approved (passed) (completed)"]);
    await han.open("/notifications");
    expect(await han.page.locator(`main a[href="${open}"]`).count(), "told");
  });
  await check("and may take it back while nothing is decided", async () => {
    await vote(w, voted_, "tang.xue", "approve", ["唐雪 代 韩梅: open → approved; its clock stops; votes: approved", "events: approved"]);
    await does(w, voted_, "han.mei", "take_back", {}, ["韩梅: was 唐雪 代 韩梅; approved → open; its clock runs; its vote is void", "events: voided"]);
  });
  await check("a deputy is nobody's on his own paper", async () => {
    const paper = await create(w, "expire", { first: "韩梅" }, "tang.xue");
    equal((await look(li, paper)).seats.map((s) => `${s.who} ${s.state}`).join(), "韩梅 open");
  });
  await check("back again: what was not touched comes back, from the profile too", async () => {
    await han.open("/me");
    await han.press("#away a.row");
    await han.act(w.t("撤回或销假", "Withdraw or end"));
    await settled(li, left, "韩梅");
    const now = await look(li, left);
    equal(now.events.at(-1).kind, "proxy_ended");
  });
  await check("a deputy who is appointed sits from the opening on", async () => {
    const xu = await w.as("xu.jing");
    await xu.fresh("/r/deputy/new/declare_for");
    await xu.fill({ person: "赵敏", deputy: "钱伟", starts: day(w, 0), ends: day(w, 3), kind: "journey" });
    equal((await send(xu)).status(), 303, await xu.text());
    const paper = await create(w, "expire", { first: "赵敏" });
    equal((await look(li, paper)).seats.map((s) => `${s.who} ${s.state}`).join(), "钱伟 代 赵敏 open");
  });
}

// --- signed -----------------------------------------------------------------------------------------

/** Draws with what the screen has: a finger on a phone, else a mouse. */
async function draw(p) {
  const pad = p.page.locator("[data-draw] svg");
  await pad.scrollIntoViewIfNeeded();
  const box = await pad.boundingBox();
  const points = [[0.1, 0.3], [0.3, 0.8], [0.5, 0.2], [0.7, 0.8], [0.9, 0.4]].map(([x, y]) => ({ x: box.x + box.width * x, y: box.y + box.height * y }));
  if (p.how.width < 600) {
    const cdp = await p.context.newCDPSession(p.page);
    await cdp.send("Input.dispatchTouchEvent", { type: "touchStart", touchPoints: [points[0]] });
    for (const at_ of points.slice(1)) await cdp.send("Input.dispatchTouchEvent", { type: "touchMove", touchPoints: [at_] });
    await cdp.send("Input.dispatchTouchEvent", { type: "touchEnd", touchPoints: [] });
  } else {
    await p.page.mouse.move(points[0].x, points[0].y);
    await p.page.mouse.down();
    for (const { x, y } of points.slice(1)) await p.page.mouse.move(x, y);
    await p.page.mouse.up();
  }
  return p.page.inputValue("[name=drawn]");
}

async function signed(w) {
  const han = await w.as("han.mei");
  const paper = await create(w, "ask_signed", { first: "韩梅", worth: "50" });
  let drawn;
  await check("without a signature nothing is decided, citing the clause", async () => {
    await han.open(`${paper}/approval/vote`);
    await han.fill({ vote: "approve" });
    equal((await send(han)).status(), 422);
    expect(await han.page.locator("#errors .clause").count(), "a clause is cited");
  });
  await check("drawn by hand, it is kept when the form comes back", async () => {
    drawn = await draw(han);
    expect(/^M\d+ \d+(L\d+ \d+){4,}$/.test(drawn), `not a drawing: ${drawn}`);
    await han.axe("signing by hand");
    await han.fill({ vote: "reject" });
    equal((await send(han)).status(), 422); // a refusal without a reason
    equal(await han.page.inputValue("[name=drawn]"), drawn, "after a refusal:");
    equal(await han.page.getAttribute("[data-draw] path", "d"), drawn, "shown again:");
  });
  await check("sent, it stands on the card and on paper, on the content that was before the eyes", async () => {
    const hash = await han.page.getAttribute("[name=hash]", "value").catch(() => "") || await han.page.inputValue("main form.card [name=hash]");
    await han.fill({ vote: "approve" });
    equal((await send(han)).status(), 303, await han.text());
    for (const path of [paper, `${paper}?print=1`, `${paper}/approval`]) {
      await han.open(path);
      equal(await han.page.getAttribute("[id^=approval] svg.drawn path", "d"), drawn, path);
      equal(await han.page.locator("[id^=approval] .signature .mono").first().getAttribute("title"), hash, path);
    }
    await han.axe("a signature");
    const got = await han.context.request.get(`${han.demo.url}${paper}/pdf`);
    equal((await got.body()).subarray(0, 5).toString(), "%PDF-");
  });
  w.dear = paper;
}

async function notCarried(w) {
  const [li, han] = [await w.as("li.lei"), await w.as("han.mei")];
  await check("approved, but against a rule: the vote stands, and it says what is in the way", async () => {
    await li.open(w.dear);
    contains(await li.text("#approval"), w.t("已通过，但没有执行", "Approved, but not carried out"));
    contains(await li.text("#approval"), w.t("数额超过限额", "worth more than the cap"));
    contains(await li.state(), w.t("审批中", "Asked"));
  });
  await check("tried again it is refused again, until the rule is met", async () => {
    await does(w, w.dear, "li.lei", "retry", {}, []);
    await state(w, w.dear, "审批中", "Asked");
    await li.act(w.t("调整限额", "Set the cap"), { cap: "100" });
    await does(w, w.dear, "li.lei", "retry", {}, []);
    await state(w, w.dear, "已生效", "Agreed");
  });
  await check("typed, it is as good as drawn", async () => {
    const paper = await create(w, "ask_signed", { first: "韩梅" });
    await effect(han, paper, () => op(han, paper, "vote", { vote: "approve", signature: "韩梅" }), ["韩梅: open → approved; votes: approved", "node 1.1: active → passed", "events: approved (passed) (completed)"]);
    await han.open(`${paper}?print=1`);
    equal(await han.text("#approval .signature .typed"), "韩梅");
  });
}
