// The core: the gateware as WebAssembly (sim/compiled/wasm.cpp), driven by its own ports as sim/machines/core.py drives it.

const STEP_LIMIT = 1n << 24n; // clocks
const LOAD_PAUSE = 8n; // clocks from strobe to strobe of the load bus
const PART = { flags: 4, width: 8, depth: 24, curr: 32, next: 36, outline: 40, size: 48 };

function instance(module) {
  const imports = {};
  const ends = (name) => (code) => {
    if (name === "proc_exit") throw new Error(`the simulator ended with code ${code}`);
    return 8; // bad descriptor: there are no files here
  };
  for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = ends(name);
  const { exports } = new WebAssembly.Instance(module, imports);
  exports._initialize();
  return exports;
}

class Core {
  constructor(module, pack) {
    this.code = instance(module);
    this.pack = pack;
    this.sim = this.code.px_create();
    this.items = new Map();
    this.prefix = pack.core;
    this.lanes = pack.lanes;
    const state = pack.array("state");
    this.places = new Int16Array(pack.n).fill(-1); // of each neuron, one of its addresses
    for (let i = 0; i < state.length; i += 2) this.places[state[i]] = state[i + 1];
    this.state = state;
    this.number = 0;
    this.numberAt = this.code.malloc(4);
    this.depth = this.item(this.prefix + "tables bank memory").depth;
    this.stampsAt = this.watch(pack.watch, 0, this.depth);
    if (pack.flash) this.attach(pack.flash);
  }

  // Puts the flash chip at the pins, as sim/machines/machine.py does.
  attach(flash) {
    const { code } = this;
    const content = this.pack.array("flash");
    const data = code.malloc(content.length);
    const timing = code.malloc(8 * flash.timing.length);
    const [jedec, quad, power, pulled, seed] = flash.chip;
    const view = this.view();
    new Uint8Array(view.buffer).set(content, data);
    flash.timing.forEach((time, i) => view.setBigInt64(timing + 8 * i, BigInt(time), true));
    this.chip = code.px_chip(data, content.length, flash.first, jedec, quad, power, 0n, timing, pulled, -1, 0, seed);
    const [out, back] = flash.pads.map(BigInt);
    const cells = code.px_cells(this.chip, BigInt(flash.period), out, back, 0n);
    const outputs = code.malloc(16);
    const logic = code.malloc(16);
    ["cs_n", "sck", "io_o", "io_oe"].forEach((name, i) => {
      const item = this.item(`flash__${name}`);
      this.view().setUint32(outputs + 4 * i, item.curr, true);
      this.view().setUint32(logic + 4 * i, item.when, true);
    });
    code.px_cells_attach(this.sim, cells, outputs, logic, this.item("flash__io_i").next);
    this.rowBeats = content.length / this.lanes;
    this.rowStampsAt = this.watch(flash.watch, flash.first / this.lanes, this.rowBeats);
  }

  view() {
    return new DataView(this.code.memory.buffer);
  }

  item(name) {
    if (!this.items.has(name)) {
      const code = this.code;
      const bytes = new TextEncoder().encode(name + "\0");
      const text = code.malloc(bytes.length);
      const part = code.malloc(PART.size);
      new Uint8Array(code.memory.buffer).set(bytes, text);
      if (code.px_item(this.sim, text, part) !== 1) throw new Error(`the design has no item ${name}`);
      const view = this.view();
      const get = (field) => view.getUint32(part + PART[field], true);
      const item = { curr: get("curr"), next: get("next"), outline: get("outline"), depth: get("depth"), chunks: (get("width") + 31) >> 5 };
      item.when = code.px_when(this.sim, part);
      this.items.set(name, item);
    }
    return this.items.get(name);
  }

  // Every read leaves the step's number at its address in stamps: `count` of them, for the addresses from `first` on. Where they lie.
  watch(names, first, count) {
    const [read, address] = names.map((name) => this.item(name).curr);
    const at = this.code.malloc(4 * count);
    this.code.px_watch(this.sim, read, address, this.numberAt, at - 4 * first);
    return at;
  }

  // Of the beats of the core's own memory.
  stamps() {
    return new Uint32Array(this.code.memory.buffer, this.stampsAt, this.depth);
  }

  // Of the first beats of the rows in flash; none without one.
  rowStamps() {
    return this.chip ? new Uint32Array(this.code.memory.buffer, this.rowStampsAt, this.rowBeats) : new Uint32Array(0);
  }

  set(name, value) {
    const { curr, next } = this.item(name);
    const view = this.view();
    view.setUint32(curr, value, true);
    view.setUint32(next, value, true);
  }

  get(name) {
    const item = this.item(name);
    if (item.outline) this.code.px_outline(item.outline);
    return this.view().getUint32(item.curr, true);
  }

