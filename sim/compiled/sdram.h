// The SDRAM at its pins, and the FPGA's IO registers and pads in front of it: sim/sdram/ once more, for the compiled simulator.
// Every state, check and random draw is that of the Python model; tests compare the two pin by pin.

#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <vector>

namespace sdram {

// The numbers of boards.sdram.SdramPart, in its order.
struct Part {
	int64_t bits, row_bits, column_bits;
	int64_t t_ck, t_ch, t_cl, t_is, t_ih, t_rcd, t_rp, t_ras, t_ras_max, t_rc, t_rfc, t_rrd, t_wr, t_mrd, t_start, t_ac, t_oh, t_lz, t_hz;
	int64_t refreshes, t_ref;
};

// RAS#, CAS# and WE#, from bit 2 down.
enum Command { LOAD_MODE_REGISTER, AUTO_REFRESH, PRECHARGE, ACTIVATE, WRITE, READ, BURST_TERMINATE, NOP };

// The names of commands stand for violations first, in their order.
enum class Name {
	CK = NOP, CH, CL, IS, IH, RCD, RP, RAS, RAS_MAX, RC, RFC, RRD, WR, MRD, START_TIME, REF, REFI, START, MODE, CONTENTION
};

struct Violation {
	Name name;
	int64_t time;
};

constexpr int64_t NEVER = -(int64_t(1) << 60), FOREVER = int64_t(1) << 60;

// Rows of bytes, each in memory once it is written to; until then its words are those of sim.sdram.content.unwritten.
class Content {
public:
	Content(const Part &part, uint32_t seed)
		: word(part.bits / 8), column_bits(part.column_bits), row_bits(part.row_bits), seed(seed), rows(size_t(4) << row_bits) {}

	uint32_t read(unsigned bank, unsigned row, unsigned column) const {
		size_t index = size_t(bank) << row_bits | row;
		return rows[index] ? get(rows[index].get() + column * word) : unwritten(index << column_bits | column) & mask();
	}

	void write(unsigned bank, unsigned row, unsigned column, uint32_t value) { put(use(bank, row) + column * word, value); }

	// The bytes of a row, to be written or read.
	uint8_t *use(unsigned bank, unsigned row) {
		auto &bytes = rows[size_t(bank) << row_bits | row];
		if (!bytes) {
			bytes.reset(new uint8_t[row_size()]);
			size_t first = (size_t(bank) << row_bits | row) << column_bits;
			for (size_t column = 0; column >> column_bits == 0; column++)
				put(bytes.get() + column * word, unwritten(first + column));
		}
		return bytes.get();
	}

	size_t row_size() const { return word << column_bits; }

private:
	uint32_t mask() const { return uint32_t((uint64_t(1) << 8 * word) - 1); }

	uint32_t unwritten(uint32_t number) const {
		uint32_t x = number + seed * 0x9E3779B9u;
		x = (x ^ x >> 16) * 0x7FEB352Du;
		x = (x ^ x >> 15) * 0x846CA68Bu;
		return x ^ x >> 16;
	}

	uint32_t get(const uint8_t *bytes) const {
		uint32_t value = 0;
		for (size_t at = 0; at < word; at++)
			value |= uint32_t(bytes[at]) << 8 * at;
		return value;
	}

	void put(uint8_t *bytes, uint32_t value) const {
		for (size_t at = 0; at < word; at++)
			bytes[at] = uint8_t(value >> 8 * at);
	}

	size_t word, column_bits, row_bits;
	uint32_t seed;
	std::vector<std::unique_ptr<uint8_t[]>> rows;
};

class Chip {
public:
	static constexpr size_t VIOLATIONS = 256; // the most that are kept

	Chip(const Part &part, uint32_t seed)
		: part(part), content(part, seed), lines(uint32_t((uint64_t(1) << part.bits) - 1)), pins((1u << part.row_bits) - 1), noise(seed),
		  gap(9 * part.t_ref / part.refreshes) {}

	const Part part;
	Content content;
	std::vector<Violation> violations;
	int64_t now = 0;
	bool started = false;

