/* Random acts: after each batch of them, what was judged again by marks equals what a full
 * look says, for controls that read their own record, records that name it, those it names,
 * its parts and lines. */
#include "base/buf.h"
#include "engine/control.h"
#include "engine/house.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char law[] = HOUSE_DESK
    "types:\n"
    "  box:\n"
    "    title: {zh: 箱, en: Box}\n"
    "    name: \"{what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 名, en: What}\n"
    "      room: {type: int, min: 0, max: 9, zh: 容, en: Room}\n"
    "    states:\n"
    "      open: {zh: 开, en: Open}\n"
    "      shut: {zh: 关, en: Shut}\n"
    "    actions:\n"
    "      make: {to: open, who: everyone, asks: [what], may: [room], clause: c, zh: 作, en: "
    "Make}\n"
    "      shut: {from: open, to: shut, who: everyone, clause: c, zh: 关, en: Shut}\n"
    "      open: {from: shut, to: open, who: everyone, clause: c, zh: 开, en: Open}\n"
    "      size: {from: open, who: everyone, may: [room], clause: c, zh: 改, en: Size}\n"
    "  thing:\n"
    "    title: {zh: 物品, en: Thing}\n"
    "    name: \"{what}\"\n"
    "    unit: unit\n"
    "    see: everyone\n"
    "    fields:\n"
    "      what: {type: text, max: 50, zh: 名, en: What}\n"
    "      n: {type: int, min: 0, max: 9, zh: 数, en: N}\n"
    "      box: {type: ref, to: box, zh: 箱, en: Box}\n"
    "      unit: {type: unit, default: actor.unit, zh: 部门, en: Unit}\n"
    "    states:\n"
    "      kept: {zh: 在, en: Kept}\n"
    "      gone: {zh: 去, en: Gone, final: true}\n"
    "    actions:\n"
    "      keep: {to: kept, who: everyone, asks: [what], may: [n, box], clause: c, zh: 存, en: "
    "Keep}\n"
    "      change: {from: kept, who: everyone, may: [n, box], clause: c, zh: 改, en: Change}\n"
    "      give: {from: kept, who: everyone, asks: [unit], clause: c, zh: 交, en: Give}\n"
    "      drop: {from: kept, to: gone, who: everyone, clause: c, zh: 弃, en: Drop}\n"
    "  tag:\n"
    "    title: {zh: 标签, en: Tag}\n"
    "    name: \"{thing.what}\"\n"
    "    see: everyone\n"
    "    fields:\n"
    "      thing: {type: ref, to: thing, zh: 物, en: Thing}\n"
    "      n: {type: int, min: 0, max: 9, zh: 数, en: N}\n"
    "    states:\n"
    "      on: {zh: 在, en: 'On'}\n"
    "      off: {zh: 落, en: 'Off', final: true}\n"
    "    actions:\n"
    "      stick: {to: on, who: everyone, asks: [thing], may: [n], clause: c, zh: 贴, en: Stick}\n"
    "      move: {from: on, who: everyone, may: [thing, n], clause: c, zh: 移, en: Move}\n"
    "      tear: {from: on, to: off, who: everyone, clause: c, zh: 撕, en: Tear}\n"
    "controls:\n"
    "  own: {over: thing, where: state == 'kept', holds: n <= 5, clause: c, zh: 一, en: One}\n"
    "  named: {over: thing, holds: \"not exists(g in tag where g.thing == self and g.n > 4 and "
    "g.state == 'on')\", clause: c, zh: 二, en: Two}\n"
    "  few: {over: thing, where: n > 1, holds: \"count(g in tag where g.thing == self) <= 2\","
    " clause: c, zh: 三, en: Three}\n"
    "  names: {over: thing, holds: \"box == null or box.state == 'open' and box.room >= n\","
    " reasons: {shut: {when: box.state == 'shut', zh: 关, en: Shut}, full: {zh: 满, en: Full}},"
    " clause: c, zh: 四, en: Four}\n"
    "  held: {over: box, where: state == 'open', holds: \"count(t in thing where t.box == self and "
    "t.state == 'kept') <= room\", clause: c, zh: 五, en: Five}\n"
    "  right: {over: tag, holds: \"thing.state == 'kept' or state == 'off'\", clause: c, zh: 六,"
    " en: Six}\n";

enum { MANY = 60, BATCHES = 40, ACTS = 12 };

struct walk {
    struct house *h;
    int64_t boxes[MANY], things[MANY], tags[MANY];
    int nboxes, nthings, ntags;
    unsigned seed;
    int done;
};

static int below(struct walk *w, int n)
{
    w->seed = w->seed * 1103515245u + 12345u;
    return n ? (int)(w->seed >> 16) % n : 0;
}

