/* Readings come on standard input, all inputs of a sample one after another, and their latencies go
 * to standard output; then the names of the classes, each with its NUL, if there are any. */
#include <stdio.h>
#include <string.h>

#include "network.h"

int main(void) {
    network_reading readings[NETWORK_INPUTS];
    int16_t latencies[NETWORK_INPUTS];
    while (fread(readings, sizeof *readings, NETWORK_INPUTS, stdin) == NETWORK_INPUTS) {
        network_latencies(readings, latencies);
        fwrite(latencies, sizeof *latencies, NETWORK_INPUTS, stdout);
    }
#ifdef NETWORK_NATS
    for (size_t at = 0; at < NETWORK_OUTPUTS; at++)
        fwrite(network_classes[at], 1, strlen(network_classes[at]) + 1, stdout);
#endif
    return 0;
}
