/* A polychron_port on POSIX: a serial port, or a TCP port such as that of a simulated board. */
#ifndef POSIX_PORT_H
#define POSIX_PORT_H

#include "polychron.h"

/* Opens /dev/ttyUSB1 and the like, or socket://localhost:5555. False: errno says why not. */
bool posix_open(polychron_port *port, const char *name);

#endif
