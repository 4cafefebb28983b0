// What stands at the pins of a simulated design: a UART, a flash chip, an SDRAM, a source of random bits.
// Each runs once a clock, after the design: it reads outputs and sets the inputs that the next clock sees.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

#include "flash.h"
#include "sdram.h"

namespace devices {

// One bit of the design: where it is read and, for an input, where it is written.
struct Pin {
	const uint32_t *curr = nullptr;
	uint32_t *next = nullptr;

	bool get() const { return *curr & 1; }
	void set(bool bit) { *next = bit; }
};

struct Device {
	virtual ~Device() = default;
	// After an edge's evaluation. Registers then have their new values, outputs driven by logic those from just before the edge.
	virtual void clock() = 0;
	// Before the edge.
	virtual void before() {}
	// Whether it runs with the clock of the flash.
	virtual bool flash() const { return false; }
};

// 8N1. `divisor` is the clocks a bit lasts, and may be a fraction.
class Uart : public Device {
public:
	Uart(Pin from_design, Pin to_design, double divisor) : from(from_design), to(to_design), divisor(divisor) { to.set(true); }

	// A byte with `break_stop` gets a stop bit of 0, which the receiver has to call a framing error.
	void send(uint8_t byte, bool break_stop) { to_send.push_back(byte | (break_stop ? 0 : 0x100)); }

	void clock() override {
		transmit();
		receive();
	}

	bool busy() const { return sending || !to_send.empty(); }

	std::deque<uint8_t> received;
	uint64_t framing_errors = 0;

private:
	void transmit() {
		if (!sending) {
			if (to_send.empty())
				return;
			frame = (to_send.front() << 1) | 0x400;
			to_send.pop_front();
			sending = true;
			sent_clocks = 0;
		}
		unsigned bit = unsigned(sent_clocks++ / divisor);
		// After a broken stop bit the line rests for one more bit, so that the next start bit can be seen.
		to.set(bit >= 11 || (frame >> bit & 1));
		if (sent_clocks >= (frame & 0x200 ? 10 : 11) * divisor)
			sending = false;
	}

	void receive() {
		bool line = from.get();
		if (!receiving) {
			if (!line && last_line) {
				receiving = true;
				seen_clocks = 0;
				bits = 0;
				shift = 0;
			}
			last_line = line;
			return;
		}
		last_line = line;
		if (++seen_clocks < (bits + 0.5) * divisor)
			return;
		if (bits == 0) {
			receiving = !line; // a glitch is no start bit
		} else if (bits <= 8) {
			shift |= line << (bits - 1);
		} else {
			receiving = false;
			if (line)
				received.push_back(shift);
			else
				framing_errors++;
		}
		bits++;
	}

	Pin from, to;
	double divisor;
	std::deque<uint16_t> to_send;
	unsigned frame = 0, bits = 0, shift = 0;
	uint64_t sent_clocks = 0, seen_clocks = 0;
	bool sending = false, receiving = false, last_line = true;
};

// What a design presents before an edge, at outputs of up to 32 bits: a register's value is looked at before it, logic's after the edge's
// evaluation.
template <int count>
class Presented {
public:
	Presented(const uint32_t *const outputs[], const int logic[]) {
		for (int i = 0; i < count; i++) {
			from[i] = outputs[i];
			late[i] = logic[i];
		}
	}

	void look(bool after) {
		for (int i = 0; i < count; i++)
			if (late[i] == after)
				seen[i] = *from[i];
	}

	uint32_t operator[](int i) const { return seen[i]; }

private:
	const uint32_t *from[count];
	bool late[count];
	uint32_t seen[count] = {};
};

// The FPGA's IO cells with a flash chip behind them, on the design's clock `flash_clk`, or `clk` where there is no other.
class FlashPins : public Device {
public:
	FlashPins(flash::Cells *cells, const uint32_t *const outputs[], const int logic[], uint32_t *io_i)
		: cells(cells), seen(outputs, logic), io_i(io_i) {
		*io_i = 0xFF;
	}

	void before() override { seen.look(false); }

	void clock() override {
		seen.look(true);
		*io_i = cells->edge(seen[0], seen[1], seen[2], seen[3]);
	}

	bool flash() const override { return true; }

private:
	flash::Cells *cells;
	Presented<4> seen;
	uint32_t *io_i;
};

// The FPGA's IO registers with an SDRAM behind them, on the design's clock `clk`.
class SdramPins : public Device {
public:
	SdramPins(sdram::Cells *cells, const uint32_t *const outputs[], const int logic[], uint32_t *dq_i)
		: cells(cells), seen(outputs, logic), dq_i(dq_i) {}

	void before() override { seen.look(false); }

	void clock() override {
		seen.look(true);
		cells->edge(seen[0], seen[1], seen[2], seen[3], seen[4], dq_i);
	}

private:
	sdram::Cells *cells;
	Presented<5> seen;
	uint32_t *dq_i;
};

// Counts the clocks after which a register of one bit is 1.
class Tally : public Device {
public:
	explicit Tally(const uint32_t *bit) : bit(bit) {}

	void clock() override { count += *bit & 1; }

	uint64_t count = 0;

private:
	const uint32_t *bit;
};

// Sets a bit anew each clock: 1 with a probability of `threshold` / 65536.
class RandomBit : public Device {
public:
	RandomBit(Pin pin, uint32_t threshold, uint32_t seed) : pin(pin), threshold(threshold), state(seed ? seed : 1) {}

	void clock() override {
		state ^= state << 13;
		state ^= state >> 17;
		state ^= state << 5;
		pin.set((state >> 16) < threshold);
	}

private:
	Pin pin;
	uint32_t threshold, state;
};

} // namespace devices
