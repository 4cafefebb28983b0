/* What a sketch needs of Arduino, here: Serial1 is the port that POLYCHRON_PORT names, Serial is
 * standard output, and a pin gives the next number of standard input, at whose end the board is
 * switched off. */
#ifndef ARDUINO_H
#define ARDUINO_H

#include <stddef.h>
#include <stdint.h>

class Console {
public:
    void begin(unsigned long baud);
    size_t println(const char *text);
    size_t println(double number, int digits);
};

class Uart {
public:
    void begin(unsigned long baud);
    size_t write(const uint8_t *bytes, size_t size);
    int available();
    int read();
};

extern Console Serial;
extern Uart Serial1;

const uint8_t A0 = 14;

int analogRead(uint8_t pin);
uint32_t millis(); /* an unsigned long of those boards */

void setup();
void loop();

#endif
