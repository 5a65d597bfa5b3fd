// Every page, asked whether everybody can use it: node every.mjs [--only NAME,...] [--lang zh] [--all] [--share 1/3]
// Each page and state of pages.mjs is opened in Chinese and in English: axe without a
// violation, in light and dark, at a desk and on a phone; what axe does not ask
// (structure.mjs); nothing cut off in a narrow window or with letters twice as large.
// --share asks axe about one page in so many, --all at every width in every light.
// Two languages run side by side, each with a demonstration of its own.  Fails when an
// address of the program is opened nowhere.
import { join } from "node:path";
import { address, emptyPages, forgotten, hasty, look, numbers, pages, prepare, prepareEmpty, unsaid } from "./pages.mjs";
import { larger, structure, titles } from "./structure.mjs";
import { Demo, at, check, count, equal, expect, openBrowser, root } from "./support.mjs";

const argument = (name) => { const i = process.argv.indexOf(`--${name}`); return i < 0 ? "" : process.argv[i + 1]; };
const only = argument("only").split(",").filter(Boolean);
const langs = argument("lang") ? [argument("lang")] : ["zh", "en"];
const whole = process.argv.includes("--all"); // every width in every light
const [part, parts] = (argument("share") || "0/1").split("/").map(Number); // which of the pages axe is asked about
const PAGE_MOST = 60 * 1024;
const opened = [];
const tried = { pages: 0, axe: 0 };

async function accessible(p, name, rules) {
  tried.axe++;
  const found = await p.violations(rules);
  expect(!found.length, `${name}\n${found.join("\n")}`);
}

/** Where each language is looked at: together every width, every light and every rule (pairwise). */
const LOOKS = {
  zh: [[1280, "light"], [360, "dark", ["color-contrast", "target-size"]]],
  en: [[360, "light"], [1280, "dark", ["color-contrast"]]],
};
const ALL = [[1280, "light"], [1280, "dark", ["color-contrast"]], [360, "light"], [360, "dark", ["color-contrast"]]];

async function looks(p, name, print) {
  const { page } = p;
  if (print) {
    await page.emulateMedia({ media: "print" });
    await page.setViewportSize({ width: 794, height: 1100 }); // A4
    await check(`${name}: contrast on paper`, () => accessible(p, "print", ["color-contrast"]));
    return page.emulateMedia({ media: "screen" });
  }
  for (const [width, scheme, rules] of whole ? ALL : LOOKS[p.how.lang]) {
    await page.setViewportSize({ width, height: 900 });
    await p.tall(); // what sticks to an edge covers nothing then
    await page.emulateMedia({ colorScheme: scheme });
    await check(`${name}: axe, ${scheme}, ${width} px`, () => accessible(p, scheme, rules));
  }
  await page.emulateMedia({ colorScheme: "light" });
  return undefined;
}

/** What costs little is asked of every page in every run. */
async function always(p, name) {
  const { page } = p;
  await page.setViewportSize({ width: 320, height: 700 });
  await check(`${name}: nothing is wider than 320 px`, async () => {
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(wide <= 0, `${wide} px too wide`);
  });
  await page.setViewportSize({ width: 1280, height: 900 });
  await check(`${name}: letters twice as large`, () => larger(p));
  await check(`${name}: structure`, () => structure(p));
  await check(`${name}: what is hard to take back asks once more`, async () => equal((await hasty(p)).join(" "), ""));
}

async function one(p, [name, , path, before], unique, deep) {
  await check(`${name}: can be shown`, async () => {
    await p.page.setViewportSize({ width: 1280, height: 900 });
    await p.page.mouse.move(2, 2);
    const answer = await p.open(await address(p, path));
    if (typeof before === "function") {
      await before(p);
    } else {
      if (answer?.ok()) await check(`${name}: its title is its own`, async () => unique(p.path(), await p.page.title()));
      const size = (await answer?.body().catch(() => null))?.length ?? 0;
      await check(`${name}: at most 60 KB`, () => expect(size <= PAGE_MOST, `${size} bytes`));
    }
    opened.push(p.path());
    tried.pages++;
    if (before !== "print") await always(p, name);
    if (deep) await looks(p, name, before === "print");
  });
}

async function lane(browser, lang) {
  const demo = await Demo.start(`every-${lang}`, { env: { ZHIDU_EXPORTS_PER_MINUTE: "2" } });
  const people = {};
  const who = async (login) => (people[login] ??= await look(demo, browser, login, { lang, width: 1280 }));
  const r = await numbers(demo, browser);
  const unique = titles();
  for (const [i, page] of pages(r).entries()) {
    if (only.length && !only.some((o) => page[0].startsWith(o))) continue;
    await one(await who(page[1]), [`${lang} ${page[0]}`, ...page.slice(1)], unique, i % parts === part);
  }
  for (const p of Object.values(people)) {
    await check(`${lang}: no error in ${p.login}'s browser`, () => equal(p.errors.join("\n"), ""));
    await p.close();
  }
  await demo.stop();
}

async function empty(browser, lang) {
  const demo = await Demo.start(`empty-${lang}`, { seed: "empty-seed" });
  const p = await look(demo, browser, "xu.jing", { lang, width: 1280 });
  for (const [i, page] of emptyPages.entries()) {
    if (only.length && !only.some((o) => page[0].startsWith(o))) continue;
    await one(p, [`${lang} ${page[0]}`, ...page.slice(1)], () => {}, i % parts === part);
    await check(`${lang} ${page[0]}: what is empty says what comes there or what to do`, async () => {
      for (const text of await p.page.locator("main .empty").allInnerTexts()) {
        expect(text.replace(/\s/g, "").length >= 12, `only ${JSON.stringify(text)}`);
      }
    });
  }
  await p.close();
  await demo.stop();
}

at("every page");
const work = join(process.env.ZHIDU_BROWSER_DIR ?? join(root, "build/browser"));
prepare(work);
prepareEmpty(work);
const browser = await openBrowser();
await Promise.all(langs.map(async (lang) => {
  await lane(browser, lang);
  await empty(browser, lang);
}));
await browser.close();
if (!only.length) {
  const none = forgotten(opened);
  await check("no address of the program is forgotten", () => equal(none.left.join(" "), "", "not opened:"));
  await check("of every act somebody said how it is taken back", () => equal(unsaid().join(" "), ""));
  console.log(`${none.pages} addresses with pages, ${tried.pages} pages and states, axe asked ${tried.axe} times`);
}
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
