/* verify_name.c - a bad row in words: which record, which field. */
#include "engine/verify_int.h"
#include "ledger/canon.h"

/* --- whose it is ------------------------------------------------------------------------ */

static struct words record_words(struct verifying *v, const struct type *t, int64_t id)
{
    struct sqlb b = sqlb_make(v->a);
    struct rows r;
    str name = str_fmt(v->a, "#%lld", (long long)id);
    SQLB_LIT(&b, "select number, name from ");
    sqlb_ident(&b, t->table);
    SQLB_LIT(&b, " where id = $1");
    err e = db_query(v->db, v->a, sqlb_end(&b), ARGS(db_i64(id)), &r);
    if (!e.code && rows_next(&r)) {
        str number = rows_text(&r, 0);
        name = number.len ? number : rows_text(&r, 1).len ? rows_text(&r, 1) : name;
    }
    struct words title = t->newest->title;
    return (struct words){
        str_fmt(v->a, "%.*s %.*s", STR_ARG(title.zh), STR_ARG(name)),
        str_fmt(v->a, "%.*s %.*s", STR_ARG(words_in(title, LANG_EN)), STR_ARG(name))};
}

/* The record a line or an attachment belongs to, from its own row. */
static int64_t owner_of(struct verifying *v, const struct vtable *t, int64_t id, int64_t *type)
{
    struct rows r;
    struct sqlb b = sqlb_make(v->a);
    SQLB_LIT(&b, "select ");
    if (t->kind == VT_FILES) {
        SQLB_LIT(&b, "record, type");
    } else {
        sqlb_ident(&b, t->plan.cols[t->plan.parent_col]);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " where id = $1");
    err e = db_query(v->db, v->a, sqlb_end(&b), ARGS(db_i64(id)), &r);
    if (e.code || !rows_next(&r)) {
        return 0;
    }
    *type = t->kind == VT_FILES ? rows_i64(&r, 1) : 0;
    return rows_i64(&r, 0);
}

/* When the row is gone: the entry that told of it names the record. */
static struct words object_words(struct verifying *v, int64_t seq)
{
    struct ledger_entry x;
    str rest;
    int64_t id;
    err e = ledger_get(v->db, v->a, seq, &x);
    const struct type *t = e.code ? NULL : model_type(v->model, str_cut(x.object, ':', &rest));
    if (!t || !str_to_i64(rest, &id)) {
        return WORDS("一条记录", "A record");
    }
    return record_words(v, t, id);
}

static struct words of_field(struct verifying *v, struct words owner, const struct field *f)
{
    if (!f) {
        return owner;
    }
    return (struct words){
        str_fmt(v->a, "%.*s 的“%.*s”", STR_ARG(owner.zh), STR_ARG(f->words.zh)),
        str_fmt(v->a, "%.*s, \"%.*s\"", STR_ARG(owner.en), STR_ARG(words_in(f->words, LANG_EN)))};
}

/* What a row of the tables of approvals is. */
static struct words approval_words(struct verifying *v, const struct vtable *t)
{
    static const struct {
        const char *table;
        struct words what;
    } list[] = {{"approval", WORDS_INIT("审批", "its approval")},
                {"approval_round", WORDS_INIT("一轮送审内容", "content submitted for approval")},
                {"approval_run", WORDS_INIT("一个审批环节", "a node of its approval")},
                {"approval_seat", WORDS_INIT("一个审批席位", "a seat of its approval")},
                {"approval_vote", WORDS_INIT("一条审批意见", "a vote of its approval")},
                {"approval_copy", WORDS_INIT("一份抄送", "a copy of its approval")},
                {"approval_event", WORDS_INIT("一条审批经过", "an event of its approval")}};
    struct rows r;
    struct sqlb b = sqlb_make(v->a);
    SQLB_LIT(&b, "select a.record, a.type from approval a where a.id = ");
    SQLB_LIT(&b, "(select ");
    sqlb_ident(&b, str_eq(t->name, STR("approval")) ? STR("id") : STR("approval"));
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " where id = $1)");
    err e = db_query(v->db, v->a, sqlb_end(&b), ARGS(db_i64(v->report->id)), &r);
    bool there = !e.code && rows_next(&r);
    const struct type *of = there ? model_type_at(v->model, (int)rows_i64(&r, 1)) : NULL;
    struct words w = of ? record_words(v, of, rows_i64(&r, 0)) : object_words(v, v->report->seq);
    for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
        if (str_eq(t->name, str_from(list[i].table))) {
            struct words x = list[i].what;
            return (struct words){str_fmt(v->a, "%.*s 的%.*s", STR_ARG(w.zh), STR_ARG(x.zh)),
                                  str_fmt(v->a, "%.*s, %.*s", STR_ARG(w.en), STR_ARG(x.en))};
        }
    }
    return w;
}

