/* state.h - what became of the last backup that the server made, in a small file. */
#ifndef BACKUP_STATE_H
#define BACKUP_STATE_H

#include "base/err.h"

struct arena;

enum { STATE_TEXT = 400, STATE_NODE = 200 };

struct backup_state {
    int64_t tried_at; /* UTC ms; 0: never */
    int64_t good_at;  /* the last that succeeded; 0: none */
    int64_t due_at;   /* when that one should have been made */
    int64_t entries;  /* of the ledger in it */
    int64_t missing;  /* attachments that were not there */
    int64_t bytes;    /* of the file */
    int64_t failures; /* since the file of state was begun */
    bool failed;      /* the last try; why: */
    char zh[STATE_TEXT], en[STATE_TEXT];
    char by[STATE_NODE]; /* the other node that made it; empty: this one */
};

/* Into `room` bytes, ended by NUL; cut between letters where it does not fit. */
void state_text(char *to, size_t room, str s);

/* Zero where there is no file, or none of ours. */
struct backup_state state_read(str data);
/* Written beside and renamed. */
MUST_CHECK err state_write(struct arena *a, str data, const struct backup_state *s);

#endif
