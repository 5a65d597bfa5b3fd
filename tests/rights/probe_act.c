/* probe_act.c - acts: who may is let through, who may not learns nothing, and
 * only what an action asks for is taken.  Everything that was done is undone. */
#include "base/buf.h"

#include "probe.h"

#include <string.h>

/* --- one action on one record ------------------------------------------------------------ */

static struct reply act(struct probe *p, const struct who *who, const char *route, str path,
                        str json, const char *form)
{
    bool api = str_starts(path, STR("/api/"));
    site_try(p->s);
    struct reply r = probe_ask(p, route,
                               &(struct site_request){.path = path,
                                                      .door = api ? DOOR_WRITE : DOOR_PAGE,
                                                      .who = who,
                                                      .json = json,
                                                      .form = form});
    site_undo(p->s);
    return r;
}

static str why_of(struct probe *p, const struct reply *r)
{
    return json_str_of(json_get(probe_json(p, r), STR("refused_by")));
}

static void judge_act(struct probe *p, const struct who *who, const struct fact *x,
                      const struct action *a, const struct reply *r)
{
    enum truth does = oracle_who(p->f, x, a, who->person);
    str why = why_of(p, r);
    bool by_who = r->status == 403 && str_eq(why, STR("who"));
    bool by_state = str_eq(why, STR("state"));
    bool here = oracle_from_here(x, a);
    p->unclear += does == UNCLEAR;
    if (oracle_reads(p->f, who->person)) { /* whatever the state: before it is asked for */
        if (!by_who) {
            probe_find(p, "act %.*s.%.*s as one who merely reads: %d", STR_ARG(x->type->key),
                       STR_ARG(a->key), r->status);
        }
        probe_count(p, "acts", false);
        return;
    }
    if (by_state == here && !(by_state && x->voted)) {
        probe_find(p, "act %.*s.%.*s on %lld as %.*s: %d %.*s, its state says otherwise",
                   STR_ARG(x->type->key), STR_ARG(a->key), (long long)x->id, STR_ARG(who->login),
                   r->status, STR_ARG(why));
    } else if (here && does != UNCLEAR && by_who != (does == NO)) {
        probe_find(p, "act %.*s.%.*s on %lld as %.*s: %d %.*s, `who` says %s",
                   STR_ARG(x->type->key), STR_ARG(a->key), (long long)x->id, STR_ARG(who->login),
                   r->status, STR_ARG(why), does == NO ? "no" : "yes");
    }
    probe_count(p, "acts", does == YES && here);
}

static void acts_on(struct probe *p, const struct who *who, const struct type *t,
                    const struct action *a, size_t at)
{
    static const char *const api = "POST /api/v1/r/~/#/do/~";
    static const char *const page = "POST /r/~/#/do/~";
    static const char *const check = "POST /r/~/#/do/~/check";
    const struct fact *x;
    str absent_path = str_fmt(&p->a, "/r/%.*s/%lld/do/%.*s", STR_ARG(t->key),
                              (long long)PROBE_ABSENT, STR_ARG(a->key));
    str json = STR("{}");
    (void)act(p, who, api, str_fmt(&p->a, "/api/v1%.*s", STR_ARG(absent_path)), json, NULL);
    struct reply absent[] = {
        act(p, who, api, str_fmt(&p->a, "/api/v1%.*s", STR_ARG(absent_path)), json, NULL),
        act(p, who, page, absent_path, STR(""), "ver=1"),
        act(p, who, check, str_fmt(&p->a, "%.*s/check", STR_ARG(absent_path)), STR(""), "ver=1")};
    for (size_t i = 0; (x = probe_subject(p, t, i)); i++) {
        if (!probe_chosen(p, at, i, 0)) {
            continue;
        }
        str path = str_fmt(&p->a, "/r/%.*s/%lld/do/%.*s", STR_ARG(t->key), (long long)x->id,
                           STR_ARG(a->key));
        enum truth may = probe_sees(p, x, who);
        bool pages = (at + i) % 4 == 0; /* the page goes the same way */
        struct reply r = act(p, who, api, str_fmt(&p->a, "/api/v1%.*s", STR_ARG(path)), json, NULL);
        if (may == NO) {
            probe_same(p, "acts", api, who, x->id, &r, &absent[0]);
        } else if (may == YES) {
            judge_act(p, who, x, a, &r);
        }
        if (may == NO && pages) {
            r = act(p, who, page, path, STR(""), "ver=1");
            probe_same(p, "acts", page, who, x->id, &r, &absent[1]);
            r = act(p, who, check, str_fmt(&p->a, "%.*s/check", STR_ARG(path)), STR(""), "ver=1");
            probe_same(p, "acts", check, who, x->id, &r, &absent[2]);
        } else if (may == YES && pages) {
            r = act(p, who, page, path, STR(""), "");
            bool let = r.status == 303;
            if (let && oracle_who(p->f, x, a, who->person) == NO) {
                probe_find(p, "%s %.*s as %.*s: done by one who may not", page, STR_ARG(path),
                           STR_ARG(who->login));
            }
            probe_count(p, "acts", let);
        }
    }
}

