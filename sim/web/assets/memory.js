// The memory maps: a pixel for each beat of the core's own memory, and for some beats of the flash, tinted by what lies there, lit where
// the last steps have read.

const TINTS = [[94, 129, 172], [143, 109, 160], [90, 140, 110], [160, 120, 80], [120, 120, 60], [70, 130, 140], [150, 90, 110], [110, 110, 130]];
const AGES = 6; // steps until a row is dark again
const SIDE = 128;

// What lies in a tier, in pixels of `some` beats.
function regions(pack, tier, some = 1) {
  const named = new Map();
  for (const run of pack.runs) {
    if (run.tier !== tier || !run.tables.length || (!run.plain && !run.token && !run.stage.includes("part"))) continue;
    if (!named.has(run.stage)) named.set(run.stage, { stage: run.stage, tint: TINTS[named.size % TINTS.length], places: [] });
    const size = run.token ? pack.inputs * 2 ** run.row_log2 : run.tables.length * 2 ** run.table_log2;
    const base = run.table_base - firstByte(pack, run) / pack.lanes;
    named.get(run.stage).places.push([base / some, size / some]);
  }
  return [...named.values()];
}

function drawMemory(canvas, pack, stamps, number, { tier = 0, some = 1 } = {}) {
  canvas.width = SIDE;
  canvas.height = Math.ceil(stamps.length / SIDE);
  const image = canvas.getContext("2d").createImageData(canvas.width, canvas.height);
  const tints = new Array(stamps.length).fill([20, 24, 30]);
  for (const { tint, places } of regions(pack, tier, some)) for (const [base, size] of places) tints.fill(tint, Math.floor(base), Math.ceil(base + size));
  stamps.forEach((stamp, beat) => {
    const age = number - stamp;
    const light = stamp && age < AGES ? 1 - age / AGES : 0;
    const [r, g, b] = tints[beat].map((value) => value * 0.45);
    image.data.set([r + light * (255 - r), g + light * (225 - g), b + light * (90 - b), 255], 4 * beat);
  });
  canvas.getContext("2d").putImageData(image, 0, 0);
  const read = stamps.reduce((count, stamp) => count + (stamp > 0 && stamp === number), 0);
  const rows = `Map of the flash: the last step has read rows at ${read} of ${plain(stamps.length)} places of ${pack.lanes * some} bytes`;
  const words = `Memory map: the last step has read ${read} of ${stamps.length} words of ${pack.lanes} bytes`;
  canvas.setAttribute("aria-label", tier ? rows : words);
}

function fillLegend(list, pack, tier = 0) {
  for (const { stage, tint } of regions(pack, tier)) {
    const item = document.createElement("li"), swatch = document.createElement("canvas");
    swatch.width = swatch.height = 1;
    const context = swatch.getContext("2d");
    context.fillStyle = `rgb(${tint.map((value) => value * 0.45)})`;
    context.fillRect(0, 0, 1, 1);
    swatch.setAttribute("aria-hidden", "true");
    item.append(swatch, `tables of ${stage}`);
    list.append(item);
  }
}

