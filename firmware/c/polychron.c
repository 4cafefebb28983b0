/* Host driver of the UART link: see polychron.h. Layouts: docs/reference/link.md, image.md. */
#include "polychron.h"

enum { SEQ = 1, CODE = 2, STATUS = 2, SIZE = 3, PAYLOAD = 4 }; /* places in a frame */
enum { CRC = 2 };                                /* bytes of a frame behind its payload */
enum { IMAGE_HEADER = 16, SECTION = 12 };        /* bytes; of a section, besides its payload */
enum { JITTER_ENTRIES = 256, CONFIG_WORDS = 4 }; /* payloads of sections */
enum { PIECE = 64 };                             /* bytes sent at a time of an image made here */

/* ---- Numbers -------------------------------------------------------------------------------- */

static uint16_t word_at(const uint8_t *bytes) {
    return (uint16_t)(bytes[0] | (uint16_t)((uint16_t)bytes[1] << 8));
}

static uint32_t long_at(const uint8_t *bytes) {
    return word_at(bytes) | (uint32_t)word_at(bytes + 2) << 16;
}

static int16_t as_signed(uint16_t word) {
    return (int16_t)(word < 0x8000u ? (int32_t)word : (int32_t)word - 0x10000);
}

/* CRC-16/XMODEM of a frame: all between its first byte and the CRC. */
static uint16_t frame_crc(const uint8_t *frame, uint16_t size) {
    uint16_t crc = 0;
    for (uint16_t at = 1; at < size - CRC; at++) {
        crc = (uint16_t)(crc ^ (uint16_t)((uint16_t)frame[at] << 8));
        for (uint8_t bit = 0; bit < 8; bit++)
            crc = (uint16_t)((uint16_t)(crc << 1) ^ (crc & 0x8000u ? 0x1021u : 0u));
    }
    return crc;
}

/* One byte more of CRC-32/ISO-HDLC, without the inversion at both ends. */
static uint32_t crc32_next(uint32_t crc, uint8_t byte) {
    crc ^= byte;
    for (uint8_t bit = 0; bit < 8; bit++)
        crc = crc >> 1 ^ (crc & 1u ? 0xEDB88320u : 0u);
    return crc;
}

/* ---- Replies -------------------------------------------------------------------------------- */

/* Takes bytes away from the beginning of what is held. */
static void drop(polychron_link *link, uint16_t count) {
    link->held = (uint16_t)(link->held - count);
    for (uint16_t at = 0; at < link->held; at++)
        link->frame[at] = link->frame[at + count];
}

/* Takes the first byte away, and what can't begin a reply behind it. */
static void skip(polychron_link *link) {
    uint16_t count = 1;
    while (count < link->held && link->frame[count] != POLYCHRON_REPLY_START)
        count++;
    drop(link, count);
    link->faults.skipped += count;
}

static uint16_t frame_size(const polychron_link *link) {
    return link->held <= SIZE ? POLYCHRON_FRAME_OVERHEAD
                               : (uint16_t)(POLYCHRON_FRAME_OVERHEAD + link->frame[SIZE]);
}

/* Whether a whole reply begins what is held. What looked like one and is none is searched for the
 * true one, byte by byte. */
static bool whole_reply(polychron_link *link) {
    while (link->held > 0) {
        const uint16_t size = frame_size(link);
        if (link->frame[0] == POLYCHRON_REPLY_START) {
            if (link->held < size)
                return false;
            if (frame_crc(link->frame, size) == word_at(link->frame + size - CRC))
                return true;
        }
        skip(link);
    }
    return false;
}

typedef enum { ANOTHER, ANSWER, AGAIN } verdict;

/* Whether the reply held is the one waited for, asks for the request again, or is passed over.
 * `due`: bytes of an OK. */
static verdict judge(polychron_link *link, uint8_t command, uint8_t due) {
    const uint8_t seq = link->frame[SEQ], status = link->frame[STATUS], size = link->frame[SIZE];
    if (seq == 0 && status == POLYCHRON_STATUS_BAD_FRAME) {
        link->faults.bad_frames++;
        return AGAIN;
    }
    if (command == POLYCHRON_COMMAND_ABORT && status == POLYCHRON_STATUS_ABORTED)
        return ANSWER; /* it has the number of the run that was ended */
    if (seq == link->seq && status == POLYCHRON_STATUS_BUSY) {
        link->faults.busy++; /* the request was sent twice, and the reply of the first will come */
        return ANOTHER;
    }
    if (seq == link->seq &&
        (status == POLYCHRON_STATUS_OK ? size == due
                                       : status > POLYCHRON_STATUS_BAD_FRAME && size <= due))
        return ANSWER;
    link->faults.passed++;
    return ANOTHER;
}

