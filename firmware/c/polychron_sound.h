/* From sound to what a network hears of it, in integers (docs/reference/sound.md).
 *
 * C99; no allocation, no globals, no floats, no library. 320 samples make a step of the network: 17
 * numbers, the same to the last bit as golden/sound computes. */
#ifndef POLYCHRON_SOUND_H
#define POLYCHRON_SOUND_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define POLYCHRON_SOUND_RATE 16000 /* samples a second */
#define POLYCHRON_SOUND_FRAME 512  /* samples that a step is made of */
#define POLYCHRON_SOUND_HOP 320    /* samples from one step to the next */
#define POLYCHRON_SOUND_BANDS 16
#define POLYCHRON_SOUND_CHANNELS 17 /* the bands, and how loud it is */

typedef struct {
    int32_t kept[POLYCHRON_SOUND_FRAME]; /* after the pre-emphasis */
    int32_t real[POLYCHRON_SOUND_FRAME], imaginary[POLYCHRON_SOUND_FRAME];
    int32_t loudest;
    uint16_t held;
    int16_t last;
} polychron_sound;

/* Begins a recording. */
void polychron_sound_start(polychron_sound *sound);

/* Takes a sample; true if a step's `features` are there with it: after 512 samples, and then after
 * each 320 more. Nearly all time is spent in those calls. */
bool polychron_sound_take(polychron_sound *sound, int16_t sample,
                          int16_t features[POLYCHRON_SOUND_CHANNELS]);

#ifdef __cplusplus
}
#endif

#endif
