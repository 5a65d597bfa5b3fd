/* The regulations below tests/regulations use every construct of the language that
 * is built: every key of every place (model/keys.h), every field type, every
 * kind of setting, every capacity, every function, macro and unit of length. */
#include "base/arena.h"
#include "model/load_int.h"

#include "support/test.h"

#include <stdio.h>

enum { MOST = 1 << 20 };

struct seen {
    str words[4000];
    size_t n;
};

static struct seen seen;

/* "place.key" */
static void note(struct arena *a, const char *place, str key)
{
    assert_true(seen.n < sizeof(seen.words) / sizeof(seen.words[0]));
    seen.words[seen.n++] = str_fmt(a, "%s.%.*s", place, STR_ARG(key));
}

static bool noted(struct arena *a, const char *place, str key)
{
    str word = str_fmt(a, "%s.%.*s", place, STR_ARG(key));
    for (size_t i = 0; i < seen.n; i++) {
        if (str_eq(seen.words[i], word)) {
            return true;
        }
    }
    return false;
}

/* Which place a key leads to: keys of a map by name below, or entries of a list. */
struct way {
    const char *place, *key, *to;
    enum { NAMES, ENTRIES, ITSELF } how;
};
static const struct way ways[] = {
    {"regulation", "settings", "setting", NAMES},
    {"regulation", "types", "type", NAMES},
    {"regulation", "adds", "add", ENTRIES},
    {"regulation", "title", "words", ITSELF},
    {"setting", "default", "choice", NAMES},
    {"type", "fields", "field", NAMES},
    {"type", "states", "state", NAMES},
    {"type", "actions", "action", NAMES},
    {"type", "terms", "term", NAMES},
    {"type", "rules", "rule", ENTRIES},
    {"type", "unique", "unique", ENTRIES},
    {"field", "of", "field", NAMES},
    {"action", "needs", "need", ENTRIES},
    {"action", "asks", "ask", ENTRIES},
    {"action", "to", "target", ENTRIES},
    {"action", "effects", "effect", ENTRIES},
    {"action", "approval", "route", ITSELF},
    {"action", "approval", "node", ENTRIES},
    {"action", "then_approved", "then", ITSELF},
    {"action", "then_refused", "then", ITSELF},
    {"route", "nodes", "node", ENTRIES},
    {"then", "to", "target", ENTRIES},
    {"then", "effects", "effect", ENTRIES},
    {"effect", "notify", "notify", ITSELF},
    {"effect", "task", "task", ITSELF},
    {"effect", "receipt", "receipt", ITSELF},
    {"effect", "finding", "finding", ITSELF},
    {"type", "draw", "draw", ITSELF},
    {"term", "marks", "mark", ENTRIES},
    {"mark", "do", "effect", ENTRIES},
    {"regulation", "apart", "apart", ENTRIES},
    {"regulation", "controls", "control", NAMES},
    {"control", "reasons", "reason", NAMES},
    {"control", "manual", "manual", ITSELF},
    {"regulation", "duties", "duty", NAMES},
    {"duty", "missed", "effect", ENTRIES},
    {"add", "effects", "effect", ENTRIES},
    {"add", "rules", "rule", ENTRIES},
    {"add", "needs", "need", ENTRIES},
};

static void walk(struct arena *a, const char *place, const struct ynode *n);

static void walk_way(struct arena *a, const struct way *w, const struct ynode *n)
{
    if (w->how == ITSELF) {
        walk(a, w->to, n);
    }
    for (size_t i = 0; i < n->len; i++) {
        if (w->how == NAMES && n->kind == Y_MAP) {
            walk(a, w->to, n->pairs[i].value);
        } else if (w->how == ENTRIES && n->kind == Y_LIST) {
            walk(a, w->to, n->items[i]);
        }
    }
}

static void walk(struct arena *a, const char *place, const struct ynode *n)
{
    for (size_t i = 0; n->kind == Y_MAP && i < n->len; i++) {
        const struct ypair *p = &n->pairs[i];
        note(a, place, p->key);
        bool typed = str_eq(p->key, STR("type")) && p->value->kind == Y_TEXT;
        if (typed) {
            note(a, str_fmt(a, "%s type", place).ptr, p->value->text);
        }
        for (size_t k = 0; str_eq(p->key, STR("has")) && k < p->value->len; k++) {
            note(a, "has", p->value->items[k]->text);
        }
        for (size_t k = 0; k < sizeof(ways) / sizeof(ways[0]); k++) {
            if (str_eq(str_from(ways[k].place), str_from(place)) &&
                str_eq(p->key, str_from(ways[k].key))) {
                walk_way(a, &ways[k], p->value);
            }
        }
    }
}