/* --- what is built in --------------------------------------------------------------------------
 */

static const struct built_in {
    const char *key, *json, *form;
    unsigned has;
} built_ins[] = {{"comment", "{\"note\":\"x\"}", "note=x", HAS_COMMENTS},
                 {"watch", "{}", "x=1", HAS_WATCHERS},
                 {"unwatch", "{}", "x=1", HAS_WATCHERS},
                 {"label", "{\"label\":\"x\"}", "label=x", HAS_LABEL},
                 {"unlabel", "{\"label\":\"x\"}", "label=x", HAS_LABEL},
                 {"attach", "{}", "x=1", HAS_ATTACHMENTS},
                 {"detach", "{\"attachment\":1}", "x=1", HAS_ATTACHMENTS},
                 {"sign", "{}", "x=1", 0},
                 {"finish_task", "{}", "x=1", 0},
                 {"nothing_of_ours", "{}", "x=1", 0}};
enum { BUILT_INS = sizeof(built_ins) / sizeof(built_ins[0]) };

static void built_in_on(struct probe *p, const struct who *who, const struct type *t,
                        const struct built_in *b, size_t at)
{
    static const char *const api = "POST /api/v1/r/~/#/do/~";
    static const char *const page = "POST /r/~/#/note/~";
    static const char *const attach = "POST /api/v1/r/~/#/attachments";
    static const char *const bulk = "POST /r/~/bulk";
    const struct fact *x;
    struct reply absent[4];
    for (size_t i = 0; i == 0 || (x = probe_subject(p, t, i - 1)); i++) {
        int64_t id = i ? x->id : PROBE_ABSENT;
        if (i && !probe_chosen(p, at, i, 0)) {
            continue;
        }
        str key = t->key;
        struct reply r[4];
        for (int round = i ? 1 : 0; round < 2; round++) { /* the absent one twice */
            r[0] = act(
                p, who, api,
                str_fmt(&p->a, "/api/v1/r/%.*s/%lld/do/%s", STR_ARG(key), (long long)id, b->key),
                str_from(b->json), NULL);
            r[1] = act(p, who, page,
                       str_fmt(&p->a, "/r/%.*s/%lld/note/%s", STR_ARG(key), (long long)id, b->key),
                       STR(""), b->form);
            r[2] =
                act(p, who, attach,
                    str_fmt(&p->a, "/api/v1/r/%.*s/%lld/attachments", STR_ARG(key), (long long)id),
                    STR("{}"), NULL);
            r[3] = act(p, who, bulk, str_fmt(&p->a, "/r/%.*s/bulk", STR_ARG(key)), STR(""),
                       str_fmt(&p->a, "id=%lld&action=%s", (long long)id, b->key).ptr);
        }
        static const char *const routes[] = {api, page, attach, bulk};
        enum truth may = i ? probe_sees(p, x, who) : UNCLEAR;
        for (int k = 0; k < 4; k++) {
            if (!i) {
                absent[k] = r[k];
            } else if (may == NO) {
                probe_same(p, "comments, files, labels", routes[k], who, id, &r[k], &absent[k]);
            }
        }
        bool has = b->has && (t->newest->has & b->has) && b->has != HAS_ATTACHMENTS &&
                   !oracle_reads(p->f, who->person); /* who merely reads does nothing */
        if (may == YES && b->has != HAS_ATTACHMENTS && (r[0].status == 200) != has && b->has) {
            probe_find(p, "%s on %.*s %lld as %.*s: %d", b->key, STR_ARG(key), (long long)id,
                       STR_ARG(who->login), r[0].status);
        }
        if (may == YES) {
            probe_count(p, "comments, files, labels", r[0].status != 403);
        }
    }
}

