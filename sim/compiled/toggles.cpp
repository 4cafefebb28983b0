// What counts changes of signals as they stand just before edges, where everything is settled: bits by their words, and the states of a
// register. A library of its own, beside a simulation's (sim/compiled/toggles.py), of which it is given the functions that it calls.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "devices.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

namespace {

// The functions of driver.cpp with the simulation that they are for.
struct Driver {
	void *sim;
	void (*settle)(void *sim);
	void (*outline)(void *outline);
};

// `rose`, `fell`: bits that have; `changes`: how often bits have changed; `high`: the sum, over the first `looks` looks, of the bits that
// were 1.
struct Count {
	uint32_t rose = 0, fell = 0;
	uint64_t changes = 0, high = 0, looks = 0;
};

// Bits of a word of a signal.
struct Word {
	const uint32_t *at;
	uint32_t mask, last;
};

// Counts changes of words from now on, apart where the gate, a bit or null, was 0 and where it was 1. `outlines`: what has to be evaluated
// before a look; `halves`: with the edges of the flash's clock.
struct Toggles : devices::Device {
	Driver driver;
	std::vector<void *> outlines;
	std::vector<Word> words;
	std::vector<Count> counts[2]; // of each word
	const uint32_t *gate;
	bool halves;
	uint64_t looks[2] = {};

	void clock() override {}
	bool flash() const override { return halves; }

	void before() override {
		settle();
		bool open = gate && (*gate & 1);
		for (size_t i = 0; i < words.size(); i++)
			if ((*words[i].at & words[i].mask) != words[i].last)
				change(i, open);
		looks[open]++;
	}

	void settle() {
		driver.settle(driver.sim);
		for (auto outline : outlines)
			driver.outline(outline);
	}

	// Ones of the looks since the last change.
	void hold(size_t i) {
		for (int open = 0; open < 2; open++) {
			Count &count = counts[open][i];
			count.high += (looks[open] - count.looks) * uint64_t(__builtin_popcount(words[i].last));
			count.looks = looks[open];
		}
	}

private:
	void change(size_t i, bool open) {
		hold(i);
		Word &word = words[i];
		uint32_t now = *word.at & word.mask, changed = now ^ word.last;
		Count &count = counts[open][i];
		count.rose |= changed & now;
		count.fell |= changed & ~now;
		count.changes += uint64_t(__builtin_popcount(changed));
		word.last = now;
	}
};

// Counts, of a register of at most 6 bits, how often each value follows each.
struct States : devices::Device {
	static constexpr size_t most = 64;

	const uint32_t *at;
	uint32_t last;
	std::vector<uint64_t> follows; // from a value, to a value

	explicit States(const uint32_t *at) : at(at), last(*at % most), follows(most * most) {}

	void clock() override {}

	void before() override {
		uint32_t now = *at % most;
		follows[last * most + now]++;
		last = now;
	}
};

} // namespace

EXPORT devices::Device *pt_toggles(const Driver *driver, const uint32_t *const *at, const uint32_t *masks, size_t count, void *const *outlines,
                                   size_t outline_count, const uint32_t *gate, int halves) {
	auto device = new Toggles;
	device->driver = *driver;
	device->outlines.assign(outlines, outlines + outline_count);
	device->gate = gate;
	device->halves = halves;
	device->settle();
	for (size_t i = 0; i < count; i++)
		device->words.push_back({at[i], masks[i], *at[i] & masks[i]});
	for (auto &counts : device->counts)
		counts.resize(count);
	return device;
}

// What was counted of each word while the gate was so. Returns the looks taken.
EXPORT uint64_t pt_toggles_read(devices::Device *device, int gate, uint32_t *rose, uint32_t *fell, uint64_t *changes, uint64_t *high) {
	auto toggles = static_cast<Toggles *>(device);
	for (size_t i = 0; i < toggles->words.size(); i++) {
		toggles->hold(i);
		auto &count = toggles->counts[gate][i];
		rose[i] = count.rose;
		fell[i] = count.fell;
		changes[i] = count.changes;
		high[i] = count.high;
	}
	return toggles->looks[gate];
}

EXPORT devices::Device *pt_states(const uint32_t *at) { return new States(at); }

EXPORT void pt_states_read(const devices::Device *device, uint64_t *follows) {
	for (auto count : static_cast<const States *>(device)->follows)
		*follows++ = count;
}

// Recorded clocks: of each the reset and, from the next word on, the inputs, which lie one after another from `to` on.
EXPORT void pt_play(void *sim, void (*clock)(void *sim, uint64_t count), const uint32_t *inputs, uint64_t clocks, size_t words, uint32_t *reset,
                    uint32_t *to) {
	for (; clocks--; inputs += words) {
		*reset = inputs[0] & 1;
		for (size_t i = 1; i < words; i++)
			to[i - 1] = inputs[i];
		clock(sim, 1);
	}
}
