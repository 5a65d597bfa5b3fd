// The product walked in a real browser: node run.mjs [part ...]
import { count, openBrowser, prepare } from "./support.mjs";
import { functions } from "./functions.mjs";
import { keys } from "./keys.mjs";
import { manual } from "./manual.mjs";
import { refused } from "./refused.mjs";
import { second } from "./second.mjs";
import { walk } from "./walk.mjs";

const parts = process.argv.slice(2);
const wanted = (part) => !parts.length || parts.includes(part);
const runs = [
  ...[360, 1280].flatMap((width) => ["zh", "en"].map((lang) => [`walk-${lang}-${width}`, (b) => walk(b, { lang, width })])),
  ["refused-zh", (b) => refused(b, { lang: "zh", width: 1280 })],
  ["refused-en", (b) => refused(b, { lang: "en", width: 360 })],
  ["functions-zh", (b) => functions(b, { lang: "zh", width: 1280 })],
  ["functions-en", (b) => functions(b, { lang: "en", width: 360 })],
  ["second-zh", (b) => second(b, { lang: "zh", width: 1280, scripts: false })],
  ["second-en", (b) => second(b, { lang: "en", width: 360 })],
  ["keys-zh", (b) => keys(b, { lang: "zh", width: 1280 })],
  ["manual-zh", (b) => manual(b, { lang: "zh", width: 1280 })],
  ["manual-en", (b) => manual(b, { lang: "en", width: 1280 })],
  ["walk-no-scripts", (b) => walk(b, { lang: "zh", width: 1280, scripts: false })],
];

prepare();
const browser = await openBrowser();
for (const [part, run] of runs) if (wanted(part)) await run(browser);
await browser.close();
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
