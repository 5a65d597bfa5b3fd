// Every page, as a picture to be looked at: node shots.mjs [--out DIR] [--only NAME,...] [--lang zh] [--theme dark] [--width 360] [--window]
// Chinese and English, light and dark, phone and desktop; on the way each is asked
// for WCAG 2.2 AA (axe), for its width and for its weight.  A contact sheet per
// language, theme and width says at a glance what is out of tune.
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { address, look, numbers, pages, prepare } from "./pages.mjs";
import { Demo, at, check, count, expect, openBrowser, root } from "./support.mjs";

const PAGE_MOST = 60 * 1024;
const argument = (name, otherwise) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? otherwise : process.argv[i + 1];
};
const listed = (name, all) => argument(name, "")?.split(",").filter(Boolean).map((x) => (Number(x) || x)) ?? all;
const either = (name, all) => { const l = listed(name, all); return l.length ? l : all; };
const out = argument("out", join(root, "build/shots"));
const only = listed("only", []);
const windowOnly = process.argv.includes("--window"); // what one sees without scrolling

// --- pictures -----------------------------------------------------------------------

async function shoot(p, dir, [name, , path, before]) {
  await p.page.emulateMedia({ media: "screen" });
  await p.page.mouse.move(2, 2);
  const to = await address(p, path);
  const answer = await p.open(to);
  if (typeof before === "function") await before(p);
  if (answer) {
    const size = (await answer.body().catch(() => Buffer.alloc(0))).length;
    await check(`${name}: at most 60 KB`, () => expect(size <= PAGE_MOST, `${size} bytes`));
  }
  await p.axe(name);
  if (before === "print") {
    await p.page.emulateMedia({ media: "print" });
  }
  const still = windowOnly || name.endsWith("-shown") || name.includes("menu") || name === "law-clause" || name === "help-section";
  const view = p.page.viewportSize();
  if (!still) await p.tall();
  await p.page.screenshot({ path: join(dir, `${name}.png`), fullPage: !still });
  await p.page.setViewportSize(view);
}

async function sheet(browser, dir, width) {
  const files = readdirSync(dir).filter((f) => f.endsWith(".png") && !f.startsWith("sheet"));
  const [per, w, h] = width < 600 ? [16, 240, 500] : [9, 620, 520];
  const page = await browser.newPage({ viewport: { width: width < 600 ? 1980 : 1900, height: 600 } });
  for (let i = 0; i * per < files.length; i++) {
    const cells = files.slice(i * per, i * per + per).map((f) =>
      `<figure><figcaption>${f}</figcaption><div><img src="data:image/png;base64,${readFileSync(join(dir, f)).toString("base64")}"></div></figure>`).join("");
    await page.setContent(`<style>body{margin:6px;display:flex;flex-wrap:wrap;gap:6px;font:12px sans-serif;background:#999}figure{margin:0}div{width:${w}px;height:${h}px;overflow:hidden}img{width:${w}px}</style>${cells}`);
    await page.screenshot({ path: join(dir, `sheet-${i + 1}.png`), fullPage: true });
  }
  await page.close();
}

const work = join(process.env.ZHIDU_BROWSER_DIR ?? join(root, "build/browser"));
prepare(work);
const browser = await openBrowser();
try {
  for (const lang of either("lang", ["zh", "en"])) for (const theme of either("theme", ["light", "dark"])) for (const width of either("width", [1280, 360])) {
    const dir = join(out, `${lang}-${theme}-${width}`);
    mkdirSync(dir, { recursive: true });
    at(`${lang} ${theme} ${width}`);
    // the folder of backups is none: the page of health has something to say
    const demo = await Demo.start(`shots-${lang}-${theme}-${width}`, { env: { ZHIDU_EXPORTS_PER_MINUTE: "2", ZHIDU_BACKUP_FOLDER: "/proc/none" } });
    const people = {};
    const r = await numbers(demo, browser);
    for (const page of pages(r)) {
      if (only.length && !only.some((o) => page[0].startsWith(o))) continue;
      const p = (people[page[1]] ??= await look(demo, browser, page[1], { lang, width, theme }));
      await check(`${page[0]}: can be shown`, () => shoot(p, dir, page));
    }
    for (const p of Object.values(people)) await p.close();
    await demo.stop();
    await sheet(browser, dir, width);
  }
} finally {
  await browser.close();
}
console.log(`pictures in ${out}`);
console.log(`${count.passed} passed, ${count.failed} failed`);
process.exit(count.failed ? 1 : 0);
