/* What microcontroller.c needs of its board, here: the UART is the port that POLYCHRON_PORT names,
 * the console standard input and output. It is switched off when standard input ends. */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "board.h"
#include "posix_port.h"

static polychron_port port;

void board_begin(void) {
    if (!posix_open(&port, getenv("POLYCHRON_PORT")))
        exit(2);
}

uint32_t board_now_ms(void) {
    return port.now_ms(port.context);
}

void board_feed_watchdog(void) {
}

void board_show_error(bool lit) {
    static bool shown = false;
    if (lit != shown)
        fputs(lit ? "error\n" : "ready\n", stderr);
    shown = lit;
}

void board_uart_send(const uint8_t *bytes, size_t size) {
    port.send(port.context, bytes, size);
}

size_t board_uart_take(uint8_t *bytes, size_t size) {
    const int came = port.receive(port.context, bytes, size, 1);
    if (came < 0)
        exit(3);
    return (size_t)came;
}

bool board_console_take(uint8_t *byte) {
    const int given = getchar();
    if (given == EOF)
        exit(0);
    *byte = (uint8_t)given;
    return true;
}

void board_console_put(uint8_t byte) {
    putchar(byte);
}
