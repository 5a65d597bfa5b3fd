/* Rows of approvals that were changed, removed or put in by SQL are found and named: every
 * column of every table. */
#include "engine/verify_int.h"

#include "kept.h"

static bool submits(void *arg)
{
    struct sham *s = arg;
    return approval_submit(s->ap, sham_by(s, 1), &s->hash, false) == NO_NONE;
}

static bool sends_a_copy(void *arg)
{
    struct sham *s = arg;
    return approval_copy_to(s->ap, sham_by(s, 1), 9) == NO_NONE;
}

static bool transfers(void *arg)
{
    struct sham *s = arg;
    return approval_transfer(s->ap, sham_by(s, 2), seat_no(s, 2), 4, false) == NO_NONE;
}

static bool votes(void *arg)
{
    struct sham *s = arg;
    return CAST(s, 3, VOTE_APPROVE) == NO_NONE;
}

/* A row in each table, some written twice. */
static struct kept make(struct house *h)
{
    struct sham *s = sham_make(1);
    NAME(s, 0, 2, 3);
    s->nodes[0].term = 1000;
    struct kept k = kept_make(h, s);
    assert_int_equal(kept_do(&k, h->amy, 1, submits, s), 1);
    assert_int_equal(kept_do(&k, h->amy, 1, sends_a_copy, s), 1);
    assert_int_equal(kept_do(&k, h->bob, 1, transfers, s), 1);
    assert_int_equal(kept_do(&k, h->cat, 1, votes, s), 1);
    return k;
}

static void say(struct house *h, str sql)
{
    dbs_ok(db_exec(house_db(h), h->t->a, (struct sql){.text = sql}, NO_ARGS));
}

static const char *const named[] = {"its approval",
                                    "content submitted for approval",
                                    "a node of its approval",
                                    "a seat of its approval",
                                    "a vote of its approval",
                                    "a copy of its approval",
                                    "an event of its approval"};

/* Does the verification name the table, the record and what the row is? */
static void is_named(struct house *h, str harm, str table, const char *what, const char *how,
                     size_t most)
{
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    dbs_ok(verify_within(house_db(h), h->t->a, &opt, most, &r));
    if (!r.bad || r.ledger.bad || !str_eq(r.table, table) || !str_has(r.what.en, str_from(what)) ||
        !str_has(r.what.en, str_from(how)) || !r.what.zh.len) {
        fail_msg("%.*s: bad %d, %.*s %lld, entry %lld: %.*s %.*s", STR_ARG(harm), r.bad,
                 STR_ARG(r.table), (long long)r.id, (long long)r.seq, STR_ARG(r.what.en),
                 STR_ARG(r.what.zh));
    }
}

static void harm(struct house *h, str sql, str table, const char *what, const char *how,
                 bool passes)
{
    struct arena *a = h->t->a;
    say(h, str_fmt(a, "create table kept as select * from %.*s", STR_ARG(table)));
    say(h, sql);
    is_named(h, sql, table, what, how, VERIFY_ROWS);
    if (passes && h->t->which == DBS_MEMORY) { /* in many passes, too */
        is_named(h, sql, table, what, how, 4);
    }
    say(h, str_fmt(a, "delete from %.*s", STR_ARG(table)));
    say(h, str_fmt(a, "insert into %.*s select * from kept", STR_ARG(table)));
    say(h, STR("drop table kept"));
    arena_reset(a);
}

/* Every column of the first row, one after another. */
static void columns_of(struct house *h, const struct approve_table *t, const char *what)
{
    for (int i = 0; i < t->n; i++) {
        str name = t->columns[i].name;
        if (t->columns[i].derived) {
            continue;
        }
        const char *how = str_eq(name, STR("id")) ? "" : "was changed";
        str value = t->columns[i].text
                        ? str_fmt(h->t->a, "coalesce(\"%.*s\", '') || 'x'", STR_ARG(name))
                        : str_fmt(h->t->a, "coalesce(\"%.*s\", 0) + 1000", STR_ARG(name));
        str sql = str_fmt(h->t->a,
                          "update %.*s set \"%.*s\" = %.*s where id = (select min(id) from %.*s)",
                          STR_ARG(t->name), STR_ARG(name), STR_ARG(value), STR_ARG(t->name));
        bool lost = str_eq(name, STR("record")) || str_eq(name, STR("type")) ||
                    str_eq(name, STR("approval")) || str_eq(name, STR("id"));
        harm(h, str_copy(h->a, sql), t->name, lost ? "" : what, how, false);
    }
}

