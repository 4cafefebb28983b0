// The flash chip at its pins, and the FPGA's IO cells and pads in front of it: sim/flash/ once more, for the compiled simulator.
// Every state, check and random draw is that of the Python model; tests compare the two pin by pin.

#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace flash {

// sim/flash/timing.py, in its order.
struct Timing {
	int64_t slch, chsh, chsl, shch, shsl1, shsl2, dvch, chdx, period, period_read, duty, clqx, clqv, shqz, dp, res1, res2, rst, w;
};

enum class Name { SLCH, CHSH, CHSL, SHCH, SHSL1, SHSL2, DVCH, CHDX, CLL, CLH, FR, FR_READ, DP, RES1, RES2, RST, CONTENTION, HOLD };
enum Power { ASLEEP, AWAKE, CONTINUOUS };

struct Violation {
	Name name;
	int64_t time;
};

// Clocks after the instruction's own eight.
struct Format {
	unsigned address = 0, mode = 0, dummy = 0;
	bool quad = false;
	unsigned out = 0;
	bool reading = false;

	unsigned header() const { return address + mode + dummy; }
};

inline const Format *format_of(int command) {
	static const Format read{24, 0, 0, false, 1, true}, fast{24, 0, 8, false, 1, true}, dual{24, 0, 8, false, 2, true}, quad{6, 2, 4, true, 4, true};
	static const Format quad_id{6, 2, 4, true, 4, false}, id{24, 0, 0, false, 1, false}, plain{0, 0, 0, false, 1, false};
	static const Format wake{0, 0, 24, false, 1, false}, none{};
	switch (command) {
	case 0x03: return &read;
	case 0x0B: return &fast;
	case 0x3B: return &dual;
	case 0xEB: return &quad;
	case 0x94: return &quad_id;
	case 0x90: return &id;
	case 0x9F: case 0x05: case 0x35: return &plain;
	case 0xAB: return &wake;
	case 0x04: case 0x06: case 0x31: case 0x50: case 0x66: case 0x99: case 0xB9: return &none;
	}
	return nullptr;
}

class Chip {
public:
	static constexpr size_t SIZE = 1 << 24;
	static constexpr size_t VIOLATIONS = 256; // the most that are kept

	Chip(const uint8_t *data, size_t size, size_t offset, uint32_t jedec, bool quad, Power power, int64_t busy_until, const Timing &timing,
	     unsigned pulled, int stuck, bool absent, uint32_t seed)
		: timing(timing), content(data, data + size), offset(offset), jedec(jedec), quad_stored(quad), quad(quad || power == CONTINUOUS),
		  sleeping(power == ASLEEP), continuous(power == CONTINUOUS), busy_until(busy_until), pulled(pulled), stuck(stuck), absent(absent),
		  noise(seed), deselect_time(timing.shsl2) {}

	Timing timing;
	std::vector<Violation> violations;
	int64_t now = 0;

	bool asleep() const {
		if (resting)
			return now >= rest_until ? rest_asleep : sleeping || rest_name == Name::DP;
		return sleeping;
	}
	bool enabled() const { return quad; }
	bool reads_on() const { return continuous; }

	void set(int64_t time, bool cs_n_, bool clk_, unsigned io_, unsigned drive_) {
		now = time;
		unsigned changed = ((io_ ^ io) & drive_ & drive) | (drive_ ^ drive);
		io = io_;
		drive = drive_;
		if (absent || stuck >= 0)
			return;
		if (changed)
			lines_change(changed);
		if (cs_n_ != cs_n) {
			cs_n = cs_n_;
			if (cs_n)
				deselect();
			else
				select();
		}
		if (clk_ != clk) {
			clk = clk_;
			if (cs_n) {
				if (clk) {
					require(Name::SHCH, cs_rise, timing.shch);
					rise_time = now;
					sampled = 0;
				}
			} else if (clk) {
				rise();
			} else if (rises) {
				fall();
			}
		}
		if (!clash && (drive & driven(now))) {
			clash = true;
			note(Name::CONTENTION);
		}
	}

	// Levels, and from bit 4 on the lines that the chip drives.
	unsigned out(int64_t time) {
		if (absent)
			return 0;
		if (stuck >= 0)
			return 0xF0 | 15 * stuck;
		unsigned mask = driven(time);
		if (!mask)
			return 0;
		int64_t since = time - fall_time;
		if (cs_n || (since < timing.clqv && (since >= timing.clqx || !old_mask)))
			return mask << 4 | (draw() & mask);
		return mask << 4 | ((since >= timing.clqv || !old_mask ? new_level : old_level) & mask);
	}

	unsigned read(int64_t time) {
		unsigned pins = out(time), mask = pins >> 4 & ~drive;
		unsigned value = (io & drive) | (pins & mask), loose = 15 & ~drive & ~mask;
		value |= pulled & loose;
		if (loose & ~pulled)
			value |= draw() & loose & ~pulled;
		return value;
	}

