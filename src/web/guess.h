/* guess.h - sessions a worker has seen, so that asking who it is costs a page no
 * trip of its own.
 *
 * A guess grants nothing: the session is asked for all the same, in the same
 * snapshot, along with the page's first batch; and when it is not exactly what
 * was guessed, the page is thrown away and made again.
 */
#ifndef WEB_GUESS_H
#define WEB_GUESS_H

#include "people/people.h"

enum { GUESSES = 64 };

struct guess {
    size_t len; /* of the token; 0: free */
    char token[200];
    struct session session; /* its texts point into `texts` */
    char texts[512];
};

/* By the token it was given; NULL: never seen here. */
const struct guess *guess_find(const struct guess *list, str token);
void guess_keep(struct guess *list, str token, const struct session *s);
void guess_forget(struct guess *list, str token);
/* The same person with the same rights, language and form token? */
bool guess_same(const struct session *a, const struct session *b);

#endif
