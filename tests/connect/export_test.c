/* What was exported comes back: devices out, as a table, and in again as others. */
#include "base/clock.h"
#include "connect/export.h"
#include "connect/import.h"
#include "connect/xlsx.h"
#include "engine/inst.h"

#include <string.h>
#include <unistd.h>

/* The device as another one, of another maker, that is leased. */
static void other(struct arena *a, const struct record *r)
{
    for (size_t i = 0; i < r->nfields; i++) {
        struct record_field *f = &r->fields[i];
        if (str_eq(f->field->key, STR("asset_number")) && str_starts(f->value.text, STR("JA-"))) {
            str rest = str_from_n(f->value.text.ptr + 3, f->value.text.len - 3);
            f->value.text = str_fmt(a, "NB-%.*s", STR_ARG(rest));
        }
        if (str_eq(f->field->key, STR("maker"))) {
            f->value.text = str_fmt(a, "X%.*s", STR_ARG(f->value.text));
        }
        for (size_t k = 0; str_eq(f->field->key, STR("source")) && k < f->field->nkeys; k++) {
            if (str_eq(f->field->keys[k].key, STR("lease"))) {
                f->value.i64 = f->field->keys[k].code;
            }
        }
    }
}

static void workbook(const struct ctx *ctx, const struct list_query *q,
                     const struct export_columns *c, const struct list_page *p, const char *to)
{
    struct xlsx *x;
    int fd;
    int64_t size;
    const struct export_note note = {WORDS("筛选", "Filter"), q->filter};
    dbs_ok(export_sheet(ctx, q->type, c, &x));
    for (size_t i = 0; i < p->nrows; i++) {
        other(ctx->arena, &p->rows[i]);
        export_sheet_record(ctx, x, c, &p->rows[i]);
    }
    dbs_ok(export_sheet_end(ctx, x, q->type, c, &note, 1, &fd, &size));
    char *bytes = malloc((size_t)size);
    assert_int_equal(read(fd, bytes, (size_t)size), size);
    close(fd);
    FILE *f = fopen(to, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, (size_t)size, f), size);
    fclose(f);
    free(bytes);
}

/* Each of them has a twin that differs in what was changed only. */
static void twins(struct inst *in, int64_t made)
{
    assert_int_equal(
        inst_i64(in,
                 SQL("select count(*) from r_device a join r_device b on a.name = b.name"
                     " and a.id < b.id and a.state = b.state and a.f_category = b.f_category"
                     " and a.created_at = b.created_at"
                     " and coalesce(a.f_unit, 0) = coalesce(b.f_unit, 0)"
                     " and coalesce(a.f_custodian, 0) = coalesce(b.f_custodian, 0)"
                     " and coalesce(a.f_technician, 0) = coalesce(b.f_technician, 0)"
                     " and coalesce(a.f_price, 0) = coalesce(b.f_price, 0)"
                     " and coalesce(a.f_purchased, 0) = coalesce(b.f_purchased, 0)"
                     " and coalesce(a.f_configuration, '') = coalesce(b.f_configuration, '')"),
                 NO_ARGS),
        made);
}

/* As CSV; with `to` as a workbook into that file. */
static str exported(struct inst *in, const struct model *m, const char *filter, const char *to)
{
    struct dbs *t = in->t;
    struct export_columns c;
    struct words why;
    struct buf b = buf_make(t->a, 4 << 20);
    struct list_query q = {.type = model_type(m, STR("device")),
                           .filter = str_from(filter),
                           .limit = 200,
                           .unasked = true,
                           .long_texts = true};
    dbs_ok(export_columns(t->a, q.type, true, NULL, 0, &c, &why));
    q.columns = c.fields;
    q.ncolumns = c.nfields;
    struct ctx ctx = ctx_make(in->e, m, in->db, t->a, INST_NOW, 0, LANG_ZH);
    struct list_page p;
    db_read_begin(in->db);
    dbs_ok(list_page(&ctx, &q, &p));
    if (to) {
        workbook(&ctx, &q, &c, &p, to);
    }
    export_head(&b, &c, true);
    for (size_t i = 0; i < p.nrows; i++) {
        export_record(&ctx, &b, &c, &p.rows[i]);
    }
    db_read_end(in->db);
    assert_true(p.nrows >= 3);
    return buf_str(&b);
}

/* The import of a file, by the mapping of examples/devices; all its lines make devices. */
static void imported(struct inst *in, const struct model *m, const char *path,
                     struct import_report *rep)
{
    struct dbs *t = in->t;
    struct diags d = diags_make(t->a);
    struct words why = {0};
    str text = inst_file(t->a, "examples/devices/mapping.yaml");
    struct mapping *map = mapping_load(t->a, text, STR("mapping.yaml"), m, &d);
    inst_no_diags(t, &d);
    struct import_options o = {.engine = in->e,
                               .mapping = map,
                               .lang = LANG_EN,
                               .rejects = str_fmt(t->a, "%s.rejects", path)};
    dbs_ok(csv_file_open(t->a, str_from(path), ',', false, &why, &o.file));
    mapping_bind(map, o.file, &d);
    inst_no_diags(t, &d);
    dbs_ok(import_run(&o, rep));
    if (rep->run.rejected) {
        fail_msg("%.*s", STR_ARG(inst_file(t->a, o.rejects.ptr)));
    }
}

/* Every `from` in the text becomes `to`. */
static str with(struct dbs *t, str text, const char *from, const char *to)
{
    struct buf b = buf_make(t->a, 4 << 20);
    const char *p = str_copy(t->a, text).ptr;
    for (const char *at; (at = strstr(p, from)) != NULL; p = at + strlen(from)) {
        buf_put(&b, str_from_n(p, (size_t)(at - p)));
        buf_put(&b, str_from(to));
    }
    buf_put(&b, str_from(p));
    return buf_str(&b);
}

