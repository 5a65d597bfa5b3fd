/* room.c - a small disk of our own, filled to its last pages and emptied again. */
#include "torture.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

bool room_make(const char *dir, int mb)
{
    char size[40];
    snprintf(size, sizeof(size), "size=%dm", mb);
    mkdir(dir, 0755);
    /* In a namespace of our own: it is gone with this process, whatever happens. */
    return unshare(CLONE_NEWNS) == 0 && mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
           mount("tmpfs", dir, "tmpfs", 0, size) == 0;
}

void room_end(const char *dir)
{
    umount2(dir, MNT_DETACH);
    rmdir(dir);
}

static void name(const char *dir, char *ret, size_t size)
{
    snprintf(ret, size, "%s/fill", dir);
}

void room_fill(struct torture *t, const char *dir)
{
    enum { LARGE = 1 << 20, PAGE = 4096, SPARE = 40 };
    char path[200];
    name(dir, path, sizeof(path));
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        die("nothing can be filled", errno, str_from(path));
    }
    off_t have = 0;
    for (off_t piece = LARGE; piece >= PAGE; piece /= 16) { /* they write meanwhile */
        while (posix_fallocate(fd, have, piece) == 0) {
            have += piece;
        }
    }
    off_t spare = roll(t, 0, SPARE) * PAGE;
    if (ftruncate(fd, have > spare ? have - spare : 0) != 0) {
        die("no page can be left", errno, str_from(path));
    }
    close(fd);
}

void room_free(const char *dir)
{
    char path[200];
    name(dir, path, sizeof(path));
    unlink(path);
}