static const char *digit(struct walk *w)
{
    static const char *const d[] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "*"};
    return d[below(w, 11)];
}

static const char *one_of(struct walk *w, const int64_t *list, int n)
{
    return n ? house_text(w->h, list[below(w, n)]) : "*";
}

static void make(struct walk *w, const char *type, int64_t *list, int *n, const char *a,
                 const char *av, const char *b, const char *bv)
{
    int64_t id = *n < MANY ? house_create(w->h, w->h->amy, type, a, av, b, bv, NULL) : 0;
    if (id) {
        list[(*n)++] = id;
        w->done++;
    }
}

static void some_act(struct walk *w)
{
    struct house *h = w->h;
    int64_t box = w->nboxes ? w->boxes[below(w, w->nboxes)] : 0;
    int64_t thing = w->nthings ? w->things[below(w, w->nthings)] : 0;
    int64_t tag = w->ntags ? w->tags[below(w, w->ntags)] : 0;
    switch (below(w, 12)) {
    case 0:
        make(w, "box", w->boxes, &w->nboxes, "what", "b", "room", digit(w));
        break;
    case 1:
        make(w, "thing", w->things, &w->nthings, "what", "t", "n", digit(w));
        break;
    case 2:
        make(w, "tag", w->tags, &w->ntags, "thing", one_of(w, w->things, w->nthings), "n",
             digit(w));
        break;
    case 3:
        w->done += thing && house_do(h, h->amy, "thing", thing, "change", "n", digit(w), NULL);
        break;
    case 4:
        w->done += thing && house_do(h, h->amy, "thing", thing, "change", "box",
                                     below(w, 4) ? one_of(w, w->boxes, w->nboxes) : "*", NULL);
        break;
    case 5:
        w->done += thing && !below(w, 3) && house_do(h, h->amy, "thing", thing, "drop", NULL);
        break;
    case 6:
        w->done += tag && house_do(h, h->amy, "tag", tag, "move", "thing",
                                   below(w, 5) ? one_of(w, w->things, w->nthings) : "*", NULL);
        break;
    case 7:
        w->done += tag && house_do(h, h->amy, "tag", tag, "move", "n", digit(w), NULL);
        break;
    case 8:
        w->done += tag && !below(w, 3) && house_do(h, h->amy, "tag", tag, "tear", NULL);
        break;
    case 9:
        w->done += box && house_do(h, h->amy, "box", box, below(w, 2) ? "shut" : "open", NULL);
        break;
    case 10: /* it counts in another unit from now on */
        w->done += thing && house_do(h, h->amy, "thing", thing, "give", "unit",
                                     house_text(h, below(w, 2) ? h->north : h->south), NULL);
        break;
    default:
        w->done += box && house_do(h, h->amy, "box", box, "size", "room", digit(w), NULL);
        break;
    }
}

/* Everything that was judged, as one text. */
static str judged(struct house *h, struct arena *a)
{
    struct rows r;
    struct buf b = buf_make(a, 1u << 20);
    dbs_ok(db_query(house_db(h), a,
                    SQL("select record, vector, unit from control_vector order by record"), NO_ARGS,
                    &r));
    while (rows_next(&r)) {
        str v = rows_text(&r, 1);
        buf_put_fmt(&b, "%lld of %lld:", (long long)rows_i64(&r, 0), (long long)rows_i64(&r, 2));
        for (size_t i = 0; i < v.len; i++) {
            buf_put_fmt(&b, " %d", v.ptr[i]);
        }
        buf_put_fmt(&b, "\n");
    }
    dbs_ok(db_query(house_db(h), a,
                    SQL("select control, record, verdict from control_row order by 1, 2"), NO_ARGS,
                    &r));
    while (rows_next(&r)) {
        buf_put_fmt(&b, "row %lld %lld %lld\n", (long long)rows_i64(&r, 0),
                    (long long)rows_i64(&r, 1), (long long)rows_i64(&r, 2));
    }
    dbs_ok(db_query(house_db(h), a,
                    SQL("select control, n, ok, violation, unknown from control_result order by 1"),
                    NO_ARGS, &r));
    while (rows_next(&r)) {
        buf_put_fmt(&b, "result %lld: %lld %lld %lld %lld\n", (long long)rows_i64(&r, 0),
                    (long long)rows_i64(&r, 1), (long long)rows_i64(&r, 2),
                    (long long)rows_i64(&r, 3), (long long)rows_i64(&r, 4));
    }
    dbs_ok(db_query(house_db(h), a,
                    SQL("select control, unit, n, ok, violation, unknown from control_figure"
                        " where n <> 0 order by 1, 2"),
                    NO_ARGS, &r));
    while (rows_next(&r)) {
        buf_put_fmt(&b, "unit %lld %lld: %lld %lld %lld %lld\n", (long long)rows_i64(&r, 0),
                    (long long)rows_i64(&r, 1), (long long)rows_i64(&r, 2),
                    (long long)rows_i64(&r, 3), (long long)rows_i64(&r, 4),
                    (long long)rows_i64(&r, 5));
    }
    return buf_str(&b);
}

