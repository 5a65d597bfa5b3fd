// The author's manual taken literally: its files are written to a folder of regulations,
// in the order they stand there, and wherever it shows `$ zhidu check regulations` the
// command is run and must say what is printed.  A block's first line says what it is:
//   ```yaml NAME/FILE           the file          ```yaml append NAME/FILE     goes on with it
//   ```console                  a command and its answer
//   ```console FILE s/A/B/      the same with A replaced by B in that file, for this once
import { execFileSync, spawnSync } from "node:child_process";
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
const program = process.env.ZHIDU ?? join(root, "build/release/zhidu");
let passed = 0, failed = 0;
const check = (sentence, ok, detail = "") => {
  ok ? passed++ : failed++;
  if (!ok) console.log(`FAIL ${sentence}\n${detail}`);
};
// How many regulations, articles and examples there are besides is not the manual's matter.
const same = (line) => (/^(Passed|通过)/.test(line) ? line.replace(/\d+/g, "N") : line).trimEnd();

function run(work, lang) {
  const r = spawnSync(program, ["check", "regulations"], { cwd: work, env: { ...process.env, LC_ALL: lang === "en" ? "en_US.UTF-8" : "zh_CN.UTF-8" }, encoding: "utf8" });
  return (r.stdout + r.stderr).trimEnd().split("\n").map(same);
}

function follow(lang) {
  const work = join(root, `build/author-${lang}`);
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  cpSync(join(root, "regulations"), join(work, "regulations"), { recursive: true });
  const text = readFileSync(join(root, `docs/manual/author.${lang}.md`), "utf8");
  let files = 0, commands = 0;
  const last = (where) => check(`${lang}: what stands before ${where} passes`, /^(Passed|通过)/.test(run(work, lang).at(-1)), run(work, lang).join("\n"));
  for (const [, info, body] of text.matchAll(/^```(.*)\n([\s\S]*?)^```$/gm)) {
    const [kind, ...words] = info.split(" ");
    if (kind === "console") {
      commands++;
      const [file, edit] = [words[0], words.slice(1).join(" ")];
      const path = file && join(work, "regulations", file);
      const kept = path && readFileSync(path, "utf8");
      if (path) {
        const [, from, to] = edit.split("/");
        check(`${lang}: ${file} holds ${from}`, kept.includes(from));
        writeFileSync(path, kept.replace(from, to));
      }
      const [command, ...want] = body.trimEnd().split("\n");
      check(`${lang}: it is a command we know: ${command}`, command === "$ zhidu check regulations");
      const have = run(work, lang);
      check(`${lang}: ${command} ${info}`, have.join("\n") === want.map(same).join("\n"), have.join("\n"));
      if (path) writeFileSync(path, kept);
      continue;
    }
    files++;
    const append = words[0] === "append";
    const path = join(work, "regulations", append ? words[1] : words[0]);
    mkdirSync(dirname(path), { recursive: true });
    (append ? appendFileSync : writeFileSync)(path, body);
  }
  last("the end");
  const examples = join(work, "regulations/key_lending/examples.yaml");
  const kept = readFileSync(examples, "utf8");
  for (const [from, to, zh, en] of [
    ["as: guo.jing", "as: guo.jin", "没有登录名为“guo.jin”的人", 'nobody has the login "guo.jin"'],
    ["perform: L.take_back", "perform: M.take_back", "没有“M”", 'there is no "M"'],
    [", refused: borrow}", "}", "已有相同的记录", "There is one like it already"]]) {
    const at = kept.lastIndexOf(from);
    writeFileSync(examples, kept.slice(0, at) + to + kept.slice(at + from.length));
    const said = run(work, lang).join("\n");
    check(`${lang}: a step that does not go is told in words: ${to}`, at > 0 && said.includes(lang === "en" ? en : zh) && !said.includes(lang === "en" ? zh : en), said);
  }
  writeFileSync(examples, kept);
  check(`${lang}: files are written and commands run`, files >= 8 && commands >= 3, `${files} files, ${commands} commands`);
  // and it can be put into force
  const data = join(work, "data");
  execFileSync(program, ["init", "regulations", "--demo", "--data", data], { cwd: work, stdio: "pipe" });
  const out = execFileSync(program, ["export", "key_loan", "--data", data], { cwd: work, encoding: "utf8" });
  check(`${lang}: the regulation runs`, out.startsWith("number,name,state"), out);
  rmSync(work, { recursive: true, force: true });
}
follow("zh");
follow("en");
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
