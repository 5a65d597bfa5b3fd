/* document.h - a record as a document for paper or the file: what its page shows to this
 * person, without what one can do.
 *
 * Fields with the articles they rest on, deadlines, attachments with their digests, the
 * latest acts with their places in the ledger, room for signatures; a QR code leads to
 * the proof of the last act.  Every right is that of record_view(): a field, a name or
 * an act the actor may not see is not in it.  Bounds are those of pdf.h.
 */
#ifndef CONNECT_DOCUMENT_H
#define CONNECT_DOCUMENT_H

#include "engine/ctx.h"

#include <semaphore.h>

/* Where it is made: the organisation on each page, the address the QR code begins with
 * (empty: it names the entry of the ledger instead), and whose turn it is (pdf.h). */
struct document_place {
    str organisation, public_url;
    sem_t *turn;
};

/* Bytes of a PDF in ctx->lang and the name of a file for it, both in ctx->arena.
 * ERR_NOT_FOUND: no such record for this actor; ERR_BUSY: memory ended. */
MUST_CHECK err document_of_record(const struct ctx *ctx, const struct type *t, int64_t id,
                                  const struct document_place *place, str *ret_bytes,
                                  str *ret_name);

#endif
