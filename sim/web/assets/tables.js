// Rows of tables: which one the anchors pick, where it lies, and what it adds.

// The bits of the index of each table of a plain run, highest first, from the latencies `source`: [{a, b, first}], neurons and who spiked first.
function comparisons(pack, number, position, source) {
  const anchors = pack.array(`anchors.${number}`);
  const pairs = anchors.length / 2 / pack.runs[number].tables.length;
  return Array.from({ length: pairs }, (_, bit) => {
    const at = 2 * (position * pairs + bit);
    const [a, b] = [anchors[at], anchors[at + 1]];
    return { a, b, later: source[a] > source[b], latencies: [source[a], source[b]] };
  });
}

// The runs that are summed into the write-back of run `last`: of the same words, from the one that starts from zero.
function summed(pack, last) {
  const numbers = [];
  for (let number = last; ; number--) {
    const run = pack.runs[number];
    if (run.base !== pack.runs[last].base) continue;
    numbers.unshift(number);
    if (run.first) return numbers;
  }
}

// The rows that are summed into the write-back of run `last`, those of attention left out.
function summands(pack, last, source, symbol) {
  const rows = [];
  for (const number of summed(pack, last)) {
    const run = pack.runs[number];
    if (!run.plain && !run.token) continue;
    run.tables.forEach((table, position) => {
      const bits = run.token ? [] : comparisons(pack, number, position, source);
      const row = run.token ? symbol : bits.reduce((index, bit) => 2 * index + bit.later, 0);
      const beat = run.table_base + position * 2 ** run.table_log2 + row * 2 ** run.row_log2;
      rows.push({ run, number, table, row, bits, byte: beat * pack.lanes - firstByte(pack, run), size: run.row_beats * pack.lanes, shift: pack.runs[last].shift });
    });
  }
  return rows;
}

// The entry of a row's column, in units of latency; `tables`: of the row's tier.
function entry(pack, tables, { run, byte, shift }, column) {
  const lanes = pack.lanes;
  if (!run.int4) return ((tables[byte + column] << 24) >> 24) << shift;
  const beat = Math.floor(column / (2 * lanes));
  const high = column % (2 * lanes) >= lanes;
  const two = tables[byte + beat * lanes + (column % lanes)];
  return ((two << (high ? 24 : 28)) >> 28) << shift;
}

const rowName = ({ run, table, row }) =>
  run.token ? `embedding row ${row}` : `table ${table} of ${run.stage}, group ${run.group}, row ${row}`;

