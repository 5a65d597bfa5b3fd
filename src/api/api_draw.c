/* api_draw.c - how the sample that a record tells of was drawn, for programs. */
#include "api/api_int.h"
#include "engine/draw.h"

static const char *const state_keys[] = {
    [DRAW_NONE] = "none", [DRAW_BEGUN] = "begun", [DRAW_HOLDS] = "holds", [DRAW_BROKEN] = "broken"};

static void put_draw(struct visit *v, struct json *j, const struct draw *d)
{
    JSON_STR(j, "state", str_from(state_keys[d->state]));
    JSON_STR(j, "campaign", d->campaign);
    JSON_I64(j, "entry", d->entry);
    JSON_STR(j, "control", d->control_key);
    JSON_I64(j, "n", d->n);
    JSON_STR(j, "population_root", d->population);
    json_key(j, STR("sealed_at"));
    api_put_time(v, j, d->sealed_at);
    JSON_STR(j, "nonce", d->nonce);
    JSON_I64(j, "nonce_entry", d->stated);
    JSON_STR(j, "checkpoint", d->note);
    JSON_STR(j, "seed", d->seed);
    JSON_STR(j, "seed_reckoned", d->reckoned);
    json_key(j, STR("drawn"));
    json_open(j, '[');
    for (size_t i = 0; i < d->nplaces; i++) {
        json_i64(j, d->places[i]);
    }
    json_close(j, ']');
    json_key(j, STR("wrong"));
    json_open(j, '[');
    for (size_t i = 0; i < d->nwrong; i++) {
        json_str(j, words_in(d->wrong[i], v->ctx.lang));
    }
    json_close(j, ']');
    JSON_STR(j, "command", draw_command(v->ctx.arena, d));
}

err api_put_draw(struct visit *v, struct json *j, const struct record *rec)
{
    struct draw d;
    if (!rec->type->newest->draw) {
        return OK;
    }
    err e = draw_of(&v->ctx, rec, &d);
    if (!e.code) {
        json_key(j, STR("draw"));
        json_open(j, '{');
        put_draw(v, j, &d);
        json_close(j, '}');
    }
    return e;
}
