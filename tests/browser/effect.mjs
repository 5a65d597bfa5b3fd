// What an operation did to an approval, by what its page says before and after: seats, votes,
// clocks, nodes and events, in words of no language.  What is not expected is a failure, too:
// so every check of an operation says that it left everything else alone.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { contains, equal, expect, root } from "./support.mjs";

const STATES = [
  ["open", "待审批", "To decide"], ["held", "等待前加签的意见", "Waits for those added before"], ["waiting", "未轮到", "Not its turn yet"],
  ["asking", "等待 * 答复", "Waits for * to answer"], ["approved", "同意", "Approved"], ["rejected", "拒绝", "Rejected"], ["abstained", "弃权", "Abstained"],
  ["transferred", "已转办", "Transferred"], ["removed", "已减签", "Removed"], ["closed", "未表态，环节已结束", "Did not vote: decided without it"],
  ["returned", "未表态，已退回", "Did not vote: returned"], ["withdrawn", "未表态，已撤回", "Did not vote: withdrawn"], ["expired", "超时未表态", "Did not vote in time"],
  ["passed by the system", "系统通过", "Passed by the system"], ["rejected by the system", "系统拒绝", "Rejected by the system"],
];
const RUNS = [
  ["stopped", "无人可审批，停在此处", "Nobody to decide: it stands here"], ["active", "审批中", "Under way"], ["passed", "通过", "Passed"], ["failed", "未通过", "Failed"],
  ["returned", "退回", "Returned"], ["withdrawn", "随撤回作废", "Void: withdrawn"], ["skipped", "不适用，跳过", "Does not apply"], ["ended", "已终止", "Ended"],
];
const VOTES = [...STATES, ["repeated", "沿用本轮前次同意", "Approved before, in this round"]];
/** Kinds of events as the machine names them, with their words. */
const EVENTS = [...readFileSync(join(root, "src/approval/approval.h"), "utf8").matchAll(/X\(([A-Z_]+), "([^"]+)",\s+"([^"]+)"\)/g)]
  .map(([, key, zh, en]) => [key.toLowerCase(), zh, en]);

function word(list, text) {
  const fits = (w) => (w.includes("*") ? text.startsWith(w.split("*")[0]) && text.endsWith(w.split("*")[1]) : text === w);
  const found = list.find(([, zh, en]) => fits(zh) || fits(en));
  expect(found, `no such words: ${text}`);
  return found[0];
}
function kind(text) {
  const found = EVENTS.filter(([, zh, en]) => [zh, en].some((w) => text === w || [`${w}：`, `${w}: `, `${w}至：`, `${w} to: `].some((b) => text.startsWith(b))));
  expect(found.length, `no such event: ${text}`);
  return found[0][0];
}
const person = (text) => text.replace(/ for /, " 代 ").replace(/ \(asking (.*)\)/, "（征询 $1）");

const seen = new Map(); // by address, as it was looked at last

