#include "connect/maker.h"

#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 36, CELL = 120, LINE = COLUMNS * CELL };

static const char *const columns[COLUMNS] = {"number",
                                             "incident_state",
                                             "active",
                                             "reassignment_count",
                                             "reopen_count",
                                             "sys_mod_count",
                                             "made_sla",
                                             "caller_id",
                                             "opened_by",
                                             "opened_at",
                                             "sys_created_by",
                                             "sys_created_at",
                                             "sys_updated_by",
                                             "sys_updated_at",
                                             "contact_type",
                                             "location",
                                             "category",
                                             "subcategory",
                                             "u_symptom",
                                             "cmdb_ci",
                                             "impact",
                                             "urgency",
                                             "priority",
                                             "assignment_group",
                                             "assigned_to",
                                             "knowledge",
                                             "u_priority_confirmation",
                                             "notify",
                                             "problem_id",
                                             "rfc",
                                             "vendor",
                                             "caused_by",
                                             "closed_code",
                                             "resolved_by",
                                             "resolved_at",
                                             "closed_at"};

static uint64_t next(struct made_log *g)
{
    g->seed ^= g->seed << 13;
    g->seed ^= g->seed >> 7;
    g->seed ^= g->seed << 17;
    return g->seed;
}

static int below(struct made_log *g, int n)
{
    return (int)(next(g) % (uint64_t)n);
}

static bool one_in(struct made_log *g, int n)
{
    return below(g, n) == 0;
}

/* --- one case -------------------------------------------------------------------------- */

struct one_case {
    char cells[COLUMNS][CELL];
    int minute; /* since the beginning of the log */
    int mods;
    bool wild; /* any state may follow any */
};

static void put(struct one_case *c, const char *column, const char *text)
{
    for (int i = 0; i < COLUMNS; i++) {
        if (strcmp(columns[i], column) == 0) {
            snprintf(c->cells[i], CELL, "%s", text);
        }
    }
}

/* A text and a number, or not known. */
static void some(struct made_log *g, struct one_case *c, const char *column, const char *what,
                 int of, int unknown)
{
    char text[CELL];
    snprintf(text, sizeof(text), "%s %d", what, below(g, of));
    put(c, column, unknown && one_in(g, unknown) ? "?" : text);
}

static void when(struct one_case *c, const char *column, int minute)
{
    char text[CELL];
    int day = minute / 1440;
    snprintf(text, sizeof(text), "%02d-%02d-%04d %02d:%02d", day % 28 + 1, day / 28 % 12 + 1,
             2017 + day / 336, minute / 60 % 24, minute % 60);
    put(c, column, text);
}

static const char *const states[] = {"New",
                                     "Active",
                                     "Awaiting User Info",
                                     "Awaiting Evidence",
                                     "Awaiting Vendor",
                                     "Awaiting Problem",
                                     "Resolved",
                                     "Closed"};

static void begin_case(struct made_log *g, struct one_case *c, int number)
{
    static const char *const priorities[] = {"1 - Critical", "2 - High", "3 - Moderate", "4 - Low"};
    char text[CELL];
    memset(c, 0, sizeof(*c));
    for (int i = 0; i < COLUMNS; i++) {
        snprintf(c->cells[i], CELL, "?");
    }
    snprintf(text, sizeof(text), "SD%06d", number);
    put(c, "number", text);
    put(c, "made_sla", one_in(g, 4) ? "FALSE" : "TRUE");
    some(g, c, "caller_id", "来电人", 900, 20);
    some(g, c, "opened_by", "Agent  Ω", 30, 9);
    some(g, c, "sys_created_by", "Creator", 30, 4);
    put(c, "contact_type", one_in(g, 3) ? "Email" : one_in(g, 3) ? "Walk in" : "Phone");
    some(g, c, "location", "Building", 40, 8);
    some(g, c, "category", "类别", 12, 15);
    some(g, c, "subcategory", "Sub \"quoted\", no", 30, 15);
    some(g, c, "u_symptom", g->plain ? "symptom" : "=symptom\nof two lines", 50, 3);
    put(c, "priority", priorities[below(g, 4)]);
    some(g, c, "assignment_group", "Group", 25, 10);
    some(g, c, "assigned_to", "Worker", 50, 3);
    some(g, c, "closed_code", "code", 12, 20);
    c->minute = below(g, 300000);
    when(c, "opened_at", c->minute);
    when(c, "sys_created_at", c->minute + below(g, 20));
    c->wild = one_in(g, 4);
}