/* --- only what is asked for ----------------------------------------------------------------------
 */

static bool asks(const struct action *a, str key)
{
    for (size_t i = 0; i < a->nasks; i++) {
        if (str_eq(a->asks[i].field->key, key)) {
            return true;
        }
    }
    return false;
}

/* It says that the field is not taken - not that its value is none. */
static bool names_field(struct probe *p, const struct reply *r, str key)
{
    const struct json_value *errors = json_get(probe_json(p, r), STR("errors"));
    for (size_t i = 0; errors && i < errors->len; i++) {
        str detail = json_str_of(json_get(&errors->items[i], STR("detail")));
        if (str_eq(json_str_of(json_get(&errors->items[i], STR("field"))), key) &&
            (str_has(detail, STR("does not take this field")) ||
             str_has(detail, STR("不能填写这一栏")))) {
            return true;
        }
    }
    return false;
}

static void unasked(struct probe *p, const struct who *who, const char *route, str path,
                    const struct action *a)
{
    const struct tdef *d = a->of;
    static const char *const others[] = {"nothing_of_ours", "state", "creator", "number", "ver"};
    enum { OTHERS = sizeof(others) / sizeof(others[0]) };
    for (size_t i = 0; i < d->nfields + OTHERS; i++) {
        str key = i < OTHERS ? str_from(others[i]) : d->fields[i - OTHERS].key;
        if (asks(a, key) || (d->part_of && str_eq(key, d->part_of->key))) {
            continue;
        }
        struct reply r =
            act(p, who, route, path, str_fmt(&p->a, "{\"%.*s\":\"1\"}", STR_ARG(key)), NULL);
        if (r.status != 422 || !names_field(p, &r, key)) {
            probe_find(p, "%.*s as %.*s: %d for field %.*s, which it does not ask for",
                       STR_ARG(path), STR_ARG(who->login), r.status, STR_ARG(key));
        }
        probe_count(p, "fields not asked for", false);
    }
}

/* By one who may, on a record where it may be done: nothing but the field stands in the way. */
static void unasked_of(struct probe *p, const struct type *t, const struct action *a)
{
    const struct fact *x;
    if (a->creates) {
        str path = str_fmt(&p->a, "/api/v1/r/%.*s/new/%.*s", STR_ARG(t->key), STR_ARG(a->key));
        for (size_t i = 0; i < p->s->npeople && !t->part_of; i++) {
            if (oracle_who(p->f, NULL, a, p->s->people[i].person) == YES) {
                unasked(p, &p->s->people[i], "POST /api/v1/r/~/new/~", path, a);
                return;
            }
        }
        return;
    }
    for (size_t k = 0; (x = probe_subject(p, t, k)); k++) {
        for (size_t i = 0; oracle_from_here(x, a) && i < p->s->npeople; i++) {
            const struct who *who = &p->s->people[i];
            str path = str_fmt(&p->a, "/api/v1/r/%.*s/%lld/do/%.*s", STR_ARG(t->key),
                               (long long)x->id, STR_ARG(a->key));
            if (probe_sees(p, x, who) != YES || oracle_who(p->f, x, a, who->person) != YES) {
                continue;
            }
            struct reply r = act(p, who, "POST /api/v1/r/~/#/do/~", path, STR("{}"), NULL);
            if (r.status == 200 || str_eq(why_of(p, &r), STR("value"))) {
                unasked(p, who, "POST /api/v1/r/~/#/do/~", path, a);
                return;
            }
        }
    }
}

