// A pack as sim/web/pack.py writes it: a header and arrays.

const unbase64 = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));

async function gunzip(bytes) {
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The header, with `array(name)` for its arrays.
function unpack(bytes) {
  const length = new DataView(bytes.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const types = { int16: Int16Array, uint32: Uint32Array, uint8: Uint8Array };
  header.array = (name) => {
    const [type, offset, size] = header.arrays[name];
    return new types[type](bytes.buffer, 4 + length + offset, size);
  };
  return header;
}

// Where the tables of a run's tier begin, in bytes.
const firstByte = (pack, run) => (run.tier ? pack.flash.first : 0);

const ROW_PIXELS = 16; // beats of the flash that are a pixel of its map
