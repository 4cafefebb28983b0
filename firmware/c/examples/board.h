/* What microcontroller.c needs of the microcontroller's own board. Nothing here waits. */
#ifndef BOARD_H
#define BOARD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void board_begin(void);       /* clocks, pins, the UART 8N1 at the FPGA board's rate, a timer */
uint32_t board_now_ms(void);  /* may wrap around */
void board_feed_watchdog(void);
void board_show_error(bool lit); /* a LED */

/* The UART to the FPGA. Its receive interrupt or DMA must keep 261 bytes for us: a reply is sent
 * without a pause, 10 us a byte. */
void board_uart_send(const uint8_t *bytes, size_t size);
size_t board_uart_take(uint8_t *bytes, size_t size); /* at most `size` that have come, or 0 */

/* A terminal for whoever uses the thing. */
bool board_console_take(uint8_t *byte);
void board_console_put(uint8_t byte);

#endif
