// Forms and links of a page of the program, as a browser would send and follow them.

const entities = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'", "#x27": "'" };
const plain = (s) => s.replace(/&(amp|lt|gt|quot|#39|#x27);/g, (_, e) => entities[e]);

function attributes(tag) {
  const a = {};
  for (const m of tag.matchAll(/([a-z][a-z0-9:-]*)(?:="([^"]*)")?/gi)) a[m[1].toLowerCase()] ??= plain(m[2] ?? "");
  return a;
}

/** Of each form: method, action, and its fields {name, value, type, suggest}. */
export function formsOf(html) {
  const forms = [], byId = new Map();
  let form = null, pick = null;
  const add = (a, value) => {
    const to = a.form ? byId.get(a.form) : form;
    if (!to || !a.name) return;
    const have = to.fields.find((f) => f.name === a.name);
    const field = have ?? { name: a.name, value: "", type: a.type ?? "", numeric: /numeric|decimal/.test(a.inputmode), suggest: a["hx-get"] };
    if (!have) to.fields.push(field);
    if (!field.value) field.value = value;
    return field;
  };
  for (const [, close, name, rest, text] of html.matchAll(/<(\/?)(form|input|select|option|textarea|button)\b([^>]*)>([^<]*)/g)) {
    const a = attributes(rest);
    if (name === "form") {
      form = close ? null : { method: (a.method ?? "get").toUpperCase(), action: a.action ?? "", fields: [] };
      if (form) { forms.push(form); if (a.id) byId.set(a.id, form); }
    } else if (close) {
      if (name === "select") pick = null;
    } else if (name === "select") {
      pick = add(a, "");
    } else if (name === "option") {
      if (pick && !pick.value) pick.value = a.value ?? "";
    } else if (a.type !== "file") {
      add(a, a.value ?? (name === "textarea" ? plain(text) : ""));
    }
  }
  return forms;
}

/** Where a page leads: links, and what its fields ask while one types. */
export function linksOf(html) {
  const links = [];
  for (const [, name, address] of html.matchAll(/\b(href|hx-get|hx-post)="(\/[^"#]*)[^"]*"/g)) {
    links.push({ method: name === "hx-post" ? "POST" : "GET", address: plain(address) });
  }
  return links;
}