	uint8_t *data() { return content.data(); }

private:
	static constexpr int64_t NEVER = -(int64_t(1) << 60);

	void note(Name name) {
		if (violations.size() < VIOLATIONS)
			violations.push_back({name, now});
	}
	void require(Name name, int64_t since, int64_t least) {
		if (now - since < least)
			note(name);
	}

	unsigned draw() {
		noise ^= noise << 13;
		noise ^= noise >> 17;
		noise ^= noise << 5;
		return noise >> 28;
	}

	void lines_change(unsigned changed) {
		if (changed & sampled)
			require(Name::CHDX, rise_time, timing.chdx);
		for (unsigned line = 0; line < 4; line++)
			if (changed >> line & 1)
				change_time[line] = now;
	}

	void select() {
		require(deselect_time == timing.shsl1 ? Name::SHSL1 : Name::SHSL2, cs_rise, deselect_time);
		require(Name::CHSL, rise_time, timing.chsl);
		cs_fall = now;
		sampled = 0;
		deaf = now < rest_until;
		if (!deaf) {
			if (resting)
				sleeping = rest_asleep;
			resting = false;
		} else if (resting) {
			note(rest_name);
		}
		clocks = bits = address = header = 0;
		command = continuous && !deaf ? 0xEB : -1;
		format = command >= 0 ? format_of(0xEB) : nullptr;
		rises = 0;
		held = clash = false;
		old_mask = new_mask = 0;
	}

	unsigned input_lines() const {
		if (!format)
			return clocks < 8;
		if (clocks - header < format->address + format->mode)
			return format->quad ? 15 : 1;
		return command == 0x31;
	}

	unsigned inputs(unsigned lines) {
		unsigned loose = lines & ~drive, level = (io & drive) | (pulled & loose);
		if (loose & ~pulled)
			level |= draw() & loose & ~pulled;
		return level;
	}

	void rise() {
		unsigned lines = input_lines();
		bool slow = command == 0x03;
		int64_t period = slow ? timing.period_read : timing.period;
		if (!rises) {
			require(Name::SLCH, cs_fall, timing.slch);
		} else {
			require(slow ? Name::FR_READ : Name::FR, rise_time, period);
			require(Name::CLL, fall_time, period * timing.duty / 100);
		}
		for (unsigned line = 0; line < 4; line++)
			if (lines >> line & 1)
				require(Name::DVCH, change_time[line], timing.dvch);
		rise_time = now;
		sampled = lines;
		rises++;
		unsigned level = inputs(lines);
		held = !quad && !(inputs(8) & 8);
		if (held) {
			note(Name::HOLD);
			return;
		}
		clock(level);
	}

	void clock(unsigned level) {
		if (!format) {
			if (clocks < 8)
				bits = bits << 1 | (level & 1);
			if (++clocks == 8 && !deaf)
				decode();
			return;
		}
		unsigned position = clocks++ - header;
		if (position < format->address) {
			address = (format->quad ? address << 4 | level : address << 1 | (level & 1)) & (SIZE - 1);
		} else if (position < format->address + format->mode) {
			if (position == format->address)
				mode = level;
			if (position == format->address + 1 && command == 0xEB)
				continuous = (mode & 3) == 2;
		} else if (command == 0x31) {
			bits = bits << 1 | (level & 1);
		}
	}

	void decode() {
		int code = bits & 0xFF;
		const Format *found = format_of(code);
		bool awake = !sleeping || code == 0xAB;
		bool free = now >= busy_until || code == 0x05 || code == 0x35 || code == 0x66 || code == 0x99;
		if (!found || !awake || !free || (found->quad && !quad))
			return;
		command = code;
		format = found;
		header = 8;
		bits = 0;
	}

	void fall() {
		require(Name::CLH, rise_time, (command == 0x03 ? timing.period_read : timing.period) * timing.duty / 100);
		fall_time = now;
		if (held)
			return;
		old_level = new_level;
		old_mask = new_mask;
		new_mask = 0;
		if (!format || !format->out || clocks < header + format->header())
			return;
		uint64_t at = clocks - header - format->header();
		if (format->out == 4) {
			unsigned value = byte(at >> 1);
			new_level = at & 1 ? value & 15 : value >> 4;
			new_mask = 15;
		} else if (format->out == 2) {
			new_level = byte(at >> 2) >> 2 * (3 - (at & 3)) & 3;
			new_mask = 3;
		} else {
			new_level = (byte(at >> 3) >> (7 - (at & 7)) & 1) << 1;
			new_mask = 2;
		}
	}

