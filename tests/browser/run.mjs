// The product walked in a real browser: node run.mjs [part ...].  Without parts all of
// them, two at a time; with the keyboard alone, and every way to approve, in one language a day, turn about.
import { spawn } from "node:child_process";
import { join } from "node:path";
import { count, openBrowser, prepare, work } from "./support.mjs";
import { approvals } from "./approvals.mjs";
import { approvalsRevoke } from "./approvals_revoke.mjs";
import { checklist } from "./checklist.mjs";
import { compliance } from "./compliance.mjs";
import { controls } from "./controls.mjs";
import { duties } from "./duties.mjs";
import { erasing } from "./erasing.mjs";
import { evidence } from "./evidence.mjs";
import { findings } from "./findings.mjs";
import { functions } from "./functions.mjs";
import { inspection } from "./inspection.mjs";
import { keys } from "./keys.mjs";
import { leaver } from "./leaver.mjs";
import { reading } from "./reading.mjs";
import { manual } from "./manual.mjs";
import { manualControls } from "./manual_controls.mjs";
import { refused } from "./refused.mjs";
import { second } from "./second.mjs";
import { walk } from "./walk.mjs";
import { ways } from "./ways.mjs";

const parts = process.argv.slice(2);
const wanted = (part) => !parts.length || parts.includes(part);
const other = Math.floor(Date.now() / 86400000) % 2 ? "zh" : "en"; // which of two is left for tomorrow
const tomorrow = [`keys-${other}`, `ways-${other}`];
const runs = [
  ...[360, 1280].flatMap((width) => ["zh", "en"].map((lang) => [`walk-${lang}-${width}`, (b) => walk(b, { lang, width })])),
  ["refused-zh", (b) => refused(b, { lang: "zh", width: 1280 })],
  ["refused-en", (b) => refused(b, { lang: "en", width: 360 })],
  ["functions-zh", (b) => functions(b, { lang: "zh", width: 1280 })],
  ["functions-en", (b) => functions(b, { lang: "en", width: 360 })],
  ...[360, 1280].flatMap((width) => ["zh", "en"].map((lang) => [`approvals-${lang}-${width}`, (b) => approvals(b, { lang, width })])),
  ...[360, 1280].flatMap((width) => ["zh", "en"].map((lang) => [`revoke-${lang}-${width}`, (b) => approvalsRevoke(b, { lang, width })])),
  ["ways-zh", (b) => ways(b, { lang: "zh", width: 360 })],
  ["ways-en", (b) => ways(b, { lang: "en", width: 1280 })],
  ["checklist-zh", (b) => checklist(b, { lang: "zh", width: 360 })],
  ["checklist-en", (b) => checklist(b, { lang: "en", width: 1280, theme: "dark" })],
  ["checklist-no-scripts", (b) => checklist(b, { lang: "zh", width: 1280, scripts: false })],
  ["inspection-zh", (b) => inspection(b, { lang: "zh", width: 360 })],
  ["inspection-en", (b) => inspection(b, { lang: "en", width: 1280 })],
  ["compliance-zh", (b) => compliance(b, { lang: "zh", width: 1280 })],
  ["compliance-en", (b) => compliance(b, { lang: "en", width: 360 })],
  ["controls-zh", (b) => controls(b, { lang: "zh", width: 1280 })],
  ["controls-en", (b) => controls(b, { lang: "en", width: 360 })],
  ["manual_controls-zh", (b) => manualControls(b, { lang: "zh", width: 360 })],
  ["manual_controls-en", (b) => manualControls(b, { lang: "en", width: 1280 })],
  ["duties-zh", (b) => duties(b, { lang: "zh", width: 1280 })],
  ["duties-en", (b) => duties(b, { lang: "en", width: 360 })],
  ["erasing-zh", (b) => erasing(b, { lang: "zh", width: 1280 })],
  ["erasing-en", (b) => erasing(b, { lang: "en", width: 360, theme: "dark" })],
  ["evidence-zh", (b) => evidence(b, { lang: "zh", width: 1280 })],
  ["evidence-en", (b) => evidence(b, { lang: "en", width: 360 })],
  ["findings-zh", (b) => findings(b, { lang: "zh", width: 1280 })],
  ["findings-en", (b) => findings(b, { lang: "en", width: 360, theme: "dark" })],
  ["reading-zh", (b) => reading(b, { lang: "zh", width: 1280 })],
  ["reading-en", (b) => reading(b, { lang: "en", width: 360, theme: "dark" })],
  ["leaver-zh", (b) => leaver(b, { lang: "zh", width: 1280 })],
  ["leaver-en", (b) => leaver(b, { lang: "en", width: 360 })],
  ["second-zh", (b) => second(b, { lang: "zh", width: 1280, scripts: false })],
  ["second-en", (b) => second(b, { lang: "en", width: 360 })],
  ["keys-zh", (b) => keys(b, { lang: "zh", width: 1280 })],
  ["keys-en", (b) => keys(b, { lang: "en", width: 1280 })],
  ["manual-zh", (b) => manual(b, { lang: "zh", width: 1280 })],
  ["manual-en", (b) => manual(b, { lang: "en", width: 1280 })],
  ["walk-no-scripts", (b) => walk(b, { lang: "zh", width: 1280, scripts: false })],
];

/** One part after the other, in this process. */
async function inTurn() {
  prepare();
  const browser = await openBrowser();
  for (const [part, run] of runs) if (wanted(part)) await run(browser);
  await browser.close();
}

/** All of them, two at a time: each part has a demonstration and a browser of its own. */
async function sideBySide() {
  prepare();
  const left = runs.map(([part]) => part).filter((part) => !tomorrow.includes(part));
  const lane = async () => {
    for (let part = left.shift(); part; part = left.shift()) {
      const began = Date.now();
      const child = spawn(process.execPath, [new URL(import.meta.url).pathname, part], { env: { ...process.env, ZHIDU_BROWSER_DIR: join(work, `part-${part}`), ZHIDU_BROWSER_SEED: join(work, "seed") } });
      let out = "";
      child.stdout.on("data", (b) => { out += b; });
      child.stderr.on("data", (b) => { out += b; });
      await new Promise((done) => child.once("close", done));
      const said = /^(\d+) passed, (\d+) failed$/m.exec(out);
      count.passed += Number(said?.[1] ?? 0);
      count.failed += Number(said?.[2] ?? 1);
      console.log(`${part}: ${said?.[0].replace(",", " and") ?? "broke off"}, ${Math.round((Date.now() - began) / 1000)} s`);
      process.stdout.write(out.replace(/^\d+ passed, \d+ failed$/m, "").trimStart());
    }
  };
  await Promise.all([lane(), lane()]);
}

await (parts.length ? inTurn() : sideBySide());
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
