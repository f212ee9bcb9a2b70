/*
 * The cells of the matrix: what an app may be made of. Some combinations are refused by the peers or engines
 * of OpenTelemetry itself.
 */
const dimensions = {
  node: ['20.19', '22', '24', '26'],
  nest: ['11', '12'],
  api: ['1.9', '1.10'],
  sdk: ['none', '2', '3'],
  manager: ['npm', 'pnpm', 'yarn node-modules', 'yarn pnp'],
  module: ['esm', 'cjs'],
  adapter: ['express'],
};

const refusals = [
  [({ sdk, node }) => sdk === '3' && node === '20.19', 'engines of OpenTelemetry SDK 3: Node >=22.15'],
  [({ sdk, api }) => sdk === '3' && api === '1.9', 'peers of OpenTelemetry SDK 3: API >=1.10 <1.11'],
  [({ sdk, api }) => sdk === '2' && api === '1.10', 'peers of OpenTelemetry SDK 2: API <1.10'],
  [
    ({ node, manager, module }) => node === '20.19' && manager === 'yarn pnp' && module === 'cjs',
    "require() of ES modules on Node 20, which asks no loader: Plug'n'Play needs Node 22",
  ],
];

/**
 * Every value of every dimension, both ends of the Node range with both majors of Nest, and
 * Fastify without Express.
 */
const representative = [
  ['20.19', '11', '1.9', '2', 'npm', 'cjs', 'express'],
  ['20.19', '12', '1.10', 'none', 'npm', 'esm', 'express'],
  ['22', '11', '1.10', '3', 'pnpm', 'cjs', 'express'],
  ['22', '12', '1.9', '2', 'yarn node-modules', 'cjs', 'express'],
  ['24', '12', '1.10', '3', 'npm', 'cjs', 'express'],
  ['24', '12', '1.9', '2', 'pnpm', 'esm', 'fastify'],
  ['24', '11', '1.10', '3', 'yarn pnp', 'cjs', 'express'],
  ['26', '12', '1.10', '3', 'yarn pnp', 'esm', 'express'],
  ['26', '11', '1.9', 'none', 'yarn node-modules', 'esm', 'express'],
].map((values) => Object.fromEntries(Object.keys(dimensions).map((key, index) => [key, values[index]])));

const product = () =>
  Object.entries(dimensions).reduce(
    (cells, [key, values]) => cells.flatMap((cell) => values.map((value) => ({ ...cell, [key]: value }))),
    [{}],
  );

const isFastify = (cell) => cell.adapter === 'fastify';

/** @returns the cells to run, and how many are left out for which reason */
export function chooseCells(all) {
  if (!all) return { cells: representative, leftOut: new Map() };
  const cells = representative.filter(isFastify);
  const leftOut = new Map();
  for (const cell of product()) {
    const reason = refusals.find(([applies]) => applies(cell))?.[1];
    if (reason === undefined) cells.push(cell);
    else leftOut.set(reason, (leftOut.get(reason) ?? 0) + 1);
  }
  return { cells, leftOut };
}

export const nameOf = ({ node, nest, api, sdk, manager, module, adapter }) =>
  `Node ${node}, Nest ${nest}, API ${api}, SDK ${sdk}, ${manager}, ${module}, ${adapter}`;

/** @returns the app's dependencies, without the library */
export function dependenciesOf({ nest, api, sdk, adapter }) {
  return {
    '@nestjs/common': `^${nest}.0.0`,
    '@nestjs/core': `^${nest}.0.0`,
    [`@nestjs/platform-${adapter}`]: `^${nest}.0.0`,
    '@opentelemetry/api': `~${api}.0`,
    ...(sdk === '2' && { '@opentelemetry/sdk-trace-base': '^2.12.0' }),
    ...(sdk === '3' && { '@opentelemetry/sdk-trace': '^3.1.0' }),
    'reflect-metadata': '^0.2.2',
    rxjs: '^7.8.2',
  };
}
