/* Host driver of the UART link, for hosts that are no PC (docs/user/microcontroller.md).
 *
 * C99; no allocation, no globals, no stdio, nothing of an operating system. All state is in a
 * polychron_link of the caller's. Calls block until the board has answered or the time is over, and
 * are to come from one context at a time: the driver is reentrant, a link is not.
 *
 * A request is sent in one piece, with a sequence number, and sent again if no reply comes or the
 * board has not understood it. The board executes a repeated request once. A request ends at the
 * latest after `tries` times `timeout_ms`, whatever arrives meanwhile.
 */
#ifndef POLYCHRON_H
#define POLYCHRON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "polychron_generated.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- The port: what the driver needs of the UART -------------------------------------------- */

typedef struct {
    void *context; /* handed to the functions below */
    /* Sends or queues all bytes without a gap of over 1.8 ms between
     * two of them. 0, or negative if the port has failed. */
    int (*send)(void *context, const uint8_t *bytes, size_t size);
    /* Waits at most `timeout_ms` for the first byte, then returns at once with what is there: 1 to
     * `size` bytes. 0 if none came in time, negative if the port has failed, or to give up.
     * A place to feed a watchdog. What comes between two calls must be kept: 261 bytes at most. */
    int (*receive)(void *context, uint8_t *bytes, size_t size, uint32_t timeout_ms);
    /* Milliseconds since any moment; may wrap around. */
    uint32_t (*now_ms)(void *context);
} polychron_port;

/* ---- The link ------------------------------------------------------------------------------- */

/* What went wrong on the line, and was dealt with. Each disturbance is counted in at least one. */
typedef struct {
    uint32_t resent;     /* requests sent again */
    uint32_t unanswered; /* times that a reply did not come within timeout_ms */
    uint32_t bad_frames; /* replies BAD_FRAME: the board has dropped something */
    uint32_t busy;       /* replies BUSY: a repeated request came while the first one ran */
    uint32_t passed;     /* whole replies to no pending request, or of a wrong length, passed over */
    uint32_t skipped;    /* bytes received that are part of no whole reply */
} polychron_faults;

typedef struct {
    const polychron_port *port;
    /* May be set after polychron_init(). */
    uint32_t timeout_ms;  /* for one reply: 1,000 */
    uint32_t patience_ms; /* for a board that reads its flash, at boot or in a scrub: 60,000 */
    uint8_t tries;        /* how often a request is sent: 5 */
    /* May be read. */
    polychron_faults faults;
    uint8_t load_error; /* a polychron_load_error: why the board has refused an image */
    uint8_t finished;   /* symbols that the last polychron_feed() or _generate() has brought */
    /* The driver's own. */
    uint8_t seq, load_state, lanes, comparators;
    uint16_t held;
    uint8_t frame[POLYCHRON_FRAME_OVERHEAD + POLYCHRON_MAX_PAYLOAD]; /* sent, or received */
} polychron_link;

typedef enum {
    POLYCHRON_OK = 0,
    POLYCHRON_BAD_CALL,      /* an argument is out of its range, or the board was not greeted yet */
    POLYCHRON_PORT_FAILED,   /* a function of the port has returned a negative number */
    POLYCHRON_NO_ANSWER,     /* none of `tries` requests was answered; it may have been executed */
    POLYCHRON_WRONG_VERSION, /* the board speaks another version of the link */
    POLYCHRON_WRONG_CORE,    /* the network is for another number of lanes or comparators */
    POLYCHRON_REFUSED,       /* the board does not know the command or value */
    POLYCHRON_NOT_LOADED,    /* the board has no image, or the last load or scrub has failed */
    POLYCHRON_ABORTED,       /* the run was ended by polychron_abort() */
    POLYCHRON_FAULT,         /* a step took more than 2^24 clocks and the core was reset */
    POLYCHRON_NEEDS_IMAGE,   /* the board runs another image, or none: load this one */
    POLYCHRON_IMAGE_REFUSED, /* the image is damaged or for another core: load_error says why */
    POLYCHRON_IMAGE_CUT,     /* the image has ended, and the board wants more */
    POLYCHRON_STILL_READING, /* the board has read its flash for longer than patience_ms */
    POLYCHRON_NO_FLASH,      /* the network has tables in flash, and the flash does not answer */
    POLYCHRON_FLASH_DIFFERS, /* the flash holds the tables of another image */
    POLYCHRON_FLASH_DAMAGED  /* a scrub has found an error: hello says which, in which section */
} polychron_result;

/* Begins a session: faults are 0, times as above. Nothing is sent. `port` must outlive the link. */
void polychron_init(polychron_link *link, const polychron_port *port);

/* ---- The board ------------------------------------------------------------------------------ */

/* What a board says of itself (docs/reference/link.md, HELLO). */
typedef struct {
    uint8_t lanes, comparators; /* width of its core */
    uint8_t state;              /* bits: polychron_state */
    uint8_t error;              /* polychron_load_error of the last load or scrub */
    uint8_t section;            /* modulo 256: that is read, or was when reading ended */
    uint8_t capture;            /* instant at which the flash's answers are sampled: 0..3 */
    uint8_t dropped;            /* bad frames it has counted, modulo 256 */
    uint32_t signature;         /* of the image it runs; 0 if that has none */
} polychron_hello;

/* Greets the board, and makes it forget the last sequence number: the first thing to do. A board
 * that has been switched off and on is to be greeted anew. */
polychron_result polychron_greet(polychron_link *link, polychron_hello *hello);

/* Greets it until it does not read its flash. */
polychron_result polychron_wait(polychron_link *link, polychron_hello *hello);

