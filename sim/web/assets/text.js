// Symbols and characters: what is typed, and what comes.

const UNKNOWN = -1;

// The symbol of each byte of a text; throws a sentence where there is none.
function encode(symbols, text) {
  return Array.from(new TextEncoder().encode(text), (byte) => {
    const symbol = symbols.includes(byte) ? symbols.indexOf(byte) : symbols.indexOf(UNKNOWN);
    if (symbol < 0) throw new Error(`The network has no symbol for the byte 0x${byte.toString(16)}, and none for what it doesn't know.`);
    return symbol;
  });
}

// A symbol's short name.
function symbolName(symbols, symbol) {
  const byte = symbols[symbol];
  if (byte === UNKNOWN) return "?";
  if (byte === 10) return "\u23ce";
  if (byte === 32) return "\u2423";
  return byte > 32 && byte < 127 ? String.fromCharCode(byte) : `x${byte.toString(16)}`;
}

// The list of characters: one option for each step, chosen by click or arrow keys; `chosen(step)` is told.
class TextList {
  constructor(list, symbols, chosen) {
    Object.assign(this, { list, symbols, chosen });
    list.addEventListener("click", ({ target }) => target.dataset.step && this.select(Number(target.dataset.step)));
    list.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -10, ArrowDown: 10, Home: -Infinity, End: Infinity }[event.key];
      if (move === undefined || !list.children.length) return;
      event.preventDefault();
      const last = list.children.length - 1;
      this.select(Math.max(0, Math.min(last, (this.selected ?? (move > 0 ? -1 : last + 1)) + move)));
    });
    this.clear();
  }

  clear() {
    this.list.replaceChildren();
    this.list.removeAttribute("aria-activedescendant");
    this.selected = null;
    this.decoder = new TextDecoder();
  }

  // Appends characters, and scrolls on with them if the end was in sight.
  add(records) {
    const list = this.list;
    const followed = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(...records.map((record) => this.sign(record)));
    if (followed) list.scrollTop = list.scrollHeight;
  }

  sign({ step, taken, forced }) {
    const byte = this.symbols[taken] === UNKNOWN ? 63 : this.symbols[taken];
    const sign = element("span", this.decoder.decode(new Uint8Array([byte]), { stream: true }), { id: `sign${step}`, className: forced ? "read" : "" });
    sign.dataset.step = step;
    sign.setAttribute("role", "option");
    sign.setAttribute("aria-selected", "false");
    sign.setAttribute("aria-label", `${symbolName(this.symbols, taken)}, character ${step + 1}${forced ? ", read" : ""}`);
    return sign;
  }

  select(step) {
    this.list.children[this.selected]?.setAttribute("aria-selected", "false");
    this.selected = step;
    const sign = this.list.children[step];
    sign.setAttribute("aria-selected", "true");
    sign.scrollIntoView({ block: "nearest" });
    this.list.setAttribute("aria-activedescendant", sign.id);
    this.chosen(step);
  }
}

