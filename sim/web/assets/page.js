// The page itself: what is asked of the worker, and where its answers are shown.

const $ = (id) => document.getElementById(id);
const plain = (value) => Math.round(value).toLocaleString("en");
const records = [];
const EARLIEST = 8; // outputs that are listed
let pack, worker, list, paper, running = false, drawn = null, wanted = null, order = 0;
let counters = { rows: 0, clocks: 0, beats: 0 }, stamps = null, rowStamps = null, chosen = null, begun = 0;

const ask = (message) => worker.postMessage(message);

function say(text, bad = false) {
  $("status").textContent = text;
  $("status").classList.toggle("bad", bad);
}

function enable() {
  for (const id of ["run", "check", "damage", "repair"]) $(id).disabled = running;
  $("stop").disabled = !running;
}

// `ended`: no more will be compared.
function showVerdict(verdict, ended) {
  if (!verdict) return;
  const good = ended && !verdict.difference;
  $("verdict").textContent = verdict.difference
    ? `Different: ${verdict.difference}`
    : good ? `verified: ${plain(verdict.compared)} latencies equal` : `${plain(verdict.compared)} latencies equal so far`;
  $("verdict").className = verdict.difference ? "bad" : good ? "good" : "";
}

function showFigures(seconds) {
  const steps = records.length;
  if (!steps) return;
  const clocks = records.reduce((sum, record) => sum + record.clocks, 0) / steps;
  const what = pack.symbols ? "character" : "digit";
  const figures = [
    [`${what}s`, plain(steps)],
    [`clocks a ${what}`, clocks.toFixed(1)],
    [`rows read a ${what}`, (counters.rows / steps).toFixed(1)],
    [`bytes read a ${what}`, plain((counters.beats * pack.lanes) / steps)],
    ["in this page", `${plain(steps / seconds)} ${what}s a second`],
    [`on the board, at ${pack.hertz / 1e6} MHz`, `${plain(pack.hertz / clocks)} ${what}s a second`],
  ];
  $("figures").replaceChildren(...figures.flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
}

const outputName = (symbol) => (pack.symbols ? symbolName(pack.symbols, symbol) : String(symbol));

function draw() {
  drawn ??= requestAnimationFrame(() => {
    drawn = null;
    if (!records.length) return;
    if (pack.symbols) drawRaster($("raster"), records, chosen, outputName);
    drawMemory($("memory"), pack, stamps, records.at(-1).step + 1);
    if (pack.flash) drawMemory($("chip"), pack, rowStamps, records.at(-1).step + 1, { tier: 1, some: ROW_PIXELS });
    const record = records[chosen ?? records.length - 1];
    drawInside($("inside"), record.source);
  });
}

// The step that is looked at, and of it one output: its votes come from the worker.
function choose(step, column = records[step].taken) {
  chosen = step;
  const record = records[step];
  const ranks = Array.from(record.outputs, (latency, neuron) => ({ latency, neuron })).sort((a, b) => a.latency - b.latency || a.neuron - b.neuron);
  $("order-title").textContent = pack.symbols ? `Earliest outputs at character ${step + 1}` : "Earliest outputs";
  const shown = [...ranks.keys()].filter((rank) => rank < EARLIEST || ranks[rank].neuron === record.taken);
  $("order").replaceChildren(...shown.map((rank) => {
    const { latency, neuron } = ranks[rank], item = element("li", "", { value: rank + 1 });
    item.append(element("b", outputName(neuron)), ` at ${latency}${neuron === record.taken ? (record.forced ? " (was read)" : " (chosen)") : ""}`);
    return item;
  }));
  if (!pack.symbols) showClasses(ranks, column);
  ask({ do: "votes", source: record.source, column, step });
  draw();
}

function showClasses(ranks, column) {
  $("classes").replaceChildren(...ranks.map(({ latency, neuron }, rank) => {
    const item = element("li"), button = element("button", String(neuron), { type: "button" });
    button.setAttribute("aria-pressed", String(neuron === column));
    button.setAttribute("aria-label", `Votes for ${neuron}`);
    button.addEventListener("click", () => choose(0, neuron));
    item.append(button, ` at latency ${latency} `, rank ? "" : element("b", "the chip's answer"));
    return item;
  }));
}

function run(wish) {
  order += 1;
  records.length = 0;
  chosen = null;
  running = true;
  begun = performance.now();
  list?.clear();
  enable();
  ask({ do: "run", order, ...wish });
}

function runText() {
  const sampler = { temperature: Number($("temperature").value), k: Number($("k").value), seed: Number($("seed").value) };
  const length = Number($("length").value);
  const first = encode(pack.symbols, $("prompt").value);
  const same = $("prompt").value === pack.first && ["temperature", "k", "seed"].every((name) => sampler[name] === pack.sampler[name]);
  if (!same) {
    $("verdict").textContent = "Not compared: the model's latencies are of another text, temperature, k or seed.";
    $("verdict").className = "";
  }
  say("The chip is writing ...");
  run({ sampler, requests: [...first, ...new Array(length).fill(-1)], compare: same });
}

function runImage(pixels) {
  wanted = pixels;
  if (running) return;
  const x = [wanted];
  wanted = null;
  run({ sampler: pack.sampler, requests: [-1], x, compare: false });
}

const answers = {
  ready() {
    say(`The chip is ready (${((performance.now() - loaded) / 1000).toFixed(1)} s).`);
    enable();
    document.documentElement.dataset.state = "ready";
    if (paper) $("examples").children[3].click();
  },

  steps(answer) {
    if (answer.order !== order || !running) return;
    records.push(...answer.records);
    list?.add(answer.records);
    ({ counters, stamps, rowStamps } = answer);
    showVerdict(answer.verdict, false);
    showFigures((performance.now() - begun) / 1000);
    draw();
  },

  done({ seconds, ended, verdict, order: of }) {
    if (of !== order || !running) return;
    running = false;
    enable();
    showVerdict(verdict, true);
    showFigures(seconds);
    if (!records.length) return;
    const speed = plain(records.length / seconds);
    if (list) {
      const text = $("text").textContent.slice(-300);
      say(`${ended ? "Done" : "Stopped"}: ${records.length} characters, ${speed} a second.`);
      $("spoken").textContent = `The text ends: ${text}`;
    } else say(`The chip says ${records[0].taken}, after ${records[0].clocks} clocks.`);
    choose(chosen ?? records.length - 1);
    if (wanted) runImage(wanted);
  },

  checked({ verdict, ended }) {
    running = false;
    enable();
    showVerdict(verdict, ended);
    if (wanted) runImage(wanted);
  },

  damaged({ damage }) {
    $("broken").textContent = `Bit ${damage.bit} of byte ${damage.byte} of the tables is now inverted: it is in ${damage.row}. The check is not told.`;
    $("broken").hidden = $("repair").hidden = false;
    ask({ do: "check" });
  },

  repaired() {
    $("broken").hidden = $("repair").hidden = true;
    ask({ do: "check" });
  },

  votes({ votes, column, step }) {
    const sum = showVotes(votes, { for: $("for"), against: $("against") });
    const written = records[step]?.outputs[column];
    const where = pack.symbols ? ` at character ${step + 1}` : "";
    $("votes-title").textContent = `Votes on "${outputName(column)}"${where}`;
    $("votes-lead").textContent = `What each table adds to the latency of this output: below zero it makes the spike earlier, a vote for it. ` +
      `All ${votes.length} add up to ${sum}${sum === written ? ", the latency that the chip wrote" : ""}. Open a table to see which spikes it compared.`;
  },

  failed({ message }) {
    running = false;
    enable();
    say(`It failed: ${message}`, true);
  },
};

// Asks for something that ends in a comparison.
function compare(what) {
  running = true;
  enable();
  $("verdict").textContent = "Comparing ...";
  $("verdict").className = "";
  ask({ do: what });
}

function setUpText() {
  $("write").hidden = false;
  $("prompt").value = pack.first;
  for (const { temperature } of [{ temperature: 0 }, ...pack.temperatures]) {
    $("temperature").append(new Option(temperature ? String(temperature) : "0, the earliest spike", temperature));
  }
  for (let k = 0; k <= 8; k++) $("k").append(new Option(k ? String(k) : "all", k));
  $("temperature").value = pack.sampler.temperature;
  $("k").value = pack.sampler.k;
  $("seed").value = pack.sampler.seed;
  $("length").value = pack.length || 1;
  list = new TextList($("text"), pack.symbols, choose);
  $("form").addEventListener("submit", (event) => {
    event.preventDefault();
    try {
      runText();
    } catch (error) {
      say(error.message, true);
    }
  });
  $("stop").addEventListener("click", () => ask({ do: "stop" }));
  $("reset").addEventListener("click", () => {
    ask({ do: "stop" });
    running = false;
    records.length = 0;
    chosen = null;
    list.clear();
    for (const id of ["order", "for", "against", "figures"]) $(id).replaceChildren();
    $("prompt").value = pack.first;
    say("The chip is ready.");
    enable();
  });
  $("raster").addEventListener("click", ({ offsetX, currentTarget }) => {
    const step = firstColumn(currentTarget.clientWidth, records, chosen) + Math.floor(offsetX / COLUMN);
    if (step < records.length) list.select(step);
  });
  $("what").textContent = `${JSON.stringify(pack.first)} and what follows, ${pack.vectors.symbols.length} characters`;
}

function setUpImages() {
  $("draw").hidden = false;
  $("all").hidden = true;
  $("what").textContent = `${pack.vectors.symbols.length} drawn digits`;
  paper = new Paper($("paper"), pack.image, runImage);
  const all = pack.array("vectors.x"), size = pack.image.width * pack.image.height;
  pack.vectors.symbols.forEach((_, digit) => {
    const button = element("button", String(digit), { type: "button" });
    button.setAttribute("aria-label", `A drawn ${digit}`);
    button.addEventListener("click", () => paper.set(all.subarray(digit * size, (digit + 1) * size)));
    $("examples").append(button);
  });
  $("clear").addEventListener("click", () => paper.set(new Int16Array(size)));
}

function setUpTheme() {
  const root = document.documentElement;
  const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const show = () => $("theme").setAttribute("aria-pressed", String(dark()));
  $("theme").addEventListener("click", () => {
    root.dataset.theme = dark() ? "light" : "dark";
    show();
    draw();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { show(); draw(); });
  addEventListener("resize", draw);
  show();
}

const loaded = performance.now();

async function begin() {
  setUpTheme();
  const data = unbase64($("pack").textContent), module = unbase64($("core").textContent);
  pack = unpack(await gunzip(data));
  const kind = { rnn: "a recurrent network", transformer: "a transformer", deep: "a classifier" }[pack.kind] ?? pack.kind;
  $("subtitle").textContent = `${pack.name}: ${kind} on the core of the ${pack.board}`;
  (pack.symbols ? setUpText : setUpImages)();
  fillLegend($("legend"), pack);
  if (pack.flash) {
    $("flash").hidden = false;
    fillLegend($("chip-legend"), pack, 1);
  }
  for (const [name, value] of Object.entries(pack.about)) $("about").append(element("dt", name), element("dd", value));
  const address = URL.createObjectURL(new Blob([$("worker").textContent], { type: "text/javascript" }));
  worker = new Worker(address);
  worker.onmessage = ({ data: answer }) => answers[answer.is](answer);
  worker.onerror = ({ message }) => say(`It failed: ${message}`, true);
  ask({ do: "start", module, data });
  for (const what of ["check", "damage", "repair"]) $(what).addEventListener("click", () => compare(what));
}

begin().catch((error) => say(`It failed: ${error.message}`, true));
