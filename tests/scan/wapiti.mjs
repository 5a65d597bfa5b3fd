// What wapiti reports: wapiti.mjs REPORT.json.  Prints each flaw; fails when there is one that
// docs/threats.md does not argue.
import { readFileSync } from "node:fs";

const report = JSON.parse(readFileSync(process.argv[2], "utf8"));
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
console.log(`${report.infos.version}: ${flaws} found`);
process.exit(flaws ? 1 : 0);
