/* probe_record.c - one record in every way it can be looked at, and what hangs on it. */
#include "probe.h"

/* --- records ----------------------------------------------------------------------------- */

/* loose: even who sees the record may find nothing there (it has no approval, it is no task that
 * reports); form: posted, and taken back. */
static const struct look {
    const char *route, *path, *query, *form;
    bool loose;
} looks[] = {
    {"GET /r/~/#", "/r/~/#", NULL, NULL, false},
    {"GET /r/~/#", "/r/~/#", "print=1", NULL, false},
    {"GET /r/~/#/pdf", "/r/~/#/pdf", NULL, NULL, false},
    {"GET /api/v1/r/~/#/pdf", "/api/v1/r/~/#/pdf", NULL, NULL, false},
    {"GET /r/~/#/label", "/r/~/#/label", NULL, NULL, false},
    {"GET /r/~/labels", "/r/~/labels", "id=#", NULL, false},
    {"GET /r/~/#/live", "/r/~/#/live", NULL, NULL, false},
    {"GET /r/~/#/activity", "/r/~/#/activity", "before=9000000000000000", NULL, false},
    {"GET /api/v1/r/~/#", "/api/v1/r/~/#", NULL, NULL, false},
    {"GET /api/v1/r/~/#", "/api/v1/r/~/#", "view=full", NULL, false},
    {"GET /api/v1/r/~/#/acts", "/api/v1/r/~/#/acts", NULL, NULL, false},
    {"GET /r/~/#/approval", "/r/~/#/approval", NULL, NULL, false},
    {"GET /api/v1/r/~/#/approvals", "/api/v1/r/~/#/approvals", NULL, NULL, false},
    {"GET /r/~/#/approval/~", "/r/~/#/approval/vote", NULL, NULL, true},
    {"GET /r/~/#/approval/~", "/r/~/#/approval/withdraw", NULL, NULL, true},
    {"GET /r/~/#/approval/resubmit", "/r/~/#/approval/resubmit", NULL, NULL, true},
    {"POST /r/~/#/approval/~", "/r/~/#/approval/withdraw", NULL, "note=x", true},
    {"POST /r/~/#/approval/~", "/r/~/#/approval/view", NULL, "seat=1", true},
    {"POST /r/~/#/approval/resubmit", "/r/~/#/approval/resubmit", NULL, "x=1", true},
    {"POST /r/~/#/approval/resubmit/check", "/r/~/#/approval/resubmit/check", NULL, "x=1", true},
    {"GET /duties/heartbeat/#", "/duties/heartbeat/#", NULL, NULL, true},
    {"POST /duties/heartbeat/#/issue", "/duties/heartbeat/#/issue", NULL, "x=1", true},
    {"POST /duties/heartbeat/#/revoke", "/duties/heartbeat/#/revoke", NULL, "x=1", true},
};
enum { LOOKS = sizeof(looks) / sizeof(looks[0]), OTHERS = 3 };

/* A path without a type is of one alone; to the ids of others it is one of another type. */
static bool looks_at(const struct look *k, const struct type *t)
{
    return !str_starts(str_from(k->path), STR("/duties/heartbeat/")) ||
           str_eq(t->key, STR("heartbeat"));
}

static const char *query_of(struct probe *p, const struct look *k, int64_t id)
{
    return k->query ? probe_fill(p, k->query, STR(""), id).ptr : NULL;
}

/* Fields hidden from some stand in the answer exactly where they may. */
static void fields_of(struct probe *p, const struct who *who, const struct fact *x,
                      const struct reply *r)
{
    const struct json_value *fields = json_get(probe_json(p, r), STR("fields"));
    for (size_t i = 0; i < x->type->newest->nfields; i++) {
        const struct field *f = &x->type->newest->fields[i];
        enum truth may = f->see.tree ? probe_sees_field(p, x, f, who) : UNCLEAR;
        if (may == UNCLEAR) {
            continue;
        }
        bool there = json_get(fields, f->key) != NULL;
        if (there != (may == YES)) {
            probe_find(p, "field %.*s of %.*s %lld as %.*s: %s", STR_ARG(f->key),
                       STR_ARG(x->type->key), (long long)x->id, STR_ARG(who->login),
                       there ? "shown" : "kept back");
        }
        probe_count(p, "fields with see", there);
    }
}

