// What somebody with a token sees of the faults, as one value that can be compared.
import { createHash } from "node:crypto";

/** Each fault with its fields, history and the bytes of its attachments, in the order of the list. */
export async function everything(url, token) {
  const get = async (path) => {
    const r = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
    if (!r.ok) throw new Error(`${path}: ${r.status} ${await r.text()}`);
    return r;
  };
  const list = (await (await get("/api/v1/r/fault?limit=100")).json()).items;
  const all = [];
  for (const f of list) {
    const full = await (await get(`/api/v1/r/fault/${f.id}?view=full`)).json();
    const acts = (await (await get(`/api/v1/r/fault/${f.id}/acts`)).json()).items;
    const files = [];
    for (const a of full.attachments) {
      const bytes = Buffer.from(await (await get(`/api/v1/attachments/${a.id}`)).arrayBuffer());
      files.push({ name: a.name, size: a.size, sha256: createHash("sha256").update(bytes).digest("hex") });
    }
    all.push({
      id: f.id, number: full.number, name: full.name, state: full.state, law: full.law, fields: full.values ?? full.fields,
      files, acts: acts.map((a) => [a.action, a.at, a.note ?? ""]),
    });
  }
  return all;
}
