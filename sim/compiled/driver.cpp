// The C face of a compiled design: clocks, items by name, devices at its pins, waveforms. sim/compiled/face.py declares it to Python.
// Loops over clocks live here; the generated design is linked in beside it.

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

#include <cxxrtl/cxxrtl.h>
#include <cxxrtl/cxxrtl_vcd.h>

#include "devices.h"

#define EXPORT extern "C" __attribute__((visibility("default")))

// Made with the design (sim/compiled/build.py): the module, its clocks (that of the flash is null where there is none), and what brings
// them down for the next rising edge.
cxxrtl::module *design_new();
uint32_t *design_clock(cxxrtl::module *);
uint32_t *design_flash_clock(cxxrtl::module *);
void design_fall(cxxrtl::module *, bool all);
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
	uint32_t *clk = design_clock(module.get()), *flash_clk = design_flash_clock(module.get());
	cxxrtl::debug_items items;
	std::vector<std::unique_ptr<devices::Device>> attached, at_flash;
	std::unique_ptr<Trace> trace;
	uint64_t clocks = 0;

	Sim() {
		module->debug_info(&items, nullptr, "");
		settle();
	}

	// Lets inputs through to the outputs, without an edge.
	void settle() {
		*clk = 0;
		if (flash_clk)
			*flash_clk = 0;
		module->step();
	}

	// A rising edge, of all clocks or of the flash's alone: one evaluation, in which outputs driven by logic take the values they had just
	// before the edge.
	void edge(bool all) {
		if (!design_single())
			settle();
		if (all)
			for (auto &device : attached)
				device->before();
		for (auto &device : at_flash)
			device->before();
		design_fall(module.get(), all);
		if (all)
			*clk = 1;
		if (flash_clk)
			*flash_clk = 1;
		module->step();
		for (auto &device : at_flash)
			device->clock();
	}

	// Halfway from one edge of `clk` to the next: the flash's clock, where it has one, is twice as fast.
	void half() {
		if (flash_clk) {
			edge(false);
			if (trace) {
				settle();
				trace->sample(clocks * trace->period_ps + trace->period_ps / 2);
			}
		}
	}

	void clock() {
		edge(true);
		if (trace && !flash_clk)
			trace->sample(clocks * trace->period_ps + trace->period_ps / 2);
		for (auto &device : attached)
			device->clock();
		clocks++;
		if (trace) {
			settle();
			trace->sample(clocks * trace->period_ps);
		}
	}

	void attach(devices::Device *device) { (device->flash() ? at_flash : attached).emplace_back(device); }

	void detach(devices::Device *device) {
		for (auto devices : {&attached, &at_flash})
			for (size_t i = devices->size(); i--;)
				if ((*devices)[i].get() == device)
					devices->erase(devices->begin() + i);
	}
};

devices::Pin pin(uint32_t *curr, uint32_t *next) { return devices::Pin{curr, next}; }

} // namespace

// One part of an item, as sim/compiled/face.py declares it.
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
	while (count--) {
		sim->half();
		sim->clock();
	}
	sim->settle();
}

// Clocks until the item, as it is just before an edge, has the value; that edge is the last. Returns the clocks run, limit + 1 where it never had.
// `when`: 0 for an item that holds state, 1 for logic that the edge's evaluation stores, 2 for what has to be evaluated apart.
EXPORT uint64_t px_run_until(Sim *sim, const uint32_t *curr, void *outline, int when, uint32_t value, uint64_t limit) {
	if (sim->trace || !design_single())
		when = 2;
	bool hit = false;
	uint64_t count = 0;
	while (count < limit && !hit) {
		sim->half();
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
		sim->half();
		*seen = watch && *watch;
		sim->clock();
	}
	sim->settle();
	return count;
}

EXPORT flash::Chip *px_chip(const uint8_t *data, size_t size, size_t offset, uint32_t jedec, int quad, int power, int64_t busy_until,
                            const int64_t *timing, uint32_t pulled, int stuck, int absent, uint32_t seed) {
	return new flash::Chip(data, size, offset, jedec, quad, flash::Power(power), busy_until, *reinterpret_cast<const flash::Timing *>(timing),
	                       pulled, stuck, absent, seed);
}

EXPORT void px_chip_free(flash::Chip *chip) { delete chip; }

EXPORT void px_chip_set(flash::Chip *chip, int64_t now, int cs_n, int clk, uint32_t io, uint32_t drive) {
	chip->set(now, cs_n, clk, io, drive);
}

EXPORT uint32_t px_chip_out(flash::Chip *chip, int64_t now) { return chip->out(now); }
EXPORT uint32_t px_chip_read(flash::Chip *chip, int64_t now) { return chip->read(now); }
EXPORT int64_t px_chip_now(flash::Chip *chip) { return chip->now; }
EXPORT int px_chip_state(flash::Chip *chip) { return chip->asleep() | chip->enabled() << 1 | chip->reads_on() << 2; }
EXPORT size_t px_chip_violations(flash::Chip *chip) { return chip->violations.size(); }

