#include "store/db_kept.h"

#include <string.h>

/* The arguments as numbers; false when they are of another kind, or too many. */
static bool numbers(const struct batch_stmt *s, int64_t *args, uint64_t *nulls)
{
    *nulls = 0;
    if (s->nargs > KEPT_ARGS) {
        return false;
    }
    for (int i = 0; i < s->nargs; i++) {
        if (s->args[i].type != DB_ARG_I64) {
            return false;
        }
        *nulls |= (uint64_t)s->args[i].null << i;
        args[i] = s->args[i].null ? 0 : s->args[i].i64;
    }
    return true;
}

static size_t set_of(int64_t serial, const int64_t *args, int nargs)
{
    uint64_t h = (uint64_t)serial;
    for (int i = 0; i < nargs; i++) {
        h = (h ^ (uint64_t)args[i]) * 0xff51afd7ed558ccdu;
        h ^= h >> 33;
    }
    return (size_t)(h % KEPT_SETS);
}

static bool is_of(const struct kept_slot *x, int64_t serial, const struct batch_stmt *s,
                  const int64_t *args, uint64_t nulls)
{
    return x->serial == serial && x->nargs == s->nargs && x->null_args == nulls &&
           memcmp(x->args, args, (size_t)s->nargs * sizeof(*args)) == 0;
}

bool kept_find(const struct kept *k, int64_t serial, int64_t version, struct batch_stmt *s)
{
    int64_t args[KEPT_ARGS];
    uint64_t nulls;
    if (!numbers(s, args, &nulls)) {
        return false;
    }
    const struct kept_slot *set = k->slots[set_of(serial, args, s->nargs)];
    const struct kept_slot *x = NULL;
    for (int i = 0; i < KEPT_WAYS && !x; i++) {
        x = set[i].version == version && is_of(&set[i], serial, s, args, nulls) ? &set[i] : NULL;
    }
    if (!x) {
        return false;
    }
    s->result.cols = x->cols;
    for (int64_t r = 0; r < x->rows; r++) {
        struct cell *row = rows_add(&s->result);
        for (int c = 0; c < x->cols; c++) {
            int64_t at = r * x->cols + c;
            bool null = (x->null_cells >> at & 1) != 0;
            row[c].type = null ? CELL_NULL : CELL_I64;
            row[c].v.i64 = x->cells[at];
        }
    }
    return true;
}

/* Where it stands already, else where something old does, else whose turn it is. */
static struct kept_slot *room(struct kept *k, int64_t serial, int64_t version,
                              const struct batch_stmt *s, const int64_t *args, uint64_t nulls)
{
    struct kept_slot *set = k->slots[set_of(serial, args, s->nargs)];
    struct kept_slot *old = NULL;
    for (int i = 0; i < KEPT_WAYS; i++) {
        if (is_of(&set[i], serial, s, args, nulls)) {
            return &set[i];
        }
        old = set[i].version != version || !set[i].serial ? &set[i] : old;
    }
    return old ? old : &set[k->turn++ % KEPT_WAYS];
}

void kept_put(struct kept *k, int64_t serial, int64_t version, const struct batch_stmt *s)
{
    int64_t args[KEPT_ARGS];
    uint64_t nulls;
    int64_t cells = s->result.rows * s->result.cols;
    if (cells > KEPT_CELLS || !numbers(s, args, &nulls)) {
        return;
    }
    for (int64_t i = 0; i < cells; i++) {
        if (s->result.cells[i].type == CELL_TEXT) {
            return;
        }
    }
    struct kept_slot *x = room(k, serial, version, s, args, nulls);
    *x = (struct kept_slot){.serial = serial,
                            .version = version,
                            .null_args = nulls,
                            .nargs = s->nargs,
                            .cols = s->result.cols,
                            .rows = s->result.rows};
    memcpy(x->args, args, (size_t)s->nargs * sizeof(*args));
    for (int64_t i = 0; i < cells; i++) {
        bool null = s->result.cells[i].type == CELL_NULL;
        x->null_cells |= (uint64_t)null << i;
        x->cells[i] = null ? 0 : s->result.cells[i].v.i64;
    }
}
