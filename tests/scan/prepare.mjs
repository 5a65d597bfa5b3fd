// There is something of everything a page can lead to, made as people would make it: each
// address of the program then has a request that is answered.
import { App } from "../support/authenticator.mjs";
import { PASSWORD } from "./people.mjs";

const PICTURE = "iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAFElEQVR4nGO46BuPFTEMUomLvvEADJ51wZMLpKAAAAAASUVORK5CYII=";
const SETTING = "/admin/settings/fault_reporting/fault.accept";
const WAIT_MS = 120_000;

/** `me` works at the service desk, `boss` administers, each of `careful` gets a second factor.
 *  Returns pages to begin a walk at; `fault`: a record with `file` and `picture`; `spare`: a person
 *  nobody needs; `careful`: their sessions; `half`: the first of them, twice, between password and code. */
export async function prepare(way, me, boss, careful) {
  const post = async (who, path, values) => {
    const r = await way.send(who, path, values instanceof FormData ? values : new URLSearchParams({ csrf: who.csrf, ...values }));
    if (r.status >= 400) throw new Error(`${path}: ${r.status}`);
    return r;
  };
  const page = async (who, path) => (await way.get(who, path)).text();
  const find = (what, text) => {
    const m = what.exec(text);
    if (!m) throw new Error(`nothing like ${what} where it should be`);
    return m[1];
  };

  const added = await post(boss, "/r/person/new/add", { full_name: "probe", unit: "业务一科" });
  const fault = find(/(\/r\/fault\/\d+)/, await page(me, "/r/fault"));
  await post(me, "/r/fault/view", { name: "probe", query: "open=1" });
  await post(me, "/me/token", { name: "probe", scopes: "read", days: "9" });
  await post(me, `${fault}/note/comment`, { note: "probe" });
  const files = new FormData();
  files.append("csrf", me.csrf);
  files.append("files", new Blob(["probe"]), "probe.txt");
  files.append("files", new Blob([Buffer.from(PICTURE, "base64")], { type: "image/png" }), "probe.png");
  await post(me, `${fault}/note/attach`, files);
  await fileOfJob();
  await publish();
  const sessions = [];
  for (const login of careful) sessions.push(await second(login));
  const [file, picture] = [...(await page(me, fault)).matchAll(/\/file\/(\d+)/g)].map((m) => m[1]).slice(-2);
  return { pages: [fault, "/me/jobs", "/law/fault_reporting", "/controls/faults_accepted"], fault, file, picture, spare: find(/(\d+)/, added.headers.get("location")),
    careful: sessions, half: [await way.signIn(careful[0]), await way.signIn(careful[0])] };

  /** A list made in the background; its file is there. */
  async function fileOfJob() {
    await post(me, "/r/fault/export", { as: "csv", query: "" });
    const late = Date.now() + WAIT_MS;
    while (!/\/me\/jobs\/\d+\/file/.test(await page(me, "/me/jobs"))) {
      if (Date.now() > late) throw new Error("the file of a list was not made");
      await new Promise((r) => setTimeout(r, 200));
    }
  }
  /** A second version of a regulation, and a unit's own value. */
  async function publish() {
    const value = "7 workhours";
    const shown = await (await post(boss, SETTING, { value })).text();
    await post(boss, SETTING, { value, sure: find(/name="sure" value="(\d+)"/, shown) });
    await post(boss, `${SETTING}/unit`, { unit: "业务一科", own: "60 workhours" });
  }
  async function second(login) {
    const one = await way.signIn(login);
    await post(one, "/me/second/begin", { password: PASSWORD });
    const app = new App(find(/<code[^>]*class="[^"]*key[^"]*"[^>]*>([^<]+)</, await page(one, "/me/second")));
    const on = await post(one, "/me/second/confirm", { otp: await app.code() });
    const Cookie = on.headers.getSetCookie().find((c) => /zhidu=/.test(c)).split(";")[0];
    return { login, headers: { Cookie }, csrf: find(/name="csrf" value="(\w+)"/, await on.text()) };
  }
}
