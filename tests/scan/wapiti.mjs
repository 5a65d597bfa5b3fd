// What wapiti reports: wapiti.mjs REPORT.json LOG.  Prints each flaw, and the modules whose time
// was over before they had tried all; fails on a flaw that docs/threats.md does not argue, and
// when wapiti came to no page.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
const log = readFileSync(process.argv[3], "utf8");
const argued = [/X-XSS-Protection/];
let flaws = 0;
for (const part of ["vulnerabilities", "anomalies"]) {
  for (const [kind, list] of Object.entries(report[part])) {
    for (const f of list) {
      if (argued.some((a) => a.test(f.info))) { console.log(`argued: ${f.info}`); continue; }
      flaws++;
      console.log(`FLAW ${kind}: ${f.method} ${f.path} ${f.parameter ?? ""}: ${f.info}`);
    }
  }
}
const found = Number(/found (\d+) URLs and forms/.exec(log)?.[1] ?? 0);
const modules = [...log.matchAll(/Launching module (\w+)/g)].map((m) => m[1]);
const cut = [...log.matchAll(/Max attack time was reached for module (\w+)/g)].map((m) => m[1]);
console.log(`${report.infos.version}: ${modules.length} modules on ${found} addresses and forms, ${flaws} found; cut off by their time: ${cut.join(" ") || "none"}`);
process.exit(flaws || !found || !modules.length ? 1 : 0);
