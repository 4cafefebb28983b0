/* Tells the class of each signal: signals PORT < SAMPLES. A line is a sample, a number for each
 * channel with commas between, none or nan where one is missing; an empty line ends a signal, so
 * a missing number of a single channel must be nan. On POSIX;
 * network.c and network.h are written by
 *     python -m firmware.c.network --network stream.safetensors */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "posix_port.h"

#ifdef NETWORK_MISSING
#error "samples may be any numbers here: write network.c without --readings int"
#endif

static network_signal series;
static uint8_t winner;

/* The readings of a line; false where it doesn't have one for each channel. */
static bool read_line(const char *line, network_reading readings[NETWORK_CHANNELS]) {
    for (uint16_t channel = 0; channel < NETWORK_CHANNELS; channel++) {
        char *end;
        const double number = strtod(line, &end);
        readings[channel] = (network_reading)(end == line ? NAN : number);
        if (*end != (channel + 1 < NETWORK_CHANNELS ? ',' : '\0'))
            return false;
        line = end + 1;
    }
    return true;
}

/* The next sample of a signal. */
static polychron_result take(polychron_link *link, const network_reading *readings) {
    polychron_result result = POLYCHRON_OK;
    if (series.steps == 0)
        result = network_begin(link, &series);
    if (result == POLYCHRON_OK)
        result = network_step(link, &series, readings, &winner);
    return result;
}

/* The end of a signal. */
static void tell(void) {
    if (series.steps > 0)
        printf("%s, %u steps\n", network_classes[winner], (unsigned)series.steps);
    network_clear(&series);
}

int main(int argc, char **argv) {
    polychron_port port;
    polychron_link link;
    static char line[1 << 16];
    network_reading readings[NETWORK_CHANNELS];
    if (argc != 2) {
        fputs("usage: signals PORT < SAMPLES\n", stderr);
        return 2;
    }
    if (!posix_open(&port, argv[1])) {
        fprintf(stderr, "error: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    polychron_init(&link, &port);
    link.patience_ms = 600000; /* a simulated board takes minutes to read its flash */
    polychron_result result = polychron_start(&link, &network);
    for (unsigned number = 1; result == POLYCHRON_OK && fgets(line, sizeof line, stdin); number++) {
        line[strcspn(line, "\r\n")] = '\0';
        if (line[0] == '\0') {
            tell();
        } else if (read_line(line, readings)) {
            result = take(&link, readings);
        } else {
            fprintf(stderr, "error: line %u must have %d numbers\n", number, NETWORK_CHANNELS);
            return 2;
        }
    }
    if (result != POLYCHRON_OK) {
        fprintf(stderr, "error: result %d of polychron.h\n", (int)result);
        return 2;
    }
    tell();
    return 0;
}