static struct site_request request_of(struct probe *p, const struct look *k, const struct who *who,
                                      const struct type *t, int64_t id)
{
    return (struct site_request){.path = probe_fill(p, k->path, t->key, id),
                                 .query = query_of(p, k, id),
                                 .door = str_starts(str_from(k->path), STR("/api/")) ? DOOR_READ
                                                                                     : DOOR_PAGE,
                                 .who = who,
                                 .form = k->form};
}

static struct reply reply_to(struct probe *p, const struct look *k, const struct who *who,
                             const struct type *t, int64_t id)
{
    struct site_request q = request_of(p, k, who, t, id);
    if (!k->form) {
        return probe_get(p, k->route, who, q.path, q.query);
    }
    site_try(p->s);
    struct reply r = probe_ask(p, k->route, &q);
    site_undo(p->s);
    return r;
}

static void look_at(struct probe *p, const struct look *k, const struct who *who,
                    const struct fact *x, const struct reply *absent)
{
    enum truth may = probe_sees(p, x, who);
    struct reply r = reply_to(p, k, who, x->type, x->id);
    if (may == NO) {
        probe_same(p, "records", k->route, who, x->id, &r, absent);
    } else if (may == YES) {
        if (r.status != 200 && !k->loose) {
            probe_find(p, "%s %.*s %lld as %.*s: %d to one who may", k->route,
                       STR_ARG(x->type->key), (long long)x->id, STR_ARG(who->login), r.status);
        }
        probe_count(p, "records", true);
        if (k->query && str_eq(str_from(k->query), STR("view=full"))) {
            fields_of(p, who, x, &r);
        }
    }
}

/* An id of another type is none: asked of a few types, others for each look and person. */
static void wrong_type(struct probe *p, const struct look *k, const struct who *who,
                       const struct type *t, size_t at, const struct reply *absent)
{
    size_t first = (at * LOOKS + (size_t)(k - looks)) * OTHERS;
    for (size_t i = 0; i < OTHERS; i++) {
        const struct type *other = p->model->types[(first + i) % p->model->ntypes];
        const struct fact *x = other != t ? probe_subject(p, other, 0) : NULL;
        /* A reader's own access stands at the top of each of his pages. */
        bool own = oracle_reads(p->f, who->person) && str_eq(other->key, STR("access"));
        if (x && !own) {
            struct reply r = reply_to(p, k, who, t, x->id);
            probe_same(p, "ids of another type", k->route, who, x->id, &r, absent);
        }
    }
}

static void records_of(struct probe *p, const struct who *who, const struct type *t, size_t at)
{
    for (size_t k = 0; k < LOOKS; k++) {
        const struct look *l = &looks[k];
        if (!looks_at(l, t)) {
            continue;
        }
        probe_next(p);
        struct site_request none = request_of(p, l, who, t, PROBE_ABSENT);
        struct reply absent = probe_absent(p, l->route, &none);
        const struct fact *x;
        for (size_t i = 0; (x = probe_subject(p, t, i)); i++) {
            if (probe_chosen(p, at, k, i)) {
                look_at(p, l, who, x, &absent);
            }
        }
        if (probe_chosen(p, at, k, 5)) {
            wrong_type(p, l, who, t, at, &absent);
        }
    }
}

/* --- forms ------------------------------------------------------------------------------- */

