/* record_page.h - what record.html shows. */
#ifndef PAGE_RECORD_PAGE_H
#define PAGE_RECORD_PAGE_H

#include "page/approve_page.h"
#include "page/compliance_page.h"
#include "page/draw_page.h"
#include "page/erase_page.h"
#include "page/frame.h"
#include "page/show.h"

#include "gen/approve.html.h"
#include "gen/draw.html.h"
#include "gen/erase.html.h"
#include "gen/frame.html.h"

struct record_step {
    struct words words;
    str at, who; /* when it was entered last, and by whom */
    str class;   /* "past", "skipped", "here", "here over" or "" */
    bool here;
};
struct record_clock {
    struct words words;
    const struct clause *clause;
    str from, due, note, class;
    str working;         /* working time left, where it is less than by the clock */
    int64_t used, total; /* minutes; total 0: not known */
    bool over;
};
struct record_page_row {
    int64_t id;
    str name, when, class;
    const struct state *state;
};
struct record_page_part {
    str title, type;
    struct {
        const struct record_page_row *ptr;
        size_t len;
    } rows;
};

struct ref_list {
    const struct record_ref *ptr;
    size_t len;
};

struct record_break { /* a control that it does not keep */
    const struct control_break *of;
    str class;          /* of the pill */
    struct words words; /* the verdict */
    bool ask;           /* a waiver can be asked for */
    struct mapping_list items;
};

struct record_page {
    const struct visit *visit;
    const struct type *visit_type;
    str type, type_title, number, name, csrf, key, said, organisation;
    bool printing; /* for paper: without what one can do, with a QR code */
    html_safe qr;
    struct words next_state;
    const struct record_clock *urgent; /* the running clock that ends first */
    int64_t step_no, clocks_over;
    int64_t id, law_version, created_at, steps_left, hold, last_seq, older;
    int64_t newest; /* act that is shown */
    url here;
    str live; /* where what is newer is asked for */
    str law_key, law_title, watch_action;
    const struct state *state;
    const struct record_ref *creator, *unit;
    bool account, can_label;
    bool sticks; /* a thing of a register: a label can be printed for it */
    bool watching, can_watch, has_files, has_comments;
    bool reads; /* the actor merely reads: nothing to be sent */
    struct {
        const struct record_own_task *ptr;
        size_t len;
    } own;
    struct {
        const struct record_step *ptr;
        size_t len;
    } steps;
    struct {
        const struct record_break *ptr;
        size_t len;
    } breaks;
    struct {
        const struct record_field *ptr;
        size_t len;
    } fields;
    struct {
        const struct record_action *ptr;
        size_t len;
    } actions, locked;
    struct {
        const struct record_clock *ptr;
        size_t len;
    } clocks;
    struct activity_list {
        const struct activity *ptr;
        size_t len;
    } activities;
    struct {
        const struct attachment *ptr;
        size_t len;
    } files;
    struct {
        const struct record_relation *ptr;
        size_t len;
    } relations;
    struct ref_list watchers;
    str person; /* the type people are of */
    struct {
        const struct record_page_part *ptr;
        size_t len;
    } parts;
    struct str_list labels;
    const struct approve_card *approval; /* the newest; NULL: none */
    const struct draw_card *draw;        /* NULL: it tells of no sample */
    const struct erase_card *erase;      /* NULL: nothing is about to be erased */
};

struct change_list {
    const struct activity_change *ptr;
    size_t len;
};
str record_button_class(const struct record_action *a);
str record_field_class(const struct record_field *f);
const struct type *record_type_of(const struct visit *v); /* of the address */
bool record_is_picture(const struct attachment *a);       /* small enough to be shown on the page */
bool record_is_import(const struct activity *a);
/* Somebody opened an approval: its seat says so, and paper need not. */
bool record_is_opening(const struct activity *a);
bool record_follows_approval(const struct activity *a); /* by nobody: in the name of who asked */
html_safe record_markdown(const struct visit *v, str text);
struct change_list record_changes(const struct activity *a);
struct ref_list record_relation_refs(const struct record_relation *r);
struct words record_relation_title(const struct record_relation *r);

#endif
