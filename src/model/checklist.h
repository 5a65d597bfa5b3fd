/* checklist.h - check-lists: lines whose columns the language gives.
 *
 *   type: lines, of: checklist            what is to be checked: the items of a template
 *   type: checklist, from: template.items what was found, item by item
 *
 * Both are lines (model.h) and everything that goes for lines goes for them: conditions
 * walk them, history and ledger hold each row, programs read and write them.  A
 * check-list has beside an item's columns its answer; and its record two computed fields:
 * KEY_left, the items without an answer, and KEY_no, those answered "no".
 *
 * `from` (a set of rows of items: lines of a record that a field names) is put in when the
 * record is created, before the effects of its action.
 *
 * An action that asks for a check-list (`asks: [sheet]`) lets the items that are there be
 * answered and nothing else; `sheet+` adds items of one's own.  What an answer wants
 * beside it, see perform_items.c. */
#ifndef MODEL_CHECKLIST_H
#define MODEL_CHECKLIST_H

#include "base/str.h"

struct field;
struct tdef;

enum { CHECKLIST_MAX = 200 }; /* items of one list */

/* Is the column filled in by whoever checks, rather than by who says what to check? */
bool checklist_answers(str column);
/* "sheet.4711.photo": the lines field of a file that belongs to one of its rows, with the
 * row's id and the column; NULL when it is none. */
const struct field *checklist_place(const struct tdef *d, str path, int64_t *ret_row,
                                    str *ret_column);

#endif