/* The page of an action and its check while one types; the same for programs. */
static void form_of(struct probe *p, const struct who *who, const struct fact *x, str action,
                    const struct action *a, const struct reply *page, const struct reply *api)
{
    enum truth may = probe_sees(p, x, who);
    str key = x->type->key;
    str path =
        str_fmt(&p->a, "/r/%.*s/%lld/do/%.*s", STR_ARG(key), (long long)x->id, STR_ARG(action));
    struct reply r = probe_get(p, "GET /r/~/#/do/~", who, path, NULL);
    struct reply q = probe_get(p, "GET /api/v1/r/~/#/do/~", who,
                               str_fmt(&p->a, "/api/v1%.*s", STR_ARG(path)), NULL);
    if (may == NO) {
        probe_same(p, "forms", "GET /r/~/#/do/~", who, x->id, &r, page);
        probe_same(p, "forms", "GET /api/v1/r/~/#/do/~", who, x->id, &q, api);
        return;
    }
    if (r.status == 303 && str_starts(r.location, STR("/duties/heartbeat/"))) {
        r.status = 200; /* the page on which an address is given out stands in place of the form */
    }
    enum truth does = oracle_who(p->f, x, a, who->person);
    p->unclear += does == UNCLEAR;
    const struct json_value *why = json_get(probe_json(p, &q), STR("why_not"));
    bool denied = str_eq(json_str_of(json_get(why, STR("refused_by"))), STR("who"));
    if (r.status != 200 || q.status != 200) {
        probe_find(p, "form %.*s as %.*s: %d, %d to one who sees the record", STR_ARG(path),
                   STR_ARG(who->login), r.status, q.status);
    } else if (does != UNCLEAR && oracle_from_here(x, a) && denied != (does == NO)) {
        probe_find(p, "form %.*s as %.*s: %s", STR_ARG(path), STR_ARG(who->login),
                   denied ? "closed to one who may" : "open to one who may not");
    }
    probe_count(p, "forms", true);
}

static void forms_of(struct probe *p, const struct who *who, const struct type *t, size_t at)
{
    const struct tdef *d = t->newest;
    for (size_t k = 0; k < d->nactions; k++) {
        const struct action *a = &d->actions[k];
        const struct fact *x;
        if (a->creates) {
            continue;
        }
        probe_next(p);
        str path = str_fmt(&p->a, "/r/%.*s/%lld/do/%.*s", STR_ARG(t->key), (long long)PROBE_ABSENT,
                           STR_ARG(a->key));
        struct reply page =
            probe_absent(p, "GET /r/~/#/do/~",
                         &(struct site_request){.path = path, .door = DOOR_PAGE, .who = who});
        struct reply api = probe_absent(
            p, "GET /api/v1/r/~/#/do/~",
            &(struct site_request){.path = str_fmt(&p->a, "/api/v1%.*s", STR_ARG(path)),
                                   .door = DOOR_READ,
                                   .who = who});
        for (size_t i = 0; (x = probe_subject(p, t, i)); i++) {
            if (probe_chosen(p, at, k, i)) {
                form_of(p, who, x, a->key, a, &page, &api);
            }
        }
    }
}

static void new_forms_of(struct probe *p, const struct who *who, const struct type *t)
{
    for (size_t k = 0; k < t->newest->nactions; k++) {
        const struct action *a = &t->newest->actions[k];
        if (!a->creates) {
            continue;
        }
        probe_next(p);
        str path = str_fmt(&p->a, "/r/%.*s/new/%.*s", STR_ARG(t->key), STR_ARG(a->key));
        struct reply r = probe_get(p, "GET /r/~/new/~", who, path, NULL);
        struct reply q = probe_get(p, "GET /api/v1/r/~/new/~", who,
                                   str_fmt(&p->a, "/api/v1%.*s", STR_ARG(path)), NULL);
        struct reply c =
            probe_ask(p, "POST /r/~/new/~/check",
                      &(struct site_request){.path = str_fmt(&p->a, "%.*s/check", STR_ARG(path)),
                                             .query = "field=title",
                                             .door = DOOR_PAGE,
                                             .who = who});
        int checked = oracle_reads(p->f, who->person) ? 403 : 200;
        if (r.status != 200 || q.status != 200 || c.status != checked) {
            probe_find(p, "form %.*s as %.*s: %d %d %d", STR_ARG(path), STR_ARG(who->login),
                       r.status, q.status, c.status);
        }
        probe_count(p, "forms", true);
    }
}

