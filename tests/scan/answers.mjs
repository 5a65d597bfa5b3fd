// What the server answered while it was attacked: answers.mjs LOG ROUTES [every].
// Prints the statuses, by route and in all.  Fails on an answer 5xx or what a sanitizer
// said, with `every` on a route that was never asked or only refused, and when
// too many answers came before anybody looked at what was asked (429).
import { readFileSync } from "node:fs";

const every = process.argv[4] === "every";
const [log, list] = process.argv.slice(2, 4).map((f) => readFileSync(f, "utf8").trim().split("\n"));
// The scanners have no way to be let in here, or it would end what they need.
const REFUSED = ["POST /signin/code", "POST /signout", "POST /me/password", "POST /me/sessions/end", "POST /me/second/begin",
  "POST /me/second/confirm", "POST /me/second/codes", "POST /me/second/off", "GET /signin/code",
  // what the demonstration has none of, or no text stands for
  "POST /admin/settings/~/~", "POST /admin/settings/~/~/unit", "POST /admin/jobs/#/cancel", "POST /admin/account/#/second",
  "POST /api/v1/r/~/#/attachments", "GET /api/v1/attachments/#", "GET /file/#/picture"];
const all = {}, routes = new Map(list.map((r) => [r, {}])), bad = [];

for (const line of log) {
  const m = / http\.request .*method=(\w+) route=(\S+) .*status=(\d+)/.exec(line);
  if (/ERROR: AddressSanitizer|ERROR: LeakSanitizer|runtime error:| error .*(crash|fatal)/.test(line)) bad.push(line);
  if (!m) continue;
  const [, method, route, status] = m;
  const counts = routes.get(`${method} ${route}`);
  all[status] = (all[status] ?? 0) + 1;
  if (counts) counts[status] = (counts[status] ?? 0) + 1;
  if (status >= 500) bad.push(line);
}
const text = (counts) => Object.entries(counts).map(([s, n]) => `${s}: ${n}`).join("  ");
for (const [route, counts] of routes) console.log(`${route.padEnd(40)} ${text(counts)}`);
for (const [route, counts] of routes) {
  const opened = Object.keys(counts).some((s) => s < 400);
  if (!opened && !REFUSED.includes(route) && every) bad.push(`never answered but with a refusal: ${route} ${text(counts)}`);
}
const total = Object.values(all).reduce((a, n) => a + n, 0);
if ((all[429] ?? 0) > total / 20) bad.push("the limits per minute were what answered");
const looked = [200, 303, 400, 404, 422].reduce((a, s) => a + (all[s] ?? 0), 0);
if (looked < total * 0.8) bad.push("most answers say that nobody looked");
for (const line of bad.slice(0, 20)) console.log(`FLAW ${line}`);
console.log(`${total} answers over ${[...routes.values()].filter((c) => Object.keys(c).length).length} of ${routes.size} routes: ${text(all)}`);
process.exit(bad.length ? 1 : 0);
