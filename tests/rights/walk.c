#include "walk.h"

#include "base/buf.h"
#include "base/clock.h"

#include <string.h>

enum { VALUES_MAX = 60, TEXT_MAX = 60, AT_ONCE = 40, DRAWS = 100 };

/* One act being made. */
struct making {
    struct walk *w;
    const struct facts *f;
    struct arena *a;
    int64_t actor;
    struct act_file *files;
    size_t nfiles;
};

static uint64_t draw(struct walk *w)
{
    w->random ^= w->random << 13;
    w->random ^= w->random >> 7;
    w->random ^= w->random << 17;
    return w->random;
}

int walk_below(struct walk *w, int n)
{
    return n > 0 ? (int)(draw(w) >> 11 & 0x7fffffff) % n : 0;
}

static str mark(struct making *k)
{
    static const char digits[] = "abcdefghijklmnopqrstuvwxyz";
    int n = ++k->w->marks;
    char m[MARK_LEN + 1] = "qz";
    for (int i = MARK_LEN - 1; i > 1; i--) {
        m[i] = digits[n % 26];
        n /= 26;
    }
    return str_copy(k->a, str_from_n(m, MARK_LEN));
}

/* --- values ------------------------------------------------------------------------------ */

static const struct fact *any_of(struct making *k, const struct type *t)
{
    const struct fact *found = NULL;
    int seen = 0;
    for (size_t i = 0; t && i < k->f->n; i++) {
        const struct fact *x = &k->f->list[i];
        bool over = x->state && x->state->final;
        if (x->type == t && !over && walk_below(k->w, ++seen) == 0) {
            found = x;
        }
    }
    return found;
}

static str id_of(struct making *k, const struct fact *x)
{
    return x ? str_fmt(k->a, "%lld", (long long)x->id) : STR("");
}

/* The patterns that stand in our definitions are met by one of these. */
static str patterned(struct making *k, const struct field *f)
{
    static const char *const ends[] = {"[^@ ]+@[^@ ]+", "[+0-9 -]+", "[A-Z]{2,8}"};
    str m = mark(k);
    if (str_eq(f->pattern, str_from(ends[0]))) {
        return str_fmt(k->a, "%.*s@example.org", STR_ARG(m));
    }
    if (str_eq(f->pattern, str_from(ends[1]))) {
        return str_fmt(k->a, "139%08d", k->w->marks);
    }
    if (str_starts(f->pattern, STR("[A-Z][a-z]+ "))) {
        return str_fmt(k->a, "Nova %.*s", STR_ARG(m));
    }
    if (str_eq(f->pattern, str_from(ends[2]))) {
        return str_fmt(k->a, "QZ%c%c%c", 'A' + walk_below(k->w, 26), 'A' + walk_below(k->w, 26),
                       'A' + walk_below(k->w, 26));
    }
    return m;
}

/* Some rules look for a word in a text; the second sign is that of a province. */
static str plain(struct making *k, const struct field *f)
{
    str m = mark(k);
    bool room = !f->has_max || f->max >= MARK_LEN + 4;
    return room && walk_below(k->w, 2) ? str_fmt(k->a, "某省 %.*s", STR_ARG(m)) : m;
}

static str number(struct making *k, const struct field *f)
{
    if (f->see.tree) {
        int n = ++k->w->marks;
        return str_fmt(k->a, f->type == F_MONEY ? "4271%02d.%02d" : "4271%02d%02d", n / 100 % 100,
                       n % 100);
    }
    int64_t low = f->has_min ? f->min : 1;
    int64_t high = f->has_max && f->max < low + 40 ? f->max : low + 40;
    int64_t n = low + walk_below(k->w, (int)(high - low + 1));
    return f->type == F_INT ? str_fmt(k->a, "%lld", (long long)n)
                            : str_fmt(k->a, "%d.50", walk_below(k->w, 60));
}

static str choice(struct making *k, const struct field *f)
{
    for (int i = 0; f->nkeys && i < 20; i++) {
        const struct choice_key *c = &f->keys[walk_below(k->w, (int)f->nkeys)];
        if (!c->retired) {
            return c->key;
        }
    }
    return STR("");
}

