// Runs recorded clocks on a design with one input port and one output port, with the mutant that is chosen, until an output differs.

#include <cstdint>
#include <cstring>
#include <memory>

#include <cxxrtl/cxxrtl.h>

// Made with the design (tests/mutation/replay.py): the module, its ports, and what lets the next evaluation see a rising edge.
cxxrtl::module *design_new();
uint32_t *design_port(cxxrtl::module *, int which);
void design_fall(cxxrtl::module *);
bool design_single(); // whether one evaluation a clock is enough

enum { INPUT, OUTPUT, RESET, MUTANT, CLOCK };

// `inputs`: of each clock so many words, of which the lowest bit of the first is the reset; `outputs`: of each clock, what is compared or,
// with `record`, written. Returns the first clock that differs, or `clocks`.
extern "C" __attribute__((visibility("default"))) uint64_t replay(uint32_t mutant, uint64_t clocks, const uint32_t *inputs, size_t in_words,
                                                                  uint32_t *outputs, size_t out_words, int record) {
	std::unique_ptr<cxxrtl::module> module{design_new()};
	uint32_t *clk = design_port(module.get(), CLOCK);
	uint32_t *in = design_port(module.get(), INPUT), *out = design_port(module.get(), OUTPUT);
	*design_port(module.get(), MUTANT) = mutant;
	*clk = 0;
	module->step();
	for (uint64_t clock = 0; clock < clocks; clock++, inputs += in_words, outputs += out_words) {
		*design_port(module.get(), RESET) = inputs[0] & 1;
		memcpy(in, inputs + 1, (in_words - 1) * sizeof *in);
		if (!design_single()) {
			*clk = 0;
			module->step();
		}
		design_fall(module.get());
		*clk = 1;
		module->step(); // outputs, which are logic, then are as they were just before the edge
		if (record)
			memcpy(outputs, out, out_words * sizeof *out);
		else if (memcmp(outputs, out, out_words * sizeof *out))
			return clock;
	}
	return clocks;
}
