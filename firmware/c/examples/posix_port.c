#define _DEFAULT_SOURCE /* baud rates beyond those of POSIX */
#include "posix_port.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#ifndef POSIX_BAUD
#define POSIX_BAUD B1000000 /* that of the FPGA board: B3000000 of a ULX3S */
#endif

static int descriptor_of(void *context) {
    return (int)(intptr_t)context;
}

static int port_send(void *context, const uint8_t *bytes, size_t size) {
    while (size > 0) {
        const ssize_t sent = write(descriptor_of(context), bytes, size);
        if (sent < 0 && errno != EINTR)
            return -1;
        if (sent > 0) {
            bytes += sent;
            size -= (size_t)sent;
        }
    }
    return 0;
}

static int port_receive(void *context, uint8_t *bytes, size_t size, uint32_t timeout_ms) {
    struct pollfd waited = {.fd = descriptor_of(context), .events = POLLIN};
    const int ready = poll(&waited, 1, (int)timeout_ms);
    if (ready <= 0)
        return ready;
    const ssize_t came = read(waited.fd, bytes, size);
    return came > 0 ? (int)came : -1; /* 0: the other end has gone */
}

static uint32_t port_now(void *context) {
    struct timespec now;
    (void)context;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint32_t)((uint64_t)now.tv_sec * 1000u + (uint64_t)now.tv_nsec / 1000000u);
}

static int open_tcp(const char *address) {
    char host[64], service[8];
    const struct addrinfo wanted = {.ai_socktype = SOCK_STREAM};
    struct addrinfo *found = NULL;
    int descriptor = -1;
    const int no_delay = 1;
    errno = EINVAL;
    if (sscanf(address, "%63[^:]:%7[0-9]", host, service) != 2 ||
        getaddrinfo(host, service, &wanted, &found) != 0)
        return -1;
    for (const struct addrinfo *at = found; at != NULL && descriptor < 0; at = at->ai_next) {
        descriptor = socket(at->ai_family, at->ai_socktype, at->ai_protocol);
        if (descriptor >= 0 && connect(descriptor, at->ai_addr, at->ai_addrlen) != 0) {
            close(descriptor);
            descriptor = -1;
        }
    }
    freeaddrinfo(found);
    if (descriptor >= 0)
        setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &no_delay, sizeof no_delay);
    return descriptor;
}

static int open_serial(const char *path) {
    struct termios line;
    const int descriptor = open(path, O_RDWR | O_NOCTTY);
    if (descriptor < 0 || tcgetattr(descriptor, &line) != 0)
        return -1;
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD;
    if (cfsetspeed(&line, POSIX_BAUD) != 0 || tcsetattr(descriptor, TCSAFLUSH, &line) != 0)
        return -1;
    return descriptor;
}

bool posix_open(polychron_port *port, const char *name) {
    static const char tcp[] = "socket://";
    const bool is_tcp = strncmp(name, tcp, sizeof tcp - 1) == 0;
    const int descriptor = is_tcp ? open_tcp(name + sizeof tcp - 1) : open_serial(name);
    *port = (polychron_port){(void *)(intptr_t)descriptor, port_send, port_receive, port_now};
    return descriptor >= 0;
}
