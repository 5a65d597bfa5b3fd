/* evidence_int.h - what the files that make a package share. */
#ifndef CONNECT_EVIDENCE_INT_H
#define CONNECT_EVIDENCE_INT_H

#include "connect/evidence.h"

/* --- evidence_zip.c: the file being written -------------------------------------------- */

struct pack;
/* Closes what is open with ctx's arena. */
MUST_CHECK err pack_begin(struct arena *a, int fd, int64_t at, int zone, struct pack **ret);
void pack_file(struct pack *p, str name);
void pack_put(struct pack *p, str bytes);
/* Ends the file; its digest. */
struct hash pack_file_end(struct pack *p);
/* All at once. */
struct hash pack_whole(struct pack *p, str name, str bytes);
MUST_CHECK err pack_end(struct pack *p);
/* "<hex>  name" of the files so far, by name. */
str pack_manifest(struct pack *p);
const struct evidence_file *pack_files(const struct pack *p, size_t *n);

/* --- evidence_text.c: what is said of the control ------------------------------------------ */

str evidence_control_text(struct arena *a, const struct control *c);
MUST_CHECK err evidence_params_text(const struct ctx *ctx, const struct control *c, str *ret);
MUST_CHECK err evidence_clause_text(const struct ctx *ctx, const struct control *c, str *ret);

/* --- evidence_report.c ------------------------------------------------------------------------ */

struct evidence_case {
    str number, name;
    struct words reason;
    enum package_verdict verdict;
    int64_t record;
    bool visible;
};
struct evidence_report {
    const struct evidence *x;
    str organisation, asker;
    const struct evidence_case *cases;
    size_t ncases; /* of all that do not hold, the first */
};
str evidence_report_html(const struct ctx *ctx, const struct evidence_report *r);

#endif
