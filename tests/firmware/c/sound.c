/* Samples come on standard input; for each frame, the event and the step's channels, zeros where there is none, go to standard output. */
#include <stdio.h>
#include <string.h>

#include "polychron_sound.h"

int main(void) {
    polychron_sound sound;
    int16_t sample, features[POLYCHRON_SOUND_CHANNELS], event;
    uint32_t taken = 0;
    polychron_sound_start(&sound);
    while (fread(&sample, sizeof sample, 1, stdin) == 1) {
        memset(features, 0, sizeof features);
        event = (int16_t)polychron_sound_take(&sound, sample, features);
        taken++;
        if (taken < POLYCHRON_SOUND_FRAME || (taken - POLYCHRON_SOUND_FRAME) % POLYCHRON_SOUND_HOP != 0) {
            if (event != POLYCHRON_SOUND_NOTHING)
                return 1;
            continue;
        }
        fwrite(&event, sizeof event, 1, stdout);
        fwrite(features, sizeof *features, POLYCHRON_SOUND_CHANNELS, stdout);
    }
    return 0;
}
