/* Tells the words in a sound: keywords PORT < SOUND. SOUND: samples of 16 bits, low byte first, one
 * channel, 16 kHz, without a header. On POSIX; network.c and network.h are written by
 *     python -m firmware.c.network --network kw.safetensors --readings int */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "network.h"
#include "polychron_sound.h"
#include "posix_port.h"

#if NETWORK_CHANNELS != POLYCHRON_SOUND_CHANNELS
#error "the network is one of other signals: it was not trained on recordings"
#endif

static polychron_sound sound;
static network_signal word;
static uint8_t winner;

/* A sample of the microphone's. */
static polychron_result take(polychron_link *link, int16_t sample) {
    int16_t features[POLYCHRON_SOUND_CHANNELS];
    network_reading readings[NETWORK_CHANNELS];
    polychron_result result = POLYCHRON_OK;
    const polychron_sound_event event = polychron_sound_take(&sound, sample, features);
    if (event == POLYCHRON_SOUND_NOTHING)
        return result;
    for (uint8_t channel = 0; channel < NETWORK_CHANNELS; channel++)
        readings[channel] = features[channel];
    if (event == POLYCHRON_SOUND_BEGIN)
        result = network_begin(link, &word);
    if (result == POLYCHRON_OK)
        result = network_step(link, &word, readings, &winner);
    if (result == POLYCHRON_OK && event == POLYCHRON_SOUND_END)
        puts(network_classes[winner]);
    return result;
}

int main(int argc, char **argv) {
    polychron_port port;
    polychron_link link;
    uint8_t bytes[2];
    if (argc != 2) {
        fputs("usage: keywords PORT < SOUND\n", stderr);
        return 2;
    }
    if (!posix_open(&port, argv[1])) {
        fprintf(stderr, "error: %s: %s\n", argv[1], strerror(errno));
        return 2;
    }
    polychron_init(&link, &port);
    link.patience_ms = 600000; /* a simulated board takes minutes to read its flash */
    polychron_sound_start(&sound);
    polychron_result result = polychron_start(&link, &network);
    while (result == POLYCHRON_OK && fread(bytes, 1, sizeof bytes, stdin) == sizeof bytes)
        result = take(&link, (int16_t)(uint16_t)(bytes[0] | bytes[1] << 8));
    if (result == POLYCHRON_OK && sound.open)
        puts(network_classes[winner]); /* the sound has ended within the word */
    if (result != POLYCHRON_OK)
        fprintf(stderr, "error: result %d of polychron.h\n", (int)result);
    return result == POLYCHRON_OK ? 0 : 2;
}
