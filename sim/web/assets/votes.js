// The tables that voted for and against an output, by weight, with their comparisons.

const MOST = 10; // of each side

function element(name, text = "", more = {}) {
  const made = Object.assign(document.createElement(name), more);
  made.textContent = text;
  return made;
}

function comparison({ a, b, later, latencies }) {
  const [first, second, one, two] = later ? [b, a, latencies[1], latencies[0]] : [a, b, latencies[0], latencies[1]];
  if (one === two) return `neurons ${a} and ${b} at once (${one})`;
  return `neuron ${first} (${one}) before neuron ${second} (${two})`;
}

function voteItem(vote, largest) {
  const item = element("li"), details = element("details"), summary = element("summary");
  const scale = element("span"), bar = element("i");
  bar.style.width = `${(100 * Math.abs(vote.weight)) / largest}%`;
  scale.append(bar);
  summary.append(`table ${vote.table}`, scale, `${vote.weight > 0 ? "+" : "\u2212"}${Math.abs(vote.weight)}`);
  const list = element("ul");
  vote.bits.forEach((bit) => list.append(element("li", comparison(bit))));
  details.append(summary, element("p", `It compared ${vote.bits.length} pairs, which picked row ${vote.row}:`), list);
  item.append(details);
  return item;
}

// Fills both lists; returns the sum of all votes, which is the latency itself.
function showVotes(votes, lists) {
  const largest = Math.max(1, ...votes.map(({ weight }) => Math.abs(weight)));
  for (const [list, sign] of [[lists.for, -1], [lists.against, 1]]) {
    const side = votes.filter(({ weight }) => Math.sign(weight) === sign).sort((x, y) => Math.abs(y.weight) - Math.abs(x.weight));
    list.replaceChildren(...side.slice(0, MOST).map((vote) => voteItem(vote, largest)));
    if (side.length > MOST) list.append(element("li", `and ${side.length - MOST} more`));
    if (!side.length) list.append(element("li", "none"));
  }
  return votes.reduce((sum, { weight }) => sum + weight, 0);
}

