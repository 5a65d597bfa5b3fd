/* verify_law.c - published texts and units' own settings against the ledger. */
#include "engine/verify_int.h"
#include "ledger/canon.h"

const struct vtable *verify_table(const struct verifying *v, int kind)
{
    for (size_t i = 0; i < v->ntables; i++) {
        if ((int)v->tables[i].kind == kind) {
            return &v->tables[i];
        }
    }
    return NULL;
}

/* --- published texts ------------------------------------------------------------------------- */

err verify_law(struct verifying *v, const struct ledger_entry *x)
{
    static const char *const members[] = {"definition", "overrides", "text_en", "text_zh"};
    str rest;
    str kind = str_cut(x->object, ':', &rest);
    str version_text;
    str reg = str_cut(rest, ':', &version_text);
    int64_t version;
    struct rows r;
    if (x->erased || !str_eq(kind, STR("law")) || !str_to_i64(version_text, &version)) {
        return OK;
    }
    verify_take(v, x->seq, x->object, x->payload, x->erased);
    err e = db_query(v->db, &v->side,
                     SQL("select definition, overrides, text_en, text_zh from law"
                         " where reg = $1 and version = $2"),
                     ARGS(db_text(reg), db_i64(version)), &r);
    if (e.code) {
        return e;
    }
    bool there = rows_next(&r);
    bool same = true;
    for (int i = 0; there && i < 4; i++) {
        struct canon_value m;
        same = same && (!canon_find(x->payload, str_from(members[i]), &m) ||
                        str_eq(canon_text(&v->side, m), rows_text(&r, i)));
    }
    if (!there || !same) {
        verify_bad(v, verify_table(v, VT_LAWS), version, x->seq, there ? ROW_CHANGED : ROW_MISSING);
    }
    return OK;
}

/* A version that no entry tells of would be executed all the same. */
err verify_laws(struct verifying *v)
{
    struct rows r;
    err e =
        db_query(v->db, &v->side, SQL("select reg, version from law order by epoch"), NO_ARGS, &r);
    while (!e.code && rows_next(&r)) {
        str object = str_fmt(&v->side, "law:%.*s:%lld", STR_ARG(rows_text(&r, 0)),
                             (long long)rows_i64(&r, 1));
        const struct law_told *law = v->laws;
        while (law && !str_eq(law->object, object)) {
            law = law->next;
        }
        if (!law) {
            verify_bad(v, verify_table(v, VT_LAWS), rows_i64(&r, 1), -1, ROW_EXTRA);
        }
    }
    return e;
}

/* --- settings of units ---------------------------------------------------------------------- */

static struct setting_told *told_of(struct verifying *v, str object)
{
    struct setting_told *s = v->settings;
    while (s && !str_eq(s->object, object)) {
        s = s->next;
    }
    return s;
}

void verify_take_setting(struct verifying *v, int64_t seq, str object, str payload)
{
    struct canon_value value;
    struct setting_told *s = told_of(v, object);
    if (!s) {
        s = arena_new(v->a, struct setting_told);
        *s = (struct setting_told){.object = str_copy(v->a, object), .next = v->settings};
        v->settings = s;
    }
    s->seq = seq;
    s->value = canon_find(payload, STR("value"), &value) ? canon_text(v->a, value) : STR("");
}

err verify_settings(struct verifying *v)
{
    struct rows r;
    const struct vtable *t = verify_table(v, VT_SETTINGS);
    err e = db_query(v->db, &v->side, SQL("select reg, key, unit, value from setting_local"),
                     NO_ARGS, &r);
    for (struct setting_told *s = v->settings; s; s = s->next) {
        s->seen = false;
    }
    while (!e.code && rows_next(&r)) {
        str reg = rows_text(&r, 0);
        str key = rows_text(&r, 1);
        int64_t unit = rows_i64(&r, 2);
        struct setting_told *s = told_of(
            v, str_fmt(&v->side, SETTING_OBJECT, STR_ARG(reg), STR_ARG(key), (long long)unit));
        if (!s || !str_eq(s->value, rows_text(&r, 3))) {
            verify_bad(v, t, unit, s ? s->seq : -1, s && s->value.len ? ROW_CHANGED : ROW_EXTRA);
        }
        if (s) {
            s->seen = true;
        }
    }
    for (struct setting_told *s = v->settings; !e.code && s; s = s->next) {
        if (s->value.len && !s->seen) {
            verify_bad(v, t, 0, s->seq, ROW_MISSING);
        }
    }
    return e;
}