/* Waits for the reply, until one deadline for all that comes. NO_ANSWER: send the request again. */
static polychron_result await(polychron_link *link, uint8_t command, uint8_t due) {
    const polychron_port *const port = link->port;
    const uint32_t start = port->now_ms(port->context);
    bool over = false;
    while (true) {
        while (whole_reply(link)) {
            const verdict found = judge(link, command, due);
            if (found == ANSWER) {
                link->faults.skipped += link->held - frame_size(link);
                link->held = 0;
                return POLYCHRON_OK;
            }
            drop(link, frame_size(link));
            if (found == AGAIN)
                return POLYCHRON_NO_ANSWER;
        }
        if (over && link->held == 0) {
            link->faults.unanswered++;
            return POLYCHRON_NO_ANSWER;
        }
        if (over) {
            skip(link); /* what has begun will not end, but may hide a whole reply */
            continue;
        }
        const uint32_t passed = port->now_ms(port->context) - start;
        const uint16_t wanted = (uint16_t)(frame_size(link) - link->held);
        int came = 0;
        if (passed < link->timeout_ms)
            came = port->receive(port->context, link->frame + link->held, wanted,
                                 link->timeout_ms - passed);
        if (came < 0 || came > (int)wanted)
            return POLYCHRON_PORT_FAILED;
        over = came == 0;
        link->held = (uint16_t)(link->held + (uint16_t)came);
    }
}

static polychron_result result_of(uint8_t status) {
    switch (status) {
    case POLYCHRON_STATUS_OK:
        return POLYCHRON_OK;
    case POLYCHRON_STATUS_NOT_LOADED:
        return POLYCHRON_NOT_LOADED;
    case POLYCHRON_STATUS_ABORTED:
        return POLYCHRON_ABORTED;
    case POLYCHRON_STATUS_FAULT:
        return POLYCHRON_FAULT;
    default:
        return POLYCHRON_REFUSED;
    }
}

/* ---- Requests ------------------------------------------------------------------------------- */

/* Sends a request until it is answered. The reply's payload stands in the link then: `due` bytes if
 * the result is POLYCHRON_OK. `payload` must not be in the link. */
static polychron_result ask(polychron_link *link, uint8_t command, const uint8_t *payload,
                            uint8_t size, uint8_t due) {
    const polychron_port *const port = link->port;
    const uint16_t length = (uint16_t)(POLYCHRON_FRAME_OVERHEAD + size);
    link->seq = (uint8_t)(link->seq % 255u + 1u); /* never 0, which is that of BAD_FRAME */
    for (uint8_t attempt = 0; attempt < link->tries; attempt++) {
        link->faults.skipped += link->held;
        link->held = 0;
        link->faults.resent += attempt > 0;
        link->frame[0] = POLYCHRON_REQUEST_START;
        link->frame[SEQ] = link->seq;
        link->frame[CODE] = command;
        link->frame[SIZE] = size;
        for (uint8_t at = 0; at < size; at++)
            link->frame[PAYLOAD + at] = payload[at];
        const uint16_t crc = frame_crc(link->frame, length);
        link->frame[length - 2] = (uint8_t)(crc & 0xFFu);
        link->frame[length - 1] = (uint8_t)(crc >> 8);
        if (port->send(port->context, link->frame, length) < 0)
            return POLYCHRON_PORT_FAILED;
        const polychron_result result = await(link, command, due);
        if (result == POLYCHRON_OK)
            return result_of(link->frame[STATUS]);
        if (result != POLYCHRON_NO_ANSWER)
            return result;
    }
    return POLYCHRON_NO_ANSWER;
}

static const uint8_t *reply(const polychron_link *link) {
    return link->frame + PAYLOAD;
}

void polychron_init(polychron_link *link, const polychron_port *port) {
    *link = (polychron_link){.port = port, .timeout_ms = 1000, .patience_ms = 60000, .tries = 5};
}

/* ---- The board ------------------------------------------------------------------------------ */