static int missing;

static void want(struct arena *a, const char *place, str key)
{
    if (!noted(a, place, key)) {
        print_message("not used: %s of %s\n", str_copy(a, key).ptr, place);
        missing++;
    }
}

static void want_all(struct arena *a, const char *place, const char *keys)
{
    str rest = str_from(keys);
    while (rest.ptr && rest.len) {
        str key = str_cut(rest, ' ', &rest);
        if (key.len) {
            want(a, place, key);
        }
    }
}

static str read_text(struct arena *a, const char *path)
{
    char *p = arena_bytes(a, MOST);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = fread(p, 1, MOST, f);
    fclose(f);
    return str_from_n(p, n);
}

static void want_text(struct arena *a, str text, str piece)
{
    if (!str_has(text, piece)) {
        print_message("not used: %s\n", str_copy(a, piece).ptr);
        missing++;
    }
}

static void every_construct_is_used(void **state)
{
    (void)state;
    static const char *const files[] = {"tests/regulations/seed_bank/definition.yaml",
                                        "tests/regulations/seed_exchange/definition.yaml",
                                        "regulations/attestation/definition.yaml",
                                        "regulations/personal_data/definition.yaml",
                                        "regulations/supervision/definition.yaml"};
    static const struct {
        const char *place, *keys;
    } places[] = {
        {"regulation", KEYS_REGULATION},
        {"setting", KEYS_SETTING},
        {"choice", KEYS_CHOICE},
        {"type", KEYS_TYPE},
        {"draw", KEYS_DRAW},
        {"field", KEYS_FIELD},
        {"state", KEYS_STATE},
        {"rule", KEYS_RULE},
        {"unique", KEYS_UNIQUE},
        {"action", KEYS_ACTION},
        {"route", KEYS_ROUTE},
        {"node", KEYS_NODE},
        {"then", KEYS_THEN},
        {"target", KEYS_TARGET},
        {"ask", KEYS_ASK},
        {"need", KEYS_NEED},
        {"effect", KEYS_EFFECT},
        {"notify", KEYS_NOTIFY},
        {"task", KEYS_TASK},
        {"receipt", KEYS_RECEIPT},
        {"finding", KEYS_FINDING},
        {"term", KEYS_TERM},
        {"mark", KEYS_MARK},
        {"add", KEYS_ADD},
        {"apart", KEYS_APART},
        {"control", KEYS_CONTROL},
        {"reason", KEYS_REASON},
        {"manual", KEYS_MANUAL},
        {"duty", KEYS_DUTY},
        {"words", KEYS_WORDS},
        {"has", "comments attachments watchers label"},
        {"setting type", "text int decimal money bool date datetime duration days months workdays "
                         "workhours choice list"},
    };
    static const char *const pieces[] = {
        "exists(",  "count(",   "one(",   "all(",     "sum(",      "min(",      "max(",
        "last(",    "people(",  "old.",   "self",     "actor",     "now",       "today",
        "creator",  "everyone", "nobody", "auto",     ".due",      ".late",     "steps_left",
        "receipts", "acts",     "tasks",  "to: back", "from: any", "random",    "rows:",
        "+]",       "0d",       "12h",    "30m",      "workdays",  "workhours", "months",
        "{yyyy}",   "{mm}",     "{dd}",   "{seq:",    " in [",     " / ",       " * ",
    };
    struct arena a = arena_make(256u << 20);
    struct diags d = diags_make(&a);
    str texts[5];
    for (size_t i = 0; i < 5; i++) {
        texts[i] = read_text(&a, files[i]);
        const struct ynode *root = yaml_parse(&a, texts[i], str_from(files[i]), &d);
        assert_non_null(root);
        walk(&a, "regulation", root);
    }
    str text = str_fmt(&a, "%.*s%.*s%.*s%.*s%.*s", STR_ARG(texts[0]), STR_ARG(texts[1]),
                       STR_ARG(texts[2]), STR_ARG(texts[3]), STR_ARG(texts[4]));
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        want_all(&a, places[i].place, places[i].keys);
    }
    for (enum ftype t = F_TEXT; t <= F_URL; t++) {
        want(&a, "field type", str_from(ftype_name(t)));
    }
    for (size_t i = 0; expr_function(i).len; i++) {
        want_text(&a, text, str_fmt(&a, "%.*s(", STR_ARG(expr_function(i))));
    }
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        want_text(&a, text, str_from(pieces[i]));
    }
    arena_end(&a);
    assert_int_equal(missing, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_construct_is_used)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
