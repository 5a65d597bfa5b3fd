/* say.c - what commands print, and where: results on the output, errors where errors go. */
#include "cli/cli.h"

#include <stdarg.h>

void cli_say(struct cli *c, const char *zh, const char *en, ...)
{
    va_list ap;
    va_start(ap, en);
    vfprintf(c->out, c->lang == LANG_EN ? en : zh, ap);
    va_end(ap);
    fputc('\n', c->out);
    fflush(c->out);
}

static FILE *errors_begin(struct cli *c)
{
    FILE *to = c->marked ? c->out : stderr;
    fflush(c->out);
    if (c->marked) {
        fputc(CLI_TO_ERR, to);
    }
    return to;
}

/* And the end of the line. */
static void errors_end(struct cli *c, FILE *to)
{
    fputc('\n', to);
    if (c->marked) {
        fputc(CLI_TO_OUT, to);
    }
    fflush(to);
}

void cli_complain(struct cli *c, const char *zh, const char *en, ...)
{
    va_list ap;
    FILE *to = errors_begin(c);
    va_start(ap, en);
    vfprintf(to, c->lang == LANG_EN ? en : zh, ap);
    va_end(ap);
    errors_end(c, to);
}

int cli_fail(struct cli *c, err e)
{
    str words = words_in(e.why ? e.why->what : err_words(e.code), c->lang);
    FILE *to = errors_begin(c);
    fprintf(to, "zhidu: %.*s", STR_ARG(words));
    if (e.why) {
        str remedy = words_in(e.why->remedy, c->lang);
        fprintf(to, "%s%.*s", remedy.len ? "\n       " : "", STR_ARG(remedy));
    } else if (e.detail.len) {
        fprintf(to, " (%.*s)", STR_ARG(e.detail));
    }
    errors_end(c, to);
    return 1;
}

err cli_refuse(struct arena *a, enum err_code code, struct words what, struct words remedy)
{
    struct refusal *why = arena_new(a, struct refusal);
    *why = (struct refusal){.kind = REFUSED_VALUE, .what = what, .remedy = remedy};
    return (err){.code = code, .detail = what.en, .why = why};
}