polychron_result polychron_greet(polychron_link *link, polychron_hello *hello) {
    const uint32_t passed = link->faults.passed;
    const polychron_result result =
        ask(link, POLYCHRON_COMMAND_HELLO, NULL, 0, POLYCHRON_GREETING_BYTES);
    if (result == POLYCHRON_NO_ANSWER && link->faults.passed != passed)
        return POLYCHRON_WRONG_VERSION; /* there were greetings, but of another length */
    if (result != POLYCHRON_OK)
        return result;
    const uint8_t *const told = reply(link);
    if (told[POLYCHRON_GREETING_VERSION] != POLYCHRON_LINK_VERSION)
        return POLYCHRON_WRONG_VERSION;
    hello->lanes = link->lanes = told[POLYCHRON_GREETING_LANES] & ((1u << POLYCHRON_CORES_SHIFT) - 1);
    hello->comparators = link->comparators = told[POLYCHRON_GREETING_COMPARATORS];
    hello->state = told[POLYCHRON_GREETING_STATE];
    hello->error = told[POLYCHRON_GREETING_ERROR];
    hello->section = told[POLYCHRON_GREETING_SECTION];
    hello->capture = told[POLYCHRON_GREETING_CAPTURE];
    hello->dropped = told[POLYCHRON_GREETING_DROPPED];
    hello->signature = long_at(told + POLYCHRON_GREETING_SIGNATURE);
    return POLYCHRON_OK;
}

polychron_result polychron_wait(polychron_link *link, polychron_hello *hello) {
    const uint32_t start = link->port->now_ms(link->port->context);
    while (true) {
        const polychron_result result = polychron_greet(link, hello);
        if (result != POLYCHRON_OK || !(hello->state & POLYCHRON_STATE_READING))
            return result;
        if (link->port->now_ms(link->port->context) - start >= link->patience_ms)
            return POLYCHRON_STILL_READING;
    }
}

polychron_result polychron_scrub(polychron_link *link, polychron_hello *hello) {
    polychron_result result = polychron_wait(link, hello); /* a boot may be under way */
    if (result == POLYCHRON_OK)
        result = ask(link, POLYCHRON_COMMAND_SCRUB, NULL, 0, 0);
    if (result == POLYCHRON_OK)
        result = polychron_wait(link, hello);
    /* with the code NONE the flash is sound, but nothing had been loaded */
    if (result == POLYCHRON_OK && (hello->state & POLYCHRON_STATE_ERROR) &&
        hello->error != POLYCHRON_LOAD_ERROR_NONE)
        return POLYCHRON_FLASH_DAMAGED;
    return result;
}

/* ---- Images --------------------------------------------------------------------------------- */

static polychron_result load_piece(polychron_link *link, uint8_t command, const uint8_t *bytes,
                                   uint8_t size) {
    const polychron_result result = ask(link, command, bytes, size, 2);
    if (result != POLYCHRON_OK)
        return result;
    link->load_state = reply(link)[0];
    link->load_error = reply(link)[1];
    return link->load_state & POLYCHRON_STATE_ERROR ? POLYCHRON_IMAGE_REFUSED : POLYCHRON_OK;
}

polychron_result polychron_load_begin(polychron_link *link) {
    link->load_state = 0;
    return load_piece(link, POLYCHRON_COMMAND_LOAD_BEGIN, NULL, 0);
}

polychron_result polychron_load_more(polychron_link *link, const uint8_t *bytes, size_t size) {
    polychron_result result = POLYCHRON_OK;
    while (result == POLYCHRON_OK && size > 0) {
        const uint8_t part = (uint8_t)(size < POLYCHRON_MAX_PAYLOAD ? size : POLYCHRON_MAX_PAYLOAD);
        result = load_piece(link, POLYCHRON_COMMAND_LOAD, bytes, part);
        bytes += part;
        size -= part;
    }
    return result;
}

polychron_result polychron_load_end(polychron_link *link) {
    return link->load_state & POLYCHRON_STATE_LOADED ? POLYCHRON_OK : POLYCHRON_IMAGE_CUT;
}

polychron_result polychron_load(polychron_link *link, const uint8_t *image, size_t size) {
    polychron_result result = polychron_load_begin(link);
    if (result == POLYCHRON_OK)
        result = polychron_load_more(link, image, size);
    return result == POLYCHRON_OK ? polychron_load_end(link) : result;
}

/* An image that is made and sent piece by piece. After an error nothing more is sent. */
typedef struct {
    polychron_link *link;
    polychron_result result;
    uint32_t crc;
    uint8_t held;
    uint8_t bytes[PIECE];
} maker;

