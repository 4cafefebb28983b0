/* The driver as a child of a test: calls come on standard input, and so does what its port brings.
 *
 * Out, a byte and what belongs to it: 'T' size bytes (sent), 'V' size timeout (receive), 'R' result
 * size bytes (a call has ended, and brings them). In, after 'T' and 'V': clock, count, bytes.
 * Counts have 16 bits, clocks and times 32, low byte first; 0xFFFF: failed, 0xFFFE: too many. */
#include <stdio.h>
#include <stdlib.h>

#include "network.h"

static uint32_t clock_ms;
static uint8_t answer[4096];
static size_t answered;

static void get(void *bytes, size_t size) {
    if (fread(bytes, 1, size, stdin) != size)
        exit(0);
}

static uint32_t number(size_t size) {
    uint32_t value = 0;
    uint8_t byte;
    for (size_t at = 0; at < size; at++) {
        get(&byte, 1);
        value |= (uint32_t)byte << (8 * at);
    }
    return value;
}

static void say(uint32_t value, size_t size) {
    for (size_t at = 0; at < size; at++)
        putchar((int)(value >> (8 * at) & 0xFFu));
}

static void note(uint32_t value, size_t size) {
    for (size_t at = 0; at < size; at++)
        answer[answered++] = (uint8_t)(value >> (8 * at) & 0xFFu);
}

static int port_send(void *context, const uint8_t *bytes, size_t size) {
    (void)context;
    putchar('T');
    say((uint32_t)size, 2);
    fwrite(bytes, 1, size, stdout);
    fflush(stdout);
    clock_ms = number(4);
    return number(2) == 0xFFFFu ? -1 : 0;
}

static int port_receive(void *context, uint8_t *bytes, size_t size, uint32_t timeout_ms) {
    (void)context;
    putchar('V');
    say((uint32_t)size, 2);
    say(timeout_ms, 4);
    fflush(stdout);
    clock_ms = number(4);
    const uint32_t count = number(2);
    if (count == 0xFFFFu)
        return -1;
    if (count == 0xFFFEu)
        return (int)size + 1; /* a port that is wrong */
    get(bytes, count);
    return (int)count;
}

static uint32_t port_now(void *context) {
    (void)context;
    return clock_ms;
}

static void note_hello(const polychron_hello *hello) {
    const uint8_t bytes[] = {hello->lanes,   hello->comparators, hello->state,  hello->error,
                             hello->section, hello->capture,     hello->dropped};
    for (size_t at = 0; at < sizeof bytes; at++)
        note(bytes[at], 1);
    note(hello->signature, 4);
}

static polychron_result steps(polychron_link *link, int what) {
    uint8_t *const symbols = malloc(256), *const chosen = malloc(256);
    const uint8_t count = (uint8_t)number(1);
    if (what == 'f')
        get(symbols, count);
    const polychron_result result = what == 'f' ? polychron_feed(link, symbols, count, chosen)
                                                : polychron_generate(link, chosen, count);
    for (size_t at = 0; at < link->finished; at++)
        note(chosen[at], 1);
    free(symbols);
    free(chosen);
    return result;
}

static polychron_result load(polychron_link *link) {
    const uint32_t size = number(2);
    uint8_t *const bytes = malloc(size + 1);
    get(bytes, size);
    const polychron_result result = polychron_load_more(link, bytes, size);
    free(bytes);
    return result;
}

static polychron_result sample(polychron_link *link) {
    polychron_sampler sampler = network.sampler;
    sampler.seed = number(4);
    sampler.k = (uint8_t)number(1);
    if (number(1) == 0)
        sampler.jitter = NULL;
    return polychron_set_sampler(link, &sampler);
}

/* A sample, or a step of a signal. */
static polychron_result classify(polychron_link *link, int what) {
    int16_t *const inputs = malloc(2 * (size_t)network.inputs + 1);
    uint8_t winner = 0;
    for (size_t at = 0; at < network.inputs; at++)
        inputs[at] = (int16_t)number(2);
    const polychron_result result = what == 'c' ? polychron_classify(link, &network, inputs, &winner)
                                                : polychron_step(link, &network, inputs, &winner);
    note(winner, 1);
    free(inputs);
    return result;
}

#ifdef NETWORK_CHANNELS
static network_signal heard;

