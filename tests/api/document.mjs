// The OpenAPI document as a test uses it: is it right in itself, and does an
// answer fit what it says.
import { Validator } from "@seriousme/openapi-schema-validator";
import addFormats from "ajv-formats";
import Ajv from "ajv/dist/2020.js";

export class Document {
  constructor(raw) {
    this.raw = raw;
    this.ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addSchema({ $id: "doc", components: raw.components });
  }
  async mistakes() {
    const r = await new Validator().validate(structuredClone(this.raw));
    return r.valid ? "" : JSON.stringify(r.errors).slice(0, 2000);
  }
  operations() {
    return Object.entries(this.raw.paths).flatMap(([path, item]) => Object.entries(item).map(([method, op]) => ({ path, method, op })));
  }
  looseEnds() {
    const bad = [];
    const resolve = (ref) => ref.slice(2).split("/").reduce((x, k) => x?.[k], this.raw);
    const walk = (x) => {
      if (x && typeof x === "object") for (const [k, v] of Object.entries(x)) {
        if (k === "$ref" && !resolve(v)) bad.push(`nothing at ${v}`);
        walk(v);
      }
    };
    walk(this.raw);
    const ids = new Set();
    const tags = new Set(this.raw.tags.map((t) => t.name));
    for (const { path, method, op } of this.operations()) {
      if (ids.has(op.operationId)) bad.push(`operation id twice: ${op.operationId}`);
      ids.add(op.operationId);
      for (const t of op.tags) if (!tags.has(t)) bad.push(`tag ${t} is not declared`);
      const named = op.parameters.map((p) => resolve(p.$ref)).filter((p) => p?.in === "path").map((p) => p.name).sort();
      const wanted = [...path.matchAll(/\{(\w+)\}/g)].map((m) => m[1]).sort();
      if (named.join() !== wanted.join()) bad.push(`${method} ${path}: parameters ${named} for ${wanted}`);
      if (!op.summary) bad.push(`${method} ${path}: no summary`);
      if (!Object.keys(op.responses).some((s) => s.startsWith("2"))) bad.push(`${method} ${path}: no success`);
    }
    return bad;
  }
  /** A route's pattern ("/api/v1/r/~/#"): is there an address of that form? */
  hasPattern(method, pattern) {
    const re = new RegExp(`^${pattern.replace(/[.]/g, "\\.").replace(/[~#]/g, "[^/]+")}$`);
    return this.operations().some((o) => o.method === method && re.test(o.path));
  }
  answerMistakes(method, path, json, status = 200) {
    const media = this.raw.paths[path]?.[method]?.responses[status]?.content["application/json"];
    if (!media) return `${method} ${path} is not described`;
    const check = this.ajv.compile({ $ref: `doc${media.schema.$ref}` });
    return check(json) ? "" : this.ajv.errorsText(check.errors).slice(0, 600);
  }
}
