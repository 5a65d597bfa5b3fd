/* approve_page.h - what approve.html shows: the seats of an approval as a picture, and one
 * page for each operation on it. */
#ifndef PAGE_APPROVE_PAGE_H
#define PAGE_APPROVE_PAGE_H

#include "engine/approve_view.h"
#include "page/erase_page.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/erase.html.h"
#include "gen/frame.html.h"

/* Lists of the engine as templates walk them. */
struct approve_rounds {
    const struct approve_round_view *ptr;
    size_t len;
};
struct approve_runs {
    const struct approve_run_view *ptr;
    size_t len;
};
struct approve_seats {
    const struct approve_seat_view *ptr;
    size_t len;
};
struct approve_votes {
    const struct approve_vote_view *ptr;
    size_t len;
};
struct approve_fields {
    const struct approve_field_view *ptr;
    size_t len;
};
struct approve_events {
    const struct approve_event_view *ptr;
    size_t len;
};
struct approve_told {
    const struct approve_event_view *const *ptr;
    size_t len;
};
struct approve_copies {
    const struct approve_copy_view *ptr;
    size_t len;
};

struct approve_button {
    url href;
    str class; /* " main" or nothing */
    struct words words;
    bool alone; /* of somebody's seat: a voice says whose */
};
struct approve_buttons {
    const struct approve_button *ptr;
    size_t len;
};
/* A node that was not reached in this round. */
struct approve_later {
    struct words title, rule;
    const struct clause *clause;
};
struct approve_laters {
    const struct approve_later *ptr;
    size_t len;
};
struct approve_differences {
    const struct approve_difference *ptr;
    size_t len;
};

/* One approval on a page; `whole`: with earlier rounds, contents, copies and events. */
struct approve_card {
    const struct visit *visit;
    const struct approve_view *view;
    str type;
    int64_t id; /* of the record */
    bool whole, printing;
};

struct approve_page {
    const struct visit *visit;
    str type, type_title, number, name;
    int64_t id;
    bool more;
    struct {
        const struct approve_card *ptr;
        size_t len;
    } cards;
};

struct approve_choice {
    str value;
    struct words words, hint;
    bool on;
};
struct approve_choices {
    const struct approve_choice *ptr;
    size_t len;
};
/* The page of one operation. */
struct approve_form {
    const struct visit *visit;
    str type, type_title, number, name, csrf, key, person_type;
    int64_t id;
    enum approve_op op;
    str op_key;
    struct words title, ask, button;
    const struct approve_card *card;
    const struct approve_view *view;
    const struct approve_round_view *round; /* what is decided on; NULL: none */
    const struct approve_run_view *run;
    const struct approve_seat_view *seat; /* NULL: of none */
    const struct erase_card *erase;       /* what a yes would erase; NULL: nothing */
    const struct clause *clause;
    const struct refusal *refusal;
    struct words error;
    url target, back;
    struct approve_choices votes, places, rules, targets, phrases;
    struct str_list people;     /* what was typed, one input each */
    bool wants_note, must_note; /* must: by every choice */
    bool refusal_note;          /* must, where it is refused */
    bool wants_people, wants_person, wants_sign, wants_restart;
    bool restart, opened; /* opened: the seat is known to have been looked at */
    str note, note_words, signature, drawn;
    bool bad; /* for the eyes of who must act: this refuses or ends something */
};

struct approve_rounds approve_rounds_of(const struct approve_card *c);
struct approve_runs approve_runs_of(const struct approve_round_view *r);
struct approve_seats approve_seats_of(const struct approve_run_view *r);
struct approve_votes approve_votes_of(const struct approve_seat_view *s);
struct approve_fields approve_fields_of(const struct approve_round_view *r);
struct approve_told approve_told_of(const struct approve_seat_view *s);
/* What was said with it stands at a vote of the seat, given in the same act. */
bool approve_said_again(const struct approve_seat_view *s, const struct approve_event_view *e);
struct approve_events approve_events_of(const struct approve_view *v);
struct approve_copies approve_copies_of(const struct approve_view *v);
/* What the actor may do with a seat, or with the approval. */
struct approve_buttons approve_seat_buttons(const struct approve_card *c,
                                            const struct approve_seat_view *s);
struct approve_buttons approve_own_buttons(const struct approve_card *c);
/* With a seat, besides voting. */
struct approve_buttons approve_other_buttons(const struct approve_card *c,
                                             const struct approve_seat_view *s);
/* The nodes that follow those of the newest round, while it is under way. */
struct approve_laters approve_laters_of(const struct approve_card *c,
                                        const struct approve_round_view *r);
/* Against the round before it; empty for the first. */
struct approve_differences approve_changes_of(const struct approve_card *c,
                                              const struct approve_round_view *r);

str approve_pill(const struct approve_view *v);           /* class of the state's pill */
str approve_run_pill(const struct approve_run_view *r);   /* the same of a node */
str approve_seat_pill(const struct approve_seat_view *s); /* and of a seat */
str approve_seat_class(const struct approve_seat_view *s);
str approve_hash_shown(str hash); /* as much of it as people compare */
bool approve_is_drawn(const struct approve_vote_view *v);
/* A drawn signature as a picture; nothing when it is none. */
html_safe approve_signature(const struct visit *v, const struct approve_vote_view *vote);
bool approve_round_is_newest(const struct approve_card *c, const struct approve_round_view *r);

/* The card of a record's page; `view` NULL: no approval. */
struct approve_card approve_card_of(const struct visit *v, const struct type *t, int64_t record,
                                    const struct approve_view *view, bool whole);

#endif
