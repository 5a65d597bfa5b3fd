/* import_report.c - what an import did, counted again from what was noted, and the
 * former system's own verdict beside our terms. */
#include "base/arena.h"
#include "connect/import_int.h"

#include <string.h>

enum { PAGE = 1000 };

err import_totals(const struct ctx *ctx, const struct mapping *m, struct import_counts *ret)
{
    struct rows r;
    err e = db_query(
        ctx->db, ctx->arena,
        SQL("select count(*), count(case when outcome = 1 then 1 end),"
            " count(case when outcome = 2 then 1 end), count(case when outcome = 3 then 1 end),"
            " cast(sum(acts) as bigint), cast(sum(people) as bigint), cast(sum(units) as bigint),"
            " count(distinct record) from import_line where import = $1"),
        ARGS(db_text(m->name)), &r);
    *ret = (struct import_counts){0};
    if (e.code || !rows_next(&r)) {
        return e;
    }
    ret->lines = rows_i64(&r, 0);
    ret->effective = rows_i64(&r, 1);
    ret->without = rows_i64(&r, 2);
    ret->rejected = rows_i64(&r, 3);
    ret->acts = rows_i64(&r, 4);
    ret->people = rows_i64(&r, 5);
    ret->units = rows_i64(&r, 6);
    ret->made = rows_i64(&r, 7);
    return OK;
}

/* --- in time? ---------------------------------------------------------------------------- */

/* Runs of the terms compared: all; over their end when they stopped; undecided. */
static void runs(struct sqlb *b, size_t nterms, int which)
{
    SQLB_LIT(b, ", (select count(*) from term t where t.record = r.id and t.term in (");
    for (size_t i = 0; i < nterms; i++) {
        if (i) {
            SQLB_LIT(b, ", ");
        }
        sqlb_param(b, (int)i + 4);
    }
    SQLB_LIT(b, ")");
    if (which == 1) { /* a pause at the end lasts until it ends: what counts is its begin */
        SQLB_LIT(b, " and t.due < coalesce(t.paused_at, t.ended, $1)");
    } else if (which == 2) {
        SQLB_LIT(b, " and (t.due is null or t.ended is null)");
    }
    SQLB_LIT(b, ")");
}

static struct sql page_sql(struct arena *a, const struct mapping *m, size_t nterms)
{
    struct sqlb b = sqlb_make(a);
    SQLB_LIT(&b, "select r.id, r.number, r.");
    sqlb_ident(&b, m->field->column);
    SQLB_LIT(&b, ", r.");
    sqlb_ident(&b, m->compare.field->column);
    for (int i = 0; i < 3; i++) {
        runs(&b, nterms, i);
    }
    SQLB_LIT(&b, " from ");
    sqlb_ident(&b, m->into->table);
    SQLB_LIT(&b, " r where r.id > $2 and exists(select 1 from import_line l where l.record = r.id"
                 " and l.import = $3) order by r.id limit ");
    sqlb_i64(&b, PAGE);
    return sqlb_end(&b);
}

static void example(struct import_example *list, int64_t n, const struct rows *r)
{
    if (n < IMPORT_EXAMPLES) {
        snprintf(list[n].number, sizeof(list[n].number), "%.*s", STR_ARG(rows_text(r, 1)));
        snprintf(list[n].key, sizeof(list[n].key), "%.*s", STR_ARG(rows_text(r, 2)));
    }
}

static void judge(struct import_compared *c, const struct rows *r)
{
    bool missed = rows_i64(r, 5) > 0;
    bool known = !rows_null(r, 3) && rows_i64(r, 4) > 0 && (missed || rows_i64(r, 6) == 0);
    bool theirs = rows_i64(r, 3) == 1;
    if (!known) {
        c->not_known++;
    } else if (theirs && missed) {
        example(c->theirs, c->only_theirs++, r);
    } else if (!theirs && !missed) {
        example(c->ours, c->only_ours++, r);
    } else if (missed) {
        c->both_missed++;
    } else {
        c->both_met++;
    }
}

static err compare(const struct ctx *ctx, const struct mapping *m, const struct term *const *terms,
                   size_t n, struct import_compared *ret)
{
    struct db_arg args[IMPORT_TERMS + 3] = {db_i64(ctx->now), db_i64(0), db_text(m->name)};
    for (size_t i = 0; i < n; i++) {
        args[i + 3] = db_text(terms[i]->key);
    }
    struct sql sql = page_sql(ctx->arena, m, n);
    for (int64_t count = PAGE; count == PAGE;) {
        struct arena a = arena_make(32 << 20);
        struct rows r;
        err e = db_query(ctx->db, &a, sql, (struct db_args){args, (int)n + 3}, &r);
        count = e.code ? 0 : rows_count(&r);
        while (!e.code && rows_next(&r)) {
            args[1] = db_i64(rows_i64(&r, 0));
            judge(ret, &r);
        }
        e.detail = str_copy(ctx->arena, e.detail);
        arena_end(&a);
        if (e.code) {
            return e;
        }
    }
    return OK;
}

