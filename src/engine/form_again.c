/* form_again.c - the form of what an approval gave back to its author. */
#include "base/arena.h"
#include "engine/approve_int.h"
#include "engine/form_int.h"

err form_again(const struct ctx *ctx, const struct type *t, int64_t record,
               const struct value_in *values, size_t nvalues, bool check, struct form *ret)
{
    struct rows r;
    err e = db_query(ctx->db, ctx->arena,
                     SQL("select a.action, a.law, a.asked, (select case when u.state = 4"
                         " and u.node > 0 then 1 else 0 end from approval_run u"
                         " where u.approval = a.id order by u.no desc limit 1) from approval a"
                         " where a.record = $1 and a.state = 1 and +a.author = $2"),
                     ARGS(db_i64(record), db_i64(ctx->actor)), &r);
    if (e.code || !rows_next(&r)) {
        return e.code ? e : err_make(ERR_NOT_FOUND, STR("approval"));
    }
    struct value_in *asked = NULL;
    size_t nasked = 0;
    if (!nvalues) {
        e = approve_values_read(ctx->arena, rows_text(&r, 2), &asked, &nasked);
    }
    e = e.code ? e
               : form_make(ctx, t, record, rows_text(&r, 0), nasked ? asked : values,
                           nasked ? nasked : nvalues, check, true, ret);
    if (!e.code) {
        ret->straight = rows_i64(&r, 3) == 1;
    }
    return e;
}
