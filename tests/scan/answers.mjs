// What the server answered while it was attacked: answers.mjs LOG ROUTES [every].
// Prints the statuses, by route and in all.  Fails on an answer 5xx or what a sanitizer
// said, on a limit (429) where nobody guesses passwords, and with `every` on a route
// that never took what it was sent.
import { readFileSync } from "node:fs";

const every = process.argv[4] === "every";
const [log, list] = process.argv.slice(2, 4).map((f) => readFileSync(f, "utf8").trim().split("\n"));
// Where a refusal is the answer that is wanted, and which one: the function that reads what is
// attacked has read it.  To be let in would need what cannot be guessed, or end what the scan needs.
const REFUSED = {
  "POST /signin/code": "403", "POST /me/password": "422", // a code, the present password
  "POST /me/second/confirm": "422", "POST /me/second/codes": "422", "POST /me/second/off": "422",
  "POST /signout": "400", "POST /me/sessions/end": "400", // the CSRF token is what is attacked
  "POST /me/jobs/#/cancel": "404", "POST /admin/jobs/#/cancel": "404", // a job is over before anybody can cancel it
};
// Wrong passwords and codes slow an account down, whatever the limits a minute are.
const SLOWED = /^POST \/(signin(\/code)?|me\/password|me\/second\/\w+)$/;
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
  const answered = REFUSED[route] ? counts[REFUSED[route]] : Object.keys(counts).some((s) => s < 400);
  if (!answered && every) bad.push(`never answered ${REFUSED[route] ?? "but with a refusal"}: ${route} ${text(counts)}`);
  if (counts[429] && !SLOWED.test(route)) bad.push(`a limit answered: ${route} ${text(counts)}`);
}
const total = Object.values(all).reduce((a, n) => a + n, 0);
const looked = [200, 303, 400, 404, 422].reduce((a, s) => a + (all[s] ?? 0), 0);
if (looked < total * 0.8) bad.push("most answers say that nobody looked");
for (const line of bad.slice(0, 20)) console.log(`FLAW ${line}`);
console.log(`${total} answers over ${[...routes.values()].filter((c) => Object.keys(c).length).length} of ${routes.size} routes: ${text(all)}`);
process.exit(bad.length ? 1 : 0);
