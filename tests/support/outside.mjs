// What tests share that look at the program from outside: checks that are counted, a server on
// a data folder, commands.
import { execFile, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

export const root = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
export const program = process.env.ZHIDU ?? join(root, "build/release/zhidu");
/** Of every program that is run: a demonstration that speaks English.  Tests may add to it. */
export const env = { ...process.env, ZHIDU_DEMO: "yes", LC_ALL: "en_US.UTF-8" };

// --- counting ------------------------------------------------------------------------------------

const count = { passed: 0, failed: 0 };
/** One check: a sentence that is true when the function does not throw. */
export async function check(sentence, run) {
  try {
    const value = await run();
    count.passed++;
    if (process.env.VERBOSE) console.log(`ok   ${sentence}`);
    return value;
  } catch (e) {
    count.failed++;
    console.log(`FAIL ${sentence}\n     ${String(e.message).split("\n").slice(0, 12).join("\n     ").slice(0, 3000)}`);
    return undefined;
  }
}
export const allPassed = () => count.failed === 0;
/** Says how many, and ends the program. */
export function end() {
  console.log(`${count.passed} passed, ${count.failed} failed`);
  process.exit(count.failed ? 1 : 0);
}
export function equal(have, want, words = "") {
  if (have !== want) throw new Error(`${words} have ${JSON.stringify(have)}, want ${JSON.stringify(want)}`);
}
export function matches(text, part) {
  if (!part.test(text)) throw new Error(`no ${part} in:\n${text}`);
}
export function contains(text, part) {
  if (!text.includes(part)) throw new Error(`no ${JSON.stringify(part)} in:\n${text}`);
}

// --- waiting -------------------------------------------------------------------------------------

export const wait = (ms) => new Promise((r) => setTimeout(r, ms));
/** What `run` gives when it gives something; a minute and a half is for machines that are busy.  The sentence may
 * be a function, for what is known at the end only. */
export async function until(sentence, run) {
  const began = performance.now();
  for (;;) {
    const v = await run();
    if (v) return v;
    if (performance.now() - began > Number(process.env.PATIENCE_MS ?? 90000)) throw new Error(`never: ${typeof sentence === "function" ? sentence() : sentence}`);
    await wait(50);
  }
}

// --- the server, the command line -----------------------------------------------------------------

const bound = (socket, how) => new Promise((done) => {
  socket.once("error", () => done(null));
  how(() => done(socket));
});

/**
 * A port that no other test is given while this process lives: it holds the UDP port of the same number, as
 * tests/support/server.c does.  Below those that the kernel gives to whoever connects, above 10080, which
 * fetch and Chromium ask nothing of ("bad port", the Fetch standard's list).
 */
export async function freePort() {
  const first = 10100, many = 7900;
  for (let i = 0, at = Math.floor(Math.random() * many); i < many; i++) {
    const port = first + (at + i) % many;
    const claim = createSocket("udp4").unref();
    if (!await bound(claim, (done) => claim.bind({ port, address: "127.0.0.1", exclusive: true }, done))) continue;
    const trial = createServer();
    if (await bound(trial, (done) => trial.listen({ port, host: "127.0.0.1", exclusive: true }, done))) {
      await new Promise((done) => trial.close(done));
      return port;
    }
    claim.close();
  }
  throw new Error("no port");
}

const running = new Set();
process.on("exit", () => { for (const s of running) s.process.kill("SIGKILL"); });

/** `zhidu serve` on a data folder, when it answers. */
export class Server {
  /** more: of the environment; began: called with the process while it starts. */
  static async start(data, { port = 0, more = {}, binary = program, scheme = "http", began = () => {} } = {}) {
    const s = new Server();
    s.port = Number(port) || await freePort();
    s.url = `${scheme}://127.0.0.1:${s.port}`;
    s.log = "";
    s.process = spawn(binary, ["serve", "--data", data, "--port", String(s.port)], { env: { ...env, ...more }, stdio: ["ignore", "pipe", "pipe"] });
    for (const out of [s.process.stdout, s.process.stderr]) out.on("data", (b) => { s.log += b; });
    s.gone = new Promise((r) => s.process.once("exit", (code) => { running.delete(s); r(code); }));
    running.add(s);
    await began(s);
    let last = "";
    await until(() => `the server starts on port ${s.port}: ${last}\n${s.log}`, () => {
      if (s.process.exitCode !== null || s.process.signalCode !== null) throw new Error(`the server does not start: ${s.log}`);
      return fetch(`${s.url}/signin`).then((r) => { last = r.status; return r.ok; }, (e) => { last = e.cause?.message ?? e.message; return false; });
    });
    await until("the server says so", () => s.log.includes(`:${s.port}/`)); // the port answers a little earlier
    return s;
  }
  get pid() { return this.process.pid; }
  /** An orderly end. */
  async stop() {
    this.process.kill("SIGTERM");
    equal(await this.gone, 0, "exit of the server:");
  }
  async kill() {
    this.process.kill("SIGKILL");
    await this.gone;
  }
}

/** The process called so whose parent is `of`; 0: there is none. */
export function child(name, of) {
  for (const pid of readdirSync("/proc").filter((n) => /^\d+$/.test(n))) {
    try {
      const [, comm, parent] = /^\d+ \((.*)\) [^Z] (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      if (comm === name && Number(parent) === of) return Number(pid);
    } catch { /* it has gone meanwhile */ }
  }
  return 0;
}

/** A command and what is typed to it; {code, out}. */
export const zhidu = (args, { typed = "", more = {} } = {}) => new Promise((done) => {
  const p = execFile(program, args, { env: { ...env, ...more }, maxBuffer: 16 << 20 }, (e, out, err) => done({ code: e ? e.code : 0, out: out + err }));
  p.stdin.on("error", () => {}); // it may have ended without reading
  p.stdin.end(typed);
});