EXPORT int64_t px_chip_violation(flash::Chip *chip, size_t index, int *name) {
	*name = int(chip->violations[index].name);
	return chip->violations[index].time;
}

EXPORT flash::Cells *px_cells(flash::Chip *chip, int64_t period, int64_t out, int64_t back, int64_t start) {
	return new flash::Cells(chip, period, out, back, start);
}

EXPORT void px_cells_free(flash::Cells *cells) { delete cells; }

EXPORT uint32_t px_cells_edge(flash::Cells *cells, int cs_n, uint32_t sck, uint32_t io_o, int io_oe) {
	return cells->edge(cs_n, sck, io_o, io_oe);
}

EXPORT int64_t px_cells_flush(flash::Cells *cells) { return cells->flush(); }

EXPORT devices::Device *px_cells_attach(Sim *sim, flash::Cells *cells, const uint32_t *const outputs[], const int logic[],
                                        uint32_t *io_i) {
	auto device = new devices::FlashPins(cells, outputs, logic, io_i);
	sim->attach(device);
	return device;
}

EXPORT sdram::Chip *px_sdram(const int64_t *part, uint32_t seed) {
	return new sdram::Chip(*reinterpret_cast<const sdram::Part *>(part), seed);
}

EXPORT void px_sdram_free(sdram::Chip *chip) { delete chip; }

EXPORT void px_sdram_set(sdram::Chip *chip, int64_t now, int clk, uint32_t command, uint32_t bank, uint32_t address, uint32_t dq,
                         uint32_t drive) {
	chip->set(now, clk, command, bank, address, dq, drive);
}

EXPORT uint32_t px_sdram_out(sdram::Chip *chip, int64_t now, int *by_chip) {
	bool driven;
	uint32_t levels = chip->out(now, driven);
	*by_chip = driven;
	return levels;
}

EXPORT uint32_t px_sdram_read(sdram::Chip *chip, int64_t now) { return chip->read(now); }

EXPORT void px_sdram_fill(sdram::Chip *chip, uint32_t bank, uint32_t row, size_t first, const uint8_t *data, size_t size) {
	memcpy(chip->content.use(bank, row) + first, data, size);
}

EXPORT void px_sdram_row(sdram::Chip *chip, uint32_t bank, uint32_t row, uint8_t *data) {
	memcpy(data, chip->content.use(bank, row), chip->content.row_size());
}

EXPORT int64_t px_sdram_now(sdram::Chip *chip) { return chip->now; }
EXPORT int px_sdram_started(sdram::Chip *chip) { return chip->started; }
EXPORT size_t px_sdram_violations(sdram::Chip *chip) { return chip->violations.size(); }

EXPORT int64_t px_sdram_violation(sdram::Chip *chip, size_t index, int *name) {
	*name = int(chip->violations[index].name);
	return chip->violations[index].time;
}

EXPORT sdram::Cells *px_sdram_cells(sdram::Chip *chip, int64_t period, int64_t out, int64_t out_clk, int64_t back, int64_t start) {
	return new sdram::Cells(chip, period, out, out_clk, back, start);
}

EXPORT void px_sdram_cells_free(sdram::Cells *cells) { delete cells; }

EXPORT void px_sdram_cells_edge(sdram::Cells *cells, uint32_t command, uint32_t bank, uint32_t address, uint32_t dq_o, int dq_oe,
                                uint32_t *dq_i) {
	cells->edge(command, bank, address, dq_o, dq_oe, dq_i);
}

EXPORT int64_t px_sdram_cells_flush(sdram::Cells *cells) { return cells->flush(); }

EXPORT devices::Device *px_sdram_attach(Sim *sim, sdram::Cells *cells, const uint32_t *const outputs[], const int logic[],
                                        uint32_t *dq_i) {
	auto device = new devices::SdramPins(cells, outputs, logic, dq_i);
	sim->attach(device);
	return device;
}

EXPORT devices::Device *px_random(Sim *sim, uint32_t *curr, uint32_t *next, uint32_t threshold, uint32_t seed) {
	auto device = new devices::RandomBit(pin(curr, next), threshold, seed);
	sim->attach(device);
	return device;
}

EXPORT devices::Tally *px_tally(Sim *sim, const uint32_t *bit) {
	auto device = new devices::Tally(bit);
	sim->attach(device);
	return device;
}

EXPORT uint64_t px_tally_count(devices::Tally *tally) { return tally->count; }

// Takes over a device that another library has made of these headers (toggles.cpp).
EXPORT void px_attach(Sim *sim, devices::Device *device) { sim->attach(device); }

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
