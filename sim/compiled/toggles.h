// What counts changes of signals between edges, where everything is settled: bits by their words, and the states of a register.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include <cxxrtl/cxxrtl.h>

#include "devices.h"

namespace devices {

// Bits of a word of a signal. `rose`, `fell`: those that have; `toggles`: how often bits have changed; `high`: the sum, over all looks but
// the first, of the bits that were 1.
struct Word {
	const uint32_t *at;
	uint32_t mask, last = 0, rose = 0, fell = 0;
	uint64_t toggles = 0, high = 0;

	void look(bool first) {
		uint32_t now = *at & mask, changed = now ^ last;
		last = now;
		if (first)
			return;
		rose |= changed & now;
		fell |= changed & ~now;
		toggles += uint64_t(__builtin_popcount(changed));
		high += uint64_t(__builtin_popcount(now));
	}
};

// Counts changes of words from the first look, which is at once, on. `outlines`: what has to be evaluated before a look; `halves`: whether it
// also looks half a clock after an edge.
class Toggles : public Device {
public:
	Toggles(std::vector<Word> words, std::vector<cxxrtl::debug_outline *> outlines, bool halves)
		: words(words), outlines(outlines), halves(halves) {
		look(true);
	}

	void clock() override {}
	void settled(bool half) override {
		if (halves || !half)
			look(false);
	}

	bool looks() const override { return true; }

	std::vector<Word> words;
	uint64_t looks_taken = 0;

private:
	void look(bool first) {
		for (auto outline : outlines)
			outline->eval();
		for (auto &word : words)
			word.look(first);
		looks_taken += !first;
	}

	std::vector<cxxrtl::debug_outline *> outlines;
	bool halves;
};

// Counts, of a register of at most 6 bits, how often each value follows each.
class States : public Device {
public:
	static constexpr size_t most = 64;

	explicit States(const uint32_t *at) : at(at), last(*at % most), follows(most * most) {}

	void clock() override {}

	void settled(bool) override {
		uint32_t now = *at % most;
		follows[last * most + now]++;
		last = now;
	}

	bool looks() const override { return true; }

private:
	const uint32_t *at;
	uint32_t last;

public:
	std::vector<uint64_t> follows; // from a value, to a value
};

} // namespace devices