err import_compare(const struct ctx *ctx, const struct mapping *m, struct import_report *ret)
{
    size_t n = m->compare.field ? m->compare.len : 0;
    memset(ret->compared, 0, sizeof(ret->compared));
    ret->ncompared = 0;
    err e = OK;
    for (size_t i = 0; i < n && !e.code; i++) {
        ret->compared[i].term = m->compare.terms[i];
        e = compare(ctx, m, &m->compare.terms[i], 1, &ret->compared[i]);
    }
    if (!e.code && n > 1) {
        e = compare(ctx, m, m->compare.terms, n, &ret->compared[n]);
    }
    ret->ncompared = n > 1 ? n + 1 : n;
    return e;
}

/* --- in words ------------------------------------------------------------------------------- */

static void row(FILE *f, enum lang lang, struct words what, int64_t n)
{
    str w = words_in(what, lang);
    fprintf(f, "%10lld  %.*s\n", (long long)n, STR_ARG(w));
}

static void row_if(FILE *f, enum lang lang, struct words what, int64_t n)
{
    if (n) {
        row(f, lang, what, n);
    }
}

static void examples(FILE *f, const struct import_example *list, int64_t n)
{
    for (int64_t i = 0; i < n && i < IMPORT_EXAMPLES; i++) {
        fprintf(f, "              %s  %s\n", list[i].key, list[i].number);
    }
}

static void print_compared(FILE *f, enum lang lang, const struct import_compared *c)
{
    str what = words_in(c->term ? c->term->words : WORDS("以上全部", "all of them together"), lang);
    fprintf(f, "  %.*s\n", STR_ARG(what));
    row(f, lang, WORDS("两者都算按时", "in time by both"), c->both_met);
    row(f, lang, WORDS("两者都算逾期", "late by both"), c->both_missed);
    row(f, lang, WORDS("原系统算按时，本制度算逾期", "in time for them, late by our term"),
        c->only_theirs);
    examples(f, c->theirs, c->only_theirs);
    row(f, lang, WORDS("原系统算逾期，本制度算按时", "late for them, in time by our term"),
        c->only_ours);
    examples(f, c->ours, c->only_ours);
    row_if(f, lang, WORDS("有一方未载明", "one of the two says nothing"), c->not_known);
}

void import_print(FILE *f, enum lang lang, const struct mapping *m, const struct import_report *r,
                  const struct import_counts *all, bool dry_run)
{
    const struct import_counts *c = &r->run;
    (void)m;
    if (dry_run) {
        fputs(lang == LANG_EN ? "Dry run: nothing was written.\n" : "试运行：未写入任何内容。\n",
              f);
    }
    row(f, lang, WORDS("读入的行", "lines read"), c->lines);
    row_if(f, lang, WORDS("空行", "empty lines"), c->blank);
    row(f, lang, WORDS("办成操作的行", "lines that led to acts"), c->effective);
    row(f, lang, WORDS("没有可办操作的行", "lines without effect"), c->without);
    row(f, lang, WORDS("退回的行", "lines rejected"), c->rejected);
    row_if(f, lang,
           WORDS("其中以前退回的（加 --retry 再试）",
                 "of them rejected before (--retry tries them again)"),
           c->early);
    row_if(f, lang, WORDS("以前已导入的行", "lines imported before"), c->known);
    row_if(f, lang, WORDS("重复的行", "lines that repeat an earlier one"), c->again);
    row_if(f, lang,
           WORDS("单据已存在而非本导入所建的行",
                 "lines of cases that are there and not of this import"),
           c->foreign);
    row(f, lang, WORDS("单号", "cases in the file"), c->cases);
    row(f, lang, WORDS("新建的单据", "cases made"), c->made);
    row_if(f, lang, WORDS("未动的单据", "cases left alone"), c->foreign_cases);
    row(f, lang, WORDS("操作", "acts"), c->acts);
    row(f, lang, WORDS("新增人员", "people made"), c->people);
    row(f, lang, WORDS("新增部门", "units made"), c->units);
    row_if(f, lang,
           WORDS("早于前一操作、按前一操作时间记的时间",
                 "times earlier than the act before, set to it"),
           c->moved);
    if (all->lines && (c->known || c->early)) {
        fputs(lang == LANG_EN ? "In all runs together:\n" : "历次合计：\n", f);
        row(f, lang, WORDS("记下结果的行", "lines noted"), all->lines);
        row(f, lang, WORDS("单据", "cases"), all->made);
        row(f, lang, WORDS("操作", "acts"), all->acts);
        row(f, lang, WORDS("人员", "people"), all->people);
        row(f, lang, WORDS("部门", "units"), all->units);
    }
    if (r->rejects[0]) {
        fprintf(f, lang == LANG_EN ? "Rejected lines: %s\n" : "退件文件：%s\n", r->rejects);
    }
    if (r->stopped) {
        fputs(lang == LANG_EN ? "Stopped.  Run it again to go on.\n"
                              : "已中止；再次运行即可继续。\n",
              f);
    }
    if (r->ncompared) {
        fputs(lang == LANG_EN
                  ? "In time, by the former system and by the terms of the regulation:\n"
                  : "是否按时：原系统的结论与本制度时限的对照\n",
              f);
    }
    for (size_t i = 0; i < r->ncompared; i++) {
        print_compared(f, lang, &r->compared[i]);
    }
    if (r->ms > 1000) {
        fprintf(f, lang == LANG_EN ? "%lld acts/s\n" : "每秒 %lld 次操作\n",
                (long long)(c->acts * 1000 / r->ms));
    }
}
