// What a `@Span` method costs while nothing is recorded, call against call in one process. See bench/README.md.
import { start } from './variants/library.mjs';
import { start as startPlain } from './variants/plain.mjs';

const CALLS = 1_000_000;
const ROUNDS = 31;

let sink = 0;

function nanosPerCall(service) {
  const start = process.hrtime.bigint();
  for (let call = 0; call < CALLS; call++) sink += service.add(call, 1);
  return Number(process.hrtime.bigint() - start) / CALLS;
}

/** Nanoseconds per call above the plain method: the median of rounds in which both ran, one right after the other. */
function above(plain, service) {
  nanosPerCall(plain);
  nanosPerCall(service);
  const differences = Array.from({ length: ROUNDS }, () => -nanosPerCall(plain) + nanosPerCall(service));
  differences.sort((a, b) => a - b);
  return differences[Math.floor(ROUNDS / 2)];
}

const { service: plain } = await startPlain();
const { service: again } = await startPlain();
const receiverUrl = 'http://127.0.0.1:1';
const rows = [
  ['plain call again (A/A)', again],
  ['no instance', (await start({ instance: false })).service],
  ['off', (await start({ enabled: false, receiverUrl, ratio: 1, name: 'off' })).service],
];
console.log(`Node ${process.version}, ${CALLS} calls, median of ${ROUNDS} rounds`);
for (const [title, service] of rows) {
  console.log(`${title.padEnd(24)} ${above(plain, service).toFixed(1).padStart(6)} ns above the plain call`);
}
process.exit(Number.isNaN(sink) ? 1 : 0);
