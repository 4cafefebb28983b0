/* From sound to what a network hears of it: see polychron_sound.h. Numbers and their widths:
 * docs/reference/sound.md. */
#include "polychron_sound.h"

enum { FRAME = POLYCHRON_SOUND_FRAME, HOP = POLYCHRON_SOUND_HOP, BANDS = POLYCHRON_SOUND_BANDS };
enum { STAGES = 9, GROWING = 5 };       /* of the transform; those that halve no sums */
enum { UNIT_BITS = 13, PEAK_BITS = 12 }; /* of sines; of a scaled frame */
enum { OCTAVE_BITS = 5, FLOOR = -384, FADING = 1 };
enum { OPENS = 128, RISING = 1, QUIET = 10 }; /* of a word's begin and end */

/* 8192 * sin(2 * pi * k / 512), k from 0 to 128 */
static const int16_t quarter[FRAME / 4 + 1] = {
    0, 101, 201, 302, 402, 502, 603, 703, 803, 903, 1003, 1102, 1202, 1301, 1401, 1499, 1598, 1697,
    1795, 1893, 1990, 2088, 2185, 2282, 2378, 2474, 2570, 2665, 2760, 2854, 2948, 3042, 3135, 3228,
    3320, 3411, 3503, 3593, 3683, 3773, 3862, 3950, 4038, 4125, 4212, 4297, 4383, 4467, 4551, 4634,
    4717, 4799, 4880, 4960, 5040, 5119, 5197, 5274, 5351, 5427, 5501, 5575, 5649, 5721, 5793, 5863,
    5933, 6002, 6070, 6137, 6203, 6268, 6333, 6396, 6458, 6519, 6580, 6639, 6698, 6755, 6811, 6867,
    6921, 6974, 7027, 7078, 7128, 7177, 7225, 7272, 7317, 7362, 7405, 7448, 7489, 7529, 7568, 7606,
    7643, 7679, 7713, 7746, 7779, 7809, 7839, 7868, 7895, 7921, 7946, 7970, 7993, 8014, 8035, 8054,
    8071, 8088, 8103, 8117, 8130, 8142, 8153, 8162, 8170, 8177, 8182, 8186, 8190, 8191, 8192,
};
static const uint8_t edges[BANDS + 1] = {3,  7,  12, 17, 23,  30,  37,  47, 57,
                                         69, 83, 99, 117, 139, 163, 191, 224};

/* ---- Numbers -------------------------------------------------------------------------------- */

/* Shifted right, rounded down whatever the sign. */
static int32_t shifted(int32_t value, unsigned bits) {
    return value < 0 ? ~(~value >> bits) : value >> bits;
}

static int32_t sine(unsigned turn) {
    const unsigned at = turn % (FRAME / 2);
    const int32_t value = quarter[at <= FRAME / 4 ? at : FRAME / 2 - at];
    return turn % FRAME < FRAME / 2 ? value : -value;
}

static int32_t cosine(unsigned turn) {
    return sine(turn + FRAME / 4);
}

static unsigned bit_length(uint64_t value) {
    unsigned bits = 0;
    for (; value > 0; value >>= 1)
        bits++;
    return bits;
}

/* 32 times the binary logarithm, straight between powers of two, rounded down; of 0 as of 1. */
static int32_t logarithm(uint64_t power) {
    const unsigned whole = power == 0 ? 0 : bit_length(power) - 1;
    if (power == 0)
        power = 1;
    if (whole > OCTAVE_BITS)
        power >>= whole - OCTAVE_BITS;
    else
        power <<= OCTAVE_BITS - whole;
    return ((int32_t)whole << OCTAVE_BITS) + (int32_t)power - (1 << OCTAVE_BITS);
}

/* ---- A frame -------------------------------------------------------------------------------- */

/* The frame, windowed and scaled, in the order that the transform wants; by how much it is shifted. */
static unsigned windowed(polychron_sound *sound) {
    uint32_t magnitudes = 0;
    for (unsigned at = 0; at < FRAME; at++) {
        const int32_t value = sound->kept[at] * (((1 << UNIT_BITS) - cosine(at)) >> 2);
        magnitudes |= (uint32_t)(value < 0 ? -value : value);
        unsigned place = 0;
        for (unsigned bit = 0; bit < STAGES; bit++)
            place |= (at >> bit & 1u) << (STAGES - 1 - bit);
        sound->real[place] = value;
    }
    const unsigned bits = bit_length(magnitudes);
    const unsigned shift = bits > PEAK_BITS ? bits - PEAK_BITS : 0;
    for (unsigned at = 0; at < FRAME; at++) {
        sound->real[at] = shifted(sound->real[at], shift);
        sound->imaginary[at] = 0;
    }
    return shift;
}

