// A check-list: what it asks for comes from a template; it is answered with a thumb or the
// keyboard, a photo beside it; what an answer wants is asked for; nothing that was filled in
// is lost; the record says how far it has come and what was found.
import { Demo, Person, at, check, contains, equal, must, photo, prepareWith } from "./support.mjs";

export async function checklist(browser, how) {
  at(`checklist ${how.lang} ${how.width}`);
  const demo = await Demo.start(`checklist-${how.lang}-${how.width}`, { seed: prepareWith("seed_bank") });
  const p = await Person.signIn(demo, browser, "huang.he", how);
  const w = { demo, p, how, t: (zh, en) => (how.lang === "en" ? en : zh) };
  for (const part of [drawnUp, started, answered, kept, finished]) {
    try {
      await part(w);
    } catch (e) {
      await check(`${part.name} goes to its end`, () => { throw e; });
    }
  }
  await check("no error in the browser", () => equal(p.errors.join("\n"), ""));
  await check("the ledger agrees with every row", () => contains(demo.command("ledger", "verify"), "In order"));
  await p.close();
  await demo.stop();
}

async function drawnUp({ p }) {
  await must("a template is drawn up, its items as rows", async () => {
    await p.fresh("/r/round_plan/new/draw_up");
    await p.axe("template");
    await p.fill({ title: "冷库", "items.0.item": "库门关严，门封完好", "items.0.basis": "第二十二条", "items.0.guide": "手摸门封四周", "items.1.item": "库温", "items.1.reads_in": "℃", "items.1.low": "-20", "items.1.high": "-16" });
    await p.fill({ "items.1.wants": "reading" });
    equal((await p.send()).status(), 303);
  });
}

async function started(w) {
  const { p } = w;
  await must("a round begins with the items of the template", async () => {
    await p.fresh("/r/round/new/start");
    await p.fill({ round_plan: "冷库" });
    equal((await p.send()).status(), 303);
    const text = await p.text();
    contains(text, "门封完好");
    contains(text, w.t("已答 0 / 2", "Answered 0 / 2"));
    w.record = p.path();
  });
  await check("what is not answered hinders the end, by its clause", async () => {
    const text = await p.text("main");
    contains(text, w.t("逐项检查", "Check"));
  });
}

async function answered(w) {
  const { p } = w;
  await must("the form shows how far one has come", async () => {
    await p.fresh(`${w.record}/do/tick`);
    await p.axe("check-list");
    equal(await p.text("[data-items-done]"), "0");
    await p.page.locator("[data-item]").first().locator("label.bad").click();
    if (w.how.scripts !== false) equal(await p.text("[data-items-done]"), "1");
  });
  await check("answers are large enough for a thumb", async () => {
    const box = await p.page.locator("[data-item] .answers label").first().boundingBox();
    if (box.height < 44 || box.width < 60) throw new Error(JSON.stringify(box));
  });
  await must("no without a remark is refused, and everything is still there", async () => {
    equal((await p.send()).status(), 422);
    contains(await p.text(), w.t("不符合的，须写明情况", "say what is wrong where the answer is no"));
    equal(await p.page.locator('[data-item] input[value="no"]').first().isChecked(), true);
  });
  await must("a reading outside its limits cannot be called right", async () => {
    await p.fill({ "sheet.0.remark": "门封老化", "sheet.1.answer": "yes", "sheet.1.reading": "-12" });
    equal((await p.send()).status(), 422);
    contains(await p.text(), w.t("读数高于上限 -16", "the reading is above -16"));
    equal(await p.page.inputValue('[name="sheet.0.remark"]'), "门封老化");
  });
  await must("with the keyboard: an answer, its reading, a photo beside it", async () => {
    await p.fill({ "sheet.1.reading": "-18" });
    await p.page.locator('[name="sheet.1.answer"][value="no"]').focus();
    await p.page.keyboard.press("ArrowLeft");
    equal(await p.page.locator('[name="sheet.1.answer"][value="yes"]').isChecked(), true);
    await p.fill({ "sheet.0.photo": photo() });
    equal((await p.send()).status(), 303);
  });
}

async function kept(w) {
  const { p } = w;
  await must("the record says what was found", async () => {
    await p.open(w.record);
    const text = await p.text();
    for (const part of [w.t("已答 2 / 2", "Answered 2 / 2"), "门封老化", "-18 ℃", w.t("照片", "Photo")]) contains(text, part);
    await p.axe("check-list as it stands");
  });
  await check("the photo is the row's, and opens", async () => {
    const href = await p.page.getAttribute('table.list a[href^="/file/"]', "href");
    const answer = await p.page.request.get(w.demo.url + href);
    equal(answer.status(), 200);
    equal((await answer.body()).equals(photo().buffer), true);
  });
  await check("the form has what was answered", async () => {
    await p.fresh(`${w.record}/do/tick`);
    equal(await p.page.inputValue('[name="sheet.1.reading"]'), "-18");
    equal(await p.page.locator('[name="sheet.0.answer"][value="no"]').isChecked(), true);
  });
}

async function finished(w) {
  const { p } = w;
  await must("with every item answered it ends", async () => {
    await p.open(w.record);
    await p.act(w.t("完成", "Finish"));
    equal((await p.state()).trim(), w.t("已巡查", "Finished"));
  });
  await check("on paper all items stand", async () => {
    await p.page.emulateMedia({ media: "print" });
    contains(await p.text(), "门封老化");
    await p.page.emulateMedia({ media: "screen" });
  });
}
