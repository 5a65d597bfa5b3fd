// Somebody who has a keyboard and no mouse: goes from stop to stop with Tab, as far as it
// takes, and can do nothing that keys cannot.  Every press of a pointer on a page is
// counted, so that no test of the keyboard helps itself with one.
import { PASSWORD, Person, equal, expect } from "./support.mjs";

const MOST = 400; // stops on one page; more is a trap

export class Hands extends Person {
  static async begin(demo, browser, login, how) {
    const p = await Hands.come(demo, browser, login, how);
    p.pointers = 0;
    await p.context.exposeFunction("pointerSeen", () => { p.pointers++; });
    await p.context.addInitScript(() => {
      for (const kind of ["pointerdown", "mousedown", "touchstart"]) addEventListener(kind, () => globalThis.pointerSeen(), true);
    });
    await p.enter();
    return p;
  }
  async key(...keys) { for (const k of keys) await this.page.keyboard.press(k); }
  async type(text) { await this.page.keyboard.insertText(text); }
  /** Whether the focus is on what this selector says. */
  on(selector) { return this.page.evaluate((s) => document.activeElement.matches(s), selector); }
  /** Where the page puts the focus by itself: that comes with the first picture of the page, which may be after its "load". */
  async focused(selector) {
    await this.page.waitForFunction((s) => document.activeElement.matches(s), selector)
      .catch(async () => { throw new Error(`the focus is on ${await this.what()}, not on ${selector}`); });
  }
  what() { return this.page.evaluate(() => { const e = document.activeElement; return `${e.tagName.toLowerCase()}#${e.id}.${e.className} ${e.textContent.trim().slice(0, 40)}`; }); }
  /** Tab (or Shift+Tab) until the focus is there. */
  async to(selector, key = "Tab") {
    for (let i = 0; i < MOST; i++) {
      if (await this.on(selector)) return;
      await this.key(key);
    }
    throw new Error(`Tab never comes to ${selector}; it is on ${await this.what()}`);
  }
  /** The same for something that has this text. */
  async toText(selector, text) {
    const found = this.page.locator(selector).filter({ hasText: text }).first();
    await found.evaluate((e) => { document.querySelector("[data-aim]")?.removeAttribute("data-aim"); e.dataset.aim = "1"; });
    await this.to("[data-aim]");
  }
  /** To where a page begins that has just come. */
  top() {
    return this.page.evaluate(() => {
      document.body.tabIndex = -1;
      document.body.focus();
      document.body.removeAttribute("tabindex");
      scrollTo(0, 0);
    });
  }
  /** From anywhere to the content, by the link that skips what surrounds it. */
  async skip() {
    await this.top();
    await this.key("Tab");
    expect(await this.on(".skip"), `the first stop is ${await this.what()}`);
    await this.key("Enter");
    expect(await this.on("#content"), `skipping leads to ${await this.what()}`);
  }
  /** Enter, and the page it leads to. */
  async go(key = "Enter") { await Promise.all([this.page.waitForEvent("load"), this.key(key)]); }
  /** Enter, and the answer to what is sent. */
  async give(key = "Enter") {
    const [answer] = await Promise.all([
      this.page.waitForResponse((r) => r.request().method() === "POST" && r.request().isNavigationRequest()), this.go(key)]);
    return answer;
  }
  async choose(selector, value) {
    await this.to(selector);
    await this.key("Home");
    for (let i = 0; (await this.page.inputValue(selector)) !== value; i++) {
      expect(i < MOST, `${selector} has no ${value}`);
      await this.key("ArrowDown");
    }
  }
  async write(selector, text) { await this.to(selector); await this.key("Control+A"); await this.type(text); }
  /** Ticks or chooses one of several. */
  async pick(name, value) {
    const own = `[name="${name}"][value="${value}"]`;
    const radio = await this.page.locator(own).evaluate((e) => e.type === "radio");
    await this.to(radio ? `[name="${name}"]` : own);
    if (!radio) return this.key("Space");
    for (let i = 0; !(await this.page.isChecked(own)); i++) {
      expect(i < 40, `no ${own}`);
      await this.key(i ? "ArrowDown" : "Space");
    }
    return undefined;
  }
  async enter() {
    await this.page.goto(`${this.demo.url}/signin?lang=${this.how.lang}`);
    await this.focused("#login");
    await this.type(this.login);
    await this.write("#password", PASSWORD);
    await this.go();
    if (!(await this.page.getAttribute("html", "lang")).startsWith(this.how.lang)) {
      await this.to("header.top button[name=lang]");
      await this.give();
    }
  }
  /** The browser's own window for files, opened with a key; it may come late on a machine that is busy. */
  async photo(selector, file) {
    await this.to(selector);
    for (let i = 0; ; i++) {
      const coming = this.page.waitForEvent("filechooser", { timeout: 5000 }).catch(() => null);
      await this.key(i % 2 ? "Space" : "Enter");
      const chooser = await coming;
      if (chooser) return chooser.setFiles(file);
      expect(i < 4, `no window for files from ${await this.what()}`);
    }
  }
  async leave() {
    await this.to("header.top details.menu:last-of-type > summary", "Shift+Tab");
    await this.key("Enter");
    await this.to("form[action='/signout'] button");
    await this.give();
    equal(this.path(), "/signin");
  }
  /** On a record's page: an action by its words. */
  async begins(words) {
    await this.skip();
    await this.toText("ul.acts a.btn", words);
    await this.go();
  }
  async sends() {
    await this.to("main form.card footer button.btn.main");
    const answer = await this.give();
    equal(answer.status(), 303, answer.status() === 303 ? "" : await this.text());
  }

