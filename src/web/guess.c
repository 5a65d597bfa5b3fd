#include "web/guess.h"

#include <string.h>

static size_t place_of(str token)
{
    return (size_t)(str_hash(token) % GUESSES);
}

const struct guess *guess_find(const struct guess *list, str token)
{
    const struct guess *g = &list[place_of(token)];
    return g->len && str_eq(str_from_n(g->token, g->len), token) ? g : NULL;
}

void guess_forget(struct guess *list, str token)
{
    struct guess *g = &list[place_of(token)];
    if (g->len && str_eq(str_from_n(g->token, g->len), token)) {
        g->len = 0;
    }
}

static bool keep(struct guess *g, size_t *at, str *text)
{
    if (text->len > sizeof(g->texts) - *at) {
        return false;
    }
    if (text->len) {
        memcpy(g->texts + *at, text->ptr, text->len);
    }
    *text = str_from_n(g->texts + *at, text->len);
    *at += text->len;
    return true;
}

void guess_keep(struct guess *list, str token, const struct session *s)
{
    struct guess *g = &list[place_of(token)];
    size_t at = 0;
    g->len = 0;
    g->session = *s;
    bool fits = token.len > 0 && token.len <= sizeof(g->token) && keep(g, &at, &g->session.login) &&
                keep(g, &at, &g->session.csrf) && keep(g, &at, &g->session.theme) &&
                keep(g, &at, &g->session.scopes) && keep(g, &at, &g->session.name);
    if (fits) {
        memcpy(g->token, token.ptr, token.len);
        g->len = token.len;
    }
}

bool guess_same(const struct session *a, const struct session *b)
{
    return a->person == b->person && a->id == b->id && a->lang == b->lang &&
           a->must_change == b->must_change && a->must_second == b->must_second &&
           a->token == b->token && a->reading.on == b->reading.on &&
           a->reading.access == b->reading.access && a->reading.ends == b->reading.ends &&
           a->reading.since == b->reading.since && a->reading.until == b->reading.until &&
           str_eq(a->login, b->login) && str_eq(a->csrf, b->csrf) && str_eq(a->theme, b->theme) &&
           str_eq(a->scopes, b->scopes) && str_eq(a->name, b->name);
}
