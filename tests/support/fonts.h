/* fonts.h - which fonts a test draws with; and what drawing texts keeps for the whole life of a
 * process is given back at a test's end, so that LeakSanitizer sees what we forget and not what
 * the libraries keep. */
#ifndef SUPPORT_FONTS_H
#define SUPPORT_FONTS_H

#include "support/test.h"

#include <dirent.h>
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

static inline int fonts_threads(void)
{
    DIR *d = opendir("/proc/self/task");
    assert_non_null(d);
    int n = 0;
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) {
        n += e->d_name[0] != '.';
    }
    closedir(d);
    return n;
}

/* In a process that has ended its own threads.  Pango 1.50 sorts fonts ahead of their use in a
 * thread for each description, which holds them until it is done: FcFini ends the process by an
 * assertion before that.  Cairo's own stays: it is reachable, and cairo_debug_reset_static_data
 * does the same. */
static inline void fonts_end(void)
{
    pango_cairo_font_map_set_default(NULL); /* of this thread */
    for (int ms = 0; fonts_threads() > 1; ms++) {
        assert_true(ms < 60000);
        usleep(1000);
    }
    FcFini();
}

#endif
