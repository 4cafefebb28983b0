/* A main loop without an operating system: reads a line from a console, lets the network on the
 * FPGA board read it, and writes how the network goes on.
 *
 * network.c and network.h are written by
 *     python -m firmware.c.network --image image.bin --temperature 0.7
 * with the image as a constant in this program's flash, or, with --without-image, without it: the
 * FPGA board must then have started from its own flash. */
#include "board.h"
#include "network.h"

enum { ANSWER = 80, AT_ONCE = 16 }; /* symbols of an answer, and of a request */

static int port_send(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    board_uart_send(bytes, size);
    return 0;
}

static int port_receive(void *context, uint8_t *bytes, size_t size, uint32_t timeout_ms) {
    (void)context;
    const uint32_t start = board_now_ms();
    size_t came = 0;
    do {
        board_feed_watchdog(); /* a microcontroller with little to do could sleep here instead */
        came = board_uart_take(bytes, size);
    } while (came == 0 && board_now_ms() - start < timeout_ms);
    return (int)came;
}

static uint32_t port_now(void *context) {
    (void)context;
    return board_now_ms();
}

/* The line's end lets the network answer; any other byte is read by it at once. */
static polychron_result answer(polychron_link *link) {
    uint8_t symbols[AT_ONCE];
    polychron_result result = POLYCHRON_OK;
    for (uint16_t written = 0; result == POLYCHRON_OK && written < ANSWER; written += AT_ONCE) {
        result = polychron_generate(link, symbols, AT_ONCE);
        for (uint8_t at = 0; at < link->finished; at++)
            board_console_put(polychron_byte(&network, symbols[at]));
    }
    board_console_put('\n');
    return result == POLYCHRON_OK ? polychron_reset(link, &network) : result;
}

static polychron_result read_byte(polychron_link *link, uint8_t byte) {
    const int16_t symbol = polychron_symbol(&network, byte);
    if (symbol < 0)
        return POLYCHRON_OK; /* the network has no symbol for it */
    const uint8_t forced = (uint8_t)symbol;
    board_console_put(byte);
    return polychron_feed(link, &forced, 1, NULL);
}

int main(void) {
    const polychron_port port = {NULL, port_send, port_receive, port_now};
    polychron_link link;
    polychron_result result = POLYCHRON_NO_ANSWER; /* nobody is connected yet */
    uint8_t byte;

    board_begin();
    polychron_init(&link, &port);
    while (true) {
        board_feed_watchdog();
        board_show_error(result != POLYCHRON_OK);
        if (result != POLYCHRON_OK)
            result = polychron_start(&link, &network);
        else if (board_console_take(&byte))
            result = byte == '\n' ? answer(&link) : read_byte(&link, byte);
    }
}
