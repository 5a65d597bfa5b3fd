/* model.h - the regulations of an installation, in memory.
 *
 * Built once from texts by model_build() (loader), never changed afterwards:
 * publishing builds a new one and swaps a pointer.  Everything lives in the
 * model's arena.  Nothing here touches a database.
 *
 * Three levels:
 *   struct reg    a regulation through all its versions
 *   struct law    one version of it: clauses, settings, and for each type a
 *   struct tdef   the type as that version defines it: states, actions, rules
 * and beside them
 *   struct type   what all versions of a type share: the table and its columns,
 *                 the codes of states and choices, and the newest tdef.
 *
 * A record names its version in column `law`; type_at() gives its tdef.  A
 * type that `follows: newest` always uses the newest.  `see`, titles and lists
 * are always the newest's.
 *
 * Integer codes of types, states and choices are given by first appearance in
 * order of publication (then regulation key, then place in the file).  All
 * versions are always loaded, so the codes come out the same every time and
 * need no table.
 *
 * --- Tables, for everybody who makes SQL ---------------------------------
 * Record type T:      table r_T.  Columns, besides fields:
 *   id         ID        53-bit id, unique over all types
 *   number     text      null where the type has no `number`
 *   name       text      the type's `name` template, rendered at the last act
 *   state      INT       code; null where the type has no states
 *   law        INT       version of the regulation
 *   ver        INT       1 at creation, +1 with each act: ETag, stale forms
 *   created_at, changed_at INT  UTC ms (time of the act)
 *   creator    INT       person id; 0: the clock or a connector
 *   unit       INT       unit id: value of the type's `unit` field, else the
 *                        creator's unit at creation; null if none
 *   at_S       INT       last entry into state S, UTC ms
 * Field F:            column f_F: INT for everything but text-like (text).
 *   bool 0/1 · date: days since 1970-01-01 · datetime: UTC ms · duration,
 *   workhours: ms · days, months, workdays: count · money: 1/100 ·
 *   decimal: 1/10000 · choice: code · choices: bit set 1 << code (code <= 61) ·
 *   ref person unit post attachment: id · text-like: UTF-8
 * refs / people field F: table l_T__F(owner, target), primary key (owner,
 *   target), index (target, owner); no column in r_T.
 * lines field F:      a type of its own named T__F (part_of T, no states).
 * part_of P:          column f_P holds the parent; law is the parent's.
 *
 * --- Conditions in SQL ------------------------------------------------------
 * A compiled fragment reads: alias r (the record: a row of r_T, or any FROM
 * item with the same column names), alias o (the row before the act, columns
 * as r; only where uses_old), $1 now (UTC ms), $2 the actor's person id (0 for
 * auto), $3 today (day number in the installation's zone).  Variables of
 * macros and for_each are aliases v_NAME.  Constants and settings are literals.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "approval/approval.h"
#include "base/arena.h"
#include "model/cond.h"

struct expr;
struct type;
struct tdef;
struct law;
struct reg;
struct field;
struct action;
struct control;
struct cdef;
struct mapping_of;
struct duty;
struct ddef;

enum { NAME_MAX_LEN = 40, MODEL_TYPES_MAX = 500 };

struct clause {
    str id;                      /* "return-in-time", stable for ever */
    struct words no;             /* "第七条" / "Article 7": the heading without its id */
    struct words title;          /* the rest of the heading, may be empty */
    struct words text;           /* Markdown of the body */
    struct words quote;          /* as it is quoted: lines joined, <= 600 characters */
    struct words chapter;        /* heading of the chapter it stands in */
    struct words manual;         /* reason, when marked manual */
    struct words not_executable; /* reason, when marked not-executable */
    struct law *law;
    int order;      /* place in the text */
    bool cited;     /* by something that a program executes or judges */
    bool attested;  /* by a manual control: people say whether it is kept */
    struct pos pos; /* of its heading, in the Chinese text */
};

