#include "support/zips.h"

#include <fcntl.h>
#include <minizip/zip.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int zips_make(const struct zips_part *parts, size_t n)
{
    char path[] = "/tmp/zhidu-zip-XXXXXX";
    int fd = mkstemp(path);
    zipFile z = fd >= 0 ? zipOpen64(path, APPEND_STATUS_CREATE) : NULL;
    bool ok = z != NULL;
    for (size_t i = 0; ok && i < n; i++) {
        ok = zipOpenNewFileInZip64(z, parts[i].name, NULL, NULL, 0, NULL, 0, NULL, Z_DEFLATED, 6,
                                   0) == ZIP_OK &&
             zipWriteInFileInZip(z, parts[i].text, (unsigned)strlen(parts[i].text)) == ZIP_OK &&
             zipCloseFileInZip(z) == ZIP_OK;
    }
    if (!ok || zipClose(z, NULL) != ZIP_OK) {
        abort();
    }
    close(fd);
    fd = open(path, O_RDWR | O_CLOEXEC);
    unlink(path);
    return fd;
}