	unsigned byte(uint64_t number) const {
		switch (command) {
		case 0x9F: return number < 3 ? jedec >> 8 * (2 - number) & 0xFF : 0xFF;
		case 0xAB: return (jedec - 1) & 0xFF;
		case 0x90: case 0x94: return (number ^ address) & 1 ? (jedec - 1) & 0xFF : jedec >> 16;
		case 0x05: return (now < busy_until) | write_enabled << 1;
		case 0x35: return quad << 1;
		}
		size_t at = ((address + number) & (SIZE - 1)) - offset;
		return at < content.size() ? content[at] : 0xFF;
	}

	void rest(int64_t time, Name name, bool to_sleep) {
		rest_until = now + time;
		rest_name = name;
		rest_asleep = to_sleep;
		resting = true;
	}

	void deselect() {
		require(Name::CHSH, rise_time, timing.chsh);
		bool reading = format && format->reading, whole = format && clocks == header, was_armed = armed;
		armed = false;
		if ((command == 0x06 || command == 0x04) && whole) {
			write_enabled = command == 0x06;
		} else if (command == 0x50 && whole) {
			volatile_enabled = true;
		} else if (command == 0x31 && clocks == 16) {
			if (volatile_enabled) {
				quad = bits & 2;
			} else if (write_enabled) {
				quad = quad_stored = bits & 2;
				busy_until = now + timing.w;
			}
			write_enabled = volatile_enabled = false;
		} else if (command == 0xB9 && whole) {
			rest(timing.dp, Name::DP, true);
		} else if (command == 0xAB && sleeping) {
			bool slow = clocks < 40;
			rest(slow ? timing.res1 : timing.res2, slow ? Name::RES1 : Name::RES2, false);
		} else if (command == 0x66 && whole) {
			armed = true;
		} else if (command == 0x99 && whole && was_armed) {
			quad = quad_stored;
			busy_until = 0;
			write_enabled = volatile_enabled = false;
			rest(timing.rst, Name::RST, false);
		}
		command = -1;
		format = nullptr;
		cs_rise = now;
		sampled = 0;
		deselect_time = reading ? timing.shsl1 : timing.shsl2;
	}

	unsigned driven(int64_t time) {
		if (!new_mask)
			return 0;
		if (cs_n && time - cs_rise >= timing.shqz) {
			old_mask = new_mask = 0;
			return 0;
		}
		return new_mask;
	}

	std::vector<uint8_t> content;
	size_t offset;
	uint32_t jedec;
	bool quad_stored, quad, sleeping, continuous;
	int64_t busy_until;
	bool write_enabled = false, volatile_enabled = false, armed = false;
	bool resting = false, rest_asleep = false;
	int64_t rest_until = 0;
	Name rest_name = Name::DP;
	unsigned pulled;
	int stuck;
	bool absent;
	uint32_t noise;

	int command = -1;
	const Format *format = nullptr;
	bool deaf = false;
	uint64_t clocks = 0, header = 0;
	uint32_t bits = 0, address = 0;
	unsigned mode = 0;

	bool cs_n = true, clk = false;
	unsigned io = 15, drive = 0;
	uint64_t rises = 0;
	unsigned old_level = 0, old_mask = 0, new_level = 0, new_mask = 0;
	bool held = false, clash = false;

	int64_t cs_rise = NEVER, cs_fall = NEVER, rise_time = NEVER, fall_time = NEVER;
	int64_t change_time[4] = {NEVER, NEVER, NEVER, NEVER};
	unsigned sampled = 0;
	int64_t deselect_time;
};

// CS#, data and enable leave at an edge, SCK in two halves; lines are sampled at an edge and half a period later, both seen after the next.
class Cells {
public:
	Cells(Chip *chip, int64_t period, int64_t out, int64_t back, int64_t start)
		: chip(chip), period(period), out(out), back(back), now(start) {}

	unsigned edge(bool cs_n, unsigned sck, unsigned io_o, bool io_oe) {
		unsigned low = sample(now - period - back), high = sample(now - period / 2 - back);
		unsigned drive = io_oe ? 15 : 0;
		events.push_back({now + out, cs_n, bool(sck & 1), io_o, drive});
		events.push_back({now + out + period / 2, cs_n, bool(sck >> 1 & 1), io_o, drive});
		now += period;
		return high << 4 | low;
	}

	int64_t flush() {
		settle(now + out + period);
		return now > chip->now ? now : chip->now;
	}

	Chip *chip;

private:
	struct Event {
		int64_t time;
		bool cs_n, clk;
		unsigned io, drive;
	};

	unsigned sample(int64_t time) {
		settle(time);
		return chip->read(time > chip->now ? time : chip->now);
	}

	void settle(int64_t time) {
		while (!events.empty() && events.front().time < time) {
			const Event &event = events.front();
			chip->set(event.time, event.cs_n, event.clk, event.io, event.drive);
			events.pop_front();
		}
	}

	int64_t period, out, back, now;
	std::deque<Event> events;
};

} // namespace flash