static str text_for(struct making *k, const struct field *f)
{
    const struct model *m = k->f->model;
    switch (f->type) {
    case F_TEXT:
        return f->pattern.len ? patterned(k, f) : plain(k, f);
    case F_MARKDOWN:
        return str_fmt(k->a, "**%.*s** 说明", STR_ARG(mark(k)));
    case F_INT:
    case F_DECIMAL:
    case F_MONEY:
        return number(k, f);
    case F_BOOL:
        return walk_below(k->w, 2) ? STR("true") : STR("false");
    case F_DATE:
        return clock_date(k->a, k->f->today + walk_below(k->w, 8) - 6);
    case F_DATETIME:
        return STR("2026-01-05T08:30");
    case F_DURATION:
        return STR("4h");
    case F_DAYS:
        return STR("3 days");
    case F_MONTHS:
        return STR("6 months");
    case F_WORKDAYS:
        return STR("2 workdays");
    case F_WORKHOURS:
        return STR("3 workhours");
    case F_CHOICE:
    case F_CHOICES:
        return choice(k, f);
    case F_REF:
    case F_REFS:
        return id_of(k, any_of(k, f->to ? f->to : m->unit));
    case F_PERSON:
    case F_PEOPLE:
        return id_of(k, any_of(k, m->person));
    case F_UNIT:
        return id_of(k, any_of(k, m->unit));
    case F_POST:
        return id_of(k, any_of(k, m->post));
    case F_IP:
        return str_fmt(k->a, "10.0.0.%d", walk_below(k->w, 250) + 1);
    case F_MAC:
        return str_fmt(k->a, "02:00:00:00:00:%02x", (unsigned)walk_below(k->w, 250));
    case F_URL:
        return str_fmt(k->a, "https://example.org/%.*s", STR_ARG(mark(k)));
    case F_FILTER:
    case F_ATTACHMENT:
    case F_LINES:
        break;
    }
    return STR("");
}

/* It begins like a picture, so that it may be asked for as one. */
static void one_file(struct making *k, str field)
{
    str m = mark(k);
    k->files[k->nfiles++] =
        (struct act_file){.field = field,
                          .name = str_fmt(k->a, "%.*s.txt", STR_ARG(m)),
                          .mime = STR("text/plain"),
                          .bytes = str_fmt(k->a, "\x89PNG\r\n\x1a\n%.*s", STR_ARG(m))};
}

/* One new row, where rows may be added. */
static bool row_for(struct making *k, const struct ask *ask, struct value_in *in)
{
    const struct field *f = ask->field;
    if (!f->part || ask->how == ASK_COLUMN) {
        return false;
    }
    const struct tdef *d = f->part->newest;
    struct row_in *row = arena_new(k->a, struct row_in);
    struct value_in *cells = arena_array(k->a, struct value_in, d->nfields + 1);
    for (size_t i = 0; i < d->nfields; i++) {
        const struct field *c = &d->fields[i];
        if (c->is.tree || c->type == F_LINES || (f->of && str_eq(c->key, f->of->type->key))) {
            continue;
        }
        cells[row->nvalues++] = (struct value_in){.field = c->key, .text = text_for(k, c)};
    }
    row->values = cells;
    *in = (struct value_in){.field = f->key, .rows = row, .nrows = 1};
    return true;
}

static size_t values_for(struct making *k, const struct action *a, struct value_in *in)
{
    size_t n = 0;
    for (size_t i = 0; i < a->nasks && n < VALUES_MAX; i++) {
        const struct field *f = a->asks[i].field;
        if (!a->asks[i].required && walk_below(k->w, 10) < 3) {
            continue;
        }
        if (f->type == F_ATTACHMENT) {
            one_file(k, f->key);
        } else if (f->type == F_LINES) {
            n += row_for(k, &a->asks[i], &in[n]);
        } else {
            str text = text_for(k, f);
            if (text.len) {
                in[n++] = (struct value_in){.field = f->key, .text = text};
            }
        }
    }
    return n;
}

/* --- acts -------------------------------------------------------------------------------- */

static bool perform(struct making *k, const struct type *t, int64_t record, str action,
                    const struct value_in *in, size_t n, str note)
{
    struct act *act = arena_new(k->a, struct act); /* its clean-ups are run with the arena */
    *act = (struct act){.arena = k->a,
                        .actor = k->actor,
                        .now = SITE_NOW,
                        .lang = LANG_ZH,
                        .type = t->key,
                        .record = record,
                        .action = action,
                        .values = in,
                        .nvalues = n,
                        .files = k->files,
                        .nfiles = k->nfiles,
                        .note = note};
    k->w->tried++;
    err e = act_call(k->w->s->e, act);
    if (e.code && !act_is_refusal(e)) {
        fail_msg("%.*s of %.*s: %s %.*s", STR_ARG(action), STR_ARG(t->key), err_name(e.code),
                 STR_ARG(e.detail));
    }
    k->w->done += !e.code;
    return !e.code;
}

/* Somebody of whom `may` is true; 0: nobody of those tried. */
static int64_t somebody(struct making *k, const struct fact *x, const struct action *a)
{
    const struct site *s = k->w->s;
    size_t first = (size_t)walk_below(k->w, (int)s->npeople);
    for (size_t i = 0; i < s->npeople; i++) {
        int64_t p = s->people[(first + i) % s->npeople].person;
        if ((!x || oracle_sees(k->f, x, p) == YES) && (!a || oracle_who(k->f, x, a, p) != NO)) {
            return p;
        }
    }
    return 0;
}

