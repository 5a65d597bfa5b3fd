// What axe does not ask of a page: one heading of the first level, tables that say what
// they hold, texts marked with their language, a title of its own, targets that can be
// hit, nothing lost when letters are twice as large.
import { expect } from "./support.mjs";

/** Remembers titles: two addresses do not share one (a query is the same page in another state). */
export function titles() {
  const seen = new Map();
  return (path, title) => {
    expect(title.includes(" · "), `title ${title}`);
    const other = seen.get(title) ?? path;
    seen.set(title, path);
    expect(other === path, `${path} and ${other} are both called ${title}`);
  };
}

export async function structure(p) {
  const lang = p.how.lang;
  const found = await p.page.evaluate((lang) => {
    const wrong = [];
    const shown = (e) => e.checkVisibility({ visibilityProperty: true });
    const path = (e) => `${e.tagName.toLowerCase()}${e.id ? `#${e.id}` : ""}${e.className && typeof e.className === "string" ? `.${e.className.replaceAll(" ", ".")}` : ""}`;
    const all = (s) => [...document.querySelectorAll(s)];
    const is = document.documentElement.lang;
    if (is !== (lang === "en" ? "en" : "zh-CN")) wrong.push(`lang is ${is}`);
    const h1 = all("h1").filter(shown);
    if (h1.length !== 1) wrong.push(`${h1.length} headings of the first level`);
    const ids = all("[id]").map((e) => e.id);
    const twice = ids.filter((id, i) => ids.indexOf(id) !== i);
    if (twice.length) wrong.push(`ids twice: ${[...new Set(twice)].join(" ")}`);
    for (const t of all("main table").filter((t) => !t.closest(".guide"))) {
      if (!t.caption && !t.getAttribute("aria-label") && !t.getAttribute("aria-labelledby")) wrong.push(`a table without a name: ${path(t.closest("section, div.card, li") ?? t)}`);
      if (!t.querySelector("th")) wrong.push(`a table without headers: ${path(t.closest("section, div.card, li") ?? t)}`);
      for (const h of t.querySelectorAll("th:not([scope])")) if (h.textContent.trim()) wrong.push(`a header without scope: ${h.textContent}`);
    }
    for (const s of all("main section.card")) {
      if (!s.querySelector("h1, h2, h3")) wrong.push(`a section without a heading: ${path(s)}`);
    }
    if (lang === "en") { // a voice that reads English is told where Chinese begins
      const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
      const han = new Set();
      while (walk.nextNode()) {
        const e = walk.currentNode.parentElement;
        if (/\p{Script=Han}/u.test(walk.currentNode.data) && !e.closest("[lang]").lang.startsWith("zh") && !e.closest("[aria-hidden=true], script, option, textarea, pre, code")) han.add(`${path(e)} ${walk.currentNode.data.trim().slice(0, 24)}`);
      }
      if (han.size) wrong.push(`Chinese not marked as such, ${han.size} times: ${[...han].slice(0, 4).join(" | ")}`);
    }
    return wrong;
  }, lang);
  expect(!found.length, found.join("\n"));
}

/** With text twice as large (WCAG 1.4.4): no scrolling sideways, nothing cut. */
export async function larger(p) {
  const found = await p.page.evaluate(() => {
    const texts = [...document.querySelectorAll("body, body *")].filter((e) => !e.closest("svg"));
    const sizes = texts.map((e) => { const s = getComputedStyle(e); return [parseFloat(s.fontSize), s.lineHeight]; });
    texts.forEach((e, i) => {
      e.style.fontSize = `${sizes[i][0] * 2}px`;
      if (sizes[i][1].endsWith("px")) e.style.lineHeight = `${parseFloat(sizes[i][1]) * 2}px`;
    });
    const d = document.documentElement;
    const wrong = [];
    if (d.scrollWidth > d.clientWidth) {
      const wide = texts.filter((e) => e.getBoundingClientRect().right > d.clientWidth + 1 && e.checkVisibility() && !e.closest(".scroll, .steps, .tabs, .sr")).slice(0, 4);
      wrong.push(`${d.scrollWidth - d.clientWidth} px too wide: ${wide.map((e) => `${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 20)}`).join(" | ")}`);
    }
    for (const e of texts) {
      const s = getComputedStyle(e);
      const cut = (s.overflowX === "hidden" && e.scrollWidth > e.clientWidth + 2) || (s.overflowY === "hidden" && e.scrollHeight > e.clientHeight + 2);
      if (cut && e.checkVisibility() && !e.matches(".sr, progress, input, select, textarea") && !e.closest(".labels")) wrong.push(`cut by ${e.scrollWidth - e.clientWidth}, ${e.scrollHeight - e.clientHeight}: ${e.tagName} ${e.className} ${e.textContent.trim().slice(0, 30)}`);
    }
    for (const e of texts) { e.style.fontSize = ""; e.style.lineHeight = ""; if (!e.getAttribute("style")) e.removeAttribute("style"); }
    return wrong;
  });
  expect(!found.length, found.slice(0, 6).join("\n"));
}
