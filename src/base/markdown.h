/* markdown.h - text people write, as HTML that is safe to show.
 *
 * CommonMark with tables and strikethrough (md4c); no raw HTML; links only to
 * http, https, mailto and paths of this server, all with rel="noopener
 * nofollow"; no images (they become links).  Emphasis beside Chinese
 * punctuation works (**注意：**请...), which CommonMark alone does not do.
 * Headings are made h3 and below.  At most 200 KB in, 800 KB out; what is
 * longer is shown as plain escaped text, cut.
 */
#ifndef BASE_MARKDOWN_H
#define BASE_MARKDOWN_H

#include "base/html.h"

html_safe markdown_html(struct arena *a, str text);
/* The same of what people type into a form: a line that they ended is ended. */
html_safe markdown_lines_html(struct arena *a, str text);
/* The same without marks, for snippets and search: plain text. */
str markdown_plain(struct arena *a, str text);

#endif
