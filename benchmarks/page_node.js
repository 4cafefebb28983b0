// Characters a second of a page's worker in Node: node benchmarks/page_node.js PAGE. Called by benchmarks/page.py.

const page = require("fs").readFileSync(process.argv[2], "utf8");
const part = (id) => page.split(`id="${id}">`)[1].split("</script>")[0];
const bytes = (id) => new Uint8Array(Buffer.from(part(id), "base64"));

let answered;
globalThis.postMessage = (answer) => ["ready", "checked", "failed"].includes(answer.is) && answered(answer);
require("vm").runInThisContext(part("worker"));
const ask = (message) => new Promise((resolve) => {
  answered = resolve;
  onmessage({ data: message });
});

(async () => {
  const steps = require("vm").runInThisContext("() => pack.vectors.symbols.length");
  await ask({ do: "start", module: bytes("core"), data: bytes("pack") });
  for (let round = 0; round < 10; round++) {
    const begin = performance.now();
    const { verdict } = await ask({ do: "check" });
    if (verdict.difference || verdict.compared !== verdict.total) throw new Error(verdict.difference ?? "not all compared");
    console.log((1000 * steps()) / (performance.now() - begin));
  }
})();
