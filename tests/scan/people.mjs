// People of the demonstration who are signed in, as the scan uses them.
export const PASSWORD = "zhidu-demo-2026";
export const AGENT = "zhidu-scan";

/** Ways into the program that runs at `url`. */
export function ways(url) {
  const get = (me, path) => fetch(url + path, { redirect: "manual",
    headers: { ...me.headers, "user-agent": AGENT, "accept-language": "en" } });
  const send = (me, path, body) => fetch(url + path, { method: "POST", redirect: "manual", headers: me.headers, body });

  /** Name and password: whoever has no second factor is in. */
  async function signIn(login) {
    const r = await send({ headers: { "user-agent": AGENT } }, "/signin", new URLSearchParams({ login, password: PASSWORD }));
    const cookie = r.headers.getSetCookie().find((c) => /zhidu(-half)?=/.test(c))?.split(";")[0];
    if (r.status !== 303 || !cookie) throw new Error(`${login} cannot sign in: ${r.status}`);
    const me = { login, headers: { Cookie: cookie } };
    if (!cookie.includes("-half=")) me.csrf = await tokenOn(me, "/me");
    return me;
  }
  const tokenOn = async (me, path) => /name="csrf" value="(\w+)"/.exec(await (await get(me, path)).text())[1];

  return { get, send, signIn };
}
