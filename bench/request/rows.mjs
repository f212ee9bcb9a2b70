/*
 * The rows of bench/request. `spans`: how many each request must deliver; undefined where a peer decides.
 * `variant` is a file of ./variants.
 */
export const ROWS = [
  { name: 'bare', variant: 'bare', spans: 0, title: 'bare application' },
  { name: 'bare-again', variant: 'bare', spans: 0, title: 'bare application again (A/A)' },
  { name: 'als', variant: 'async-local-storage', spans: 0, title: 'AsyncLocalStorage only' },
  { name: 'raw-sdk', variant: 'raw-sdk', spans: 1, title: 'raw SDK by hand, gRPC, 1 span' },
  { name: 'raw-sdk-methods', variant: 'raw-sdk-methods', spans: 3, title: 'raw SDK by hand, gRPC, 3 spans' },
  { name: 'floor-unsampled', variant: 'floor-unsampled', spans: 0, title: 'hand-made minimum, sampled out' },
  { name: 'floor', variant: 'floor', spans: 1, title: 'hand-made minimum, gRPC, 1 span' },
  { name: 'floor-methods', variant: 'floor-methods', spans: 3, title: 'hand-made minimum, gRPC, 3 spans' },
  { name: 'library-off', variant: 'library-off', spans: 0, title: 'nestjs-telemetry, off' },
  {
    name: 'library-unsampled',
    variant: 'library-unsampled',
    spans: 0,
    title: 'nestjs-telemetry, sampled out',
  },
  { name: 'library', variant: 'library', spans: 1, title: 'nestjs-telemetry, gRPC, 1 span' },
  {
    name: 'library-metrics',
    variant: 'library-metrics',
    spans: 1,
    title: 'nestjs-telemetry, gRPC, 1 span and metrics',
  },
  { name: 'library-methods', variant: 'library-methods', spans: 3, title: 'nestjs-telemetry, gRPC, 3 spans' },
];

/** The same work, done by this library and by hand. */
export const PAIRS = [
  ['library', 'raw-sdk'],
  ['library-methods', 'raw-sdk-methods'],
  ['library-unsampled', 'floor-unsampled'],
  ['library', 'floor'],
  ['library-methods', 'floor-methods'],
];

/**
 * Overhead = (row − from) / (whole − als): the part of what the raw SDK by hand costs above an
 * AsyncLocalStorage that a row costs.
 */
export const OVERHEADS = [
  { title: 'off', row: 'library-off', from: 'als', whole: 'raw-sdk' },
  { title: 'sampled out', row: 'library-unsampled', from: 'als', whole: 'raw-sdk' },
  { title: 'one span', row: 'library', from: 'als', whole: 'raw-sdk' },
  { title: 'three spans', row: 'library-methods', from: 'als', whole: 'raw-sdk-methods' },
  { title: 'metrics add', row: 'library-metrics', from: 'library', whole: 'raw-sdk' },
  { title: 'minimum, sampled out', row: 'floor-unsampled', from: 'als', whole: 'raw-sdk' },
  { title: 'minimum, one span', row: 'floor', from: 'als', whole: 'raw-sdk' },
  { title: 'minimum, three spans', row: 'floor-methods', from: 'als', whole: 'raw-sdk-methods' },
];
