// An inspection from plan to finding: planned and noticed at a desk, the sheet answered on a
// phone with a photo, signed by the inspected unit, what was wrong handed on to be mended; who
// belongs to the unit neither inspects nor sees what is none of his.
import { check, contains, equal, expect, must, photo, story } from "./support.mjs";

export const inspection = (browser, how) => story("inspection", browser, how, [planned, answered, confirmed, handedOn, risks], { last: ({ demo }) => check("the ledger agrees with every row", () => contains(demo.command("ledger", "verify"), "In order")) });

const today = () => new Date(Date.now() + 8 * 3600000).toISOString().slice(0, 10);

async function planned(w) {
  const gao = await w.as("gao.yuan");
  await must("the auditor draws up a template", async () => {
    await gao.fresh("/r/inspection_template/new/draw_up");
    await gao.fill({ title: "设备检查", "points.0.item": "资产标签完好", "points.0.guide": "扫描标签", "points.1.item": "存放地点与台账一致" });
    await gao.fill({ "points.0.wants": "photo" });
    equal((await gao.send()).status(), 303);
  });
  const plan = (inspected) => ({ title: "设备抽查", kind: "supervision", scope: "在用设备", inspection_template: "设备检查", inspected, lead: "高原", planned: today(), article: "equipment#custody", unannounced: "true" });
  await must("who leads it does not belong to an inspected unit, and the article says so", async () => {
    await gao.fresh("/r/inspection/new/plan");
    await gao.fill(plan("审计室"));
    equal((await gao.send()).status(), 422);
    contains(await gao.text(), w.t("组长不得属于被检查的部门", "does not belong to an inspected unit"));
    await gao.axe("an inspection refused");
  });
  await must("it is planned, noticed and begun", async () => {
    await gao.fill({ inspected: "业务一科" });
    equal((await gao.send()).status(), 303);
    w.inspection = gao.path();
    contains(await gao.text("dl.fields"), w.t("监督检查", "Supervision"));
    await gao.act(w.t("发出通知", "Give notice"));
    await gao.act(w.t("开始检查", "Begin"));
    await gao.axe("an inspection under way");
  });
}

async function answered(w) {
  const gao = await w.as("gao.yuan");
  await must("each inspected unit has its sheet, in the inspector's inbox", async () => {
    await gao.open("/inbox");
    const link = gao.page.locator("main a", { hasText: "设备抽查" }).filter({ hasText: "业务一科" }).first();
    await gao.press(link);
    contains(gao.path(), "/r/inspection_sheet/");
    w.sheet = gao.path().split("/").slice(0, 4).join("/");
  });
  await must("it is not handed over before everything is answered", async () => {
    await gao.fresh(`${w.sheet}/do/hand_over`);
    equal((await gao.send()).status(), 422);
    contains(await gao.text(), w.t("还有没有检查的项目", "Some items are not checked yet"));
  });
  await must("a photo that is wanted is asked for; nothing that was said is lost", async () => {
    await gao.fresh(`${w.sheet}/do/fill`);
    await gao.fill({ "checks.0.answer": "no", "checks.0.remark": "标签脱落", "checks.1.answer": "yes" });
    equal((await gao.send()).status(), 422);
    contains(await gao.text(), w.t("须附照片", "a photo of it is wanted"));
    equal(await gao.page.inputValue('[name="checks.0.remark"]'), "标签脱落");
    await gao.axe("a sheet refused");
  });
  await must("with the photo it is taken, and handed over", async () => {
    await gao.fill({ "checks.0.photo": photo() });
    equal((await gao.send()).status(), 303);
    await gao.act(w.t("交被检查部门签字", "Hand over to be signed"));
    await gao.axe("a sheet to be signed");
  });
}

async function confirmed(w) {
  await check("who inspected does not sign for the unit", async () => {
    const gao = await w.as("gao.yuan");
    await gao.open(`${w.sheet}/do/confirm`);
    equal((await gao.send()).status(), 403);
  });
  await check("another unit does not see the sheet", async () => {
    const zhou = await w.as("zhou.jie");
    equal((await zhou.open(w.sheet)).status(), 404);
  });
  await must("the head of the inspected unit signs", async () => {
    const han = await w.as("han.mei");
    await han.open(w.sheet);
    contains(await han.text(), "标签脱落");
    await han.act(w.t("签字", "Sign"), { statement: "属实，本周补贴" });
  });
}

async function handedOn(w) {
  const gao = await w.as("gao.yuan");
  await must("what was answered no becomes a finding", async () => {
    await gao.open(w.sheet);
    await gao.act(w.t("移交整改", "Raise findings"), { severity: "medium" });
    const han = await w.as("han.mei");
    await han.open("/inbox");
    await han.press(han.page.locator("main a", { hasText: "资产标签完好" }).first());
    contains(han.path(), "/r/finding/");
    await han.open(han.path().split("/").slice(0, 4).join("/"));
    contains(await han.text(), "标签脱落");
    await han.axe("a finding of an inspection");
  });
  await check("it stands at the article it is about", async () => {
    await gao.open("/law/supervision");
    contains(await gao.page.locator("#findings").textContent(), w.t("移交整改", "Raise findings"));
  });
}

async function risks(w) {
  const he = await w.as("he.qiang");
  await must("the three risks that are always watched are there", async () => {
    await he.open("/r/risk");
    const rows = await he.page.locator("table.list tbody tr").count();
    expect(rows >= 3, `${rows} rows`);
    await he.axe("the register of risks");
    await he.press(he.page.locator("table.list a.row", { hasText: "运行维护" }).first());
    w.risk = he.path();
  });
  await must("a rating takes its level from the matrix", async () => {
    await he.fresh(`${w.risk}/do/rate_inherent`);
    await he.fill({ likelihood: "4", impact: "4" });
    equal((await he.send()).status(), 303);
    contains(await he.text(), "重大");
    await he.axe("a risk");
  });
}
