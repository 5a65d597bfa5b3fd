/* package_check.c - a package's files, beside its manifest and what the ledger says. */
#include "base/arena.h"
#include "ledger/canon.h"
#include "ledger/package_int.h"

#include <string.h>

void package_blame(struct package_checking *c, str file, struct words what, str detail)
{
    struct package_report *r = c->ret;
    for (size_t i = 0; i < r->nbad; i++) {
        if (str_eq(r->bad[i].file, file)) {
            return; /* the first reason is enough */
        }
    }
    if (r->nbad < PACKAGE_BAD_MAX) {
        r->bad[r->nbad++] = (struct package_bad){str_copy(c->a, file), what, detail};
    }
}

static int part_of(str name)
{
    for (size_t i = 0; i < package_parts_len; i++) {
        if (str_eq(package_parts[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

struct package_seen *package_seen(struct package_checking *c, const char *name)
{
    return &c->seen[part_of(str_from(name))];
}

bool package_differs(const struct package_seen *s)
{
    return s->there && (!s->whole || !s->listed || !hash_eq(s->digest, s->want));
}

/* --- reading ---------------------------------------------------------------------------- */

struct reading {
    struct hasher *h;
    char *text; /* PACKAGE_SMALL_MAX bytes; NULL: not kept */
    size_t len;
    bool over;
};

static void take(void *arg, const char *bytes, size_t n)
{
    struct reading *r = arg;
    hash_put(r->h, bytes, n);
    r->over = r->over || r->len + n > PACKAGE_SMALL_MAX;
    if (r->text && !r->over) {
        memcpy(r->text + r->len, bytes, n);
        r->len += n;
    }
}

static bool kept_whole(size_t part)
{
    return str_ends(package_parts[part].name, STR(".txt")) ||
           str_starts(package_parts[part].name, STR("snapshot."));
}

static void read_part(struct package_checking *c, size_t part)
{
    struct package_seen *s = &c->seen[part];
    struct reading r = {.h = c->h};
    r.text = kept_whole(part) ? arena_bytes(c->a, PACKAGE_SMALL_MAX) : NULL;
    hash_begin(c->h);
    err e = package_read(c->p, c->at[part], take, &r);
    s->digest = hash_end(c->h);
    s->whole = !e.code && !(r.text && r.over);
    s->text = r.text ? str_from_n(r.text, r.len) : STR("");
    if (!s->whole) {
        package_blame(c, package_parts[part].name,
                      WORDS("文件无法完整读出。", "The file cannot be read to its end."),
                      e.code ? e.detail : STR("too long"));
    }
}

/* Which files are there; those of no package, or twice, are named. */
static void list_files(struct package_checking *c)
{
    for (size_t i = 0; i < package_files(c->p); i++) {
        str name = package_file(c->p, i);
        int part = part_of(name);
        if (part < 0) {
            package_blame(c, name, WORDS("证据包中没有这个文件。", "No package has this file."),
                          STR("extra"));
        } else if (c->seen[part].there) {
            package_blame(c, name, WORDS("文件出现了两次。", "The file is there twice."),
                          STR("twice"));
        } else {
            c->seen[part].there = true;
            c->at[part] = i;
        }
    }
    for (size_t i = 0; i < package_parts_len; i++) {
        if (!c->seen[i].there && !package_parts[i].optional) {
            package_blame(c, package_parts[i].name, WORDS("缺少这个文件。", "The file is missing."),
                          STR("missing"));
        }
    }
}

/* --- the manifest ------------------------------------------------------------------------- */

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hex_read(str hex, struct hash *ret)
{
    if (hex.len != 2 * HASH_LEN) {
        return false;
    }
    for (size_t i = 0; i < HASH_LEN; i++) {
        int high = digit(hex.ptr[2 * i]);
        int low = digit(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0) {
            return false;
        }
        ret->b[i] = (unsigned char)(high << 4 | low);
    }
    return true;
}

/* "<64 hex>  <file>", by name; the file's part, or -1. */
static int manifest_line(str line, struct hash *ret)
{
    if (line.len <= 66 || line.ptr[64] != ' ' || line.ptr[65] != ' ' ||
        !hex_read(str_from_n(line.ptr, 64), ret)) {
        return -1;
    }
    return part_of(str_from_n(line.ptr + 66, line.len - 66));
}

static void read_manifest(struct package_checking *c)
{
    const struct package_seen *m = package_seen(c, "manifest.txt");
    str rest = m->text;
    int last = -1;
    bool good = m->whole && rest.len && rest.ptr[rest.len - 1] == '\n';
    while (good && rest.len) {
        struct hash want;
        int part = manifest_line(str_cut(rest, '\n', &rest), &want);
        good = part > last && !str_eq(package_parts[part].name, STR("manifest.txt"));
        if (good) {
            last = part;
            c->seen[part].listed = true;
            c->seen[part].want = want;
        }
    }
    if (m->there && !good) {
        package_blame(c, STR("manifest.txt"),
                      WORDS("文件清单的格式不对。", "The manifest is malformed."),
                      STR("a line is not \"<SHA-256>  <file>\", or out of order"));
    }
    for (size_t i = 0; i < package_parts_len; i++) {
        if (c->seen[i].listed && !c->seen[i].there) {
            package_blame(c, package_parts[i].name,
                          WORDS("清单中有，却缺少这个文件。", "Listed, but missing."),
                          STR("missing"));
        }
    }
}

/* What was vouched for is right: then the manifest is not. */
static void judge_manifest(struct package_checking *c)
{
    struct words differs = WORDS("与文件清单不符。", "It does not fit the manifest.");
    for (size_t i = 0; i < package_parts_len; i++) {
        const struct package_seen *s = &c->seen[i];
        str name = package_parts[i].name;
        if (str_eq(name, STR("manifest.txt")) || !package_differs(s)) {
            continue;
        }
        if (!s->vouched) {
            package_blame(c, name, differs, STR("SHA-256 differs from manifest.txt"));
        }
        if (s->vouched || !package_parts[i].anchored) {
            package_blame(c, STR("manifest.txt"), differs,
                          str_fmt(c->a, "its line for %.*s", STR_ARG(name)));
        }
    }
}

/* --- what the ledger says of the files ------------------------------------------------------- */

static void check_anchored(struct package_checking *c)
{
    struct canon_value files;
    bool some = c->proved && canon_find(c->payload, STR("files"), &files);
    for (size_t i = 0; some && i < package_parts_len; i++) {
        struct canon_value v;
        struct hash want;
        struct package_seen *s = &c->seen[i];
        if (!package_parts[i].anchored || !s->there) {
            continue;
        }
        bool told = canon_find(files.raw, package_parts[i].name, &v) && v.raw.len > 2 &&
                    hex_read(str_from_n(v.raw.ptr + 1, v.raw.len - 2), &want);
        if (!told || !s->whole || !hash_eq(s->digest, want)) {
            package_blame(c, package_parts[i].name,
                          WORDS("内容与存证时登记的摘要不符：已被改动。",
                                "It does not fit the digest in the ledger: it was changed."),
                          STR("SHA-256 differs from snapshot.json"));
        } else {
            s->vouched = true;
        }
    }
}

static bool key_listed(str text, str vkey)
{
    for (str rest = text; rest.len;) {
        if (str_eq(str_cut(rest, '\n', &rest), vkey)) {
            return true;
        }
    }
    return false;
}

/* keys.txt is only for comparing with what the auditor has. */
static void check_keys(struct package_checking *c)
{
    struct package_seen *s = package_seen(c, "keys.txt");
    bool some = false;
    bool all = true;
    for (size_t i = 0; i < c->opt->nkeys; i++) {
        some = some || key_listed(s->text, note_vkey(c->a, &c->opt->keys[i]));
    }
    for (size_t i = 0; i < c->opt->nwitnesses; i++) {
        all = all && key_listed(s->text, cosign_vkey(c->a, &c->opt->witnesses[i]));
    }
    if (s->there && !(some && all)) {
        package_blame(
            c, STR("keys.txt"),
            WORDS("所列公钥不是您给出的公钥。", "The keys it lists are not those that you gave."),
            STR("compare it with the keys you were given on paper"));
    }
}

void package_check(struct hasher *h, struct arena *a, struct package *p,
                   const struct package_options *opt, struct package_report *ret)
{
    *ret = (struct package_report){.seq = -1};
    struct package_checking c = {.h = h, .a = a, .p = p, .opt = opt, .ret = ret};
    list_files(&c);
    for (size_t i = 0; i < package_parts_len; i++) {
        if (c.seen[i].there) {
            read_part(&c, i);
        }
    }
    read_manifest(&c);
    package_check_proof(&c);
    check_anchored(&c);
    package_check_rows(&c);
    check_keys(&c);
    judge_manifest(&c);
}
