/* version.h - which program this is: for the command line, /metrics and what is exported. */
#ifndef BASE_VERSION_H
#define BASE_VERSION_H

#define ZHIDU_VERSION "0.3.0"

#endif
