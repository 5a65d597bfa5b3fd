#include "page/draw_page.h"

#include "base/buf.h"
#include "page/page.h"

static str lines_of(struct arena *a, const struct draw *d)
{
    struct buf b = buf_make(a, d->nplaces * 24 + 1);
    for (size_t i = 0; i < d->nplaces; i++) {
        buf_put_fmt(&b, "%s%lld", i ? ", " : "", (long long)d->places[i] + 1);
    }
    return buf_str(&b);
}

err draw_show(struct visit *v, const struct record *rec, const struct draw_card **ret)
{
    *ret = NULL;
    if (!rec->type->newest->draw) {
        return OK;
    }
    struct draw *d = arena_new(v->ctx.arena, struct draw);
    err e = draw_of(&v->ctx, rec, d);
    if (e.code || d->state == DRAW_NONE) {
        return e;
    }
    struct draw_card *c = arena_new(v->ctx.arena, struct draw_card);
    *c = (struct draw_card){.visit = v,
                            .of = d,
                            .lines = lines_of(v->ctx.arena, d),
                            .command = draw_command(v->ctx.arena, d),
                            .wrong = {d->wrong, d->nwrong}};
    bool holds = d->state == DRAW_HOLDS;
    bool broken = d->state == DRAW_BROKEN;
    c->class = holds ? STR("good") : broken ? STR("bad") : STR("wait");
    c->words = holds    ? WORDS("成立：谁也左右不了", "Holds: nobody could steer it")
               : broken ? WORDS("不成立", "Does not hold")
                        : WORDS("尚未抽出", "Not drawn yet");
    *ret = c;
    return OK;
}
