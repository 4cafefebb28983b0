// The C face of a design compiled to WebAssembly: that of driver.cpp, with items looked up by name, because a page's script has no
// function to hand over. sim/web/wasm.py names what is exported.

#include "driver.cpp"

// The item's first part is written to `part`. Returns the number of parts, 0 where there is no such item.
EXPORT size_t px_item(Sim *sim, const char *name, Part *part) {
	auto found = sim->items.table.find(name);
	if (found == sim->items.table.end())
		return 0;
	auto &item = found->second.front();
	*part = Part{item.type, item.flags, item.width, item.lsb_at, item.depth, item.curr, item.next, item.outline};
	return found->second.size();
}

// How px_run_until has to look at the item: its `when`.
EXPORT int px_when(Sim *sim, const Part *part) {
	if (part->outline)
		return 2;
	for (auto &[name, parts] : sim->items.table)
		for (auto &item : parts)
			if (item.curr == part->curr && item.type == CXXRTL_VALUE)
				return 1;
	return 0;
}

namespace {

// Keeps, for each address, the number that `*number` had when it was last read.
struct Watch : devices::Device {
	const uint32_t *read, *address, *number;
	uint32_t *stamps;

	Watch(const uint32_t *read, const uint32_t *address, const uint32_t *number, uint32_t *stamps)
	    : read(read), address(address), number(number), stamps(stamps) {}

	void clock() override {
		if (*read & 1)
			stamps[*address] = *number;
	}
};

} // namespace

EXPORT void px_watch(Sim *sim, const uint32_t *read, const uint32_t *address, const uint32_t *number, uint32_t *stamps) {
	sim->attach(new Watch(read, address, number, stamps));
}

// The chip's content, for a page that inverts a bit of it.
EXPORT uint8_t *px_chip_data(flash::Chip *chip) { return chip->data(); }
