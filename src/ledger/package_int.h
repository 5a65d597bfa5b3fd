/* package_int.h - what the files that check a package share. */
#ifndef LEDGER_PACKAGE_INT_H
#define LEDGER_PACKAGE_INT_H

#include "ledger/ledger.h"
#include "ledger/package.h"
#include "ledger/proof.h"

enum { PACKAGE_PARTS_MAX = 16 };

/* One of package_parts, as it lies there. */
struct package_seen {
    bool there, whole; /* whole: read to its end */
    struct hash digest;
    str text; /* of a small one */
    bool listed;
    struct hash want; /* what the manifest says */
    bool vouched;     /* something else than the manifest says that it is right */
};

struct package_checking {
    struct hasher *h;
    struct arena *a;
    struct package *p;
    const struct package_options *opt;
    struct package_report *ret;
    struct package_seen seen[PACKAGE_PARTS_MAX];
    size_t at[PACKAGE_PARTS_MAX]; /* its place in the package */
    str payload;                  /* canonical, whether it is believed or not; empty: none */
    bool proved;                  /* leaf, payload, path and signature hold together */
};

/* What is wrong, with a file of this name. */
void package_blame(struct package_checking *c, str file, struct words what, str detail);
struct package_seen *package_seen(struct package_checking *c, const char *name);
/* Differs from what the manifest says of it. */
bool package_differs(const struct package_seen *s);

/* package_proof.c: the entry of the ledger; fills payload. */
void package_check_proof(struct package_checking *c);
/* package_rows.c: the population, the violations, the sample. */
void package_check_rows(struct package_checking *c);

#endif