/* --- references typed ---------------------------------------------------------------------- */

static bool at_word(str body, size_t i, str word)
{
    return word.len && body.len - i >= word.len && memcmp(body.ptr + i, word.ptr, word.len) == 0;
}

/* What is said of a reference, without the words it was asked for, this time and the other: a
 * word may be as short as a hyphen, which stands in any answer. */
static str said(struct probe *p, const struct reply *r, str typed, str other)
{
    struct buf b = buf_make(&p->a, r->body.len + 64);
    bool longer = other.len > typed.len;
    str first = longer ? other : typed;
    str second = longer ? typed : other;
    for (size_t i = 0; i < r->body.len;) {
        size_t n = at_word(r->body, i, first)    ? first.len
                   : at_word(r->body, i, second) ? second.len
                                                 : 0;
        buf_put_c(&b, n ? '#' : r->body.ptr[i]);
        i += n ? n : 1;
    }
    return buf_str(&b);
}

struct reference {
    const struct field *field;
    str path;
    const struct type *to;
};

static struct reply refer(struct probe *p, const struct who *who, const struct reference *f,
                          str typed)
{
    p->echo = typed;
    struct json j = json_begin(&p->a, 4096);
    json_open(&j, '{');
    json_key(&j, f->field->key);
    json_str(&j, typed);
    json_close(&j, '}');
    return act(p, who, "POST /api/v1/r/~/new/~", f->path, json_end(&j), NULL);
}

/* By id, number, name or any of its texts. */
static size_t ways_to_name(struct probe *p, const struct fact *x, str *ret, size_t max)
{
    size_t n = 3;
    ret[0] = str_fmt(&p->a, "%lld", (long long)x->id);
    ret[1] = x->number;
    ret[2] = x->name;
    for (size_t c = 0; c < x->type->ncolumns && n < max; c++) {
        if (x->type->columns[c].text) {
            ret[n++] = x->cells[c].s;
        }
    }
    return n;
}

/* The same words name something he does see. */
static bool names_another(struct probe *p, const struct who *who, const struct reference *f,
                          str typed)
{
    for (size_t i = 0; i < p->f->n; i++) {
        const struct fact *x = &p->f->list[i];
        bool named = (!f->field->to || x->type == f->to) && !x->type->lines &&
                     (str_eq(x->number, typed) || str_eq(x->name, typed));
        for (size_t c = 0; !named && c < x->type->ncolumns; c++) {
            named = x->type->columns[c].text && str_eq(x->cells[c].s, typed);
        }
        if (named && probe_sees(p, x, who) == YES) {
            return true;
        }
    }
    return false;
}

/* What is nobody's number, and nobody's name. */
static const str nothing[] = {STR("77777777777"), STR("nothing of ours")};