/** What the page of a record's approval says of the newest one. */
export async function look(p, record) {
  const raw = await p.page.evaluate(async (path) => {
    const doc = new DOMParser().parseFromString(await (await fetch(path)).text(), "text/html");
    const text = (e) => e?.textContent.replace(/\s+/g, " ").trim() ?? "";
    const card = doc.querySelector("section[id^='approval']");
    const vote = (v) => ({ words: text(v.querySelector("p")).split(" · ")[0], void: v.classList.contains("void"), seq: Number(v.querySelector("a[href^='/proof/']")?.getAttribute("href").slice(7) ?? 0) });
    return card && {
      state: text(card.querySelector(":scope > header .pill")),
      seats: [...card.querySelectorAll(".seat")].map((s) => ({
        id: s.id, who: text(s.querySelector(".who b")), state: text(s.querySelector(".who .pill")),
        due: s.querySelector("time[datetime]:not(.vote time)")?.getAttribute("datetime") ?? "",
        votes: [...s.querySelectorAll(".vote:not(.told)")].map(vote),
      })),
      rounds: [...card.querySelectorAll("section.round")].map((r) => ({
        hash: r.querySelector("h3 .mono").title,
        runs: [...r.querySelectorAll("li.node:not(.later)")].map((n) => ({ state: text(n.querySelector(".what .pill")), tally: text(n.querySelector(".what + p")) })),
      })).reverse(),
      events: [...card.querySelectorAll("table.cards tbody tr")].map((e) => ({
        words: text(e.querySelector(".first").firstChild), by: text(e.children[2]), seq: Number(e.querySelector("a[href^='/proof/']")?.getAttribute("href").slice(7) ?? 0),
      })).reverse(),
    };
  }, `${record}/approval`);
  expect(raw, `no approval at ${record}`);
  const now = {
    ...raw,
    seats: raw.seats.map((s) => ({ ...s, who: person(s.who), state: word(STATES, s.state), votes: s.votes.map((v) => ({ ...v, words: word(VOTES, v.words.replace(/（.*|\s\(.*/, "")) })) })),
    rounds: raw.rounds.map((r) => ({ ...r, runs: r.runs.map((x) => ({ ...x, state: word(RUNS, x.state) })) })),
    events: raw.events.map((e) => ({ ...e, kind: kind(e.words), system: ["系统", "System"].includes(e.by) })),
  };
  seen.set(p.demo.url + record, now);
  return now;
}

/** Of somebody, the latest seat. */
export const of = (now, name) => now.seats.filter((s) => s.who === name).sort((a, b) => Number(a.id.slice(5)) - Number(b.id.slice(5))).at(-1);

function clock(before, after) {
  return before === after ? [] : !before ? ["its clock runs"] : !after ? ["its clock stops"] : ["its clock begins anew"];
}

/** Both looks against each other, a line for each thing that is not as it was. */
export function difference(before, after) {
  const lines = [];
  for (const s of after.seats) {
    const was = before.seats.find((x) => x.id === s.id);
    const said = [];
    if (!was) said.push(`new, ${s.state}`, ...(s.due ? ["its clock runs"] : []));
    else {
      if (was.who !== s.who) said.push(`was ${was.who}`);
      if (was.state !== s.state) said.push(`${was.state} → ${s.state}`);
      said.push(...clock(was.due, s.due));
    }
    s.votes.forEach((v, i) => {
      const old = was?.votes[i];
      if (!old) said.push(`votes: ${v.words}`);
      else if (v.void !== old.void) said.push("its vote is void");
      expect(!old || (old.words === v.words && old.seq === v.seq), `a vote of ${s.who} is not what it was`);
    });
    if (said.length) lines.push(`${s.who}: ${said.join("; ")}`);
  }
  for (const s of before.seats) if (!after.seats.some((x) => x.id === s.id)) lines.push(`${s.who}: GONE`);
  after.rounds.forEach((r, n) => {
    const old = before.rounds[n];
    expect(!old || old.hash === r.hash, `the content of round ${n + 1} changed`);
    r.runs.forEach((x, i) => {
      const was = old?.runs[i]?.state;
      if (was !== x.state) lines.push(`node ${n + 1}.${i + 1}: ${was ? `${was} → ${x.state}` : `new, ${x.state}`}`);
    });
  });
  const fresh = after.events.slice(before.events.length);
  expect(before.events.every((e, i) => e.words === after.events[i].words && e.seq === after.events[i].seq), "an event is not what it was");
  if (fresh.length) lines.push(`events: ${fresh.map((e) => (e.system ? `(${e.kind})` : e.kind)).join(" ")}`);
  return lines;
}

/** Each event of an act stands in one entry of the ledger, behind those before it. */
function entered(before, after) {
  const last = Math.max(0, ...before.events.map((e) => e.seq));
  const fresh = after.events.slice(before.events.length);
  for (const e of fresh) expect(e.seq > last, `event ${e.words} has no entry of its own in the ledger: ${e.seq}, before ${last}`);
  for (const s of after.seats) for (const v of s.votes) expect(v.seq > 0, `a vote of ${s.who} has no entry in the ledger`);
}

/**
 * Does something and says what became of the approval since it was looked at last: exactly
 * `want`, no more.  Events in brackets are the system's.  Gives both looks.
 */
export async function effect(p, record, run, want) {
  const before = seen.get(p.demo.url + record) ?? await look(p, record);
  await run();
  const after = await look(p, record);
  const have = difference(before, after);
  const lacks = want.filter((l) => !have.includes(l));
  const more = have.filter((l) => !want.includes(l));
  expect(!lacks.length && !more.length, `what happened is not what should:\n  lacking ${JSON.stringify(lacks)}\n  besides ${JSON.stringify(more)}`);
  entered(before, after);
  return { before, after };
}

export const NAMES = { "han.mei": "韩梅", "zhao.min": "赵敏", "huang.he": "黄河", "sun.li": "孙丽", "gao.yuan": "高原", "li.lei": "李雷", "zhou.jie": "周杰", "tang.xue": "唐雪", "xu.jing": "徐静", "qian.wei": "钱伟" };

/** Presses the form's one button and waits for the answer. */
export const send = (p) => p.post("main form.card footer button");

/** An operation by its button on the record's page (a vote by its own address), its form filled and sent. */
export async function op(p, record, key, values = {}, seat = "") {
  const query = seat ? `seat=${seat.replace("seat-", "")}` : "";
  if (key === "vote") {
    await p.open(`${record}/approval/vote?${query}`);
  } else {
    await p.open(record);
    await p.press(p.page.locator(`#approval a[href*="/approval/${key}${query ? `?${query}` : ""}"]`).first());
  }
  await p.fill(values);
  const answer = await send(p);
  equal(answer.status(), 303, `${key}: ${answer.status() === 303 ? "" : await p.text()}`);
  contains(p.page.url(), `done=approve.${key}`);
}
