/* fonts.h - which fonts a test draws with; and what drawing texts keeps for the whole life of a
 * process is given back at a test's end, so that LeakSanitizer sees what we forget and not what
 * the libraries keep. */
#ifndef SUPPORT_FONTS_H
#define SUPPORT_FONTS_H

#include "support/test.h"

#include <fontconfig/fontconfig.h>
#include <pango/pangocairo.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* cairo 1.16 forgets 1.5 KB of each document's fonts in cairo_surface_finish. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcairo.so.2\n";
}

/* Before the first text: documents are drawn with a small face alone, in a quarter of the time; of
 * the big one libcairo reads 16 MB for each.  For tests that ask whether there is a document, and
 * not how it looks. */
static inline void fonts_plain(void)
{
    static const char faces[] = "/usr/share/fonts/truetype/wqy";
    char path[] = "/tmp/zhidu_fonts_XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(access(faces, R_OK), 0);
    assert_true(dprintf(fd,
                        "<?xml version=\"1.0\"?><fontconfig><dir>%s</dir>"
                        "<cachedir>/var/cache/fontconfig</cachedir></fontconfig>",
                        faces) > 0);
    assert_int_equal(close(fd), 0);
    assert_int_equal(setenv("FONTCONFIG_FILE", path, 1), 0);
    assert_int_equal(FcInit(), FcTrue);
    assert_int_equal(unlink(path), 0);
}

/* Cairo's own stays: it is reachable, and cairo_debug_reset_static_data ends the process by an
 * assertion where anything still holds a font, which was seen in one run of twenty-five. */
static inline void fonts_end(void)
{
    pango_cairo_font_map_set_default(NULL); /* of this thread */
    FcFini();
}

#endif