/* --- settings --------------------------------------------------------------- */

struct choice_key {
    str key;
    struct words words;
    int code;
    bool retired;
};

struct setting {
    str key; /* "loan.max" */
    struct words words;
    const struct clause *clause;
    bool local; /* a unit may set its own (table setting_local, engine) */
    bool list;  /* a choice list: keys */
    enum vkind kind;
    bool null;
    int64_t i64;
    str text;
    str written;             /* as people write it: "3 workdays" */
    struct choice_key *keys; /* list: all that ever were, by code */
    size_t nkeys;
    struct law *law;
    bool overridden; /* differs from the definition's default */
    str default_written;
    struct pos pos;
};

/* --- types -------------------------------------------------------------------- */

enum ftype {
    F_TEXT,
    F_MARKDOWN,
    F_INT,
    F_DECIMAL,
    F_MONEY,
    F_BOOL,
    F_DATE,
    F_DATETIME,
    F_DURATION,
    F_DAYS,
    F_MONTHS,
    F_WORKDAYS,
    F_WORKHOURS,
    F_CHOICE,
    F_CHOICES,
    F_REF,
    F_REFS,
    F_PERSON,
    F_PEOPLE,
    F_UNIT,
    F_POST,
    F_LINES,
    F_FILTER,
    F_ATTACHMENT,
    F_IP,
    F_MAC,
    F_URL,
};

struct field {
    str key;
    str column; /* "f_due"; empty for lines, refs, people, and what is computed when read */
    enum ftype type;
    struct words words, help;
    struct vtype value;      /* its type in expressions */
    const struct type *to;   /* ref, refs; filter: over; person/unit/post: their types; NULL: any */
    const struct type *part; /* lines */
    bool checklist;          /* lines: of type checklist, answered row by row (checklist.h) */
    const struct setting *list;    /* choice of: setting(..) */
    const struct choice_key *keys; /* choice, choices: all, by code; nkeys */
    size_t nkeys;
    bool has_min, has_max;
    int64_t min, max; /* text: characters; numbers in their stored unit */
    str pattern;
    bool unique, personal;
    struct cond def; /* default */
    struct cond is;  /* computed */
    bool stored;     /* computed: kept in the row, else put in place when read */
    bool never_missing;
    bool looked_up;    /* records are looked up by it: indexed */
    struct people see; /* tree NULL: whoever sees the record */
    const struct clause *clause;
    struct pos pos;
    const struct tdef *of;
};

struct state {
    str key;
    int code;
    struct words words;
    bool final;
    const struct action **next; /* what is waited for: tasks of their `who` */
    size_t nnext;
    str at_column; /* "at_lent" */
    struct pos pos;
};

struct rule {
    struct cond check; /* clause, words and `when` inside */
};

struct unique {
    const struct field **of;
    size_t nof;
    struct cond while_;
    const struct clause *clause;
    struct words words; /* of the refusal; empty: the engine's own */
    str index_name;
};

enum need_when { NEED_BEFORE, NEED_VALUES }; /* judged before, or on the typed values */
struct need {
    struct cond check;
    enum need_when when;
    bool apart; /* made of `apart` of the regulation */
};

/* One thing an action asks for or lets be filled. */
struct ask {
    const struct field *field;
    bool required;                               /* asks; else may */
    struct cond when;                            /* asked only then */
    enum { ASK_WHOLE, ASK_ADD, ASK_COLUMN } how; /* lines: steps / steps+ / steps.result */
    bool column_adds;                            /* steps.person+ */
    const struct field *column;                  /* ASK_COLUMN: the field of the part */
    struct cond rows;                            /* which rows, over v_t */
};