static void devices_go_out_and_in(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    const struct model *m = engine_model(in.e);
    str out = exported(&in, m, "asset_number != null", NULL);
    str others = with(t, with(t, out, "\"JA-", "\"NB-"), "\",\"purchase\",\"", "\",\"lease\",\"X");
    others = with(t, others, "\",\"transfer\",\"", "\",\"lease\",\"X");
    others = with(t, others, "\"NB-2024-0001\"", "\"'=NB-2024-0001\""); /* made harmless */
    char path[] = "/tmp/zhidu-export-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, others.ptr, others.len), others.len);
    close(fd);
    struct import_report rep;
    imported(&in, m, path, &rep);
    unlink(path);
    assert_int_equal(rep.run.made, rep.run.lines);
    assert_int_equal(rep.run.people + rep.run.units, 0);
    int64_t all = inst_i64(&in, SQL("select count(*) from r_device"), NO_ARGS);
    assert_int_equal(inst_i64(&in,
                              SQL("select count(*) from r_device where f_asset_number"
                                  " = '=NB-2024-0001'"),
                              NO_ARGS),
                     1);
    twins(&in, rep.run.made);
    assert_true(all >= 2 * rep.run.made);
    engine_release(in.e, m);
    engine_stop(in.e);
}

static void what_was_exported_comes_back(void **state)
{
    (void)state;
    dbs_each(DBS_FILE | DBS_PG, devices_go_out_and_in);
}

/* Out as a workbook and as CSV, which say the same cell by cell; and in again. */
static void a_workbook_goes_out_and_in(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    const struct model *m = engine_model(in.e);
    char path[] = "/tmp/zhidu-export-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    close(fd);
    str out = exported(&in, m, "asset_number != null", path);
    struct words why = {0};
    struct csv_file *f;
    dbs_ok(csv_file_open(t->a, str_from(path), ',', false, &why, &f));
    struct str_list names = csv_file_columns(f);
    assert_true(names.len > 10);
    assert_true(str_eq(names.ptr[0], STR("number"))); /* keys, not titles */
    /* row for row the same table as the CSV, by its values */
    struct csv_row wants;
    struct csv_row row;
    struct csv_place at;
    str rest = str_from_n(out.ptr + 3, out.len - 3);
    assert_int_equal(csv_parse(t->a, rest, true, ',', &wants), CSV_ROW);
    int64_t line = 3;
    size_t typed = 0;
    for (rest = str_from_n(rest.ptr + wants.bytes, rest.len - wants.bytes); rest.len;
         rest = str_from_n(rest.ptr + wants.bytes, rest.len - wants.bytes), line++) {
        assert_int_equal(csv_parse(t->a, rest, true, ',', &wants), CSV_ROW);
        assert_int_equal(csv_file_next(f, t->a, &row, &at), CSV_ROW);
        assert_int_equal(at.line, line);
        assert_int_equal(row.n, wants.n);
        for (size_t i = 0; i < row.n; i++) {
            str want = csv_plain(wants.cells[i]);
            str got = csv_plain(row.cells[i]);
            int64_t a;
            int64_t b;
            double x = strtod(str_copy(t->a, want).ptr, NULL);
            bool moment = clock_parse_time(want, 480, &a) && clock_parse_time(got, 480, &b);
            bool number = x != 0 && x == strtod(str_copy(t->a, got).ptr, NULL);
            typed += moment || number;
            if (!str_eq(want, got) && !(moment && a == b) && !number) {
                fail_msg("%.*s: %.*s became %.*s", STR_ARG(names.ptr[i]), STR_ARG(want),
                         STR_ARG(got));
            }
        }
    }
    assert_int_equal(csv_file_next(f, t->a, &row, &at), CSV_MORE);
    assert_true(typed > 5);
    struct import_report rep;
    imported(&in, m, path, &rep);
    unlink(path);
    assert_int_equal(rep.run.made, line - 3);
    twins(&in, rep.run.made);
    engine_release(in.e, m);
    engine_stop(in.e);
}

static void a_workbook_comes_back(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, a_workbook_goes_out_and_in);
}

static void columns_are_chosen_and_wrong_ones_are_told(struct dbs *t)
{
    struct inst in = inst_make(t, 0);
    const struct model *m = engine_model(in.e);
    const struct type *type = model_type(m, STR("device"));
    struct export_columns c;
    struct words why = {0};
    str two[] = {STR("title"), STR("number")};
    dbs_ok(export_columns(t->a, type, false, two, 2, &c, &why));
    struct buf b = buf_make(t->a, 1000);
    export_head(&b, &c, false);
    assert_string_equal(buf_str(&b).ptr, "title,number\r\n");
    str near[] = {STR("titel")};
    assert_int_equal(export_columns(t->a, type, false, near, 1, &c, &why).code, ERR_VALUE);
    assert_true(str_has(why.en, STR("did you mean \"title\"")));
    str hidden[] = {STR("price")}; /* has a `see` of its own */
    assert_int_equal(export_columns(t->a, type, false, hidden, 1, &c, &why).code, ERR_VALUE);
    dbs_ok(export_columns(t->a, type, true, hidden, 1, &c, &why));
    engine_release(in.e, m);
    engine_stop(in.e);
}

static void columns_of_an_export(void **state)
{
    (void)state;
    dbs_each(DBS_FILE, columns_are_chosen_and_wrong_ones_are_told);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_exported_comes_back),
        cmocka_unit_test(a_workbook_comes_back),
        cmocka_unit_test(columns_of_an_export),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
