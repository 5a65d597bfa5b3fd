/* sample.h - a sample that nobody can steer.
 *
 *     seed   = SHA-256("sample-v1" 00 root 00 nonce 00 campaign 00 control)
 *     draw j = first 8 bytes of SHA-256(seed | u64 j), big-endian; from
 *              floor(2^64 / N) * N on it is rejected, else its rest by N is the place;
 *              a place that was drawn before is passed over
 *
 * root is that of a checkpoint which was signed after the auditor's nonce stood in the
 * ledger, and the nonce came after the snapshot: so neither of the two could choose.
 */
#ifndef LEDGER_SAMPLE_H
#define LEDGER_SAMPLE_H

#include "ledger/hash.h"

enum { SAMPLE_MAX = 1000, SAMPLE_TEXT_MAX = 200 };

/* Text of an auditor: 1 to SAMPLE_TEXT_MAX bytes of UTF-8 without control characters. */
bool sample_text_ok(str s);
struct hash sample_seed(struct hasher *h, const struct hash *root, str nonce, str campaign,
                        str control);
/* The first k places of 0..n-1, in the order they are drawn; returns how many: the smaller
 * of k, n and SAMPLE_MAX. */
int sample_draw(struct hasher *h, const struct hash *seed, int64_t n, int k, int64_t *ret);

#endif