enum effect_kind {
    E_SET,
    E_CREATE,
    E_PERFORM,
    E_NOTIFY,
    E_RECEIPT,
    E_TASK,
    E_NATIVE, /* reserved: refused by the loader */
};
struct assign {
    const struct field *field;
    struct cond value;  /* tree NULL: words */
    struct words words; /* {zh, en} */
};
struct effect {
    enum effect_kind kind;
    int index; /* place in its list, part of idempotency keys */
    struct pos pos;
    struct cond when;
    /* for_each: a SELECT-able set.  `each_from`: SQL "FROM ... v_x WHERE ..."
     * (reads r), elements of which it is unknown included; `each_set` is 1, 0 or null of
     * each.  `each_name`: x; `each_type`. */
    bool each;
    str each_name;
    const struct type *each_type;
    struct sql each_from;
    struct cond each_set;
    bool each_bounded; /* own parts or links; else `after` or `take` is there */
    struct cond take;
    bool random;
    struct cond order;
    bool has_after;
    struct cond after; /* a length */
    bool if_absent;
    const struct clause *clause; /* of the action, unless its own */
    /* set, create, perform */
    const struct assign *assigns;
    size_t nassigns;
    const struct type *target; /* create: the type; perform: the type acted on */
    str target_action;         /* name; looked up in the target's law at run time */
    struct cond path;          /* perform: the record (value: id); tree NULL: self */
    /* notify, receipt, task */
    struct people to;
    struct template_words text;
    struct cond due; /* task: moment or length; receipt: within */
};

/* --- approvals: a route of nodes before an action takes effect ---------------- */

enum opinion { OPINION_MAY, OPINION_REFUSAL, OPINION_MUST }; /* whether a vote says why */

/* One node of a route, in the order of the definition.  How it is counted stands in
 * route->plan.nodes at the same place.  Its conditions and people read the record as it
 * stands: on a living one what was asked for is not written yet.  `actor` ($2) in them is
 * who asked, but in keep_out.is_actor it is whoever would sit. */
struct route_node {
    struct words words;       /* its title; empty: it has none */
    struct people who;        /* countable */
    struct people keep_out;   /* `not`; tree NULL: nobody is kept out */
    struct people substitute; /* where nobody can be seated; tree NULL: none named */
    struct people copy;       /* are sent a copy when it passes; tree NULL: nobody */
    struct cond when;         /* tree NULL: always; unknown: it applies */
    struct cond term;         /* working hours for each seat; tree NULL: none */
    struct cond remind;       /* working hours between reminders; tree NULL: none */
    enum opinion opinion;
    bool signature;              /* a vote carries a signature */
    const struct clause *clause; /* else the action's; never NULL */
    struct pos pos;
};

/* The approval of an action.  `plan` holds all that approval/ needs but what only a
 * record can tell: of its nodes, `term` and `remind` are 0 until they were asked. */
struct route {
    struct approval_plan plan;
    const struct route_node *nodes; /* plan.n of them, at least one */
    /* What `apart` holds away from this approval: they are in keep_out of every node
     * already; here stands why. */
    const struct route_bar {
        struct people who;
        const struct clause *clause;
        struct words words;
    } * bars;
    size_t nbars;
    /* What follows, made of then_approved and then_refused: actions KEY.approved and
     * KEY.refused of the same type, who: nobody, from: where the asking leaves the record
     * (any state that is not final, when that cannot be told).  On a living record
     * KEY.approved asks for what KEY asks for.  NULL: nothing follows. */
    const struct action *approved, *refused;
    struct pos pos;
};

