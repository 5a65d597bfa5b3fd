/* approve_view_content.c - what was voted on, as people read it, and what two rounds
 * differ in. */
#include "base/arena.h"
#include "base/buf.h"
#include "base/json.h"
#include "engine/approve_view_int.h"

enum { SHOWN_MAX = 64 << 10, DIGEST_SHOWN = 16 };

struct approve_content {
    const struct action *action;
    struct content_field {
        const struct field *field;
        const struct json_value *value;
    } * fields;
    int n;
    bool withheld;
};

/* --- names that will be wanted ---------------------------------------------------------- */

static const struct field *column_of(const struct field *lines, str column)
{
    const struct tdef *d = lines->part ? lines->part->newest : NULL;
    for (size_t i = 0; d && i < d->nfields; i++) {
        const struct field *f = &d->fields[i];
        if (str_eq(f->column, column) && !f->see.tree) {
            return f;
        }
    }
    return NULL;
}

static void want(const struct ctx *ctx, struct names *names, const struct field *f,
                 const struct json_value *j)
{
    if (load_is_ref(f)) {
        names_want(names, load_ref_type(ctx, f), json_i64_of(j, 0));
    }
    for (size_t i = 0; j->kind == JV_LIST && i < j->len; i++) {
        const struct json_value *x = &j->items[i];
        if (load_is_link(f)) {
            names_want(names, load_ref_type(ctx, f), json_i64_of(x, 0));
        }
        for (size_t k = 0; f->type == F_LINES && x->kind == JV_OBJECT && k < x->len; k++) {
            const struct field *c = column_of(f, x->keys[k]);
            if (c && load_is_ref(c)) {
                names_want(names, load_ref_type(ctx, c), json_i64_of(&x->items[k], 0));
            }
        }
    }
}

struct approve_content *approve_content_read(const struct ctx *ctx, const struct action *a,
                                             str content, struct batch *b,
                                             const struct guards_ask *guards, struct names *names)
{
    const struct json_value *all;
    if (json_read_own(ctx->arena, content, &all).code) {
        return NULL;
    }
    const struct json_value *fields = json_get(all, STR("fields"));
    struct approve_content *c = arena_new(ctx->arena, struct approve_content);
    c->action = a;
    c->fields = arena_array(ctx->arena, struct content_field, a->nasks + 1);
    for (size_t i = 0; i < a->nasks; i++) {
        const struct field *f = a->asks[i].field;
        const struct json_value *j = json_get(fields, f->key);
        const struct field *now = type_field_any(a->of->type, f->key);
        bool had = !j;
        for (int k = 0; k < c->n && !had; k++) {
            had = c->fields[k].field == f;
        }
        if (had) {
            continue;
        }
        if (now && now->see.tree && !guards_sees(b, guards, now)) {
            c->withheld = true;
            continue;
        }
        c->fields[c->n++] = (struct content_field){f, j};
        want(ctx, names, f, j);
    }
    return c;
}

/* --- shown ---------------------------------------------------------------------------------- */

static str ref_shown(const struct ctx *ctx, const struct names *names, const struct field *f,
                     int64_t id)
{
    struct record_ref ref = names_get(names, load_ref_type(ctx, f), id);
    str s = ref.name.len ? ref.name : ref.number;
    return s.len ? s : ctx->lang == LANG_EN ? STR("(not visible)") : STR("（不可见）");
}

static void put_scalar(const struct ctx *ctx, const struct names *names, const struct field *f,
                       const struct json_value *j, struct buf *b)
{
    struct value v = {.null = j->kind == JV_NULL, .text = json_str_of(j), .i64 = json_i64_of(j, 0)};
    if (!v.null) {
        buf_put(b,
                load_is_ref(f) ? ref_shown(ctx, names, f, v.i64) : value_show(ctx, f, &v, STR("")));
    }
}

static void put_line(const struct ctx *ctx, const struct names *names, const struct field *f,
                     const struct json_value *line, struct buf *b)
{
    bool en = ctx->lang == LANG_EN;
    bool some = false;
    for (size_t i = 0; line->kind == JV_OBJECT && i < line->len; i++) {
        const struct field *c = column_of(f, line->keys[i]);
        if (!c || line->items[i].kind == JV_NULL) {
            continue;
        }
        buf_put(b, !some ? STR("") : en ? STR("; ") : STR("；"));
        buf_put(b, words_in(c->words, ctx->lang));
        buf_put(b, en ? STR(": ") : STR("："));
        put_scalar(ctx, names, c, &line->items[i], b);
        some = true;
    }
}

/* Links by their names, lines one below the other, files by their digests. */
static void put_list(const struct ctx *ctx, const struct names *names, const struct field *f,
                     const struct json_value *j, struct buf *b)
{
    bool en = ctx->lang == LANG_EN;
    for (size_t i = 0; i < j->len; i++) {
        if (f->type == F_LINES) {
            buf_put_fmt(b, "%s%zu. ", i ? "\n" : "", i + 1);
            put_line(ctx, names, f, &j->items[i], b);
            continue;
        }
        buf_put(b, !i ? STR("") : en ? STR(", ") : STR("、"));
        if (load_is_link(f)) {
            buf_put(b, ref_shown(ctx, names, f, json_i64_of(&j->items[i], 0)));
        } else {
            str digest = json_str_of(&j->items[i]);
            digest.len = digest.len > DIGEST_SHOWN ? DIGEST_SHOWN : digest.len;
            buf_put_fmt(b, "SHA-256 %.*s…", STR_ARG(digest));
        }
    }
}

void approve_content_show(const struct ctx *ctx, const struct names *names,
                          struct approve_content *c, struct approve_round_view *ret)
{
    struct approve_field_view *list =
        arena_array(ctx->arena, struct approve_field_view, (size_t)c->n + 1);
    for (int i = 0; i < c->n; i++) {
        const struct field *f = c->fields[i].field;
        const struct json_value *j = c->fields[i].value;
        struct buf b = buf_make(ctx->arena, SHOWN_MAX);
        if (j->kind == JV_LIST) {
            put_list(ctx, names, f, j, &b);
        } else {
            put_scalar(ctx, names, f, j, &b);
        }
        list[i] = (struct approve_field_view){f, f->words, buf_str(&b)};
    }
    ret->fields = list;
    ret->nfields = c->n;
    ret->withheld = c->withheld;
}

/* --- differences ------------------------------------------------------------------------------ */

static const struct approve_field_view *find(const struct approve_round_view *r, str key)
{
    for (int i = 0; i < r->nfields; i++) {
        if (str_eq(r->fields[i].field->key, key)) {
            return &r->fields[i];
        }
    }
    return NULL;
}

const struct approve_difference *approve_differences(const struct ctx *ctx,
                                                     const struct approve_round_view *before,
                                                     const struct approve_round_view *after, int *n)
{
    struct approve_difference *list = arena_array(ctx->arena, struct approve_difference,
                                                  (size_t)(before->nfields + after->nfields) + 1);
    *n = 0;
    for (int i = 0; i < after->nfields; i++) {
        const struct approve_field_view *x = &after->fields[i];
        const struct approve_field_view *old = find(before, x->field->key);
        str was = old ? old->shown : STR("");
        if (!str_eq(was, x->shown)) {
            list[(*n)++] = (struct approve_difference){x->words, was, x->shown};
        }
    }
    for (int i = 0; i < before->nfields; i++) {
        const struct approve_field_view *x = &before->fields[i];
        if (!find(after, x->field->key) && x->shown.len) {
            list[(*n)++] = (struct approve_difference){x->words, x->shown, STR("")};
        }
    }
    return list;
}
