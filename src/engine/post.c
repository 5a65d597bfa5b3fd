#include "engine/post.h"

struct post_ask post_held_ask(const struct ctx *ctx, str position)
{
    const struct type *post = ctx->model->post;
    const struct field *f = post ? tdef_field(post->newest, STR("position")) : NULL;
    const struct choice_key *key = f ? field_choice(f, position) : NULL;
    const struct state *in_force = post ? tdef_state(post->newest, STR("in_force")) : NULL;
    if (!key || !in_force || !ctx->actor) {
        return (struct post_ask){0};
    }
    struct post_ask ask = {.batch = batch_begin(ctx->db, ctx->arena)};
    ask.place = batch_add(
        ask.batch,
        SQL("select 1 from \"r_post\" where \"f_person\" = $1 and \"f_position\" = $2"
            " and \"state\" = $3 and \"f_starts\" <= $4"
            " and (\"f_ends\" is null or \"f_ends\" >= $4) limit 1"),
        ARGS(db_i64(ctx->actor), db_i64(key->code), db_i64(in_force->code), db_i64(ctx->today)));
    return ask;
}

err post_held_read(const struct post_ask *ask, bool *ret)
{
    *ret = false;
    err e = ask->batch ? batch_join(ask->batch) : OK;
    if (!e.code && ask->batch) {
        struct rows rows = batch_rows(ask->batch, ask->place);
        *ret = rows_next(&rows);
    }
    return e;
}

err post_held(const struct ctx *ctx, str position, bool *ret)
{
    struct post_ask ask = post_held_ask(ctx, position);
    if (ask.batch) {
        batch_ride(ask.batch);
    }
    return post_held_read(&ask, ret);
}
