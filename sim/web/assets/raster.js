// Spikes as dots: a column for each character, and the neurons inside in the order of their spikes.

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// A canvas cleared to its size on the screen, with a context in CSS pixels.
function sheet(canvas) {
  const { width, height } = canvas.getBoundingClientRect();
  const scale = window.devicePixelRatio || 1;
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  return { context, width, height };
}

function dot(context, x, y, radius, fill) {
  context.fillStyle = fill;
  context.beginPath();
  context.arc(x, y, radius, 0, 7);
  context.fill();
}

const COLUMN = 16, AXIS = 22;

// The first record that fits, so that the selected one is seen.
function firstColumn(width, records, selected) {
  const room = Math.max(1, Math.floor(width / COLUMN));
  const last = Math.max(0, records.length - room);
  return selected === null ? last : Math.min(last, Math.max(0, selected - (room >> 1)));
}

function drawRaster(canvas, records, selected, names) {
  const { context, width, height } = sheet(canvas);
  const first = firstColumn(width, records, selected);
  const shown = records.slice(first, first + Math.max(1, Math.floor(width / COLUMN)));
  if (!shown.length) return;
  const all = shown.flatMap((record) => Array.from(record.outputs));
  const low = Math.min(...all), high = Math.max(...all, low + 1);
  const y = (latency) => 8 + ((latency - low) / (high - low)) * (height - AXIS - 16);
  context.textAlign = "center";
  context.font = "13px ui-monospace, monospace";
  shown.forEach((record, i) => {
    const x = (i + 0.5) * COLUMN;
    if (record.step === selected) {
      context.fillStyle = colour("mark");
      context.fillRect(x - COLUMN / 2, 0, COLUMN, height);
    }
    record.outputs.forEach((latency) => dot(context, x, y(latency), 1.5, colour("dim")));
    dot(context, x, y(Math.min(...record.outputs)), 3, colour("accent"));
    context.strokeStyle = colour("against");
    context.lineWidth = 1.5;
    context.beginPath();
    context.arc(x, y(record.outputs[record.taken]), 5, 0, 7);
    context.stroke();
    context.fillStyle = colour(record.forced ? "soft" : "ink");
    context.fillText(names(record.taken), x, height - 6);
  });
  canvas.setAttribute("aria-label", `Spikes of ${records[0].outputs.length} output neurons for characters ${first + 1} to ${first + shown.length}`);
}

function drawInside(canvas, source) {
  const { context, width, height } = sheet(canvas);
  const order = Array.from(source).sort((a, b) => a - b);
  const low = order[0], high = Math.max(order.at(-1), low + 1);
  context.fillStyle = colour("soft");
  context.font = "12px system-ui, sans-serif";
  context.fillText(`latency ${low}`, 4, height - 4);
  context.textAlign = "right";
  context.fillText(`${high}`, width - 4, height - 4);
  order.forEach((latency, rank) => {
    const x = 6 + ((latency - low) / (high - low)) * (width - 12);
    dot(context, x, 6 + (rank / order.length) * (height - 30), 1.6, colour("accent"));
  });
  canvas.setAttribute("aria-label", `${order.length} neurons in the order of their spikes, from latency ${low} to ${high}`);
}

