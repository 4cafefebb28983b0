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

/* What a sample has brought. */
typedef enum {
    POLYCHRON_SOUND_NOTHING, /* no step */
    POLYCHRON_SOUND_BEGIN,   /* the first step of a word: reset the network's state before it */
    POLYCHRON_SOUND_STEP,    /* a step */
    POLYCHRON_SOUND_END      /* the last step of the word */
} polychron_sound_event;

typedef struct {
    int32_t kept[POLYCHRON_SOUND_FRAME]; /* after the pre-emphasis */
    int32_t real[POLYCHRON_SOUND_FRAME], imaginary[POLYCHRON_SOUND_FRAME];
    int32_t loudest, quietest;
    uint16_t held;
    int16_t last;
    uint8_t quiet;
    bool open;
} polychron_sound;

/* Begins a recording. */
void polychron_sound_start(polychron_sound *sound);

/* Takes a sample. After 512 of them, and then after each 320 more, a frame is heard, where nearly all
 * time is spent; if it is part of a word, `features` are those of a step. */
polychron_sound_event polychron_sound_take(polychron_sound *sound, int16_t sample,
                                           int16_t features[POLYCHRON_SOUND_CHANNELS]);

#ifdef __cplusplus
}
#endif

#endif