static void flush(maker *image) {
    if (image->result == POLYCHRON_OK)
        image->result = polychron_load_more(image->link, image->bytes, image->held);
    image->held = 0;
}

static void put(maker *image, uint8_t byte) {
    image->crc = crc32_next(image->crc, byte);
    image->bytes[image->held++] = byte;
    if (image->held == PIECE)
        flush(image);
}

static void put_word(maker *image, uint16_t word) {
    put(image, (uint8_t)(word & 0xFFu));
    put(image, (uint8_t)(word >> 8));
}

static void put_long(maker *image, uint32_t value) {
    put_word(image, (uint16_t)(value & 0xFFFFu));
    put_word(image, (uint16_t)(value >> 16));
}

static void put_crc(maker *image) {
    put_long(image, ~image->crc);
    image->crc = 0xFFFFFFFFu;
}

static void begin_section(maker *image, uint8_t kind, uint16_t address, uint32_t words) {
    put_long(image, kind | (uint32_t)address << 8);
    put_long(image, 2 * words);
}

/* `bytes`: of the sections to come, besides END. */
static void begin_image(maker *image, polychron_link *link, uint32_t bytes) {
    image->link = link;
    image->held = 0;
    image->crc = 0xFFFFFFFFu;
    image->result = link->lanes ? polychron_load_begin(link) : POLYCHRON_BAD_CALL;
    put_long(image, POLYCHRON_IMAGE_MAGIC);
    put(image, POLYCHRON_IMAGE_VERSION);
    put(image, link->comparators);
    put(image, link->lanes);
    put(image, 0);
    put_long(image, IMAGE_HEADER + bytes + SECTION);
    put_crc(image);
}

static polychron_result end_image(maker *image) {
    begin_section(image, POLYCHRON_KIND_END, 0, 0);
    put_crc(image);
    flush(image);
    return image->result == POLYCHRON_OK ? polychron_load_end(image->link) : image->result;
}

polychron_result polychron_set_sampler(polychron_link *link, const polychron_sampler *sampler) {
    maker image;
    const bool jittered = sampler->jitter != NULL;
    if (sampler->seed == 0 || sampler->k > POLYCHRON_SPIKES)
        return POLYCHRON_BAD_CALL;
    begin_image(&image, link,
                SECTION + 2 * CONFIG_WORDS + (jittered ? SECTION + 2 * JITTER_ENTRIES : 0));
    if (jittered) {
        begin_section(&image, POLYCHRON_KIND_JITTER, 0, JITTER_ENTRIES);
        for (uint16_t at = 0; at < JITTER_ENTRIES; at++)
            put_word(&image, (uint16_t)sampler->jitter[at]);
        put_crc(&image);
    }
    begin_section(&image, POLYCHRON_KIND_CONFIG, 0, CONFIG_WORDS); /* in its registers' order */
    put_long(&image, sampler->seed);
    put_word(&image, (uint16_t)(sampler->k | (jittered ? 1u << POLYCHRON_JITTER_BIT : 0u)));
    put_word(&image, sampler->mask);
    put_crc(&image);
    return end_image(&image);
}

/* Latencies of the start from `from` to before `end`; with `inputs`, those in their places. */
static void put_store(maker *image, const polychron_network *network, const int16_t *inputs,
                      uint16_t from, uint16_t end) {
    begin_section(image, POLYCHRON_KIND_STORE, from, (uint32_t)(end - from));
    for (uint16_t at = from; at < end; at++) {
        const bool given = inputs != NULL && network->input_at[at] != POLYCHRON_NO_INPUT;
        put_word(image, (uint16_t)(given ? inputs[network->input_at[at]] : network->store[at]));
    }
    put_crc(image);
}

/* All latencies but the outputs, which the next step writes. */
static polychron_result write_store(polychron_link *link, const polychron_network *network,
                                    const int16_t *inputs) {
    maker image;
    const uint16_t outputs = (uint16_t)(network->output_end - network->output);
    begin_image(&image, link, 2 * SECTION + 2 * (uint32_t)(network->store_size - outputs));
    put_store(&image, network, inputs, 0, network->output);
    put_store(&image, network, inputs, network->output_end, network->store_size);
    return end_image(&image);
}

/* The next range with inputs, from `from` on, and its end; false if there is none. What lies between
 * near ones is a part of it: no step changes it, and another section takes more bytes. */
