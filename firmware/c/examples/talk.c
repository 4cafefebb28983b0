/* Lets the network go on from a prompt: talk PORT PROMPT COUNT SEED. On POSIX. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "network.h"
#include "posix_port.h"

static polychron_result load(polychron_link *link) {
    polychron_result result = polychron_load_begin(link);
    uint32_t at = 0;
    while (result == POLYCHRON_OK && at < network.image_size) {
        const uint32_t left = network.image_size - at, part = left < 4096 ? left : 4096;
        result = polychron_load_more(link, network.image + at, part);
        at += part;
        fprintf(stderr, "\rloading %u %%", (unsigned)(100 * (uint64_t)at / network.image_size));
    }
    fputc('\n', stderr);
    return result == POLYCHRON_OK ? polychron_load_end(link) : result;
}

static polychron_result write_text(polychron_link *link, const char *prompt, long count) {
    polychron_result result = POLYCHRON_OK;
    for (; result == POLYCHRON_OK && *prompt != '\0'; prompt++) {
        const int16_t symbol = polychron_symbol(&network, (uint8_t)*prompt);
        const uint8_t forced = (uint8_t)symbol;
        if (symbol < 0)
            return POLYCHRON_BAD_CALL; /* the network has no symbol for that byte */
        result = polychron_feed(link, &forced, 1, NULL);
        putchar(*prompt);
    }
    while (result == POLYCHRON_OK && count > 0) {
        uint8_t symbols[32];
        result = polychron_generate(link, symbols, (uint8_t)(count < 32 ? count : 32));
        for (uint8_t at = 0; at < link->finished; at++)
            putchar(polychron_byte(&network, symbols[at]));
        fflush(stdout);
        count -= link->finished;
    }
    putchar('\n');
    return result;
}

static polychron_result talk(polychron_link *link, const char *prompt, long count, uint32_t seed) {
    polychron_sampler sampler = network.sampler;
    polychron_counters begin, end;
    polychron_result result = polychron_prepare(link, &network);
    sampler.seed = seed;
    if (result == POLYCHRON_NEEDS_IMAGE && network.image != NULL) {
        result = load(link);
        if (result == POLYCHRON_OK)
            result = polychron_prepare(link, &network);
    }
    if (result == POLYCHRON_OK)
        result = polychron_set_sampler(link, &sampler);
    if (result == POLYCHRON_OK)
        result = polychron_read_counters(link, &begin);
    if (result == POLYCHRON_OK)
        result = write_text(link, prompt, count);
    if (result == POLYCHRON_OK)
        result = polychron_read_counters(link, &end);
    if (result == POLYCHRON_OK)
        fprintf(stderr, "%u steps, %lu clocks\n", (unsigned)(uint16_t)(end.steps - begin.steps),
                (unsigned long)(uint32_t)(end.clocks - begin.clocks));
    return result;
}

int main(int argc, char **argv) {
    polychron_port port;
    polychron_link link;
    if (argc != 5) {
        fputs("usage: talk PORT PROMPT COUNT SEED\n", stderr);
        return 2;
    }
    if (!posix_open(&port, argv[1])) {
        fprintf(stderr, "error: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    polychron_init(&link, &port);
    link.patience_ms = 600000; /* a simulated board takes minutes to read its flash */
    const polychron_result result =
        talk(&link, argv[2], atol(argv[3]), (uint32_t)strtoul(argv[4], NULL, 0));
    if (result != POLYCHRON_OK)
        fprintf(stderr, "error: result %d of polychron.h\n", (int)result);
    return result == POLYCHRON_OK ? 0 : 2;
}
