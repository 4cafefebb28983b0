// The C face of a compiled design: clocks, items by name, devices at its pins, waveforms. sim/cxxrtl.py is its caller.
// Loops over clocks live here; the generated design is linked in beside it.

#include <cstdio>
#include <memory>
#include <string>

#include <cxxrtl/cxxrtl.h>
#include <cxxrtl/cxxrtl_vcd.h>

#include "cxxrtl_devices.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

// Made with the design (sim/cxxrtl_build.py): the module, and what brings its clock down for the next rising edge.
cxxrtl::module *design_new();
uint32_t *design_clock(cxxrtl::module *);
void design_fall(cxxrtl::module *);
bool design_single(); // whether one evaluation a clock is enough

namespace {

struct Trace {
	FILE *file = nullptr;
	cxxrtl::vcd_writer writer;
	uint64_t period_ps = 0;

	~Trace() { close(); }

	bool close() {
		if (!file)
			return true;
		bool good = !ferror(file);
		good &= fclose(file) == 0;
		file = nullptr;
		return good;
	}

	void sample(uint64_t time) {
		writer.sample(time);
		fwrite(writer.buffer.data(), 1, writer.buffer.size(), file);
		writer.buffer.clear();
	}
};

struct Sim {
	std::unique_ptr<cxxrtl::module> module{design_new()};
	uint32_t *clk = design_clock(module.get());
	cxxrtl::debug_items items;
	std::vector<std::unique_ptr<devices::Device>> attached;
	std::vector<std::unique_ptr<devices::Flash>> flashes;
	std::unique_ptr<Trace> trace;
	uint64_t clocks = 0;
	bool exact = false;

	Sim() {
		module->debug_info(&items, nullptr, "");
		settle();
	}

	// Lets inputs through to the outputs, without an edge.
	void settle() {
		*clk = 0;
		module->step();
	}

	// The clock's rising edge: one evaluation, in which outputs driven by logic take the values they had just before the edge.
	void edge() {
		design_fall(module.get());
		*clk = 1;
		module->step();
	}

	void clock() {
		edge();
		if (trace)
			trace->sample(clocks * trace->period_ps + trace->period_ps / 2);
		if (trace || exact)
			settle();
		for (auto &device : attached)
			device->clock();
		clocks++;
		if (trace) {
			settle();
			trace->sample(clocks * trace->period_ps);
		}
	}

	void attach(devices::Device *device) {
		attached.emplace_back(device);
		exact |= device->exact();
	}

	void detach(devices::Device *device) {
		exact = false;
		for (size_t i = attached.size(); i--;)
			if (attached[i].get() == device)
				attached.erase(attached.begin() + i);
			else
				exact |= attached[i]->exact();
	}
};

devices::Pin pin(uint32_t *curr, uint32_t *next) { return devices::Pin{curr, next}; }

} // namespace

// One part of an item, as sim/cxxrtl.py declares it.
struct Part {
	uint32_t type, flags;
	uint64_t width, lsb_at, depth;
	uint32_t *curr, *next;
	void *outline;
};

EXPORT Sim *px_create() { return new Sim; }
EXPORT void px_destroy(Sim *sim) { delete sim; }

EXPORT void px_items(Sim *sim, void (*callback)(const char *name, const Part *part)) {
	for (auto &[name, parts] : sim->items.table)
		for (auto &item : parts) {
			Part part{item.type, item.flags, item.width, item.lsb_at, item.depth, item.curr, item.next, item.outline};
			callback(name.c_str(), &part);
		}
}

EXPORT void px_outline(void *outline) { static_cast<cxxrtl::debug_outline *>(outline)->eval(); }
EXPORT void px_settle(Sim *sim) { sim->settle(); }

EXPORT void px_clock(Sim *sim, uint64_t count) {
	while (count--)
		sim->clock();
	sim->settle();
}