/* ---- A network ------------------------------------------------------------------------------ */

/* How the core chooses a symbol. Of a temperature: `python -m firmware.c.network` writes it. */
typedef struct {
    uint32_t seed;         /* first state of the generator, not 0 */
    uint8_t k;             /* the k earliest spikes are drawn from: 0 (all), 1..8 */
    uint8_t mask;          /* dither of a jitter */
    const int16_t *jitter; /* 256 entries; NULL: the earliest spike is taken */
} polychron_sampler;

/* What the driver needs to know of a network; `python -m firmware.c.network` writes it. */
typedef struct {
    uint8_t lanes, comparators; /* width that it is compiled for */
    bool in_flash;              /* some of its tables stay in the board's flash */
    uint32_t signature;
    const uint8_t *image; /* what is loaded; NULL where the image is not part of the program */
    uint32_t image_size;
    const int16_t *store; /* latencies at the start */
    uint16_t store_size;
    uint16_t output, output_end; /* addresses of the outputs, which every step writes */
    const uint16_t *input_at;    /* store_size numbers of inputs, POLYCHRON_NO_INPUT; or NULL */
    uint16_t inputs;
    bool signals;           /* it reads signals: what it keeps of a step is there in the next one */
    const int16_t *symbols; /* byte of each symbol, -1: any that is not listed; or NULL */
    uint16_t outputs;       /* symbols or classes */
    polychron_sampler sampler;
} polychron_network;

#define POLYCHRON_NO_INPUT 0xFFFFu

/* Makes a board that has the image run it: state and sampler as the network says, and a scrub if
 * it has tables in a flash that was not read since. POLYCHRON_NEEDS_IMAGE if the board runs another
 * image: load this one, and call again. Takes what a scrub takes: 0.5 s for each megabyte. */
polychron_result polychron_prepare(polychron_link *link, const polychron_network *network);

/* Loads an image in pieces of any size; it stays until the board's power is lost. A network with
 * tables in flash is loaded up to its section REST; whatever follows is taken and ignored. */
polychron_result polychron_load_begin(polychron_link *link);
polychron_result polychron_load_more(polychron_link *link, const uint8_t *bytes, size_t size);
polychron_result polychron_load_end(polychron_link *link);

/* The same for an image that lies in memory. */
polychron_result polychron_load(polychron_link *link, const uint8_t *image, size_t size);

/* polychron_prepare(), and where it asks for an image that is part of the program, the image is
 * loaded and the network prepared again. */
polychron_result polychron_start(polychron_link *link, const polychron_network *network);

/* Lets the board read its flash and check every CRC; what is loaded stays. `hello` is the board
 * afterwards. Takes 0.5 s for each megabyte. */
polychron_result polychron_scrub(polychron_link *link, polychron_hello *hello);

/* The state as it was at the start; the generator goes on. */
polychron_result polychron_reset(polychron_link *link, const polychron_network *network);

/* Sets the sampler and restarts the generator. */
polychron_result polychron_set_sampler(polychron_link *link, const polychron_sampler *sampler);

/* ---- Steps ---------------------------------------------------------------------------------- */

/* Steps through 1..255 symbols; `chosen` gets the symbol the core chose in each, or is NULL. */
polychron_result polychron_feed(polychron_link *link, const uint8_t *symbols, uint8_t count,
                                uint8_t *chosen);

/* 1..255 steps with the symbols that the core chooses. If the status is not POLYCHRON_OK, only
 * link->finished of them are written, here and in polychron_feed(); the state is then undefined
 * until polychron_reset(). */
polychron_result polychron_generate(polychron_link *link, uint8_t *symbols, uint8_t count);

/* Ends a run that was given up because receive() returned a negative number. */
polychron_result polychron_abort(polychron_link *link);

/* The class of a network that takes inputs: network->inputs latencies, the earliest output wins. Not
 * of one that reads signals. */
polychron_result polychron_classify(polychron_link *link, const polychron_network *network,
                                    const int16_t *inputs, uint8_t *winner);

/* The next step of a network that reads signals: network->inputs latencies, the earliest output of
 * this step wins. polychron_reset() begins a signal. If the result is not POLYCHRON_OK, the state is
 * undefined until then. */
polychron_result polychron_step(polychron_link *link, const polychron_network *network,
                                const int16_t *inputs, uint8_t *winner);

/* The symbol of a byte, -1 if the network has none for it; and the byte of a symbol, '?' of the
 * one that stands for any other byte. Nothing is sent. */
int16_t polychron_symbol(const polychron_network *network, uint8_t byte);
uint8_t polychron_byte(const polychron_network *network, uint8_t symbol);

/* ---- What the core has in its memories ------------------------------------------------------ */

/* `count` latencies of the store from `address` on. */
polychron_result polychron_read_latencies(polychron_link *link, uint16_t address,
                                          int16_t *latencies, uint16_t count);

typedef struct {
    uint16_t neuron;
    int16_t latency;
} polychron_spike;

/* The up to 8 earliest spikes of the last step, earliest first. */
polychron_result polychron_read_spikes(polychron_link *link,
                                       polychron_spike spikes[POLYCHRON_SPIKES], uint8_t *count);

/* Never cleared; they wrap around, so take differences. */
typedef struct {
    uint32_t clocks; /* while steps ran */
    uint32_t rows, beats;
    uint32_t flash_beats;
    uint16_t saturations, steps;
} polychron_counters;

polychron_result polychron_read_counters(polychron_link *link, polychron_counters *counters);

#ifdef __cplusplus
}
#endif

#endif
