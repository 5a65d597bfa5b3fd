#include "page/pages.h"

#include "base/arena.h"

static url page_at(const struct visit *v, str base, int64_t page)
{
    return url_local(str_fmt(v->ctx.arena, "%.*spage=%lld", STR_ARG(base), (long long)page));
}

struct pages pages_of(struct visit *v, str base, size_t n, size_t most)
{
    struct pages p = {.pages = n ? (int64_t)((n + most - 1) / most) : 1};
    bool good = str_to_i64(visit_param(v, STR("page")), &p.page) && p.page >= 1;
    p.page = !good ? 1 : p.page > p.pages ? p.pages : p.page;
    p.first = (size_t)(p.page - 1) * most;
    p.len = n - p.first < most ? n - p.first : most;
    p.previous = p.page > 1 ? page_at(v, base, p.page - 1) : p.previous;
    p.next = p.page < p.pages ? page_at(v, base, p.page + 1) : p.next;
    return p;
}
