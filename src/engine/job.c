#include "engine/job.h"

#include "base/arena.h"

err job_list(const struct ctx *ctx, struct job **ret, size_t *n)
{
    struct rows r;
    err e =
        db_query(ctx->db, ctx->arena,
                 SQL("select \"id\", \"kind\", \"title_zh\", \"title_en\", \"person\", \"state\","
                     " \"done\", \"total\", \"message\", \"result\", \"created_at\", \"changed_at\""
                     " from \"job\" order by \"id\" desc limit 100"),
                 NO_ARGS, &r);
    if (e.code) {
        return e;
    }
    struct job *jobs = arena_array(ctx->arena, struct job, (size_t)rows_count(&r) + 1);
    size_t i = 0;
    while (rows_next(&r)) {
        int64_t state = rows_i64(&r, 5);
        jobs[i++] = (struct job){.id = rows_i64(&r, 0),
                                 .kind = rows_text(&r, 1),
                                 .title = {rows_text(&r, 2), rows_text(&r, 3)},
                                 .person = rows_i64(&r, 4),
                                 .state = state >= JOB_WAITING && state <= JOB_CANCELLED
                                              ? (enum job_state)state
                                              : JOB_FAILED,
                                 .done = rows_i64(&r, 6),
                                 .total = rows_i64(&r, 7),
                                 .message = rows_text(&r, 8),
                                 .result = rows_text(&r, 9),
                                 .created_at = rows_i64(&r, 10),
                                 .changed_at = rows_i64(&r, 11)};
    }
    *ret = jobs;
    *n = i;
    return OK;
}
