/* fonts.h - what drawing texts keeps for the whole life of a process is given back at a
 * test's end, so that LeakSanitizer sees what we forget and not what the libraries keep. */
#ifndef SUPPORT_FONTS_H
#define SUPPORT_FONTS_H

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>

/* cairo 1.16 forgets 1.5 KB of each document's fonts in cairo_surface_finish. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcairo.so.2\n";
}

/* Cairo's own stays: it is reachable, and cairo_debug_reset_static_data ends the process by an
 * assertion where anything still holds a font, which was seen in one run of twenty-five. */
static inline void fonts_end(void)
{
    pango_cairo_font_map_set_default(NULL); /* of this thread */
    FcFini();
}

#endif
