/* phrase.c - a person's common phrases. */
#include "engine/phrase.h"

static const struct words usual[] = {
    WORDS_INIT("同意。", "Agreed."), WORDS_INIT("已核实，同意。", "Checked, and agreed."),
    WORDS_INIT("原则同意，请按规定办理。", "Agreed in principle; proceed by the rules."),
    WORDS_INIT("请补充材料后再报。", "Please add the documents that are missing."),
    WORDS_INIT("不符合规定，不同意。", "This is not what the rules allow.")};

int phrases_ask(const struct ctx *ctx, struct batch *b)
{
    return batch_add(b,
                     SQL("select \"words\" from \"phrase\" where \"person\" = $1 order by \"no\""
                         " limit 10"),
                     ARGS(db_i64(ctx->actor)));
}

struct phrases phrases_read(const struct ctx *ctx, struct batch *b, int place)
{
    struct phrases p = {0};
    struct rows r = batch_rows(b, place);
    while (p.n < PHRASES_MAX && rows_next(&r)) {
        p.text[p.n++] = rows_text(&r, 0);
    }
    p.own = p.n > 0;
    for (size_t i = 0; !p.own && i < sizeof(usual) / sizeof(usual[0]); i++) {
        p.text[p.n++] = words_in(usual[i], ctx->lang);
    }
    return p;
}

err phrases_get(const struct ctx *ctx, struct phrases *ret)
{
    struct batch *b = batch_begin(ctx->db, ctx->arena);
    int place = phrases_ask(ctx, b);
    err e = batch_run(b);
    *ret = e.code ? (struct phrases){0} : phrases_read(ctx, b, place);
    return e;
}

bool phrases_parse(str lines, struct phrases *ret, struct words *why)
{
    *ret = (struct phrases){.own = true};
    if (!str_utf8_ok(lines)) {
        *why = WORDS("不是有效的文字", "no valid text");
        return false;
    }
    while (lines.len) {
        str line = str_trim(str_cut(lines, '\n', &lines));
        if (!line.len) {
            continue;
        }
        if (ret->n == PHRASES_MAX || line.len > PHRASE_BYTES) {
            *why = ret->n == PHRASES_MAX
                       ? WORDS("最多 10 条", "at most 10")
                       : WORDS("每条最多 200 字节（约 66 个汉字）", "at most 200 bytes each");
            return false;
        }
        ret->text[ret->n++] = line;
    }
    return true;
}