	void set(int64_t time, bool clk_, unsigned command_, unsigned bank_, unsigned address_, uint32_t dq_, uint32_t drive_) {
		bool clash_before = drive && driven(time - 1);
		now = time;
		change(command_ != command, bank_ != bank || address_ != address, ((dq_ ^ dq) & drive_ & drive) | (drive_ ^ drive));
		command = command_;
		bank = bank_;
		address = address_;
		dq = dq_;
		drive = drive_;
		if (clk_ != clk) {
			clk = clk_;
			if (clk) {
				rising();
			} else {
				require(Name::CH, rise, part.t_ch);
				fall = now;
			}
		}
		bool clashes = drive && driven(now);
		if ((clash_before || clashes) && !clash)
			note(Name::CONTENTION);
		clash = clashes;
	}

	// Whether the chip drives DQ, or may still drive it.
	bool driven(int64_t time) const {
		int64_t since = time - rise;
		return launched.full ? before.full || since >= part.t_lz : before.full && since < part.t_hz;
	}

	// Levels; `by_chip` tells if it drives the lines.
	uint32_t out(int64_t time, bool &by_chip) {
		by_chip = driven(time);
		if (!by_chip)
			return 0;
		int64_t since = time - rise;
		if (launched.full && since >= part.t_ac)
			return launched.word;
		if (before.full && since < part.t_oh)
			return before.word;
		return draw() & lines;
	}

	uint32_t read(int64_t time) {
		bool by_chip;
		uint32_t levels = out(time, by_chip), free = lines & ~drive;
		if (!by_chip)
			levels = free ? draw() : 0;
		return (dq & drive) | (levels & free);
	}

private:
	static constexpr unsigned A10 = 1 << 10;

	struct Bank {
		bool open = false;
		unsigned row = 0;
		int64_t activated = NEVER, precharged = NEVER, wrote = NEVER;
		bool automatic = false, after_write = false; // precharges by itself, from the clock `close` on
		int64_t close = 0;
		bool told = false;
	};

	struct Burst {
		unsigned bank = 0, row = 0, column = 0, length = 0, done = 0;
		bool write = false, automatic = false;

		bool going() const { return done < length; }
	};

	struct Fetched {
		bool full = false;
		uint32_t word = 0;
	};

	void note(Name name) {
		if (violations.size() < VIOLATIONS)
			violations.push_back({name, now});
	}
	void require(Name name, int64_t since, int64_t least) {
		if (now - since < least)
			note(name);
	}

	uint32_t draw() {
		noise ^= noise << 13;
		noise ^= noise >> 17;
		noise ^= noise << 5;
		return noise;
	}

	void change(bool commands, bool addresses, bool data) {
		if ((commands && rise != NEVER) || (addresses && addressed) || (data && written))
			require(Name::IH, rise, part.t_ih);
		if (commands)
			command_change = now;
		if (addresses)
			address_change = now;
		if (data)
			data_change = now;
	}

	void rising() {
		require(Name::CK, rise, part.t_ck);
		require(Name::CL, fall, part.t_cl);
		clocks++;
		if (rise == NEVER)
			first = now;
		if (now > alarm)
			alarms();
		if (closing)
			close_banks();
		if (command != NOP)
			execute(Command(command), address & pins);
		addressed = command == LOAD_MODE_REGISTER || (command >= PRECHARGE && command <= READ);
		bool going = burst.going();
		written = going && burst.write;
		int64_t last = command_change;
		if (addressed)
			last = std::max(last, address_change);
		if (written)
			last = std::max(last, data_change);
		require(Name::IS, last, part.t_is);
		rise = now;
		before = launched;
		launched = waiting;
		waiting = fetched;
		fetched.full = false;
		if (going)
			step();
	}

	// What is noted without a command, and when: `alarm`, the earliest time after which something will have to be.
	void alarms() {
		if (now - oldest() > part.t_ref && !told_window) {
			told_window = true;
			note(Name::REF);
		}
		if (now - newest > gap && !told_gap) {
			told_gap = true;
			note(Name::REFI);
		}
		for (Bank &one : banks)
			if (one.open && !one.told && now - one.activated > part.t_ras_max) {
				one.told = true;
				note(Name::RAS_MAX);
			}
		set_alarm();
	}

	void set_alarm() {
		alarm = FOREVER;
		if (!told_window)
			alarm = std::min(alarm, oldest() + part.t_ref);
		if (!told_gap)
			alarm = std::min(alarm, newest + gap);
		for (const Bank &one : banks)
			if (one.open && !one.told)
				alarm = std::min(alarm, one.activated + part.t_ras_max);
	}

	int64_t oldest() const { return refreshes.empty() ? FOREVER / 2 : refreshes[refresh_number]; }