static void run(struct house *h, struct arena *a)
{
    err e = control_run(h->e, house_db(h), a, h->now, false);
    if (e.code) {
        fail_msg("%s %.*s", err_name(e.code), STR_ARG(e.detail));
    }
}

/* The figures by unit add up to each control's, and to what stands in the rows of each unit. */
static void assert_adds_up(struct house *h)
{
    assert_int_equal(
        house_i64(h,
                  SQL("select count(*) from control_result q where q.n <> coalesce((select sum(u.n)"
                      " from control_figure u where u.control = q.control), 0) or q.violation <>"
                      " coalesce((select sum(u.violation) from control_figure u where u.control ="
                      " q.control), 0)"),
                  NO_ARGS),
        0);
    assert_int_equal(
        house_i64(h,
                  SQL("select count(*) from control_figure u where u.violation + u.unknown <>"
                      " (select count(*) from control_row w join control_vector v on v.record ="
                      " w.record where w.control = u.control and v.unit = u.unit)"),
                  NO_ARGS),
        0);
    assert_int_equal(house_i64(h,
                               SQL("select count(*) from control_vector v join r_thing t on t.id ="
                                   " v.record where coalesce(t.unit, 0) <> v.unit"),
                               NO_ARGS),
                     0);
}

/* What stands wrong, one too many or not at all, a full look puts right. */
static void mends_figures(struct house *h, struct arena *a)
{
    str right = judged(h, a);
    dbs_ok(
        db_exec(house_db(h), a, SQL("update control_figure set n = n + 7, ok = ok - 1"), NO_ARGS));
    dbs_ok(db_exec(house_db(h), a,
                   SQL("delete from control_figure where control = (select min(control) from"
                       " control_figure where n > 7)"),
                   NO_ARGS));
    dbs_ok(db_exec(house_db(h), a,
                   SQL("insert into control_figure(control, unit, n, ok, violation, unknown)"
                       " select control, 77, 1, 0, 1, 0 from control_result"),
                   NO_ARGS));
    run(h, a);
    assert_true(str_eq(judged(h, a), right));
}

static void walk(struct dbs *t, unsigned seed)
{
    struct house h = house_make(t, law);
    struct walk w = {.h = &h, .seed = seed};
    struct arena a = arena_make(256u << 20);
    run(&h, &a);
    size_t seen = 0;
    for (int batch = 0; batch < BATCHES; batch++) {
        for (int i = 0; i < ACTS; i++) {
            some_act(&w);
        }
        bool whole;
        dbs_ok(control_follow_up(h.e, house_db(&h), &a, h.now, &whole));
        assert_false(whole);
        assert_int_equal(house_i64(&h, SQL("select count(*) from control_dirty"), NO_ARGS), 0);
        str marked = judged(&h, &a);
        assert_adds_up(&h);
        run(&h, &a);
        str all = judged(&h, &a);
        if (!str_eq(marked, all)) {
            fail_msg("seed %u, batch %d:\n%.*s\nbut a full look says\n%.*s", seed, batch,
                     STR_ARG(marked), STR_ARG(all));
        }
        seen += all.len;
        arena_reset(&a);
    }
    for (size_t i = 0; i < house_model(&h)->ncontrols; i++) {
        const struct cdef *c = house_model(&h)->controls[i]->newest;
        assert_false(c->far); /* else marks would prove nothing */
    }
    mends_figures(&h, &a);
    assert_true(house_i64(&h, SQL("select count(distinct unit) from control_figure where n > 0"),
                          NO_ARGS) > 1);
    assert_true(w.done > BATCHES * ACTS / 3 && seen > 1000);
    arena_end(&a);
}

static void marks_say_what_a_full_look_says_body(struct dbs *t)
{
    for (unsigned seed = 1; seed <= 3; seed++) {
        walk(t, seed);
    }
}

static void marks_say_what_a_full_look_says(void **state)
{
    (void)state;
    dbs_each(DBS_MEMORY, marks_say_what_a_full_look_says_body);
}

static void one_walk(struct dbs *t)
{
    walk(t, 7);
}

static void and_on_postgresql(void **state)
{
    (void)state;
    dbs_each(DBS_PG, one_walk);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(marks_say_what_a_full_look_says),
        cmocka_unit_test(and_on_postgresql),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