static struct words subject(struct verifying *v)
{
    const struct vtable *t = v->bad_table;
    const struct verify_report *r = v->report;
    int64_t type = 0;
    switch (t->kind) {
    case VT_ACTS:
        return (struct words){str_fmt(v->a, "操作历史 #%lld", (long long)r->id),
                              str_fmt(v->a, "The history's row #%lld", (long long)r->id)};
    case VT_LAWS:
        return (struct words){
            str_fmt(v->a, "已发布制度的第 %lld 版", (long long)r->id),
            str_fmt(v->a, "A published regulation's version %lld", (long long)r->id)};
    case VT_SETTINGS:
        return (struct words){str_fmt(v->a, "部门 #%lld 自定的参数", (long long)r->id),
                              str_fmt(v->a, "A setting of unit #%lld's own", (long long)r->id)};
    case VT_EVIDENCE:
        return (struct words){
            str_fmt(v->a, "控制点快照（条目 %lld）", (long long)r->id),
            str_fmt(v->a, "The snapshot of a control, entry %lld", (long long)r->id)};
    case VT_LINKS:
        return of_field(v, record_words(v, t->type, r->id), t->field);
    case VT_FILES: {
        int64_t id = owner_of(v, t, r->id, &type);
        const struct type *of = model_type_at(v->model, (int)type);
        struct words w = id && of ? record_words(v, of, id) : object_words(v, r->seq);
        return (struct words){str_fmt(v->a, "%.*s 的附件", STR_ARG(w.zh)),
                              str_fmt(v->a, "%.*s, an attachment", STR_ARG(w.en))};
    }
    case VT_APPROVALS:
        return approval_words(v, t);
    case VT_ROWS:
        break;
    }
    if (t->type->lines) {
        int64_t id = owner_of(v, t, r->id, &type);
        return of_field(v, id ? record_words(v, t->type->part_of, id) : object_words(v, r->seq),
                        t->field);
    }
    return record_words(v, t->type, r->id);
}

/* --- which column ---------------------------------------------------------------------------- */

static int column_at(const struct tplan *t, str name)
{
    for (int i = 0; i < t->ncols; i++) {
        if (str_eq(t->cols[i], name)) {
            return i;
        }
    }
    return -1;
}

static void fold(struct verifying *v, const struct tplan *t, str row, struct cell *cells)
{
    struct canon_walk w = canon_walk(row);
    struct canon_value c;
    str key;
    while (canon_next(&w, &key, &c)) {
        int col = column_at(t, key);
        if (col < 0) {
            continue;
        }
        cells[col] = (struct cell){.null = c.kind == CANON_NULL, .i = c.i64};
        if (c.kind == CANON_STR) {
            cells[col].s = canon_text(v->a, c);
        }
    }
}

/* The row as its entries, one after another, tell it. */
static err told_row(struct verifying *v, const struct tplan *t, int64_t id, struct cell *cells)
{
    for (int i = 0; i < t->ncols; i++) {
        cells[i].null = true;
    }
    int64_t last = 0;
    for (bool more = true; more;) {
        struct rows r;
        err e = db_query(v->db, v->a,
                         SQL("select a.id, p.body from act a join ledger_payload p on p.seq = a.seq"
                             " where a.record = $1 and a.id > $2 order by a.id limit 500"),
                         ARGS(db_i64(id), db_i64(last)), &r);
        if (e.code) {
            return e;
        }
        more = rows_count(&r) == 500;
        while (rows_next(&r)) {
            struct canon_value row;
            last = rows_i64(&r, 0);
            if (canon_find(rows_text(&r, 1), STR("row"), &row)) {
                fold(v, t, row.raw, cells);
            }
        }
    }
    return OK;
}

static bool differs(const struct tplan *t, int i, const struct cell *a, const struct cell *b)
{
    if (a[i].null || b[i].null) {
        return a[i].null != b[i].null;
    }
    return t->is_text[i] ? !str_eq(a[i].s, b[i].s) : a[i].i != b[i].i;
}