void probe_records(struct probe *p)
{
    for (size_t i = 0; i < p->s->npeople && probe_goes_on(p); i++) {
        const struct who *who = &p->s->people[i];
        for (size_t k = 0; k < p->model->ntypes; k++) {
            const struct type *t = p->model->types[k];
            if (!t->lines) {
                records_of(p, who, t, i + k);
                forms_of(p, who, t, i + k);
                new_forms_of(p, who, t);
            }
        }
    }
}

/* --- attachments, ledger entries ---------------------------------------------------------------
 */

/* Things with a number of their own that belong to a record. */
static const struct hanging {
    const char *kind, *route, *path;
} hangings[] = {
    {"attachments", "GET /file/#", "/file/#"},
    {"attachments", "GET /file/#/picture", "/file/#/picture"},
    {"attachments", "GET /api/v1/attachments/#", "/api/v1/attachments/#"},
    {"proofs", "GET /proof/#", "/proof/#"},
    {"proofs", "GET /proof/#/file", "/proof/#/file"},
    {"proofs", "GET /api/v1/ledger/~", "/api/v1/ledger/#"},
    {"proofs", "GET /api/v1/ledger/~/proof", "/api/v1/ledger/#/proof"},
};
enum { FILES = 3, HANGINGS = sizeof(hangings) / sizeof(hangings[0]), ENTRIES = 20 };

static void hanging_of(struct probe *p, const struct hanging *h, const struct who *who, int64_t id,
                       const struct fact *x, const struct field *field, const struct reply *absent)
{
    enum truth may = probe_sees_field(p, x, field, who);
    struct reply r = probe_get(p, h->route, who, probe_fill(p, h->path, STR(""), id), NULL);
    if (may == NO) {
        probe_same(p, h->kind, h->route, who, id, &r, absent);
    } else if (may == YES) {
        if (r.status != 200) {
            probe_find(p, "%s %lld as %.*s: %d to one who may", h->route, (long long)id,
                       STR_ARG(who->login), r.status);
        }
        probe_count(p, h->kind, true);
    }
}

static void hangings_of(struct probe *p, const struct who *who, size_t at, struct rows r,
                        size_t from, size_t to)
{
    for (size_t k = from; k < to; k++) {
        const struct hanging *h = &hangings[k];
        struct rows list = r;
        probe_next(p);
        bool api = str_starts(str_from(h->path), STR("/api/"));
        struct reply absent = probe_absent(
            p, h->route,
            &(struct site_request){.path = probe_fill(p, h->path, STR(""), PROBE_ABSENT),
                                   .door = api ? DOOR_READ : DOOR_PAGE,
                                   .who = who});
        for (size_t i = 0; rows_next(&list); i++) {
            const struct fact *x = fact_of(p->f, rows_i64(&list, 1));
            str key = rows_text(&list, 2);
            if (x && probe_chosen(p, at, k, i)) {
                hanging_of(p, h, who, rows_i64(&list, 0), x,
                           key.len ? tdef_field(x->type->newest, key) : NULL, &absent);
            }
        }
    }
}

void probe_files(struct probe *p)
{
    struct rows files;
    struct rows entries;
    dbs_ok(db_query(p->s->db, p->life,
                    SQL("select id, record, coalesce(field, '') from attachment"
                        " where removed_at is null order by id"),
                    NO_ARGS, &files));
    dbs_ok(db_query(p->s->db, p->life,
                    SQL("select seq, record, '' from act where seq > 0 and (seq % $1 = 0"
                        " or replace(changes, '4271', '') <> changes) order by id"),
                    ARGS(db_i64(ENTRIES)), &entries)); /* those of hidden numbers all */
    for (size_t i = 0; i < p->s->npeople && probe_goes_on(p); i++) {
        hangings_of(p, &p->s->people[i], i, files, 0, FILES);
        hangings_of(p, &p->s->people[i], i, entries, FILES, HANGINGS);
    }
}
