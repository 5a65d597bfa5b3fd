/* form_page.h - what form.html shows: an action's fields as inputs. */
#ifndef PAGE_FORM_PAGE_H
#define PAGE_FORM_PAGE_H

#include "engine/attach.h"
#include "engine/record.h"
#include "page/frame.h"
#include "page/items.h"
#include "page/show.h"

#include "gen/frame.html.h"
#include "gen/items.html.h"

enum form_input_kind {
    INPUT_TEXT,
    INPUT_AREA,
    INPUT_SELECT,
    INPUT_RADIO,
    INPUT_CHECKS,
    INPUT_FILE,
    INPUT_RECORD,
    INPUT_ROWS,
    INPUT_ITEMS
};

struct form_option {
    str value, words;
    bool on;
};
struct form_options {
    const struct form_option *ptr;
    size_t len;
};

struct form_row;
struct form_input {
    enum form_input_kind kind;
    str name, words, value, type, mode, hint, error, to;
    const struct clause *clause;
    int64_t max, lines;
    bool required; /* marked so */
    bool must;     /* and the browser may insist: not for conditional ones */
    bool bad, wide, multiple;
    struct form_options options;
    struct {
        const struct form_row *ptr;
        size_t len;
    } rows;
    struct items items; /* of a check-list that is answered */
};
struct form_inputs {
    const struct form_input *ptr;
    size_t len;
};
struct form_row {
    str prefix, legend;
    int64_t id;
    bool removable;
    struct form_inputs inputs;
};

struct form_kept { /* a file that came with a form which was refused */
    str name, sealed;
    int64_t size;
};
struct form_kept_files {
    const struct form_kept *ptr;
    size_t len;
};

/* A node of the approval that the action would wait for. */
struct form_step {
    struct words title, rule;
    str term; /* "16 个工作小时"; empty: none */
    const struct clause *clause;
    bool applies, unknown;
    struct words nobody; /* what is done where nobody can be seated; empty: somebody can */
    struct {
        const struct form_who {
            struct words who, why;
        } * ptr;
        size_t len;
    } people;
};
struct form_steps {
    const struct form_step *ptr;
    size_t len;
};

/* What comes after it was sent, a sentence each. */
struct form_next {
    const str *ptr;
    size_t len;
};

struct form_page {
    const struct visit *visit;
    struct form_kept_files kept_files;
    str type, type_title, record_name, title, csrf, key, draft, error, ask;
    int64_t record, ver;
    const struct clause *clause;
    const struct refusal *refusal;
    struct form_inputs inputs;
    bool files, kept;
    url target, back, check;
    struct form_steps route; /* what it would wait for */
    struct form_next next;
    bool again, straight; /* submitted anew; may go straight on where it was returned */
};
struct form_checked { /* what is said while one types */
    str error;
    const struct refusal *refusal;
    struct form_steps route;
    struct form_next next;
};

/* --- form_page.c --- */
/* The page of a form, and what is said of it while one types. */
void form_render(struct visit *v, const struct form *fm, const struct refusal *refusal,
                 struct form_kept_files files, bool kept, int status);
void form_say(struct visit *v, const struct form *fm);

/* --- form_route_page.c --- */
struct form_steps form_steps_of(struct visit *v, const struct form *fm);
/* Who decides first, how many after him, and what becomes of the record then; without an
 * approval the state alone.  Empty: nothing changes that has a name. */
struct form_next form_next_of(struct visit *v, const struct form *fm,
                              const struct form_steps *steps);

/* --- form_values.c --- */
enum { FORM_ROWS_MAX = 60 }; /* lines of one field; a list field takes 64 values */
/* So many lines the form of this field has at most: those of a check-list are all answered. */
size_t form_rows_max(const struct field *f);
/* The values a form sent, or a link that fills it in advance; for act and form_get. */
struct value_in *form_values(struct visit *v, const struct action *a, size_t *n);
/* What was not asked for is added to v->act as it came: the engine refuses it. */
void form_add_unasked(struct visit *v, const struct action *a);
/* The files it brought, and those kept from before. */
struct act_file *form_files(struct visit *v, const struct action *a, size_t *n);
/* Puts them aside so that the form shown again still has them; one that is too large or
 * cannot be stored is left out. */
struct form_kept_files form_keep(struct visit *v, const struct act_file *files, size_t n);
/* The columns of a row that this action lets be filled; `fresh`: of a new row. */
bool form_column_asked(const struct ask *ask, const struct field *column, bool fresh);

#endif
