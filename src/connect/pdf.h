/* pdf.h - a document for paper: headings, paragraphs and labelled values, one below the
 * other on pages of A4, each page with its foot.
 *
 * Cairo and Pango do the work; Chinese and English break as they should.  Bounds:
 * PDF_PAGES_MAX pages, PDF_TEXT_MAX bytes of one text, PDF_BYTES_MAX of the whole:
 * what is beyond is left out, and the last line says so.
 * Nothing here jumps through the library's calls; all it holds ends with the arena.
 */
#ifndef CONNECT_PDF_H
#define CONNECT_PDF_H

#include "base/err.h"
#include "base/words.h"

#include <semaphore.h>

struct arena;
struct pdf;

enum { PDF_PAGES_MAX = 60, PDF_TEXT_MAX = 32000, PDF_BYTES_MAX = 16 << 20 };

/* `foot` stands on every page beside its number.  `turn`: waited for, and posted by pdf_end or
 * at the end of the arena, whichever thread ends it; with one for all, one document is made at
 * a time: the library maps fonts for each, and reads each font file whole at its end, some
 * 20 MB.  NULL: nobody else makes any.  ERR_BUSY: memory is short. */
MUST_CHECK err pdf_begin(struct arena *a, sem_t *turn, enum lang lang, str title, str foot,
                         struct pdf **ret);
void pdf_title(struct pdf *p, str above, str title, str below);
void pdf_heading(struct pdf *p, str text);
void pdf_text(struct pdf *p, str text);
void pdf_small(struct pdf *p, str text);
/* A label with its value beside it, and under the label a small note. */
void pdf_pair(struct pdf *p, str label, str note, str value);
/* A QR code in the right upper corner of the page that is being written. */
void pdf_qr(struct pdf *p, str text);
/* The whole; ERR_BUSY when memory ended. */
MUST_CHECK err pdf_end(struct pdf *p, str *ret_bytes);

#endif