static bool next_inputs(const polychron_network *network, uint16_t *from, uint16_t *end) {
    while (*from < network->store_size && network->input_at[*from] == POLYCHRON_NO_INPUT)
        (*from)++;
    if (*from == network->store_size)
        return false;
    *end = (uint16_t)(*from + 1);
    for (uint16_t at = *end; at < network->store_size && at - *end <= SECTION / 2; at++)
        if (network->input_at[at] != POLYCHRON_NO_INPUT)
            *end = (uint16_t)(at + 1);
    return true;
}

/* The inputs alone. */
static polychron_result write_inputs(polychron_link *link, const polychron_network *network,
                                     const int16_t *inputs) {
    maker image;
    uint32_t bytes = 0;
    uint16_t end = 0;
    for (uint16_t from = 0; next_inputs(network, &from, &end); from = end)
        bytes += SECTION + 2 * (uint32_t)(end - from);
    begin_image(&image, link, bytes);
    for (uint16_t from = 0; next_inputs(network, &from, &end); from = end)
        put_store(&image, network, inputs, from, end);
    return end_image(&image);
}

polychron_result polychron_reset(polychron_link *link, const polychron_network *network) {
    return write_store(link, network, NULL);
}

polychron_result polychron_prepare(polychron_link *link, const polychron_network *network) {
    polychron_hello hello;
    polychron_result result = polychron_wait(link, &hello);
    if (result != POLYCHRON_OK)
        return result;
    if (hello.lanes != network->lanes || hello.comparators != network->comparators)
        return POLYCHRON_WRONG_CORE;
    if (network->in_flash && !(hello.state & POLYCHRON_STATE_FLASH_READY)) {
        result = polychron_greet(link, &hello); /* the bit comes microseconds after a boot's end */
        if (result != POLYCHRON_OK)
            return result;
        if (!(hello.state & POLYCHRON_STATE_FLASH_READY))
            return POLYCHRON_NO_FLASH;
    }
    if (!(hello.state & POLYCHRON_STATE_LOADED) || hello.signature != network->signature)
        return POLYCHRON_NEEDS_IMAGE;
    if (network->in_flash && !(hello.state & POLYCHRON_STATE_FLASH_SAME)) {
        result = polychron_scrub(link, &hello);
        if (result != POLYCHRON_OK)
            return result;
        if (!(hello.state & POLYCHRON_STATE_FLASH_SAME))
            return POLYCHRON_FLASH_DIFFERS;
    }
    result = polychron_reset(link, network);
    return result == POLYCHRON_OK ? polychron_set_sampler(link, &network->sampler) : result;
}

polychron_result polychron_start(polychron_link *link, const polychron_network *network) {
    polychron_result result = polychron_prepare(link, network);
    if (result != POLYCHRON_NEEDS_IMAGE || network->image == NULL)
        return result;
    result = polychron_load(link, network->image, network->image_size);
    return result == POLYCHRON_OK ? polychron_prepare(link, network) : result;
}

/* ---- Steps ---------------------------------------------------------------------------------- */

static polychron_result run(polychron_link *link, uint8_t command, const uint8_t *payload,
                            uint8_t size, uint8_t count, uint8_t *symbols) {
    link->finished = 0;
    if (count == 0)
        return POLYCHRON_BAD_CALL;
    const polychron_result result = ask(link, command, payload, size, count);
    if (result == POLYCHRON_OK || result == POLYCHRON_ABORTED || result == POLYCHRON_FAULT)
        link->finished = link->frame[SIZE];
    for (uint8_t at = 0; symbols != NULL && at < link->finished; at++)
        symbols[at] = reply(link)[at];
    return result;
}

polychron_result polychron_feed(polychron_link *link, const uint8_t *symbols, uint8_t count,
                                uint8_t *chosen) {
    return run(link, POLYCHRON_COMMAND_FEED, symbols, count, count, chosen);
}

polychron_result polychron_generate(polychron_link *link, uint8_t *symbols, uint8_t count) {
    return run(link, POLYCHRON_COMMAND_STEP, &count, 1, count, symbols);
}

polychron_result polychron_abort(polychron_link *link) {
    const polychron_result result = ask(link, POLYCHRON_COMMAND_ABORT, NULL, 0, 0);
    return result == POLYCHRON_ABORTED ? POLYCHRON_OK : result;
}

