/* load_draw.c - `draw` of a type: which of its fields tell how a sample was drawn. */
#include "model/load_int.h"

static const struct field *told_by(struct load *l, struct tdef *d, const struct ynode *map,
                                   const char *key, enum ftype type)
{
    const struct ynode *n = yaml_get(map, str_from(key));
    str name = n ? key_text(l, n, (struct words){str_from(key), str_from(key)}) : (str){0};
    const struct field *f = name.len ? field_find(d, name) : NULL;
    if (!f || f->type != type) {
        diag_error(l->d, n ? n->pos : map->pos, "draw 的 %s 应是本类型中类型为 %s 的字段",
                   "%s of a draw is a field of this type, of field type %s", key, ftype_name(type));
        return NULL;
    }
    return f;
}

void draw_read(struct load *l, const struct tsrc *t)
{
    const struct ynode *map = yaml_get(t->node, STR("draw"));
    if (!map || !keys_check(l, map, KEYS_DRAW, "", WORDS("draw", "draw"))) {
        return;
    }
    if (!yaml_get(t->node, STR("number"))) {
        diag_error(l->d, map->pos, "有 draw 的类型应有 number：编号是抽样所用的名称",
                   "a type with draw has a number: the draw is called by it");
        return;
    }
    struct draw_fields *x = arena_new(l->a, struct draw_fields);
    x->entry = told_by(l, t->def, map, "entry", F_INT);
    x->size = told_by(l, t->def, map, "size", F_INT);
    x->nonce = told_by(l, t->def, map, "nonce", F_TEXT);
    x->checkpoint = told_by(l, t->def, map, "checkpoint", F_INT);
    x->root = told_by(l, t->def, map, "root", F_TEXT);
    x->seed = told_by(l, t->def, map, "seed", F_TEXT);
    if (x->entry && x->size && x->nonce && x->checkpoint && x->root && x->seed) {
        t->def->draw = x;
    }
}
