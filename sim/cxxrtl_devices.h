// What stands at the pins of a simulated design: a UART, an SPI flash, a source of random bits.
// Each runs once a clock, after the design: it reads settled outputs and sets the inputs that the next clock sees.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

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
	virtual void clock() = 0;
	// Whether it must see the outputs as they are after the edge. If no device does, outputs driven by logic may be seen one clock late
	// (as a synchroniser would), and a clock costs one evaluation of the design instead of two.
	virtual bool exact() const { return false; }
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

// A serial flash in single-bit mode 0: 03h read, 9Fh id, ABh wake (and device id), B9h sleep. The same model as sim/flash_model.py.
class Flash {
public:
	Flash(const uint8_t *data, size_t size, size_t base, uint32_t jedec, uint64_t wake_clocks)
		: content(data, data + size), base(base), jedec(jedec), wake_clocks(wake_clocks) {}

	// One clock of the pins; returns what the flash puts on CIPO (1 where it doesn't drive).
	bool pins(bool cs_n, bool clk, bool copi) {
		if (waking && --waking == 0)
			asleep = false;
		if (cs_n) {
			if (!last_cs_n)
				deselect();
		} else if (last_cs_n) {
			bits = 0;
			shift = 0;
			out = true;
			command = -1;
		} else if (clk && !last_clk) {
			rise(copi);
		} else if (!clk && last_clk) {
			fall();
		}
		last_cs_n = cs_n;
		last_clk = clk;
		return cs_n || out;
	}

	bool asleep = true;

private:
	void rise(bool copi) {
		shift = shift << 1 | copi;
		bits++;
		if (bits == 8)
			command = asleep && (shift & 0xFF) != 0xAB ? -1 : int(shift & 0xFF);
		else if (bits == 32 && command == 0x03)
			address = shift & 0xFFFFFF;
	}

	void fall() {
		out = true;
		if (command == 0x03 && bits >= 32) {
			uint64_t bit = bits - 32;
			size_t at = (address + bit / 8) & 0xFFFFFF;
			uint8_t byte = at >= base && at - base < content.size() ? content[at - base] : 0xFF;
			out = byte >> (7 - bit % 8) & 1;
		} else if (command == 0x9F && bits >= 8 && bits < 32) {
			out = jedec >> (31 - bits) & 1;
		} else if (command == 0xAB && bits >= 32) {
			out = (jedec & 0xFF) - 1 >> (7 - bits % 8) & 1;
		}
	}

	void deselect() {
		if (command == 0xAB && asleep && !waking) {
			waking = wake_clocks;
			if (!waking)
				asleep = false;
		} else if (command == 0xB9 && bits == 8) {
			asleep = true;
		}
	}

	std::vector<uint8_t> content;
	size_t base;
	uint32_t jedec;
	uint64_t wake_clocks, waking = 0;
	bool last_cs_n = true, last_clk = false, out = true;
	uint64_t bits = 0;
	uint32_t shift = 0, address = 0;
	int command = -1;
};

class FlashPins : public Device {
public:
	FlashPins(Flash *flash, Pin cs_n, Pin clk, Pin copi, Pin cipo) : flash(flash), cs_n(cs_n), clk(clk), copi(copi), cipo(cipo) {
		cipo.set(true);
	}

	void clock() override { cipo.set(flash->pins(cs_n.get(), clk.get(), copi.get())); }
	bool exact() const override { return true; }

private:
	Flash *flash;
	Pin cs_n, clk, copi, cipo;
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