static void transform(int32_t *real, int32_t *imaginary) {
    for (unsigned stage = 0; stage < STAGES; stage++) {
        const unsigned half = 1u << stage, halved = stage >= GROWING;
        for (unsigned turn = 0; turn < half; turn++) {
            const int32_t c = cosine(turn * (FRAME / 2 / half)), s = sine(turn * (FRAME / 2 / half));
            for (unsigned at = turn; at < FRAME; at += 2 * half) {
                const int32_t r = real[at + half], i = imaginary[at + half];
                const int32_t turned_r = shifted(r * c + i * s + (1 << (UNIT_BITS - 1)), UNIT_BITS);
                const int32_t turned_i = shifted(i * c - r * s + (1 << (UNIT_BITS - 1)), UNIT_BITS);
                real[at + half] = shifted(real[at] - turned_r, halved);
                real[at] = shifted(real[at] + turned_r, halved);
                imaginary[at + half] = shifted(imaginary[at] - turned_i, halved);
                imaginary[at] = shifted(imaginary[at] + turned_i, halved);
            }
        }
    }
}

static int16_t channel(int32_t value) {
    return (int16_t)(value < FLOOR ? FLOOR : value);
}

/* Whether a frame of this level is part of a word. */
static polychron_sound_event follow(polychron_sound *sound, int32_t level) {
    sound->quietest += RISING;
    if (sound->quietest > level)
        sound->quietest = level;
    const bool loud = level >= sound->quietest + OPENS;
    if (!sound->open) {
        sound->open = loud;
        sound->quiet = 0;
        sound->loudest = level;
        return loud ? POLYCHRON_SOUND_BEGIN : POLYCHRON_SOUND_NOTHING;
    }
    sound->loudest = level > sound->loudest - FADING ? level : sound->loudest - FADING;
    sound->quiet = (uint8_t)(loud ? 0 : sound->quiet + 1);
    sound->open = sound->quiet < QUIET;
    return sound->open ? POLYCHRON_SOUND_STEP : POLYCHRON_SOUND_END;
}

static polychron_sound_event hear(polychron_sound *sound, int16_t *features) {
    const unsigned shift = windowed(sound);
    transform(sound->real, sound->imaginary);
    int32_t bands[BANDS];
    uint64_t all = 0;
    for (unsigned band = 0; band < BANDS; band++) {
        uint64_t power = 0;
        for (unsigned at = edges[band]; at < edges[band + 1]; at++) {
            const int64_t r = sound->real[at], i = sound->imaginary[at];
            power += (uint64_t)(r * r + i * i);
        }
        bands[band] = logarithm(power);
        all += power;
    }
    const int32_t whole = logarithm(all), level = whole + ((int32_t)(2 * shift) << OCTAVE_BITS);
    const polychron_sound_event event = follow(sound, level);
    if (event != POLYCHRON_SOUND_NOTHING) {
        for (unsigned band = 0; band < BANDS; band++)
            features[band] = channel(bands[band] - whole);
        features[BANDS] = channel(level - sound->loudest);
    }
    return event;
}

/* ---- Samples -------------------------------------------------------------------------------- */

void polychron_sound_start(polychron_sound *sound) {
    sound->loudest = 0;
    sound->quietest = (int32_t)1 << 30; /* until the first frame */
    sound->quiet = 0;
    sound->open = false;
    sound->held = 0;
    sound->last = 0;
}

polychron_sound_event polychron_sound_take(polychron_sound *sound, int16_t sample,
                                           int16_t features[POLYCHRON_SOUND_CHANNELS]) {
    sound->kept[sound->held++] = (int32_t)sample - sound->last + shifted(sound->last, 5);
    sound->last = sample;
    if (sound->held < FRAME)
        return POLYCHRON_SOUND_NOTHING;
    const polychron_sound_event event = hear(sound, features);
    sound->held = FRAME - HOP;
    for (unsigned at = 0; at < FRAME - HOP; at++)
        sound->kept[at] = sound->kept[at + HOP];
    return event;
}
