// An authenticator as people have it on a phone, for tests that sign in with a second factor.
import { createHmac } from "node:crypto";

/** RFC 6238, written a second time: what an app on a phone shows at `ms`. */
function totp(typed, ms) {
  const bits = [...typed.replace(/\s/g, "")].map((c) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(c).toString(2).padStart(5, "0")).join("");
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigInt64BE(BigInt(Math.floor(ms / 30000)));
  const mac = createHmac("sha1", key).update(counter).digest();
  return String((mac.readUInt32BE(mac[19] & 15) & 0x7fffffff) % 1000000).padStart(6, "0");
}

/** An app: a code is used once, so the next one is made ahead (one step may be). */
export class App {
  constructor(key) { this.key = key; this.last = 0; }
  async code() {
    for (;;) {
      const old = Date.now() % 30000 < 12000 ? 1 : 0; // not one that ends while it is typed
      const step = Math.max(Math.floor(Date.now() / 30000) - old, this.last + 1);
      if (step <= Math.floor(Date.now() / 30000) + 1) { this.last = step; return totp(this.key, step * 30000); }
      await new Promise((r) => setTimeout(r, 500));
    }
  }
}