static int next_state(struct made_log *g, const struct one_case *c, int now)
{
    if (c->wild) {
        return below(g, 8);
    }
    return now >= 6 ? 7 : now + below(g, 8 - now);
}

/* --- lines ------------------------------------------------------------------------------- */

static void quoted(FILE *f, const char *cell)
{
    if (!strpbrk(cell, ",\"\n")) {
        fputs(cell, f);
        return;
    }
    fputc('"', f);
    for (const char *p = cell; *p; p++) {
        if (*p == '"') {
            fputc('"', f);
        }
        fputc(*p, f);
    }
    fputc('"', f);
}

static char *line_text(const struct made_log *g, const struct one_case *c)
{
    char *text = NULL;
    size_t n = 0;
    FILE *f = open_memstream(&text, &n);
    for (int i = 0; i < COLUMNS; i++) {
        int k = g->plain ? i : COLUMNS - 1 - i;
        if (i) {
            fputc(',', f);
        }
        quoted(f, c->cells[k]);
    }
    fputs("\r\n", f);
    fclose(f);
    return text;
}

static char *spoiled(struct made_log *g, struct one_case *c)
{
    struct one_case bad = *c;
    switch (below(g, 4)) {
    case 0:
        put(&bad, "incident_state", "Pending");
        g->bad_state++;
        break;
    case 1:
        put(&bad, "sys_updated_at", "31-02-2017 10:00");
        g->bad_time++;
        break;
    case 2:
        put(&bad, "number", "?");
        g->no_key++;
        break;
    default: {
        char *text = line_text(g, &bad);
        char *comma = strrchr(text, ',');
        memcpy(comma, "\r\n", 3); /* one cell less */
        g->bad_form++;
        return text;
    }
    }
    put(&bad, "sys_mod_count", "99999"); /* never the same as another line */
    return line_text(g, &bad);
}

struct texts {
    char **list;
    size_t n, cap;
};

static void keep(struct texts *t, char *text)
{
    if (t->n == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 1024;
        t->list = realloc(t->list, t->cap * sizeof(*t->list));
        if (!t->list) {
            abort();
        }
    }
    t->list[t->n++] = text;
}

static void one_line(struct made_log *g, struct one_case *c, int state, struct texts *t)
{
    char text[CELL];
    snprintf(text, sizeof(text), "%d", c->mods++);
    put(c, "sys_mod_count", text);
    put(c, "incident_state", states[state]);
    some(g, c, "sys_updated_by", "Updater", 40, 30);
    c->minute += below(g, 3000);
    when(c, "sys_updated_at", c->minute);
    if (one_in(g, 4)) {
        some(g, c, "assigned_to", "Worker", 50, 5);
    }
    if (one_in(g, 12)) {
        put(c, "priority", "1 - Critical");
    }
    char *line = line_text(g, c);
    keep(t, line);
    if (one_in(g, 25)) {
        g->twice++;
        keep(t, strdup(line));
    }
    if (g->planted && one_in(g, 20)) {
        keep(t, spoiled(g, c));
    }
}

/* Some lines change places: cases mix, and lines of a case lose their order. */
static void mix(struct made_log *g, struct texts *t)
{
    for (size_t i = 0; i + 1 < t->n; i++) {
        if (one_in(g, 3)) {
            size_t far = i + 1 + (size_t)below(g, 40);
            size_t with = far < t->n ? far : t->n - 1;
            char *x = t->list[i];
            t->list[i] = t->list[with];
            t->list[with] = x;
        }
    }
}

void maker_write(struct made_log *g, FILE *f)
{
    struct texts t = {0};
    for (int i = 0; i < g->cases; i++) {
        struct one_case c;
        begin_case(g, &c, i);
        int n = 1 + below(g, 2 * g->lines_per_case - 1);
        int state = below(g, 3);
        for (int k = 0; k < n; k++) {
            one_line(g, &c, state, &t);
            state = next_state(g, &c, state);
        }
    }
    mix(g, &t);
    for (int i = 0; i < COLUMNS; i++) {
        fprintf(f, "%s%s", i ? "," : "", columns[g->plain ? i : COLUMNS - 1 - i]);
    }
    fputs("\r\n", f);
    for (size_t i = 0; i < t.n; i++) {
        fputs(t.list[i], f);
        free(t.list[i]);
    }
    g->lines = (int64_t)t.n;
    free(t.list);
}
