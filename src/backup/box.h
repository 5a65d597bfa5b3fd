/* box.h - the outside of a backup file: a stream of bytes, open or sealed.
 *
 * The first line says which it is:
 *
 *     zhidu-backup 1 plain
 *     zhidu-backup 1 passphrase <operations> <memory, bytes> <salt, 32 hex digits>
 *     zhidu-backup 1 recipient <public key, 64 hex digits> <sealed key, 160 hex digits>
 *
 * Plain: the bytes follow as they are; that they are whole is for the manifest
 * to say.  Sealed: 24 bytes of header, then pieces of 64 KB, each with 17 bytes
 * more (libsodium's secretstream, XChaCha20-Poly1305), the last marked as the
 * last and the first bound to the first line: so nothing can be changed, left
 * out, moved or cut off without being noticed.  The stream's key comes from the
 * passphrase by argon2id (RFC 9106), or is a random one sealed for the recipient
 * (crypto_box_seal, X25519), whose private half the writer need not have.
 *
 * Memory: two pieces a stream, whatever the size.  Keys are wiped with the arena.
 * Errors carry words for people (err.why).
 */
#ifndef BACKUP_BOX_H
#define BACKUP_BOX_H

#include "base/err.h"

struct arena;

enum { BOX_KEY_LEN = 32, BOX_PASSPHRASE_MIN = 10, BOX_PASSPHRASE_MAX = 500 };
enum box_kind { BOX_PLAIN, BOX_PASSPHRASE, BOX_RECIPIENT };

struct box_key {
    enum box_kind kind;
    str passphrase;
    unsigned char bytes[BOX_KEY_LEN]; /* of the recipient: to write his public key, to read his
                                         secret one */
};

/* "zhidu-recipient-<64 hex digits>" and "zhidu-private-<64 hex digits>". */
struct box_pair {
    str recipient, private;
};
struct box_pair box_new_pair(struct arena *a);
/* One of the two, for writing and for reading; false: it is none. */
bool box_recipient_parse(struct arena *a, str text, struct box_key *ret);
bool box_private_parse(struct arena *a, str text, struct box_key *ret);

/* Writing.  The caller opens, syncs and closes fd. */
struct box_writer;
MUST_CHECK err box_create(struct arena *a, int fd, const struct box_key *key,
                          struct box_writer **ret);
MUST_CHECK err box_put(struct box_writer *w, str bytes);
MUST_CHECK err box_finish(struct box_writer *w);

/* Reading: look at the first line, then open it with what it asks for. */
struct box_reader;
MUST_CHECK err box_look(struct arena *a, int fd, struct box_reader **ret);
enum box_kind box_reader_kind(const struct box_reader *r);
MUST_CHECK err box_open(struct box_reader *r, const struct box_key *key);
/* The same with the key that `w` has just written with: who seals for another
 * can still look at his own work. */
MUST_CHECK err box_open_own(struct box_reader *r, const struct box_writer *w);
/* Exactly n bytes; fewer are an error. */
MUST_CHECK err box_get(struct box_reader *r, void *to, size_t n);
/* Nothing follows. */
MUST_CHECK err box_end(struct box_reader *r);

#endif