static void rows_of(struct house *h, const struct approve_table *t, const char *what)
{
    struct buf b = buf_make(h->a, 10000);
    buf_put_fmt(&b, "insert into %.*s select ", STR_ARG(t->name));
    struct str_list cols;
    dbs_ok(db_columns(house_db(h), h->a, t->name, &cols));
    bool own = str_eq(t->name, STR("approval"));
    for (size_t i = 0; i < cols.len; i++) {
        str c = cols.ptr[i];
        bool other = str_eq(c, STR("id")) || str_eq(c, own ? STR("record") : STR("no"));
        buf_put_fmt(&b, "%s\"%.*s\"%s", i ? ", " : "", STR_ARG(c), other ? " + 100000" : "");
    }
    buf_put_fmt(&b, " from %.*s where id = (select max(id) from %.*s)", STR_ARG(t->name),
                STR_ARG(t->name));
    harm(h, buf_str(&b), t->name, own ? "" : what, "no entry tells of it", true);
    str gone = str_fmt(h->a, "delete from %.*s where id = (select max(id) from %.*s)",
                       STR_ARG(t->name), STR_ARG(t->name));
    harm(h, gone, t->name, what, "was removed", true);
}

static void harmed(struct dbs *t)
{
    struct house h = kept_house(t);
    struct kept k = make(&h);
    int n;
    const struct approve_table *tables = approve_tables(&n);
    assert_int_equal(n, sizeof(named) / sizeof(named[0]));
    for (int i = 0; i < n; i++) {
        columns_of(&h, &tables[i], named[i]);
        rows_of(&h, &tables[i], named[i]);
    }
    house_verify(&h);
    sham_end(k.s);
}

static void each_column_changed_each_row_removed_or_put_in_is_named(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, harmed);
}

/* --- what was erased by law ------------------------------------------------------------- */

struct erasing {
    struct writer_job job;
    struct engine *e;
    int64_t seq, now;
};

static err erase(struct writer_job *job, struct db *db, struct arena *a, void *world)
{
    struct erasing *x = (struct erasing *)job;
    struct batch *b = batch_begin(db, a);
    struct ledger_act *la = ledger_act(x->e->ledger, a, x->now);
    int64_t by = 0;
    (void)world;
    err e = ledger_erase(la, b, STR("person:1"), STR("thing:1"), STR("the law"), &x->seq, 1, &by);
    return e.code ? e : batch_run(b);
}

static void nothing(struct writer_job *job, err result)
{
    (void)job;
    (void)result;
}

/* Without the entry of the vote nobody can tell what it made of the seat and the approval:
 * what differs of this paper is counted as not compared, of another it is named. */
static void erased(struct dbs *t)
{
    struct house h = kept_house(t);
    struct kept k = make(&h);
    struct erasing x = {.job = {.run = erase, .done = nothing}, .e = h.e, .now = h.now};
    struct ledger_verify_options opt = {0};
    struct verify_report r;
    x.seq =
        house_i64(&h, SQL("select max(seq) from act where record = $1"), ARGS(db_i64(k.record)));
    dbs_ok(engine_run(h.e, &x.job));
    dbs_ok(engine_verify(house_db(&h), t->a, &opt, &r));
    if (r.bad) {
        fail_msg("%.*s", STR_ARG(r.what.en));
    }
    /* its act, the paper, the approval, the seat, the vote, its event */
    assert_in_range(r.unchecked, 6, 8);
    struct kept other = make(&h);
    say(&h, str_fmt(t->a, "update approval_copy set person = 8 where approval = %lld",
                    (long long)other.g.id));
    dbs_ok(engine_verify(house_db(&h), t->a, &opt, &r));
    assert_true(r.bad && str_eq(r.table, STR("approval_copy")));
    sham_end(other.s);
    sham_end(k.s);
}

static void what_only_an_erased_entry_told_of_is_not_taken_for_changed(void **state)
{
    (void)state;
    dbs_each(DBS_ALL, erased);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_column_changed_each_row_removed_or_put_in_is_named),
        cmocka_unit_test(what_only_an_erased_entry_told_of_is_not_taken_for_changed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
