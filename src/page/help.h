/* help.h - the manual inside the program.
 *
 * docs/manual/NAME.LANG.md and the pictures beside it are packed into the program
 * (tool/embed.sh) and read here into sections.  A section begins at a heading that
 * names itself, in both languages alike:
 *
 *     ## 列表 {#lists}          ### 第二因素 {#second-factor}
 *
 * so a link /help/user#lists holds in every language (tests/page/help_test.c); one without
 * a name is section-N.  A line that is a picture, ![what it shows](lists.zh.png), is a part of its
 * own.
 */
#ifndef PAGE_HELP_H
#define PAGE_HELP_H

#include "base/str.h"
#include "base/words.h"

struct arena;

struct help_part {
    str text;         /* Markdown; empty for a picture */
    str picture, alt; /* name of an asset: "manual/lists.zh.png" */
};
struct help_section {
    int level; /* 2 or 3; 0: what stands before the first heading */
    str id, title;
    const struct help_part *parts;
    size_t nparts;
};
struct help_manual {
    str name; /* "user" */
    str title;
    const struct help_section *sections;
    size_t nsections;
};

enum { HELP_SECTIONS_MAX = 100, HELP_FOUND_MAX = 30, HELP_QUERY_MAX = 100 };

/* The names, in the order to read them. */
extern const char *const help_names[];
extern const size_t help_names_len;

/* False when there is no manual of that name. */
bool help_read(struct arena *a, str name, enum lang lang, struct help_manual *ret);
/* The section of that id; NULL when there is none. */
const struct help_section *help_section(const struct help_manual *m, str id);

/* Where every word of `query` (at most HELP_QUERY_MAX bytes of it, ASCII in any case)
 * stands in the title or the text of a section: first those with a word in the title. */
struct help_found {
    const struct help_manual *manual;
    const struct help_section *section;
    str snippet; /* plain text around the first word */
    bool in_title;
};
size_t help_find(struct arena *a, const struct help_manual *ms, size_t n, str query,
                 struct help_found ret[HELP_FOUND_MAX]);

#endif
