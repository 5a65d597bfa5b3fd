#include "page/help_page.h"

#include "base/arena.h"
#include "base/markdown.h"
#include "page/page.h"

#include "gen/help.html.h"

static const struct words help_title = WORDS_INIT("帮助", "Help");

static int64_t big_endian(const char *p)
{
    const unsigned char *u = (const unsigned char *)p;
    return (int64_t)u[0] << 24 | (int64_t)u[1] << 16 | (int64_t)u[2] << 8 | (int64_t)u[3];
}

/* Width and height stand at bytes 16 and 20 of a PNG (its IHDR), so that nothing moves
 * when the picture arrives; they are taken twice as dense as the screen. */
static struct help_block picture(const struct help_part *p)
{
    const struct asset *file = asset_named(p->picture);
    if (!file || file->raw.len < 24) {
        return (struct help_block){0};
    }
    return (struct help_block){.picture = true,
                               .src = url_local(file->path),
                               .alt = p->alt,
                               .width = big_endian(file->raw.ptr + 16),
                               .height = big_endian(file->raw.ptr + 20)};
}

static struct help_views view(struct visit *v, const struct help_manual *m)
{
    struct help_view *list = arena_array(v->ctx.arena, struct help_view, m->nsections + 1);
    for (size_t i = 0; i < m->nsections; i++) {
        const struct help_section *s = &m->sections[i];
        struct help_block *blocks = arena_array(v->ctx.arena, struct help_block, s->nparts + 1);
        for (size_t k = 0; k < s->nparts; k++) {
            const struct help_part *p = &s->parts[k];
            blocks[k] = p->picture.len
                            ? picture(p)
                            : (struct help_block){.text = markdown_html(v->ctx.arena, p->text)};
        }
        list[i] = (struct help_view){.section = s, .blocks = {blocks, s->nparts}};
    }
    return (struct help_views){list, m->nsections};
}

struct help_contents help_contents(const struct help_manual *m)
{
    size_t before = m->nsections && m->sections[0].level == 0;
    return (struct help_contents){m->sections + before, m->nsections - before};
}

void page_help(struct visit *v)
{
    struct help_manual *all = arena_array(v->ctx.arena, struct help_manual, help_names_len);
    struct help_found *found = arena_array(v->ctx.arena, struct help_found, HELP_FOUND_MAX);
    size_t n = 0;
    for (size_t i = 0; i < help_names_len; i++) {
        n += help_read(v->ctx.arena, str_from(help_names[i]), v->ctx.lang, &all[n]);
    }
    struct help_index p = {.query = str_trim(visit_param(v, STR("q"))), .manuals = {all, n}};
    p.found = (struct help_hits){found, help_find(v->ctx.arena, all, n, p.query, found)};
    struct frame f;
    struct html out = frame_begin(v, &f, words_in(help_title, v->ctx.lang), STR("help"));
    help_index_html(&out, &p);
    frame_end(v, &f, &out, 200);
}

void page_help_manual(struct visit *v)
{
    struct help_page p = {0};
    if (!help_read(v->ctx.arena, v->seg[0], v->ctx.lang, &p.manual)) {
        visit_error(v, err_make(ERR_NOT_FOUND, STR("manual")));
        return;
    }
    p.sections = view(v, &p.manual);
    p.printing = visit_param(v, STR("print")).len > 0;
    struct frame f;
    struct html out = frame_begin(v, &f, p.manual.title, STR("help"));
    help_html(&out, &p);
    frame_end(v, &f, &out, 200);
}