static err find_column(struct verifying *v)
{
    const struct vtable *t = v->bad_table;
    const struct tplan *p = &t->plan;
    struct cell *told = arena_array(v->a, struct cell, (size_t)p->ncols + 1);
    struct cell *have = arena_array(v->a, struct cell, (size_t)p->ncols + 1);
    struct rows r;
    err e = told_row(v, p, v->report->id, told);
    struct sqlb b = sqlb_make(v->a);
    SQLB_LIT(&b, "select ");
    for (int i = 0; i < p->ncols; i++) {
        if (i) {
            SQLB_LIT(&b, ", ");
        }
        sqlb_ident(&b, p->cols[i]);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, t->name);
    SQLB_LIT(&b, " where id = $1");
    e = e.code ? e : db_query(v->db, v->a, sqlb_end(&b), ARGS(db_i64(v->report->id)), &r);
    if (e.code || !rows_next(&r)) {
        return e;
    }
    perform_read_row(p, &r, have);
    /* A field says more than the columns every record has. */
    for (int round = 0; round < 2 && !v->report->column.len; round++) {
        for (int i = 0; i < p->ncols && !v->report->column.len; i++) {
            bool field = i >= COL_BASE && str_starts(p->cols[i], STR("f_"));
            if (field == (round == 0) && differs(p, i, told, have)) {
                v->report->column = p->cols[i];
            }
        }
    }
    return OK;
}

static struct words column_words(struct verifying *v)
{
    static const struct {
        const char *column;
        struct words words;
    } base[] = {{"number", WORDS_INIT("编号", "number")},
                {"name", WORDS_INIT("名称", "name")},
                {"state", WORDS_INIT("状态", "state")},
                {"law", WORDS_INIT("所依版本", "version of the regulation")},
                {"ver", WORDS_INIT("修改次数", "count of changes")},
                {"created_at", WORDS_INIT("建立时间", "time of creation")},
                {"changed_at", WORDS_INIT("修改时间", "time of change")},
                {"creator", WORDS_INIT("建立人", "creator")},
                {"unit", WORDS_INIT("部门", "unit")}};
    str col = v->report->column;
    const struct tdef *d = v->bad_table->type->newest;
    for (size_t i = 0; i < d->nfields; i++) {
        if (str_eq(d->fields[i].column, col)) {
            return d->fields[i].words;
        }
    }
    for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
        if (str_eq(col, str_from(base[i].column))) {
            return base[i].words;
        }
    }
    return (struct words){col, col};
}

/* --- the whole ------------------------------------------------------------------------------ */

err verify_name(struct verifying *v)
{
    struct verify_report *r = v->report;
    struct words who = subject(v);
    long long seq = (long long)r->seq;
    bool own = v->bad_table->kind == VT_ROWS && !v->bad_table->type->lines;
    err e = own && v->wrong == ROW_CHANGED ? find_column(v) : OK;
    if (e.code) {
        return e;
    }
    if (r->column.len) {
        who = (struct words){
            str_fmt(v->a, "%.*s 的“%.*s”", STR_ARG(who.zh), STR_ARG(column_words(v).zh)),
            str_fmt(v->a, "%.*s, \"%.*s\"", STR_ARG(who.en),
                    STR_ARG(words_in(column_words(v), LANG_EN)))};
    }
    switch (v->wrong) {
    case ROW_CHANGED:
        r->what = (struct words){
            str_fmt(v->a, "%.*s：与第 %lld 条存证不符，已被改动。", STR_ARG(who.zh), seq),
            str_fmt(v->a, "%.*s: was changed; it is not what entry %lld says.", STR_ARG(who.en),
                    seq)};
        break;
    case ROW_MISSING:
        r->what = (struct words){
            str_fmt(v->a, "%.*s：第 %lld 条存证有此行，现已缺失。", STR_ARG(who.zh), seq),
            str_fmt(v->a, "%.*s: was removed; entry %lld tells of it.", STR_ARG(who.en), seq)};
        break;
    case ROW_EXTRA:
        r->what = (struct words){
            str_fmt(v->a, "%.*s：不是经操作产生的，存证中没有。", STR_ARG(who.zh)),
            str_fmt(v->a, "%.*s: did not come by an act; no entry tells of it.", STR_ARG(who.en))};
        break;
    }
    return OK;
}
