/* An Arduino sketch: sensors in, the name of the class out.
 *
 * Into its folder belong polychron.c, polychron.h, polychron_generated.h, and network.c and
 * network.h, which are written by
 *     python -m firmware.c.network --network classify.safetensors
 * The FPGA board is at Serial1, whose buffer must hold the longest reply: 18 bytes, or 6 and two
 * for each output that network_outputs() reads. */
#include <Arduino.h>

#include "network.h"

static int port_send(void *, const uint8_t *bytes, size_t size) {
    return Serial1.write(bytes, size) == size ? 0 : -1;
}

static int port_receive(void *, uint8_t *bytes, size_t size, uint32_t timeout_ms) {
    const uint32_t start = millis();
    int came = 0;
    while (came == 0 && millis() - start < timeout_ms)
        while (came < (int)size && Serial1.available() > 0)
            bytes[came++] = (uint8_t)Serial1.read();
    return came;
}

static uint32_t port_now(void *) {
    return millis();
}

static const polychron_port port = {NULL, port_send, port_receive, port_now};
static polychron_link fpga;
static polychron_result result = POLYCHRON_NO_ANSWER; /* nobody is connected yet */

/* What the network says of the sensors, which are in the order of the columns it was trained on. A
 * reading that is missing is NAN. */
static polychron_result look() {
    network_reading readings[NETWORK_INPUTS];
    for (uint16_t input = 0; input < NETWORK_INPUTS; input++)
        readings[input] = (network_reading)analogRead((uint8_t)(A0 + input));

    uint8_t winner;
    const polychron_result asked = network_classify(&fpga, readings, &winner);
    if (asked == POLYCHRON_OK)
        Serial.println(network_classes[winner]);
    return asked;
}

void setup() {
    Serial.begin(115200);
    Serial1.begin(1000000); /* 3000000 of a ULX3S */
    polychron_init(&fpga, &port);
}

void loop() {
    if (result == POLYCHRON_OK)
        result = look();
    else
        result = polychron_start(&fpga, &network); /* loads the image if need be */
}