struct action {
    str key;
    struct words words;
    struct words help;
    const struct tdef *of;
    int index;
    bool creates;                    /* no `from` */
    bool from_any;                   /* any not final */
    const struct state *const *from; /* else these */
    size_t nfrom;
    enum { TO_STAY, TO_STATE, TO_BACK, TO_FIRST } to_kind;
    const struct state *to;
    const struct target_state {
        const struct state *state;
        struct cond when; /* the last has none */
    } * tos;              /* TO_FIRST */
    size_t ntos;
    struct people who;
    const struct need *needs;
    size_t nneeds;
    const struct ask *asks; /* asks and may, in the order written */
    size_t nasks;
    const struct effect *effects;
    size_t neffects;
    const struct clause *clause; /* never NULL */
    const struct route *route;   /* its approval; NULL: it takes effect at once */
    const struct action *after;  /* KEY.approved, KEY.refused: that action KEY; else NULL */
    /* An action with a route: when this takes effect (it, or KEY.approved where it is approved
     * itself) the approval of that action that stands is revoked; its first needs are that one
     * stands, for no longer than `within` (ms; 0: no matter how long).  NULL: none. */
    const struct action *revokes;
    int64_t revokes_within;
    bool guarded; /* only these regulations' effects and adds may touch it */
    const struct reg *const *guards;
    size_t nguards;
    struct pos pos;
};

struct mark {
    struct cond at; /* a length before (negative) or after the end; a setting may stand in it */
    struct cond every;
    const struct effect *effects;
    size_t neffects;
};

struct term {
    str key;
    struct words words;
    int index;
    const struct state *const *runs_in;
    size_t nruns;
    const struct state *const *pause_in;
    size_t npauses;
    struct cond until;  /* a moment; or */
    struct cond within; /* a length */
    struct cond from;   /* a moment the length begins at; else entry */
    const struct mark *marks;
    size_t nmarks;
    const struct clause *clause;
    struct pos pos;
};

enum { HAS_COMMENTS = 1, HAS_ATTACHMENTS = 2, HAS_WATCHERS = 4, HAS_LABEL = 8 };

/* A type as one version of its regulation defines it. */
struct tdef {
    struct type *type;
    struct law *law;
    struct words title, help;
    struct template number; /* nparts 0: none */
    struct template name;
    unsigned has;
    bool small, newest; /* follows: newest */
    /* Personal data of its records is not erased before so long after their last change:
     * V_NULL nothing is said, V_MONTHS, V_DAYS; below 0: never. */
    enum vkind retain;
    int64_t retain_for;
    const struct type *part_of;
    const struct field *unit_field;
    struct people see;
    struct field *fields;
    size_t nfields;
    struct state *states;
    size_t nstates;
    const struct rule *rules;
    size_t nrules;
    const struct unique *uniques;
    size_t nuniques;
    struct action *actions;
    size_t nactions;
    const struct term *terms;
    size_t nterms;
    const struct draw_fields *draw; /* NULL: it tells of no sample */
    struct pos pos;
};

/* Where a record that tells of a sample (ledger/sample.h) says what it was drawn by. */
struct draw_fields {
    const struct field *entry; /* int: the entry of the ledger that seals the population */
    const struct field *size;  /* int: how many are drawn */
    const struct field *nonce; /* text */
    const struct field *checkpoint, *root; /* int, text: its entries and its root, as it has them */
    const struct field *seed;              /* text: in hexadecimal */
};

struct column {
    str name; /* with prefix */
    bool text;
    bool indexed; /* an order index (column, changed_at, id) exists */
};

struct type {
    str key;
    int code;
    struct reg *reg;
    str table; /* "r_loan" */
    const struct type *part_of;
    bool lines;   /* made from a lines field */
    bool items;   /* of the columns of a check-list's items (checklist.h), and */
    bool answers; /* of those of its answers as well */
    bool retired; /* the newest version of its regulation has it no more: none begins */
    struct tdef *newest;
    struct tdef **defs; /* by ascending version; ndefs */
    size_t ndefs;
    struct column *columns; /* fields of all versions */
    size_t ncolumns;
    const struct state **states; /* all versions', by code (the newest words) */
    size_t nstates;
    const struct type **parts; /* types that are part_of this, lines included */
    size_t nparts;
    const str *link_tables; /* l_T__F */
    size_t nlinks;
    const struct field *last[3]; /* the greatest third for these two is asked, by index; or NULL */
};