  until(name) {
    const item = this.item(name);
    this.code.px_settle(this.sim);
    if (this.code.px_run_until(this.sim, item.curr, item.outline, item.when, 1, STEP_LIMIT) > STEP_LIMIT) {
      throw new Error(`the core did not answer within ${STEP_LIMIT} clocks`);
    }
  }

  memory(name) {
    const { curr, depth, chunks } = this.item(this.prefix + name);
    return new Uint32Array(this.code.memory.buffer, curr, depth * chunks);
  }

  // Bytes of the tables of a tier, as they stand in the core's memory, or in the flash from its first table on.
  tables(tier) {
    if (tier) return new Uint8Array(this.code.memory.buffer, this.code.px_chip_data(this.chip), this.pack.array("flash").length);
    const words = this.memory("tables bank memory");
    return new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  }

  // Loads the program and the sampler {seed, k, temperature, index of its table}; `damage`: {tier, byte, bit} of the tables that is inverted.
  reset(sampler, damage) {
    this.set("step__valid", 0);
    this.restart();
    this.load(this.pack.spaces.store, [0]); // a word loaded there empties the cache of keys
    for (const name of Object.keys(this.pack.arrays)) {
      if (name.startsWith("memory.")) {
        const words = this.memory(name.slice("memory.".length));
        words.fill(0);
        words.set(this.pack.array(name));
      }
    }
    if (this.chip) this.tables(1).set(this.pack.array("flash"));
    if (damage) this.tables(damage.tier)[damage.byte] ^= 1 << damage.bit;
    const jitter = this.pack.temperatures.find(({ temperature }) => temperature === sampler.temperature);
    if (jitter) this.load(this.pack.spaces.jitter, this.pack.array(`jitter.${jitter.temperature}`));
    const mode = sampler.k | (jitter ? 1 << 8 : 0);
    this.load(this.pack.spaces.config, [sampler.seed & 0xffff, sampler.seed >>> 16, mode, jitter ? jitter.mask : 0]);
    this.restart();
    if (this.chip) this.until("flash ready");
    this.set("symbol__ready", 1);
    this.stamps().fill(0);
    this.rowStamps().fill(0);
    this.number = 0;
    this.offered = false;
  }

  // Ends whatever the core is doing.
  restart() {
    this.set("rst", 1);
    this.code.px_clock(this.sim, 1n);
    this.set("rst", 0);
  }

  load(space, words) {
    words.forEach((word, address) => {
      this.set("load__space", space);
      this.set("load__address", address);
      this.set("load__data", word & 0xffff);
      this.set("load__strobe", 1);
      this.code.px_clock(this.sim, 1n);
      this.set("load__strobe", 0);
      this.code.px_clock(this.sim, LOAD_PAUSE - 1n);
    });
  }

  // One latency of each address, as the store has them.
  latencies(addresses) {
    const banks = Array.from({ length: this.lanes }, (_, bank) => this.memory(`store bank_${bank}`));
    const found = new Int16Array(addresses.length);
    for (let i = 0; i < found.length; i++) found[i] = banks[addresses[i] % this.lanes][Math.floor(addresses[i] / this.lanes)];
    return found;
  }

  write(addresses, values) {
    addresses.forEach((address, i) => {
      this.memory(`store bank_${address % this.lanes}`)[Math.floor(address / this.lanes)] = values[i] & 0xffff;
    });
  }

  neurons() {
    return this.latencies(this.places);
  }

  // Puts the inputs of a classifier and its constant neurons into the store.
  input(x) {
    const values = [...x, ...this.pack.constants];
    for (let i = 0; i < this.state.length; i += 2) this.write([this.state[i + 1]], [values[this.state[i]]]);
  }

  offer(request) {
    this.set("step__valid", request === undefined ? 0 : 1);
    if (request !== undefined) this.set("step__payload", request < 0 ? 0 : 1 | (request << 1));
  }

  // One step for `request` (a symbol, or -1: the core's own); `following` is offered for the next one, undefined if there is none.
  // `written(run)` is called when a run has written back.
  step(request, following, written) {
    if (!this.offered) {
      this.offer(request);
      this.until("step__ready");
    }
    this.offer(following);
    this.offered = following !== undefined;
    this.number += 1;
    this.view().setUint32(this.numberAt, this.number, true);
    this.pack.runs.forEach((run, number) => {
      this.until(this.prefix + "writeback retired");
      if (run.last) written(number);
    });
    this.until("symbol__valid");
    return this.get(this.prefix + "sequencer symbol__payload");
  }

  counter(name) {
    return this.get(`${this.prefix}counters ${name}`);
  }
}

