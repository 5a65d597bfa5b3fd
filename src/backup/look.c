/* look.c - is what came out of a backup an installation, and the one that went in? */
#include "backup/attachments.h"
#include "backup/backup_int.h"
#include "base/enc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

struct looking {
    struct arena *a;
    const struct reading *r;
    struct backup_report *rep;
    struct db *db;
    bool manifest; /* there is one to compare with */
};

static err wrong(struct looking *k, struct words what)
{
    return backup_no(k->a, ERR_VALUE, what, WORDS("使用另一份备份。", "Use another backup."));
}

/* What we do not make may not run: no views, no triggers but the ledger's. */
static err look_at_schema(struct looking *k)
{
    struct rows r;
    err e = db_query(
        k->db, k->a,
        SQL("select count(*) from sqlite_schema where type = 'view'"
            " or (type = 'trigger' and substr(tbl_name, 1, 7) <> 'ledger_')"
            " or (type = 'table' and name <> 'search_fts' and sql like 'create virtual%')"),
        NO_ARGS, &r);
    bool ours = !e.code && rows_next(&r) && rows_i64(&r, 0) == 0;
    if (!e.code && ours) {
        e = db_whole(k->db, k->a);
        ours = !e.code;
    }
    if (!ours) {
        return wrong(k, words_fmt(k->a, "数据库不成立（%.*s）。",
                                  "The database does not hold (%.*s).", STR_ARG(e.detail)));
    }
    return OK;
}

static err read_key(struct looking *k, struct note_key *ret)
{
    char text[1024];
    str path = str_fmt(k->a, "%.*s/ledger.pub", STR_ARG(k->r->to));
    int fd = open(path.ptr, O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text)) : -1;
    if (fd >= 0) {
        close(fd);
    }
    str vkey = n > 0 ? str_trim(str_copy(k->a, str_from_n(text, (size_t)n))) : STR("");
    struct hasher *h = hash_make(k->a);
    if (note_key_parse(h, k->a, vkey, ret).code) {
        return wrong(k, WORDS("存证的公钥不成立。", "The ledger's public key does not hold."));
    }
    k->rep->key = vkey;
    return OK;
}

static bool verifying(void *arg, int64_t done, int64_t total)
{
    const struct backup_watch *w = ((struct looking *)arg)->r->watch;
    return !w || !w->progress ||
           w->progress(w->arg, WORDS("核验存证", "Verifying the ledger"), done, total);
}

static err look_at_ledger(struct looking *k)
{
    struct note_key key;
    struct verify_report *v = &k->rep->verify;
    err e = read_key(k, &key);
    struct ledger_verify_options o = {
        .keys = &key, .nkeys = 1, .last_signature_only = true, .progress = verifying, .arg = k};
    if (!e.code) {
        e = engine_verify(k->db, k->a, &o, v);
        if (e.code) {
            return e.why || e.code == ERR_BUSY
                       ? e
                       : wrong(k,
                               words_fmt(k->a, "存证无法核验：%.*s",
                                         "The ledger cannot be verified: %.*s", STR_ARG(e.detail)));
        }
    }
    if (e.code) {
        return e;
    }
    if (v->bad) {
        struct words what = v->ledger.bad ? v->ledger.what : v->what;
        return wrong(
            k, (struct words){str_fmt(k->a, "存证不相符：%.*s", STR_ARG(what.zh)),
                              str_fmt(k->a, "The ledger is not in order: %.*s", STR_ARG(what.en))});
    }
    const struct manifest_head *h = &k->rep->head;
    if (k->manifest && (v->ledger.entries != h->entries || !hash_eq(v->ledger.root, h->root) ||
                        !str_eq(key.name, h->origin))) {
        return wrong(k, WORDS("备份中的存证与清单所说的不同。",
                              "The ledger in the backup is not the one the manifest speaks of."));
    }
    return OK;
}

/* The manifest's attachments, from its present or from its missing ones. */
struct cursor {
    struct manifest_reader m;
    bool missing, more;
    struct manifest_file now;
};

static err cursor_next(struct cursor *c)
{
    err e = OK;
    do {
        e = manifest_next(&c->m, &c->now, &c->more);
    } while (!e.code && c->more &&
             (c->now.kind != FILE_ATTACHMENT || c->now.missing != c->missing));
    return e;
}

static err cursor_begin(struct looking *k, struct cursor *c, bool missing)
{
    str path = str_fmt(k->a, "%.*s/manifest.txt", STR_ARG(k->r->to));
    FILE *f = fopen(path.ptr, "re");
    *c = (struct cursor){.missing = missing, .m.file = f};
    err e = f ? manifest_begin(&c->m, k->a, f) : backup_io(k->a, path.ptr, errno);
    return e.code ? e : cursor_next(c);
}

static bool is_at(const struct cursor *c, const struct hash *sha)
{
    return c->more && hash_eq(c->now.sha, *sha);
}

static err compare_attachments(struct looking *k, struct cursor *there, struct cursor *missing)
{
    struct attachments all = attachments_begin(k->db);
    bool more = true;
    err e = OK;
    while (!e.code && more) {
        struct hash sha;
        int64_t size = 0;
        e = attachments_next(&all, &sha, &size, &more);
        if (e.code || !more) {
            break;
        }
        if (is_at(missing, &sha)) {
            e = cursor_next(missing);
        } else if (is_at(there, &sha) && there->now.size == size) {
            e = cursor_next(there);
        } else if (there->more && memcmp(there->now.sha.b, sha.b, HASH_LEN) < 0) {
            break; /* one that no row names */
        } else {
            e = wrong(k, WORDS("记录中的附件不在备份里。",
                               "An attachment of a record is not in the backup."));
        }
    }
    if (!e.code && (there->more || missing->more)) {
        e = wrong(k, WORDS("备份里有不属于任何记录的附件。",
                           "The backup holds an attachment that belongs to no record."));
    }
    attachments_end(&all);
    return e;
}

static err look_at_attachments(struct looking *k)
{
    struct cursor there = {0};
    struct cursor missing = {0};
    err e = cursor_begin(k, &there, false);
    if (!e.code) {
        e = cursor_begin(k, &missing, true);
    }
    if (!e.code && missing.more) {
        k->rep->missing = enc_hex(k->a, hash_str(&missing.now.sha));
    }
    if (!e.code) {
        e = compare_attachments(k, &there, &missing);
    }
    if (there.m.file) {
        fclose(there.m.file);
    }
    if (missing.m.file) {
        fclose(missing.m.file);
    }
    return e;
}

static err look_with(struct arena *a, const struct reading *r, struct backup_report *rep, bool all)
{
    struct arena life = arena_make(8u << 20);
    struct looking k = {.a = a, .r = r, .rep = rep, .manifest = all};
    str url = str_fmt(a, "sqlite:%.*s/zhidu.db", STR_ARG(r->to));
    err e = db_open(&life, url, (struct db_options){0}, &k.db);
    if (e.code) {
        e = wrong(&k, WORDS("数据库打不开。", "The database does not open."));
    }
    if (!e.code) {
        e = look_at_schema(&k);
    }
    if (!e.code) {
        e = look_at_ledger(&k);
    }
    if (!e.code && all) {
        e = look_at_attachments(&k);
    }
    arena_end(&life);
    return e;
}

err backup_look(struct arena *a, const struct reading *r, struct backup_report *rep)
{
    return look_with(a, r, rep, true);
}

err backup_look_inside(struct arena *a, const struct reading *r, struct backup_report *rep)
{
    return look_with(a, r, rep, false);
}
