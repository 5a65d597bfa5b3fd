// What no record can say, somebody answers: asked, answered no (the article is not kept),
// answered yes (attested, in a look of its own and never among what is kept), grown old.
import { contains, equal, expect, must, story } from "./support.mjs";

export const manualControls = (browser, how) => story("manual controls", browser, how, [asked, answeredNo, answeredYes, grownOld]);

const PAGE = "/controls/answers_sampled";
const pill = (p) => p.page.locator("main .head .pill");

async function asked(w) {
  const gao = await w.as("gao.yuan");
  await must("never answered is stale, and whoever answers finds the question in the inbox", async () => {
    for (const began = Date.now(); ;) {
      await gao.open("/inbox");
      if (await gao.page.locator("main a[href*='/r/attestation/']").count()) break;
      expect(Date.now() - began < 20000, "no task after 20 s");
      await new Promise((done) => setTimeout(done, 300));
    }
    await gao.axe("the inbox with a question");
    await gao.open(PAGE);
    equal((await pill(gao).textContent()).trim(), w.t("结果过期", "stale"));
    contains(await gao.text("main"), "高原");
    await gao.axe("a control nobody has answered");
  });
  const li = await w.as("li.lei");
  await must("somebody else sees it and is offered no answer", async () => {
    await li.open(PAGE);
    equal(await li.page.locator("main a[href$='/do/answer']").count(), 0);
    equal(await li.page.locator("main a[href*='/new/declare']").count(), 0);
  });
}

async function answer(w, key, remark) {
  const gao = await w.as("gao.yuan");
  await gao.open(PAGE);
  await gao.page.locator("main .act a.btn.main").click();
  await gao.fill({ answer: key, remark });
  return gao.post("main form.card footer button");
}

async function answeredNo(w) {
  const gao = await w.as("gao.yuan");
  await must("no without a reason is refused, citing the article", async () => {
    equal((await answer(w, "no", "")).status(), 422);
    contains(await gao.text("main"), w.t("写明理由", "need a reason"));
  });
  await must("no makes it not kept, on its page, among all and at its article", async () => {
    await gao.fill({ answer: "no", remark: "今年尚未抽查" });
    equal((await gao.post("main form.card footer button")).status(), 303);
    await gao.open(PAGE);
    equal((await pill(gao).textContent()).trim(), w.t("不符合", "not kept"));
    contains(await gao.text("main"), "今年尚未抽查");
    await gao.open("/law/attestation");
    contains(await gao.text("#sampled .side"), w.t("不符合", "not kept"));
    await gao.axe("a manual control answered no");
  });
}

async function answeredYes(w) {
  const gao = await w.as("gao.yuan");
  await must("yes is attested: by whom and when, not green, not counted among what is kept", async () => {
    await gao.open("/controls");
    const before = (await gao.text("main .head")).match(/\d+ \/ \d+/)[0];
    equal((await answer(w, "yes", "抽查三项，均到现场核对")).status(), 303);
    await gao.open(PAGE);
    equal((await pill(gao).textContent()).trim(), w.t("已书面确认", "attested"));
    expect(!(await pill(gao).getAttribute("class")).includes("good"), "it is green");
    equal(await gao.page.locator("main .pill.good").count(), 0);
    contains(await gao.text("main"), "高原");
    equal(await gao.page.locator("main table.list tbody tr").count(), 2);
    await gao.axe("an attested control");
    await gao.open("/controls");
    equal((await gao.text("main .head")).match(/\d+ \/ \d+/)[0], before);
    contains(await gao.text("main .head"), w.t("由人书面确认", "attested by people"));
    const api = await gao.page.evaluate(async () => (await fetch("/api/v1/controls/answers_sampled")).json());
    equal(api.state, "attested");
    equal(api.good, false);
    equal(api.answer.answer, "yes");
  });
}

async function grownOld(w) {
  await must("a year later the answer counts for nothing, and the question is there again", async () => {
    w.demo.clock("366d");
    const gao = await w.as("gao.yuan");
    await gao.enter();
    await gao.open(PAGE);
    equal((await pill(gao).textContent()).trim(), w.t("结果过期", "stale"));
    for (const began = Date.now(); ;) {
      await gao.open("/inbox");
      if (await gao.page.locator("main a[href*='/r/attestation/']").count()) break;
      expect(Date.now() - began < 20000, "no task after 20 s");
      await new Promise((done) => setTimeout(done, 300));
    }
  });
}
