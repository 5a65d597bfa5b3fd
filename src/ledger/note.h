/* note.h - checkpoints as signed notes (C2SP signed-note, tlog-checkpoint).
 *
 *     units.example/ledger                            origin
 *     20852163                                        size
 *     CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=    root, base64
 *                                                     (empty line)
 *     — units.example/ledger <base64(4-byte key id | 64-byte Ed25519 signature)>
 *
 * The signature covers the text up to and including the newline before the
 * empty line.  Key id: the first 4 bytes of SHA-256(name | 0x0A | 0x01 |
 * public key).  A public key is handed round as text (vkey):
 *
 *     <name>+<key id, 8 hex digits>+<base64(0x01 | public key)>
 *
 * A note may carry further signatures (witnesses); lines of unknown keys are
 * ignored, a line of a known key that does not verify refuses the note.
 */
#ifndef LEDGER_NOTE_H
#define LEDGER_NOTE_H

#include "base/err.h"
#include "ledger/hash.h"

struct arena;

enum {
    NOTE_SEED_LEN = 32,
    NOTE_PUBLIC_LEN = 32,
    NOTE_SIGS_MAX = 100,    /* signature lines of a note */
    NOTE_BYTES_MAX = 65536, /* of a note that is read */
    NOTE_FURTHER_MAX = 1024 /* bytes of note_checkpoint.further that we write */
};

/* Whom to believe. */
struct note_key {
    str name; /* also the origin of the log whose key it is */
    uint32_t id;
    unsigned char public[NOTE_PUBLIC_LEN];
};

/* What signs.  Wipe it (note_signer_wipe) when it is no longer needed. */
struct note_signer {
    struct note_key key;
    unsigned char secret[64];
};

struct note_checkpoint {
    str origin;
    int64_t size;
    struct hash root;
    str further; /* lines after the root, each with its newline; signed too; often none */
};

/* A name is 1-255 bytes of UTF-8 without white space (Unicode's too), control characters of
 * ASCII or '+'. */
bool note_name_ok(str name);

/* The signer of a 32-byte seed.  `name` must live as long as the signer.
 * ERR_VALUE for a bad name. */
MUST_CHECK err note_signer(struct hasher *h, str name, const unsigned char seed[NOTE_SEED_LEN],
                           struct note_signer *ret);
void note_signer_wipe(struct note_signer *s);

/* The public key as text. */
str note_vkey(struct arena *a, const struct note_key *key);
/* Parses one vkey; its key id must fit.  ERR_VALUE says what is wrong. */
MUST_CHECK err note_key_parse(struct hasher *h, struct arena *a, str vkey, struct note_key *ret);

/* The signed text of a checkpoint; cp->further at most NOTE_FURTHER_MAX bytes. */
str note_write(struct arena *a, const struct note_signer *s, const struct note_checkpoint *cp);

/* The parts of a note: what is signed, and the lines of signatures.  ERR_VALUE: it is none. */
MUST_CHECK err note_cut(str note, str *text, str *sigs);
/* The next signature line of *rest, which is cut off; false: it is malformed. */
enum { NOTE_SIG_BYTES_MAX = 8192 };
struct note_sig {
    str line, name; /* the line without its newline */
    uint32_t id;
    const unsigned char *bytes; /* what follows the key id; in `room` */
    size_t len;
};
bool note_sig_next(str *rest, unsigned char room[NOTE_SIG_BYTES_MAX], struct note_sig *ret);
/* First 4 bytes of SHA-256(name | 0x0A | alg | public key). */
uint32_t note_key_id(struct hasher *h, str name, unsigned char alg, const unsigned char *public);
/* note_vkey and note_key_parse for keys of another algorithm's number. */
str note_vkey_of(struct arena *a, const struct note_key *key, unsigned char alg);
MUST_CHECK err note_key_parse_of(struct hasher *h, struct arena *a, str vkey, unsigned char alg,
                                 struct note_key *ret);

/* Reads a checkpoint without believing it: form only; ERR_VALUE says what is wrong.  The
 * strings of *ret, here and below, are views into `note`. */
MUST_CHECK err note_parse(str note, struct note_checkpoint *ret);
/* Reads a checkpoint and believes it when one of the keys signed it; *which is
 * the key's place (may be NULL).  ERR_VALUE: malformed; ERR_DENIED: no
 * signature by a known key, a bad one, or an origin that is not the key's name. */
MUST_CHECK err note_open(str note, const struct note_key *keys, size_t nkeys,
                         struct note_checkpoint *ret, size_t *which);

#endif