/* A step of a signal, from its readings: the winner, the step's latencies, and the sums. */
static polychron_result hear(polychron_link *link) {
    network_reading readings[NETWORK_CHANNELS];
    uint8_t winner = 0;
    get(readings, sizeof readings);
    const polychron_result result = network_step(link, &heard, readings, &winner);
    note(winner, 1);
    for (size_t at = 0; at < NETWORK_INPUTS; at++)
        note((uint16_t)heard.latencies[at], 2);
    for (size_t at = 0; at < NETWORK_OUTPUTS; at++)
        note((uint32_t)heard.sums[at], 4);
    return result;
}
#endif

static polychron_result latencies(polychron_link *link) {
    const uint16_t address = (uint16_t)number(2), count = (uint16_t)number(2);
    int16_t *const values = malloc(2 * (size_t)count + 1);
    const polychron_result result = polychron_read_latencies(link, address, values, count);
    for (size_t at = 0; result == POLYCHRON_OK && at < count; at++)
        note((uint16_t)values[at], 2);
    free(values);
    return result;
}

static polychron_result spikes(polychron_link *link) {
    polychron_spike found[POLYCHRON_SPIKES];
    uint8_t count = 0;
    const polychron_result result = polychron_read_spikes(link, found, &count);
    for (size_t at = 0; at < count; at++) {
        note(found[at].neuron, 2);
        note((uint16_t)found[at].latency, 2);
    }
    return result;
}

static polychron_result counters(polychron_link *link) {
    polychron_counters told = {0};
    const polychron_result result = polychron_read_counters(link, &told);
    const uint32_t values[] = {told.clocks,      told.rows,  told.beats,
                               told.saturations, told.steps, told.flash_beats};
    for (size_t at = 0; at < sizeof values / sizeof *values; at++)
        note(values[at], 4);
    return result;
}

static void note_faults(const polychron_link *link) {
    const polychron_faults *const faults = &link->faults;
    const uint32_t values[] = {faults->resent, faults->unanswered, faults->bad_frames,
                               faults->busy,   faults->passed,     faults->skipped};
    for (size_t at = 0; at < sizeof values / sizeof *values; at++)
        note(values[at], 4);
}

static polychron_result call(polychron_link *link, int what) {
    polychron_hello hello = {0};
    polychron_result result = POLYCHRON_OK;
    switch (what) {
    case 't': /* times */
        link->timeout_ms = number(4);
        link->patience_ms = number(4);
        link->tries = (uint8_t)number(1);
        return POLYCHRON_OK;
    case 'h':
    case 'w':
    case 'x':
        result = what == 'h'   ? polychron_greet(link, &hello)
                 : what == 'w' ? polychron_wait(link, &hello)
                               : polychron_scrub(link, &hello);
        note_hello(&hello);
        return result;
    case 'b':
        return polychron_load_begin(link);
    case 'm':
        return load(link);
    case 'e':
        return polychron_load_end(link);
    case 'L':
        return polychron_load(link, network.image, network.image_size);
    case 'p':
        return polychron_prepare(link, &network);
    case 'o':
        return polychron_start(link, &network);
    case 'r':
        return polychron_reset(link, &network);
    case 'S':
        return sample(link);
    case 'f':
    case 'g':
        return steps(link, what);
    case 'a':
        return polychron_abort(link);
    case 'c':
    case 'i':
        return classify(link, what);
#ifdef NETWORK_CHANNELS
    case 'B':
        return network_begin(link, &heard);
    case 'N':
        return hear(link);
#endif
    case 'l':
        return latencies(link);
    case 's':
        return spikes(link);
    case 'k':
        return counters(link);
    case 'F':
        note_faults(link);
        note(link->load_error, 1);
        return POLYCHRON_OK;
    case 'y': /* symbol and byte of a byte */
        what = (int)number(1);
        note((uint16_t)polychron_symbol(&network, (uint8_t)what), 2);
        note(polychron_byte(&network, (uint8_t)what), 1);
        return POLYCHRON_OK;
    default:
        exit(2);
    }
}

int main(void) {
    const polychron_port port = {NULL, port_send, port_receive, port_now};
    polychron_link *const link = malloc(sizeof *link); /* what is beyond it is not addressable */
    uint8_t what;
    polychron_init(link, &port);
    while (fread(&what, 1, 1, stdin) == 1) {
        answered = 0;
        clock_ms = number(4);
        const polychron_result result = call(link, what);
        putchar('R');
        say((uint32_t)result, 1);
        say((uint32_t)answered, 2);
        fwrite(answer, 1, answered, stdout);
        fflush(stdout);
    }
    free(link);
    return 0;
}
