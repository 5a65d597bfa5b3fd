/* inst.h - an installation with the regulations and the demonstration's
 * organisation on a test's database, with its writer, and questions to it. */
#ifndef TESTS_ENGINE_INST_H
#define TESTS_ENGINE_INST_H

#include "engine/engine.h"
#include "engine/scenario.h"
#include "ledger/ledger.h"

#include "support/dbs.h"
#include "support/test.h"

#include <stdio.h>

struct inst {
    struct dbs *t;
    struct engine *e;
    struct db *db; /* a reader */
};

/* A Monday in working hours; it does not move unless a test moves it. */
#define INST_NOW 1767578400000

static inline int64_t inst_clock(void *arg)
{
    (void)arg;
    return INST_NOW;
}

static inline str inst_file(struct arena *a, const char *path)
{
    enum { MOST = 1 << 20 };
    char *p = arena_bytes(a, MOST);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

static inline void inst_no_diags(struct dbs *t, const struct diags *d)
{
    if (d->errors) {
        str line = diag_print(t->a, &d->ptr[0], LANG_EN);
        fail_msg("%.*s", STR_ARG(line));
    }
}

static inline struct inst inst_make(struct dbs *t, int64_t group_us)
{
    struct inst in = {.t = t};
    struct sources s;
    struct diags d = diags_make(t->a);
    struct engine_options opt = {.url = t->url,
                                 .db = t->options,
                                 .group_us = group_us,
                                 .reopen_ms = 1, /* what is planted is over at once */
                                 .clock = inst_clock};
    int64_t made = 0;
    dbs_ok(load_folder(t->a, NULL, STR("regulations"), &s));
    err e = engine_init(t->life, &opt, &s, &d, &in.e);
    inst_no_diags(t, &d);
    dbs_ok(e);
    str demo = inst_file(t->a, "regulations/demo.yaml");
    dbs_ok(scenario_records(in.e, t->a, demo, STR("demo.yaml"), &d, &made));
    inst_no_diags(t, &d);
    dbs_ok(engine_reader(in.e, t->life, &in.db));
    return in;
}

static inline int64_t inst_i64(struct inst *in, struct sql sql, struct db_args args)
{
    return dbs_i64(in->db, in->t->a, sql, args);
}

static inline int64_t inst_person(struct inst *in, const char *login)
{
    return inst_i64(in, SQL("select id from r_person where f_login = $1"),
                    ARGS(db_text(str_from(login))));
}

/* The ledger as a whole is sound; returns its entries. */
static inline int64_t inst_verify(struct inst *in)
{
    struct ledger_verify_options o = {0};
    struct ledger_report rep = {0};
    dbs_ok(ledger_verify(in->db, in->t->a, &o, &rep));
    if (rep.bad) {
        fail_msg("ledger: entry %lld: %.*s", (long long)rep.seq, STR_ARG(rep.what.en));
    }
    return rep.entries;
}

#endif
