/* keys.h - the keys of a definition, all of them; behind each list those that are
 * reserved for what is not built yet and refused with "not yet".
 *
 * The manual is docs/manual/language.en.md.  A test holds the regulations below tests/
 * to using every one.
 */
#ifndef MODEL_KEYS_H
#define MODEL_KEYS_H

#define KEYS_REGULATION \
    "regulation title owner uses posts settings types adds apart controls standards duties"
#define KEYS_REGULATION_LATER ""
#define KEYS_WORDS "zh en"
#define KEYS_SETTING "type default of clause local zh en"
#define KEYS_CHOICE "zh en retired"
#define KEYS_TYPE                                                                                  \
    "title help follows part_of small retain number name has unit see fields unique states rules " \
    "actions terms draw"
#define KEYS_DRAW "entry size nonce checkpoint root seed"
#define KEYS_FIELD \
    "type to of over from default is max min pattern unique see personal clause zh en help"
#define KEYS_FIELD_LATER "secret_level"
#define KEYS_STATE "zh en next final"
#define KEYS_RULE "check when clause zh en"
#define KEYS_UNIQUE "of while clause zh en"
#define KEYS_ACTION                                                                        \
    "from to who needs asks may rows effects guarded approval then_approved then_refused " \
    "revokes within clause zh en help"
#define KEYS_ROUTE "nodes rounds withdraw"
#define KEYS_NODE                                                                            \
    "who zh en when not clause rule ratio votes quorum first hears_all abstentions removal " \
    "self empty substitute dedup fail term remind reminders escalate late take_back add "    \
    "opinion signature copy"
#define KEYS_THEN "to effects zh en"
#define KEYS_TARGET "state when"
#define KEYS_ASK "field when"
#define KEYS_NEED "check when clause zh en"
#define KEYS_EFFECT                                                                       \
    "set create perform notify receipt task finding with when for_each take order after " \
    "if_absent "                                                                          \
    "clause"
#define KEYS_EFFECT_LATER "call native"
#define KEYS_FINDING "about severity clause unit zh en"
#define KEYS_NOTIFY "to zh en"
#define KEYS_TASK "to zh en due"
#define KEYS_RECEIPT "to zh en within"
#define KEYS_TERM "runs_in until within from pause_in marks clause zh en"
#define KEYS_MARK "at do every"
#define KEYS_APART "of acts posts per clause zh en"
#define KEYS_CONTROL                                                                            \
    "over where holds reasons show grace fix_within max_age severity expect enough law manual " \
    "self clause zh en"
#define KEYS_CONTROL_MANUAL "manual severity clause zh en"
#define KEYS_CONTROL_SELF "self max_age severity clause zh en"
#define KEYS_MANUAL "every owner zh en"
#define KEYS_DUTY "each every at owner creates with expects done due grace missed clause zh en"
#define KEYS_REASON "when zh en"
#define KEYS_ADD "to when needs rules effects clause zh en"

#endif
