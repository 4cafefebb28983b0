// The worker: runs the core in slices, and answers the page. Messages in: {do, ...}; out: {is, ...}.

let core, pack, check, damage = null;
let turn = 0; // of the last command; a run ends when it sees a later one

const pause = () => new Promise((resume) => setTimeout(resume));
const SLICE = 40; // milliseconds between looks at new messages

// Steps of `requests`, or of the classifier's inputs `x`, from a reset; `told(record)` is given each step.
async function run({ sampler, requests, x, compare, hook }, told) {
  const mine = ++turn;
  core.reset(sampler, damage);
  check.start();
  let before = core.neurons();
  let clocks = 0, slice = performance.now();
  for (let step = 0; step < requests.length; step++) {
    if (x) {
      core.input(x[step]);
      before = core.neurons();
    }
    if (performance.now() - slice > SLICE) {
      told(null);
      await pause();
      if (mine !== turn) return false;
      slice = performance.now();
    }
    const following = x ? undefined : requests[step + 1];
    const record = { step, source: before };
    let latest = before;
    const symbol = core.step(requests[step], following, (number) => {
      const taken = requests[step] >= 0 ? requests[step] : core.get(core.prefix + "sequencer symbol__payload");
      if (pack.runs[number].output) record.outputs = core.latencies(check.output.addresses);
      if (compare) check.written(number, step, latest, taken);
      hook?.(step, number, latest, taken);
      if (!pack.runs[number].output) latest = core.neurons();
    });
    if (compare) check.chosen(step, symbol);
    before = latest;
    record.symbol = symbol;
    record.forced = requests[step] >= 0;
    record.taken = record.forced ? requests[step] : symbol;
    record.clocks = (core.counter("clocks") - clocks) >>> 0;
    clocks = core.counter("clocks");
    told(record);
    if (compare && check.difference) break;
  }
  told(null);
  return true;
}

const verdict = () => ({ compared: check.compared, difference: check.difference, total: check.expected.length });

// The largest of every `some` numbers.
function newest(numbers, some) {
  const found = new Uint32Array(Math.ceil(numbers.length / some));
  numbers.forEach((number, i) => { if (number > found[Math.floor(i / some)]) found[Math.floor(i / some)] = number; });
  return found;
}

// The vectors' own run, seen by nobody.
const inputs = (count) => {
  const all = pack.array("vectors.x");
  const size = count ? all.length / count : 0;
  return size ? Array.from({ length: count }, (_, i) => all.subarray(i * size, (i + 1) * size)) : undefined;
};

function recorded(more) {
  const { given, symbols } = pack.vectors;
  const x = inputs(symbols.length);
  return { sampler: pack.sampler, requests: x ? symbols.map(() => -1) : given, x, compare: true, ...more };
}

const tasks = {
  async start({ module, data }) {
    pack = unpack(await gunzip(data));
    core = new Core(await WebAssembly.compile(await gunzip(module)), pack);
    check = new Check(core);
    core.reset(pack.sampler);
    postMessage({ is: "ready" });
  },

  async run(order) {
    const records = [];
    const begin = performance.now();
    const ended = await run(order, (record) => {
      if (record) records.push(record);
      else if (records.length) {
        const counters = { rows: core.counter("rows"), beats: core.counter("beats"), clocks: core.counter("clocks") };
        postMessage({ is: "steps", order: order.order, records: records.splice(0), counters, verdict: order.compare ? verdict() : null, stamps: core.stamps().slice(), rowStamps: newest(core.rowStamps(), ROW_PIXELS) });
      }
    });
    postMessage({ is: "done", order: order.order, seconds: (performance.now() - begin) / 1000, ended, verdict: order.compare ? verdict() : null });
  },

  async check() {
    const ended = await run(recorded(), () => {});
    postMessage({ is: "checked", ended, verdict: verdict() });
  },

  // Inverts one bit of an entry that the vectors' run reads: the row of a random table in a random step.
  async damage() {
    damage = null;
    const plain = pack.runs.flatMap((run, number) => (run.last && run.plain ? [number] : []));
    const random = (count) => Math.floor(Math.random() * count);
    const step = random(pack.vectors.symbols.length), number = plain[random(plain.length)];
    const hook = (at, wrote, source, symbol) => {
      if (at !== step || wrote !== number) return;
      const rows = summands(pack, number, source, symbol);
      const row = rows[random(rows.length)];
      const columns = row.run.output ? pack.outputs : pack.n;
      const column = random(columns);
      const pair = 2 * pack.lanes;
      const offset = row.run.int4 ? Math.floor(column / pair) * pack.lanes + (column % pack.lanes) : column;
      const high = row.run.int4 && column % pair >= pack.lanes;
      damage = { tier: row.run.tier, byte: row.byte + offset, bit: random(row.run.int4 ? 4 : 8) + (high ? 4 : 0), row: rowName(row) };
    };
    await run(recorded({ hook }), () => {});
    postMessage({ is: "damaged", damage });
  },

  repair() {
    damage = null;
    postMessage({ is: "repaired" });
  },

  // What each table of the output gave to the spike of `column`.
  votes({ source, column, step }) {
    const last = pack.runs.findIndex((run) => run.output && run.last);
    const votes = summands(pack, last, source).map((row) => ({
      table: row.table, group: row.run.group, row: row.row, bits: row.bits, weight: entry(pack, core.tables(row.run.tier), row, column),
    }));
    postMessage({ is: "votes", votes, column, step });
  },

  stop() {
    turn += 1;
  },
};

onmessage = async ({ data }) => {
  try {
    await tasks[data.do](data);
  } catch (error) {
    postMessage({ is: "failed", message: String(error.message ?? error) });
  }
};