/* One he may not see is none, however he names it: the answer is `none`'s. */
static void refer_to(struct probe *p, const struct who *who, const struct reference *f,
                     const struct reply none[2], size_t at)
{
    const struct fact *x;
    for (size_t i = 0; (x = probe_subject(p, f->to, i)); i++) {
        if (!probe_chosen(p, at, i, 0)) {
            continue;
        }
        str typed[20];
        size_t n = probe_sees(p, x, who) == NO ? ways_to_name(p, x, typed, 20) : 0;
        for (size_t k = 0; k < n; k++) {
            int by = k > 0;
            if (!typed[k].len || typed[k].len > 200 || names_another(p, who, f, typed[k])) {
                continue;
            }
            struct reply r = refer(p, who, f, typed[k]);
            int64_t more = r.statements - none[by].statements;
            bool same =
                r.status == none[by].status && str_eq(said(p, &r, typed[k], nothing[by]),
                                                      said(p, &none[by], nothing[by], typed[k]));
            if (!same || more) {
                probe_find(p, "%.*s with %.*s = %.*s as %.*s: %s", STR_ARG(f->path),
                           STR_ARG(f->field->key), STR_ARG(typed[k]), STR_ARG(who->login),
                           same ? "more statements than for nothing"
                                : "another answer than for nothing");
            }
            probe_count(p, "references typed", false);
        }
    }
}

static void references(struct probe *p, const struct who *who, const struct type *t,
                       const struct action *a, size_t at)
{
    str path = str_fmt(&p->a, "/api/v1/r/%.*s/new/%.*s", STR_ARG(t->key), STR_ARG(a->key));
    for (size_t i = 0; i < a->nasks; i++) {
        const struct field *f = a->asks[i].field;
        struct reply none[2];
        for (int n = 0; f->type == F_REF && n < 4; n++) { /* twice, to be warm */
            none[n % 2] = refer(p, who, &(struct reference){f, path, f->to}, nothing[n % 2]);
        }
        for (size_t k = 0; f->type == F_REF && k < p->model->ntypes; k++) {
            const struct type *to = p->model->types[k];
            if (!to->lines && (!f->to || f->to == to)) { /* or a record of any type */
                refer_to(p, who, &(struct reference){f, path, to}, none, at + i + k);
            }
        }
    }
}

/* --- creating ---------------------------------------------------------------------------- */

static void create(struct probe *p, const struct who *who, const struct type *t,
                   const struct action *a)
{
    str path = str_fmt(&p->a, "/r/%.*s/new/%.*s", STR_ARG(t->key), STR_ARG(a->key));
    struct reply r = act(p, who, "POST /api/v1/r/~/new/~",
                         str_fmt(&p->a, "/api/v1%.*s", STR_ARG(path)), STR("{}"), NULL);
    struct reply h = act(p, who, "POST /r/~/new/~", path, STR(""), "");
    enum truth does = oracle_who(p->f, NULL, a, who->person);
    bool done = r.status == 201 || h.status == 303;
    if (done && does == NO) {
        probe_find(p, "%.*s as %.*s: created by one who may not", STR_ARG(path),
                   STR_ARG(who->login));
    }
    if (does == YES && !t->part_of && str_eq(why_of(p, &r), STR("who"))) {
        probe_find(p, "%.*s as %.*s: refused to one who may", STR_ARG(path), STR_ARG(who->login));
    }
    probe_count(p, "acts", does == YES);
}

void probe_acts(struct probe *p)
{
    for (size_t i = 0; i < p->model->ntypes && probe_goes_on(p); i++) {
        const struct type *t = p->model->types[i];
        for (size_t k = 0; probe_goes_on(p) && !t->lines && k < t->newest->nactions; k++) {
            const struct action *a = &t->newest->actions[k];
            for (size_t w = 0; w < p->s->npeople && probe_goes_on(p); w++) {
                probe_next(p);
                if (a->creates) {
                    create(p, &p->s->people[w], t, a);
                    references(p, &p->s->people[w], t, a, w + k);
                } else {
                    acts_on(p, &p->s->people[w], t, a, w + k);
                }
            }
            probe_next(p);
            unasked_of(p, t, a);
        }
        for (size_t k = 0; !t->lines && k < BUILT_INS; k++) {
            for (size_t w = 0; w < p->s->npeople && probe_goes_on(p); w++) {
                probe_next(p);
                if (probe_chosen(p, w, k, i)) {
                    built_in_on(p, &p->s->people[w], t, &built_ins[k], w + k);
                }
            }
        }
    }
}