	void refresh() {
		refreshed = now;
		if (refreshes.empty())
			return;
		refreshes[refresh_number] = newest = now;
		refresh_number = refresh_number + 1 == refreshes.size() ? 0 : refresh_number + 1;
		told_window = told_gap = false;
		set_alarm();
	}

	void close_banks() {
		for (Bank &one : banks)
			if (one.automatic && clocks >= one.close && !(one.after_write && now - one.wrote < part.t_wr)) {
				one.automatic = false;
				closing--;
				close(one);
			}
	}

	// A precharge, by command or by itself; of an idle bank it is nothing.
	void close(Bank &one) {
		if (!one.open)
			return;
		require(Name::RAS, one.activated, part.t_ras);
		require(Name::WR, one.wrote, part.t_wr);
		one.open = false;
		one.precharged = now;
		set_alarm();
	}

	void illegal(Command what) { note(Name(what)); }

	void execute(Command what, unsigned levels) {
		require(Name::RFC, refreshed, part.t_rfc);
		if (clocks - moded < part.t_mrd)
			note(Name::MRD);
		if (!started && !start(what, levels))
			return;
		switch (what) {
		case ACTIVATE: activate(levels); break;
		case READ: case WRITE: access(what, levels); break;
		case PRECHARGE: precharge(levels & A10); break;
		case AUTO_REFRESH:
			if (idle(what))
				refresh();
			break;
		case LOAD_MODE_REGISTER:
			if (idle(what))
				mode(bank << 13 | levels);
			break;
		case BURST_TERMINATE:
			if (burst.going() && burst.automatic)
				illegal(what);
			else
				burst.length = 0;
			break;
		case NOP: break;
		}
	}

	// Whether the command has its place in the start, and is done as ever.
	bool start(Command what, unsigned levels) {
		if (stage == 0 && what == PRECHARGE && (levels & A10)) {
			require(Name::START_TIME, first, part.t_start);
			for (Bank &one : banks)
				one.precharged = now;
			stage = 1;
			return false;
		}
		bool refreshing = stage >= 1 && (what == PRECHARGE || what == AUTO_REFRESH);
		if (!refreshing && !(stage >= 3 && what == LOAD_MODE_REGISTER)) {
			note(Name::START);
			return false;
		}
		stage += what == AUTO_REFRESH;
		return true;
	}

	bool idle(Command what) {
		int64_t last = NEVER;
		for (const Bank &one : banks) {
			if (one.open) {
				illegal(what);
				return false;
			}
			last = std::max(last, one.precharged);
		}
		require(Name::RP, last, part.t_rp);
		return true;
	}

	void mode(unsigned bits) {
		if ((bits & ~0x207u) != 0x30 || (bits & 7) > 3) {
			note(Name::MODE);
			return;
		}
		length = 1 << (bits & 3);
		single = bits >> 9;
		moded = clocks;
		if (!started) {
			started = true;
			refreshes.assign(part.refreshes, now);
			newest = now;
			told_window = told_gap = false;
			set_alarm();
		}
	}

	void activate(unsigned row) {
		Bank &one = banks[bank];
		if (one.open) {
			illegal(ACTIVATE);
			return;
		}
		require(Name::RP, one.precharged, part.t_rp);
		require(Name::RC, one.activated, part.t_rc);
		int64_t last = NEVER;
		for (const Bank &other : banks)
			if (&other != &one)
				last = std::max(last, other.activated);
		require(Name::RRD, last, part.t_rrd);
		one.open = true;
		one.row = row;
		one.activated = now;
		one.told = false;
		set_alarm();
	}

	void access(Command what, unsigned levels) {
		Bank &one = banks[bank];
		if (!one.open || one.automatic || (burst.going() && burst.automatic)) {
			illegal(what);
			return;
		}
		require(Name::RCD, one.activated, part.t_rcd);
		burst.bank = bank;
		burst.row = one.row;
		burst.column = levels & ((1u << part.column_bits) - 1);
		burst.write = what == WRITE;
		burst.automatic = levels & A10;
		burst.length = burst.write && single ? 1 : length;
		burst.done = 0;
		if (burst.automatic) {
			one.automatic = true;
			one.after_write = burst.write;
			one.close = clocks + burst.length;
			closing++;
		}
	}

