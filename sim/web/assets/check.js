// The model's vectors beside the core: every latency of every write-back, and a name for what differs.

class Check {
  constructor(core) {
    this.core = core;
    this.pack = core.pack;
    this.expected = this.pack.array("vectors.latencies");
    const state = this.pack.array("state");
    this.state = { neurons: state.filter((_, i) => i % 2 === 0), addresses: state.filter((_, i) => i % 2) };
    const outputs = Int16Array.from({ length: this.pack.outputs }, (_, neuron) => neuron);
    this.output = { neurons: outputs, addresses: outputs.map((neuron) => this.pack.output + neuron) };
    this.start();
  }

  start() {
    this.compared = 0;
    this.at = 0;
    this.difference = null;
  }

  // After run `number` of step `step` has written back; `source`, `symbol`: what the write-back was made from.
  written(number, step, source, symbol) {
    if (this.difference || this.at >= this.expected.length) return;
    const run = this.pack.runs[number];
    const { neurons, addresses } = run.output ? this.output : this.state;
    const got = this.core.latencies(addresses);
    const wanted = this.expected.subarray(this.at, this.at + got.length);
    const wrong = [];
    got.forEach((latency, i) => latency !== wanted[i] && wrong.push(i));
    this.at += got.length;
    this.compared += got.length - wrong.length;
    if (!wrong.length) return;
    const first = wrong.reduce((best, i) => (neurons[i] < neurons[best] ? i : best));
    const others = new Set(wrong.map((i) => neurons[i])).size - 1;
    const where = `step ${step}, op ${run.stage}, neuron ${neurons[first]}: the core has ${got[first]}, the model ${wanted[first]}`;
    this.difference = [where, others && `${others} more neurons differ`, this.table(number, source, symbol)].filter(Boolean).join("; ");
  }

  // The row that lies damaged in the core's memory.
  table(number, source, symbol) {
    for (const row of summands(this.pack, number, source, symbol)) {
      const here = this.core.tables(row.run.tier);
      const image = this.pack.array(row.run.tier ? "flash" : "memory.tables bank memory");
      const there = new Uint8Array(image.buffer, image.byteOffset, image.byteLength);
      for (let byte = row.byte; byte < row.byte + row.size; byte++) {
        if (here[byte] !== there[byte]) {
          const hex = (value) => "0x" + value.toString(16).padStart(2, "0");
          return `${rowName(row)} is damaged in ${row.run.tier ? "flash" : "memory"}: byte ${byte + firstByte(this.pack, row.run)} is ${hex(here[byte])}, not ${hex(there[byte])}`;
        }
      }
    }
    return "no single table that was read explains it";
  }

  chosen(step, symbol) {
    const expected = this.pack.vectors.symbols[step];
    if (!this.difference && expected !== undefined && symbol !== expected) {
      this.difference = `step ${step}: the core chose symbol ${symbol}, the model ${expected}`;
    }
  }
}

