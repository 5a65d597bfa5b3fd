/* Several servers on one database of PostgreSQL. */
#include "engine/engine_int.h"
#include "engine/town.h"

/* Each gives ids for itself, here both at a clock that stands still. */
static void two_nodes_never_give_the_same_id(struct dbs *t)
{
    struct town w = town_make(t);
    struct town other = w;
    struct engine_options opt = town_options(t);
    dbs_ok(engine_open(t->life, &opt, &other.in.e));
    int64_t ids[8];
    for (size_t i = 0; i < 8; i++) {
        ids[i] = town_new(i % 2 ? &other : &w, "order", "ask", VALUES("what=除草"));
        for (size_t k = 0; k < i; k++) {
            assert_int_not_equal(ids[i], ids[k]);
        }
    }
    assert_int_not_equal(w.in.e->ids.node, other.in.e->ids.node);
    engine_stop(other.in.e);
}

/* Its number is its session's: after a lost connection another may have taken it. */
static void a_node_takes_its_number_anew(struct dbs *t)
{
    struct town w = town_make(t);
    town_new(&w, "order", "ask", VALUES("what=除草"));
    int mine = w.in.e->ids.node;
    struct arena side = arena_make(1 << 20);
    struct db *db;
    dbs_ok(db_open(&side, t->url, t->options, &db));
    dbs_ok(db_exec(db, &side,
                   SQL("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'"
                       " and objid = cast($1 as bigint)::oid and classid = 727092349"
                       " and database = (select oid from pg_database where datname ="
                       " current_database())"),
                   ARGS(db_i64(mine))));
    dbs_ok(db_exec(db, &side, SQL("select pg_advisory_lock(727092349, cast($1 as integer))"),
                   ARGS(db_i64(mine))));
    town_new(&w, "order", "ask", VALUES("what=栽树"));
    assert_int_not_equal(w.in.e->ids.node, mine);
    arena_end(&side);
}

static void ids_of_nodes(void **state)
{
    (void)state;
    dbs_each(DBS_PG, two_nodes_never_give_the_same_id);
    dbs_each(DBS_PG, a_node_takes_its_number_anew);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ids_of_nodes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
