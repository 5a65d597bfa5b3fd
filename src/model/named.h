/* named.h - what a text field names: an article or a control.
 *
 * Registers of the language keep them by their keys ("regulation#clause", the key of a control);
 * people are shown their words.  A key that names nothing in force stays as it is.
 */
#ifndef MODEL_NAMED_H
#define MODEL_NAMED_H

#include "model/control.h"
#include "model/model.h"

/* Does the text of this field name a control, by its key? */
bool named_is_control(const struct model *m, const struct field *f);
/* The article whose name is the whole text; NULL: of none there is now. */
const struct clause *named_clause(const struct model *m, str text);
/* The control whose key is the text of this field; NULL: none that is in force. */
const struct control *named_control(const struct model *m, const struct field *f, str text);
/* Its words, in the arena where they are put together; empty: the text names none. */
struct words named_words(struct arena *a, const struct model *m, const struct field *f, str text);

#endif
