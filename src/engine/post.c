#include "engine/post.h"

err post_held(const struct ctx *ctx, str position, bool *ret)
{
    *ret = false;
    const struct type *post = ctx->model->post;
    const struct field *f = post ? tdef_field(post->newest, STR("position")) : NULL;
    const struct choice_key *key = f ? field_choice(f, position) : NULL;
    const struct state *in_force = post ? tdef_state(post->newest, STR("in_force")) : NULL;
    if (!key || !in_force || !ctx->actor) {
        return OK;
    }
    struct rows rows;
    err e = db_query(
        ctx->db, ctx->arena,
        SQL("select 1 from \"r_post\" where \"f_person\" = $1 and \"f_position\" = $2"
            " and \"state\" = $3 and \"f_starts\" <= $4"
            " and (\"f_ends\" is null or \"f_ends\" >= $4) limit 1"),
        ARGS(db_i64(ctx->actor), db_i64(key->code), db_i64(in_force->code), db_i64(ctx->today)),
        &rows);
    if (!e.code) {
        *ret = rows_next(&rows);
    }
    return e;
}
