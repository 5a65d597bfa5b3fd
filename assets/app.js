/* app.js - small comforts.  Every page works without it.
 *  - "?" opens the help about the page
 *  - "/" focuses the search box; Escape closes an open menu and goes back to its button
 *  - menus close when one clicks elsewhere or leaves them with the keyboard
 *  - choosing in a filter applies it; with the keyboard, which passes what it does not
 *    mean, its button does; one is then where one was
 *  - what was done or refused is said to screen readers after the page has come
 *  - a check-list says how far one has come
 *  - "choose all" in lists; the bulk bar shows how many are chosen
 *  - pasting or dropping a file puts it into the form's file field; files that are too
 *    large are told of before they are sent
 *  - a form is sent once: a double click does nothing more
 *  - a clause shows itself when its mark is pointed at (pressing works without this)
 *  - the print buttons print
 *  - drafts of forms and comments are kept in this browser until they were taken
 *  - while the page is in view, the figures of the frame follow, and what is new about
 *    what it shows is told
 *  - what is said about a field while one types marks the field itself, and moves no
 *    button from under the pointer that presses it
 */
(() => {
  "use strict";
  const $ = (s, at = document) => at.querySelector(s);
  const all = (s, at = document) => [...at.querySelectorAll(s)];

  document.addEventListener("keydown", (e) => {
    const typing = e.target.closest("input, textarea, select, [contenteditable]");
    if (e.key === "/" && !typing && !e.ctrlKey && !e.metaKey) {
      const box = $("form.find input");
      if (box) { e.preventDefault(); box.focus(); box.select(); }
    }
    if (e.key === "?" && !typing && !e.ctrlKey && !e.metaKey) {
      e.preventDefault();
      location.assign($("main a.help")?.href ?? "/help");
    }
    if (e.key === "Escape") {
      all("details.menu[open]").forEach((d) => { d.open = false; $("summary", d).focus(); });
    }
  });

  document.addEventListener("click", (e) => {
    all("details.menu[open]").forEach((d) => { if (!d.contains(e.target)) { d.open = false; } });
  });

  document.addEventListener("focusin", (e) => {
    all("details.menu[open]").forEach((d) => { if (!d.contains(e.target)) { d.open = false; } });
  });

  let keyed = null; // the filter whose choice the keyboard is changing
  document.addEventListener("keydown", (e) => { if (e.key !== "Tab") { keyed = e.target; } });
  document.addEventListener("pointerdown", () => { keyed = null; });

  document.addEventListener("change", (e) => {
    const box = e.target;
    if (box.matches("[data-pick-all]")) {
      all("[data-pick]").forEach((b) => { b.checked = box.checked; });
    }
    if (box.matches("[data-pick], [data-pick-all]")) {
      const n = all("[data-pick]:checked").length;
      const bar = $("[data-bulk]");
      if (bar) {
        bar.hidden = n === 0;
        const out = $("[data-bulk-count]", bar);
        if (out) { out.textContent = String(n); }
      }
    }
    const list = box.matches("[data-item] [type=radio]") && box.closest(".items");
    if (list) { /* how far one has come */
      const n = all("[data-item]", list).filter((i) => $("[type=radio]:checked", i)).length;
      $("[data-items-done]", list).textContent = String(n);
      $("progress", list).value = n;
    }
    if (box.matches("[data-submit]") && box !== keyed) { box.form.requestSubmit(); }
  });

  all("[data-bulk]").forEach((bar) => { bar.hidden = true; });

  // Marks of clauses: pointing shows, leaving hides; a press keeps it open.
  let timer = 0;
  let shown = null;
  const quoteOf = (mark) => mark && document.getElementById(mark.getAttribute("popovertarget"));
  const hide = () => { if (shown && shown.matches(":popover-open")) { shown.hidePopover(); } shown = null; };
  document.addEventListener("pointerover", (e) => {
    if (e.pointerType !== "mouse" || !e.target.closest) { return; }
    const mark = e.target.closest("button.clause");
    clearTimeout(timer);
    if (mark) {
      const quote = quoteOf(mark);
      if (quote && quote.showPopover && !quote.matches(":popover-open")) {
        timer = setTimeout(() => { quote.showPopover({ source: mark }); shown = quote; }, 150);
      }
    } else if (shown && !e.target.closest(".quote")) {
      timer = setTimeout(hide, 250);
    }
  });
  document.addEventListener("click", (e) => {
    const mark = e.target.closest("button.clause");
    clearTimeout(timer);
    if (mark && shown && shown === quoteOf(mark)) { e.preventDefault(); shown = null; }
    const print = e.target.closest("[data-print]");
    if (print && !$("main img[loading=lazy]")) { e.preventDefault(); window.print(); } /* else its page, with all pictures */
  });
  if (new URLSearchParams(location.search).has("print")) { window.addEventListener("load", () => window.print()); }

  const seat = JSON.parse(sessionStorage.getItem("seat") || "null");
  sessionStorage.removeItem("seat");
  if (seat && seat[0] === location.pathname && matchMedia("(pointer: fine)").matches) {
    document.getElementById(seat[1])?.focus({ preventScroll: true });
  }

  document.addEventListener("submit", (e) => {
    const form = e.target;
    if (form.method !== "post") {
      sessionStorage.setItem("seat", JSON.stringify([location.pathname, document.activeElement?.id]));
      return;
    }
    if (form.dataset.sent) { e.preventDefault(); return; }
    const large = $("[data-too-large]", form);
    if (large) {
      const total = all("input[type=file]", form).flatMap((f) => [...f.files]).reduce((n, f) => n + f.size, 0);
      large.hidden = total <= Number(large.dataset.tooLarge);
      if (!large.hidden) { e.preventDefault(); large.scrollIntoView({ block: "center" }); return; }
    }
    form.dataset.sent = "1";
    setTimeout(() => { delete form.dataset.sent; }, 8000);
    if (form.dataset.draft) { sessionStorage.setItem("sent", form.dataset.draft); }
  });
  if (new URLSearchParams(location.search).has("done")) { /* it was taken */
    localStorage.removeItem("draft:" + sessionStorage.getItem("sent"));
  }
  window.addEventListener("pageshow", () => all("form[data-sent]").forEach((f) => delete f.dataset.sent));

  // A region that is there from the start is read when its text changes; what came with the page is not.
  const said = $("main > .note[role], main .door .note[role]");
  if (said && !said.autofocus) {
    const voice = document.createElement("p");
    voice.className = "sr no-print";
    voice.setAttribute("role", "status");
    $("main").append(voice);
    setTimeout(() => { voice.textContent = said.innerText; }, 200);
  }

  const take = (files) => {
    const field = $("main input[type=file][multiple]");
    if (!field || !files.length) { return false; }
    const box = new DataTransfer();
    [...field.files, ...files].slice(0, 10).forEach((f) => box.items.add(f));
    field.files = box.files;
    return true;
  };
  document.addEventListener("paste", (e) => { if (e.clipboardData && take(e.clipboardData.files)) { e.preventDefault(); } });
  document.addEventListener("dragover", (e) => { if ($("main input[type=file][multiple]")) { e.preventDefault(); } });
  document.addEventListener("drop", (e) => { if (take(e.dataTransfer.files)) { e.preventDefault(); } });

  let released = Promise.resolve();
  document.addEventListener("pointerdown", () => {
    released = new Promise((done) => {
      ["pointerup", "pointercancel"].forEach((end) => document.addEventListener(end, () => setTimeout(done), { once: true }));
    });
  }, true);
  document.addEventListener("htmx:before:request", (e) => {
    e.detail.ctx.fetch = async (...what) => {
      const answer = await fetch(...what);
      await released;
      return answer;
    };
  });

  document.addEventListener("htmx:after:swap", (e) => {
    const slot = e.detail?.ctx?.target?.closest?.(".slot");
    const field = slot && slot.closest(".field");
    if (field) {
      const bad = Boolean($(".error", slot));
      all("input, textarea, select", field).forEach((f) => (bad ? f.setAttribute("aria-invalid", "true") : f.removeAttribute("aria-invalid")));
    }
  });

  /* A signature by hand: moves and lines in whole numbers, sent beside the typed one. */
  all("[data-draw]").forEach((box) => {
    const pad = $("svg", box), path = $("path", box), kept = $("input", box);
    let down = false;
    box.hidden = false;
    path.setAttribute("d", kept.value);
    const add = (e, letter) => {
      const r = pad.getBoundingClientRect();
      const at = [(e.clientX - r.left) * 400 / r.width, (e.clientY - r.top) * 120 / r.height];
      if (kept.value.length > 20000 || at.some((n) => n < 0)) { return; }
      kept.value += letter + at.map(Math.round).join(" ");
      path.setAttribute("d", kept.value);
    };
    pad.addEventListener("pointerdown", (e) => { down = true; pad.setPointerCapture(e.pointerId); add(e, "M"); });
    pad.addEventListener("pointermove", (e) => { if (down) { add(e, "L"); } });
    ["pointerup", "pointercancel"].forEach((end) => pad.addEventListener(end, () => { down = false; }));
    $("button", box).addEventListener("click", () => { kept.value = ""; path.setAttribute("d", ""); });
  });

  all("form[data-draft]").forEach((form) => {
    const key = "draft:" + form.dataset.draft;
    const note = $(":scope > [data-draft-note]", form.parentElement);
    const fields = () => all("input:not([type=hidden],[type=file],[type=password]), textarea, select", form);
    const chosen = (f) => f.type === "checkbox" || f.type === "radio";
    const restore = (saved) => {
      let back = false;
      fields().forEach((f) => {
        if (!(f.name in saved)) { return; }
        if (chosen(f)) {
          const on = saved[f.name].includes(f.value);
          back ||= on !== f.checked;
          f.checked = on;
        } else if (!f.value) {
          f.value = saved[f.name];
          back = true;
        }
      });
      if (back && note) { note.hidden = false; }
    };
    try {
      const saved = JSON.parse(localStorage.getItem(key) || "null");
      if (saved && !form.dataset.kept) { restore(saved); }
    } catch { localStorage.removeItem(key); }
    $("[data-draft-clear]", note ?? form)?.addEventListener("click", () => {
      localStorage.removeItem(key);
      form.reset();
      note.hidden = true;
      $("input:not([type=hidden]), textarea, select", form)?.focus();
    });
    form.addEventListener("input", () => {
      const now = {};
      fields().forEach((f) => {
        if (chosen(f)) { (now[f.name] ??= []).push(...(f.checked ? [f.value] : [])); } else if (f.value) { now[f.name] = f.value; }
      });
      localStorage.setItem(key, JSON.stringify(now));
    });
  });

  /* Asked now and then, and only while somebody looks (docs/decisions/0055). */
  const EVERY = 25000;
  const news = $("[data-live]");
  const figure = (href, n) => all(`.rail a[href="${href}"], .top a[href="${href}"], .tabbar a[href="${href}"]`).forEach((a) => {
    const old = $(".count", a);
    const count = old ?? document.createElement("span");
    count.className = "count";
    count.textContent = String(n);
    if (!n) { count.remove(); } else if (!old) { a.append(count); }
  });
  let tag = "", turn = 0, last = Date.now();
  const look = async () => {
    clearTimeout(turn);
    if (document.hidden) { return; }
    last = Date.now();
    try {
      const got = await fetch(news?.dataset.live ?? "/live", { headers: tag ? { "If-None-Match": tag } : {}, redirect: "manual", cache: "no-store" });
      if (got.status !== 200 && got.status !== 304 && got.status < 500) { return; } /* signed out, or no longer to be seen */
      if (got.status === 200) {
        tag = got.headers.get("ETag") ?? "";
        const now = await got.json();
        figure("/inbox", now.tasks);
        figure("/notifications", now.unread);
        const seen = Number(news?.dataset.seen);
        const words = news && $("template", news);
        if (words && (news.dataset.live === "/live" ? now.tasks !== seen : now.act > seen)) {
          words.replaceWith(words.content);
        }
      }
    } catch { /* no network: later */ }
    turn = setTimeout(look, EVERY);
  };
  if ($(".rail")) {
    turn = setTimeout(look, EVERY);
    document.addEventListener("visibilitychange", () => {
      clearTimeout(turn);
      if (!document.hidden) { turn = setTimeout(look, Math.max(0, last + EVERY - Date.now())); }
    });
  }
})();