  /** Every stop of the page that is open, from its beginning to its end: seen, not covered, in order. */
  async tour() {
    await this.top();
    const wrong = [];
    let stops = 0;
    let last = null;
    for (; stops < MOST; stops++) {
      await this.key("Tab");
      const now = await this.page.evaluate(() => {
        const e = document.activeElement;
        if (!e || e === document.body) return null;
        e.dataset.tour = "1";
        const seen = globalThis.tourSeen ??= new Set();
        if (seen.has(e)) return null;
        seen.add(e);
        const ring = [e, e.closest("label"), e.closest(".choices label")].filter(Boolean).some((x) => {
          const s = getComputedStyle(x);
          return (s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 1) || s.outlineStyle === "auto";
        });
        const r = e.getClientRects()[0] ?? e.getBoundingClientRect();
        const [x, y] = [Math.min(Math.max(r.left + r.width / 2, 1), innerWidth - 2), r.top + Math.min(r.height / 2, 20)];
        const top = document.elementFromPoint(x, y);
        const inside = y >= 0 && y <= innerHeight && r.right > 0 && r.left < innerWidth;
        return {
          name: `${e.tagName.toLowerCase()}#${e.id} ${(e.getAttribute("aria-label") ?? e.textContent).trim().slice(0, 30)}`,
          ring, small: r.width < 2 || r.height < 2,
          covered: inside && !(top && (e.contains(top) || top.contains(e) || e.closest("label")?.contains(top) || top.closest("label")?.control === e)),
          outside: !inside, place: [Math.round(r.left), Math.round(r.top + scrollY)],
          card: [...document.querySelectorAll(".card, .head, header.top, .rail")].indexOf(e.closest(".card, .head, header.top, .rail")),
        };
      });
      if (!now) break;
      if (!now.ring) wrong.push(`no ring: ${now.name}`);
      if (now.covered) wrong.push(`covered: ${now.name}`);
      if (now.outside || now.small) wrong.push(`out of sight: ${now.name}`);
      if (last && last.card === now.card && now.place[1] < last.place[1] - 24 && now.place[0] <= last.place[0]) wrong.push(`goes back up: ${last.name} then ${now.name}`);
      last = now;
    }
    await this.page.evaluate(() => { delete globalThis.tourSeen; });
    expect(stops < MOST, "Tab never comes to the end: a trap");
    expect(stops >= 4, `only ${stops} stops`);
    expect(!wrong.length, [...new Set(wrong)].slice(0, 8).join("\n"));
    return stops;
  }
}