	void precharge(bool all) {
		for (unsigned number = 0; number < 4; number++)
			if ((all || number == bank) && banks[number].automatic) {
				illegal(PRECHARGE);
				return;
			}
		for (unsigned number = 0; number < 4; number++)
			if (all || number == bank)
				close(banks[number]);
		if (all || burst.bank == bank)
			burst.length = 0;
	}

	// The burst's word of this clock.
	void step() {
		unsigned inside = burst.length - 1, column = (burst.column & ~inside) | ((burst.column + burst.done) & inside);
		burst.done++;
		if (!burst.write) {
			fetched = {true, content.read(burst.bank, burst.row, column)};
			return;
		}
		uint32_t loose = lines & ~drive;
		content.write(burst.bank, burst.row, column, (dq & drive) | (loose ? draw() & loose : 0));
		banks[burst.bank].wrote = now;
	}

	uint32_t lines;
	unsigned pins;
	uint32_t noise;

	bool clk = false;
	unsigned command = NOP, bank = 0, address = 0;
	uint32_t dq = 0, drive = 0;
	int64_t rise = NEVER, fall = NEVER, first = 0, clocks = 0;
	int64_t command_change = NEVER, address_change = NEVER, data_change = NEVER;
	bool addressed = false, written = false; // sampled by the last clock
	bool clash = false;

	Fetched fetched, waiting, launched, before; // the last clock's, and one, two and three clocks ago

	Bank banks[4];
	Burst burst;
	unsigned closing = 0; // banks that will precharge by themselves
	unsigned length = 1, stage = 0;
	bool single = false;
	int64_t moded = NEVER, refreshed = NEVER;

	std::vector<int64_t> refreshes; // times of the last ones, the oldest at `refresh_number`
	size_t refresh_number = 0;
	int64_t newest = FOREVER / 2, gap, alarm = FOREVER;
	bool told_window = true, told_gap = true;
};

// Two slots a clock, the chip's clock in the middle of each, DQ sampled four times.
class Cells {
public:
	Cells(Chip *chip, int64_t period, int64_t out, int64_t out_clk, int64_t back, int64_t start)
		: chip(chip), quarter(period / 4), out(out), out_clk(out_clk), back(back), now(start), clock_time(start + out_clk) {}

	// `dq_i`: words of 32 bits for the four samples.
	void edge(unsigned command, unsigned bank, unsigned address, uint32_t dq_o, bool dq_oe, uint32_t *dq_i) {
		unsigned bits = unsigned(chip->part.bits), at = 0;
		for (int64_t number = -6; number < -2; number++, at += bits) {
			uint32_t seen = sample(now + number * quarter - back);
			dq_i[at / 32] = at % 32 ? dq_i[at / 32] | seen << at % 32 : seen;
		}
		uint32_t drive = dq_oe ? uint32_t((uint64_t(1) << bits) - 1) : 0;
		events.push_back({now + out, {command & 7, bank & 3, address & 0x1FFF, dq_o, drive}});
		events.push_back({now + out + 2 * quarter, {command >> 3, bank >> 2, address >> 13, dq_o, 0}});
		clocks_left += 4;
		now += 4 * quarter;
	}

	int64_t flush() {
		settle(now + std::max(out, out_clk) + 4 * quarter);
		return std::max(now, chip->now);
	}

	Chip *chip;

private:
	struct Pins {
		unsigned command = NOP, bank = 0, address = 0;
		uint32_t dq = 0, drive = 0;
	};
	struct Event {
		int64_t time;
		Pins pins;
	};

	uint32_t sample(int64_t time) {
		settle(time);
		return chip->read(std::max(time, chip->now));
	}

	void settle(int64_t time) {
		for (;;) {
			int64_t pins_time = events.empty() ? FOREVER : events.front().time, next = clocks_left ? clock_time : FOREVER;
			if (std::min(pins_time, next) >= time)
				return;
			if (pins_time <= next) {
				pins = events.front().pins;
				events.pop_front();
				next = pins_time;
			} else {
				clk = --clocks_left % 2 == 0;
				clock_time += quarter;
			}
			chip->set(next, clk, pins.command, pins.bank, pins.address, pins.dq, pins.drive);
		}
	}

	int64_t quarter, out, out_clk, back, now, clock_time;
	uint64_t clocks_left = 0; // changes of the chip's clock
	bool clk = false;
	Pins pins;
	std::deque<Event> events;
};

} // namespace sdram