static bool by_hand(const struct action *a)
{
    return !(a->who.may_auto && !a->who.who.text.len);
}

/* Every second time drawn until it is of the regulation that more is wanted of. */
static const struct type *a_type(struct making *k)
{
    const struct model *m = k->f->model;
    const struct reg *most = walk_below(k->w, 2) ? k->w->most : NULL;
    const struct type *t = m->types[walk_below(k->w, (int)m->ntypes)];
    for (int i = 0; most && t->reg != most && i < DRAWS; i++) {
        t = m->types[walk_below(k->w, (int)m->ntypes)];
    }
    return t;
}

static const struct fact *a_record(struct making *k)
{
    const struct reg *most = walk_below(k->w, 2) ? k->w->most : NULL;
    const struct fact *x = &k->f->list[walk_below(k->w, (int)k->f->n)];
    for (int i = 0; most && x->type->reg != most && i < DRAWS; i++) {
        x = &k->f->list[walk_below(k->w, (int)k->f->n)];
    }
    return x;
}

static void begin_one(struct making *k)
{
    const struct type *t = a_type(k);
    struct value_in in[VALUES_MAX + 1];
    for (size_t i = 0; !t->lines && i < t->newest->nactions; i++) {
        const struct action *a = &t->newest->actions[i];
        if (!a->creates || walk_below(k->w, 2)) {
            continue;
        }
        size_t n = 0;
        if (t->part_of) { /* a part says whose */
            in[n++] = (struct value_in){.field = t->part_of->key,
                                        .text = id_of(k, any_of(k, t->part_of))};
        }
        if (a->who.nobody) {
            continue; /* only effects make such records */
        }
        k->actor = by_hand(a) ? somebody(k, NULL, a) : 0;
        n += values_for(k, a, in + n);
        (void)perform(k, t, 0, a->key, in, n, STR(""));
        return;
    }
}

static void go_on_with(struct making *k)
{
    const struct fact *x = a_record(k);
    const struct model *m = k->f->model;
    bool ours =
        x->type == m->person || x->type == m->unit || x->type == m->post || x->type == m->deputy;
    const struct tdef *d = x->type->newest;
    struct value_in in[VALUES_MAX];
    if (x->type->lines || !d->nactions || ours) { /* who is who stays as it is */
        return;
    }
    const struct action *a = &d->actions[walk_below(k->w, (int)d->nactions)];
    if (!oracle_from_here(x, a) || a->who.nobody) {
        return;
    }
    k->actor = by_hand(a) ? somebody(k, x, a) : 0;
    if (by_hand(a) && !k->actor) {
        return;
    }
    size_t n = values_for(k, a, in);
    (void)perform(k, x->type, x->id, a->key, in, n, STR(""));
}

static void say_something(struct making *k)
{
    const struct fact *x = &k->f->list[walk_below(k->w, (int)k->f->n)];
    unsigned has = x->type->newest->has;
    k->actor = somebody(k, x, NULL);
    if (!k->actor) {
        return;
    }
    if (has & HAS_COMMENTS && walk_below(k->w, 2)) {
        k->w->comments += perform(k, x->type, x->id, STR("comment"), NULL, 0, mark(k));
    } else if (has & HAS_ATTACHMENTS && walk_below(k->w, 2)) {
        one_file(k, STR(""));
        k->w->files += perform(k, x->type, x->id, STR("attach"), NULL, 0, STR(""));
    } else if (has & HAS_LABEL && walk_below(k->w, 2)) {
        struct value_in label = {.field = STR("label"), .text = mark(k)};
        (void)perform(k, x->type, x->id, STR("label"), &label, 1, STR(""));
    } else if (has & HAS_WATCHERS) {
        (void)perform(k, x->type, x->id, STR("watch"), NULL, 0, STR(""));
    }
}

void walk_on(struct walk *w, const struct model *model, int acts)
{
    int64_t until = w->done + acts;
    for (int64_t i = 0; w->done < until && i < acts * 10;) {
        struct arena a = arena_make(256u << 20);
        struct facts f = facts_read(w->s, &a, model);
        for (int k = 0; k < AT_ONCE; k++, i++) { /* on facts a moment old: rules decide */
            struct arena side = arena_make(32u << 20);
            struct making m = {.w = w, .f = &f, .a = &side};
            m.files = arena_array(&side, struct act_file, VALUES_MAX);
            int what = walk_below(w, 10);
            if (what < 4) {
                begin_one(&m);
            } else if (what < 8) {
                go_on_with(&m);
            } else {
                say_something(&m);
            }
            arena_end(&side);
        }
        arena_end(&a);
    }
    site_settle(w->s);
}