polychron_result polychron_classify(polychron_link *link, const polychron_network *network,
                                    const int16_t *inputs, uint8_t *winner) {
    if (network->input_at == NULL || network->signals)
        return POLYCHRON_BAD_CALL;
    const polychron_result result = write_store(link, network, inputs);
    return result == POLYCHRON_OK ? polychron_generate(link, winner, 1) : result;
}

polychron_result polychron_step(polychron_link *link, const polychron_network *network,
                                const int16_t *inputs, uint8_t *winner) {
    if (network->input_at == NULL || !network->signals)
        return POLYCHRON_BAD_CALL;
    const polychron_result result = write_inputs(link, network, inputs);
    return result == POLYCHRON_OK ? polychron_generate(link, winner, 1) : result;
}

int16_t polychron_symbol(const polychron_network *network, uint8_t byte) {
    int16_t found = -1;
    for (uint16_t at = 0; network->symbols != NULL && at < network->outputs; at++) {
        if (network->symbols[at] == byte)
            return (int16_t)at;
        if (network->symbols[at] < 0)
            found = (int16_t)at;
    }
    return found;
}

uint8_t polychron_byte(const polychron_network *network, uint8_t symbol) {
    if (network->symbols == NULL || symbol >= network->outputs || network->symbols[symbol] < 0)
        return '?';
    return (uint8_t)network->symbols[symbol];
}

/* ---- What the core has in its memories ------------------------------------------------------ */

/* Words of one READ, at most POLYCHRON_MAX_READ; they are in the reply then. */
static polychron_result read_words(polychron_link *link, uint8_t space, uint16_t address,
                                   uint8_t count) {
    const uint8_t what[4] = {space, (uint8_t)(address & 0xFFu), (uint8_t)(address >> 8), count};
    return ask(link, POLYCHRON_COMMAND_READ, what, sizeof what, (uint8_t)(2 * count));
}

polychron_result polychron_read_latencies(polychron_link *link, uint16_t address,
                                          int16_t *latencies, uint16_t count) {
    while (count > 0) {
        const uint8_t part = (uint8_t)(count < POLYCHRON_MAX_READ ? count : POLYCHRON_MAX_READ);
        const polychron_result result =
            read_words(link, POLYCHRON_READ_SPACE_STORE, address, part);
        if (result != POLYCHRON_OK)
            return result;
        for (uint8_t at = 0; at < part; at++)
            *latencies++ = as_signed(word_at(reply(link) + 2 * at));
        address = (uint16_t)(address + part);
        count = (uint16_t)(count - part);
    }
    return POLYCHRON_OK;
}

polychron_result polychron_read_spikes(polychron_link *link,
                                       polychron_spike spikes[POLYCHRON_SPIKES], uint8_t *count) {
    polychron_result result = read_words(link, POLYCHRON_READ_SPACE_RESULTS, 0, 1);
    if (result != POLYCHRON_OK)
        return result;
    const uint16_t listed = word_at(reply(link));
    *count = (uint8_t)(listed < POLYCHRON_SPIKES ? listed : POLYCHRON_SPIKES);
    if (*count > 0)
        result = read_words(link, POLYCHRON_READ_SPACE_RESULTS, 1, (uint8_t)(2 * *count));
    for (uint8_t at = 0; result == POLYCHRON_OK && at < *count; at++) {
        spikes[at].neuron = word_at(reply(link) + 4 * at);
        spikes[at].latency = as_signed(word_at(reply(link) + 4 * at + 2));
    }
    return result;
}

polychron_result polychron_read_counters(polychron_link *link, polychron_counters *counters) {
    const polychron_result result =
        read_words(link, POLYCHRON_READ_SPACE_COUNTERS, 0, 2 * (POLYCHRON_COUNTER_FLASH + 1));
    if (result != POLYCHRON_OK)
        return result;
    const uint8_t *const told = reply(link);
    counters->clocks = long_at(told + 4 * POLYCHRON_COUNTER_CLOCKS);
    counters->rows = long_at(told + 4 * POLYCHRON_COUNTER_ROWS);
    counters->beats = long_at(told + 4 * POLYCHRON_COUNTER_BEATS);
    counters->flash_beats = long_at(told + 4 * POLYCHRON_COUNTER_FLASH);
    counters->saturations = word_at(told + 4 * POLYCHRON_COUNTER_SATURATIONS);
    counters->steps = word_at(told + 4 * POLYCHRON_COUNTER_STEPS);
    return POLYCHRON_OK;
}
