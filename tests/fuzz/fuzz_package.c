/* Evidence packages: lines of a population, proofs, cosignatures; what is read is what would
 * be written. */
#include "base/arena.h"
#include "ledger/package.h"
#include "ledger/proof.h"

#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char seed[NOTE_SEED_LEN] = {7};
    struct arena *a = fuzz_arena(256u << 20);
    struct hasher *h = hash_make(a);
    struct note_signer w;
    struct proof_tlog p;
    struct package_population one = {0};
    struct package_population two = {0};
    enum package_verdict v;
    str row;
    str why;
    int64_t key = -1;
    int n = 0;
    str text = fuzz_text(data, size);
    if (package_line_read(h, &one, text, &key, &v, &row)) {
        bool hidden = str_eq(row, PACKAGE_HIDDEN) && str_starts(text, STR("{\"hidden\""));
        str line = package_line(h, a, &two, key, hidden ? STR("") : row, v);
        MUST(str_eq(str_from_n(line.ptr, line.len - 1), text));
        struct hash x = merkle_root(h, &one.tree);
        struct hash y = merkle_root(h, &two.tree);
        MUST(hash_eq(x, y));
    }
    if (proof_tlog_read(a, text, &p, &why)) {
        MUST(str_eq(proof_tlog_write(a, &p), text) || !p.extra.len);
    }
    MUST(!cosign_signer(h, STR("w.example"), seed, &w).code);
    MUST(cosign_count(text, &w.key, 1, NULL, &n).code || n == 0); /* nobody signed with it */
    MUST(!cosign_pick(text, text, &w.key).len);
    return 0;
}
