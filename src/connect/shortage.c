#include "connect/shortage.h"

#include <sys/mman.h>

bool shortage(void)
{
    void *p =
        mmap(NULL, SHORTAGE_BELOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (p == MAP_FAILED) {
        return true;
    }
    munmap(p, SHORTAGE_BELOW);
    return false;
}