// Clocks until the item, as it is just before an edge, has the value; that edge is the last. Returns the clocks run, limit + 1 where it never had.
// `when`: 0 for an item that holds state, 1 for logic that the edge's evaluation stores, 2 for what has to be evaluated apart.
EXPORT uint64_t px_run_until(Sim *sim, const uint32_t *curr, void *outline, int when, uint32_t value, uint64_t limit) {
	if (sim->trace || sim->exact || !design_single())
		when = 2;
	bool hit = false;
	uint64_t count = 0;
	while (count < limit && !hit) {
		if (when == 2) {
			sim->settle();
			if (outline)
				px_outline(outline);
		}
		if (when != 1)
			hit = *curr == value;
		sim->clock();
		if (when == 1)
			hit = *curr == value;
		count++;
	}
	sim->settle();
	return hit ? count : limit + 1;
}

EXPORT devices::Uart *px_uart(Sim *sim, uint32_t *from, uint32_t *to_curr, uint32_t *to_next, double divisor) {
	auto uart = new devices::Uart(pin(from, nullptr), pin(to_curr, to_next), divisor);
	sim->attach(uart);
	return uart;
}

EXPORT void px_uart_send(devices::Uart *uart, const uint8_t *data, size_t size, int break_stop) {
	for (size_t i = 0; i < size; i++)
		uart->send(data[i], break_stop);
}

EXPORT size_t px_uart_receive(devices::Uart *uart, uint8_t *data, size_t size) {
	size_t count = 0;
	for (; count < size && !uart->received.empty(); count++) {
		data[count] = uart->received.front();
		uart->received.pop_front();
	}
	return count;
}

EXPORT size_t px_uart_waiting(devices::Uart *uart) { return uart->received.size(); }
EXPORT int px_uart_busy(devices::Uart *uart) { return uart->busy(); }
EXPORT uint64_t px_uart_framing_errors(devices::Uart *uart) { return uart->framing_errors; }

// Clocks until the UART has received `size` bytes, at most `limit`, or until `watch` (a bit that holds state, or null) is 1 just before an
// edge, which is then the last. Returns the clocks run and whether the watch ended them.
EXPORT uint64_t px_run_uart(Sim *sim, devices::Uart *uart, size_t size, uint64_t limit, const uint32_t *watch, int *seen) {
	uint64_t count = 0;
	for (*seen = 0; count < limit && uart->received.size() < size && !*seen; count++) {
		*seen = watch && *watch;
		sim->clock();
	}
	sim->settle();
	return count;
}

EXPORT devices::Flash *px_flash(Sim *sim, const uint8_t *data, size_t size, size_t base, uint32_t jedec, uint64_t wake_clocks) {
	sim->flashes.emplace_back(new devices::Flash(data, size, base, jedec, wake_clocks));
	return sim->flashes.back().get();
}

EXPORT int px_flash_pins(devices::Flash *flash, int cs_n, int clk, int copi) { return flash->pins(cs_n, clk, copi); }
EXPORT int px_flash_asleep(devices::Flash *flash) { return flash->asleep; }

EXPORT devices::Device *px_flash_attach(Sim *sim, devices::Flash *flash, uint32_t *cs_n, uint32_t *clk, uint32_t *copi, uint32_t *cipo_curr,
                            uint32_t *cipo_next) {
	auto device = new devices::FlashPins(flash, pin(cs_n, nullptr), pin(clk, nullptr), pin(copi, nullptr), pin(cipo_curr, cipo_next));
	sim->attach(device);
	return device;
}

EXPORT devices::Device *px_random(Sim *sim, uint32_t *curr, uint32_t *next, uint32_t threshold, uint32_t seed) {
	auto device = new devices::RandomBit(pin(curr, next), threshold, seed);
	sim->attach(device);
	return device;
}

// Takes a device off its pins, which keep their last level.
EXPORT void px_detach(Sim *sim, devices::Device *device) { sim->detach(device); }

EXPORT int px_trace(Sim *sim, const char *path, uint64_t period_ps) {
	auto trace = std::make_unique<Trace>();
	trace->file = fopen(path, "wb");
	if (!trace->file)
		return 0;
	trace->period_ps = period_ps;
	trace->writer.timescale(1, "ps");
	trace->writer.add_without_memories(sim->items);
	trace->sample(sim->clocks * period_ps);
	sim->trace = std::move(trace);
	return 1;
}

EXPORT int px_trace_close(Sim *sim) {
	bool good = !sim->trace || sim->trace->close();
	sim->trace.reset();
	return good;
}