/* A demand of one regulation on another's action. */
struct add {
    const struct type *to_type;
    str to_action;
    const struct need *needs;
    size_t nneeds;
    const struct rule *rules;
    size_t nrules;
    const struct effect *effects;
    size_t neffects;
    const struct clause *clause;
    struct law *law;
    struct cond when;
    struct pos pos;
};

/* Duties that a regulation keeps in different hands.  What follows of it stands where it is
 * judged: needs of the actions, keep_out and bars of the routes, a rule of the register
 * `post` (those of the newest versions only). */
struct apart {
    const struct tdef *of; /* whose actions; NULL: positions */
    const struct clause *clause;
    struct words words; /* what is kept apart, as a sentence without its end */
    struct pos pos;
};

struct post_name {
    str key;
    struct words words;
    int position; /* code in the organisation's list of positions */
    struct pos pos;
};

struct law {
    struct reg *reg;
    int version;          /* from 1 */
    int64_t published_at; /* UTC ms; 0 in a check */
    struct words title, owner_words;
    str owner; /* a post name */
    struct clause *clauses;
    size_t nclauses;
    struct words preface; /* Markdown before the first clause */
    struct setting *settings;
    size_t nsettings;
    struct post_name *posts;
    size_t nposts;
    struct tdef **tdefs;
    size_t ntdefs;
    const struct add *adds;
    size_t nadds;
    const struct apart *aparts;
    size_t naparts;
    struct cdef *controls; /* control.h */
    size_t ncontrols;
    const struct mapping_of *maps; /* standard.h: which items a clause answers to */
    size_t nmaps;
    struct ddef *duties; /* duty.h */
    size_t nduties;
    struct reg **uses;
    size_t nuses;
    const struct crossing { /* an effect on another regulation's record */
        const struct type *type;
        str action;
        struct pos pos;
    } * crossings;
    size_t ncrossings;
};

struct reg {
    str key;
    const struct model *model; /* which it is part of */
    struct law **laws;         /* by version; nlaws */
    size_t nlaws;
    struct law *newest;
};

struct model {
    struct arena *arena;
    int64_t epoch;
    uint64_t stamp;    /* tells it from another that stood at its address: for base/memo.h */
    struct reg **regs; /* by key */
    size_t nregs;
    struct type **types; /* by code */
    size_t ntypes;
    struct control **controls; /* by code */
    size_t ncontrols;
    struct duty **duties; /* by code */
    size_t nduties;
    /* The language's own registers (see contract.h); NULL when absent. */
    struct type *person, *unit, *post, *deputy, *finding, *waiver, *calendar_day, *attestation;
    struct type *erasure, *mention, *legal_hold, *access;
    struct type *duty_run;
    int zone_minutes; /* of the installation */
};

/* All of these: NULL when absent, but for type_at.  They live as long as the model. */
const struct type *model_type(const struct model *m, str key);
const struct type *model_type_at(const struct model *m, int code);
const struct reg *model_reg(const struct model *m, str key);
const struct clause *law_clause(const struct law *l, str id);
const struct setting *law_setting(const struct law *l, str key);
/* The type as of version `law` (newest for follows: newest, and for a version
 * that is not there). */
const struct tdef *type_at(const struct type *t, int64_t law);
/* The field of this name: the newest version's, else the latest that had one. */
const struct field *type_field_any(const struct type *t, str key);
/* The action of this name: version `law`'s, else the latest that had one. */
const struct action *type_action_any(const struct type *t, int64_t law, str key);
const struct field *tdef_field(const struct tdef *d, str key);
const struct action *tdef_action(const struct tdef *d, str key);
const struct state *tdef_state(const struct tdef *d, str key);
const struct state *tdef_state_at(const struct tdef *d, int64_t code);
const struct state *type_state(const struct type *t, int64_t code); /* of any version */
const struct term *tdef_term(const struct tdef *d, str key);
const struct choice_key *field_choice(const struct field *f, str key);
const struct choice_key *field_choice_at(const struct field *f, int64_t code);

#endif
