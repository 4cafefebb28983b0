#include <Arduino.h>
#include <stdio.h>
#include <stdlib.h>

extern "C" {
#include "posix_port.h"
}

Console Serial;
Uart Serial1;

static polychron_port port;
static uint8_t held;
static bool holds;

void Console::begin(unsigned long) {
}

size_t Console::println(const char *text) {
    return (size_t)printf("%s\n", text);
}

size_t Console::println(double number, int digits) {
    return (size_t)printf("%.*f\n", digits, number);
}

void Uart::begin(unsigned long) {
    if (!posix_open(&port, getenv("POLYCHRON_PORT")))
        exit(2);
}

size_t Uart::write(const uint8_t *bytes, size_t size) {
    return port.send(port.context, bytes, size) == 0 ? size : 0;
}

int Uart::available() {
    if (!holds) {
        const int came = port.receive(port.context, &held, 1, 1);
        if (came < 0)
            exit(3);
        holds = came == 1;
    }
    return holds;
}

int Uart::read() {
    holds = false;
    return held;
}

int analogRead(uint8_t) {
    int number;
    if (scanf("%d", &number) != 1)
        exit(0);
    return number;
}

uint32_t millis() {
    return port.now_ms(port.context);
}

int main() {
    setup();
    while (true)
        loop();
}
