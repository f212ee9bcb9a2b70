/*
 * The arrows of ARCHITECTURE.md:
 *
 *   index → nest → {http, entries, workflow, clients, metrics, devtools} → genai → tracing → pipeline → otlp → {config, context} → sdk → base → errors
 *
 * A layer may import any layer below it, never one above, and never a sibling of its own tier. Type-only imports count.
 */

/** From top to bottom; folders in one row are siblings. */
const tiers = [
  ['nest'],
  ['http', 'entries', 'workflow', 'clients', 'metrics', 'devtools'],
  ['genai'],
  ['tracing'],
  ['pipeline'],
  ['otlp'],
  ['config', 'context'],
  ['sdk'],
  ['base'],
];

const layerRules = tiers.flatMap((tier, depth) => {
  const above = tiers.slice(0, depth).flat();
  return tier.map((layer) => {
    const forbidden = [...above, ...tier.filter((sibling) => sibling !== layer)];
    return {
      name: `layer-${layer}`,
      comment: `src/${layer} may import only the layers below it (see ARCHITECTURE.md): never ${[...forbidden, 'testing', 'entry-points', 'index'].join(', ')}.`,
      severity: 'error',
      from: { path: `^src/${layer}/` },
      to: { path: [`^src/(${[...forbidden, 'testing', 'entry-points'].join('|')})/`, '^src/index\\.ts$'] },
    };
  });
});

/** The rooms inside of a layer, from top to bottom; `.` stands for the files that lie in no room. */
const rooms = {
  nest: [
    ['admin', 'metrics', 'genai'],
    ['module'],
    ['wide-events'],
    ['decorators'],
    ['services', 'logging'],
    ['hub'],
    ['devtools', 'entries'],
    ['requests'],
    ['instance'],
    ['baggage'],
    ['metadata'],
  ],
  metrics: [['.'], ['readers', 'requests'], ['instruments'], ['options']],
};

/** A new folder gets its place in the order first. */
const unknownRooms = Object.entries(rooms).map(([layer, order]) => ({
  name: `room-${layer}-unknown`,
  comment: `Every folder of src/${layer} is a room with a place in the order above.`,
  severity: 'error',
  from: {},
  to: {
    path: `^src/${layer}/[^/]+/`,
    pathNot: `^src/${layer}/(${order.flat().join('|')})/`,
  },
}));

const roomRules = Object.entries(rooms)
  .flatMap(([layer, order]) => {
    const inRoom = (room) => (room === '.' ? `^src/${layer}/[^/]+$` : `^src/${layer}/${room}/`);
    return order.flatMap((row, depth) =>
      row.map((room) => ({
        name: `room-${layer}-${room}`,
        comment: `src/${layer}/${room} may import only the rooms below it (see ARCHITECTURE.md).`,
        severity: 'error',
        from: { path: inRoom(room) },
        to: { path: [...order.slice(0, depth).flat(), ...row.filter((other) => other !== room)].map(inRoom) },
      })),
    );
  })
  .filter(({ to }) => to.path.length > 0);

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules,
    ...roomRules,
    ...unknownRooms,
    {
      name: 'layer-lowest',
      comment: 'src/errors.ts is the lowest layer: it imports nothing of ours.',
      severity: 'error',
      from: { path: '^src/errors\\.ts$' },
      to: { path: '^src/' },
    },
    {
      name: 'layer-testing',
      comment: 'What is shipped in the main entry point must not depend on the testing kit.',
      severity: 'error',
      from: { path: '^src/index\\.ts$' },
      to: { path: '^src/testing/' },
    },
    {
      name: 'layer-unknown',
      comment: 'Every file of src belongs to a layer; a new folder gets its place in the tiers above first.',
      severity: 'error',
      from: {},
      to: {
        path: '^src/',
        pathNot: [
          `^src/(${[...tiers.flat(), 'testing', 'entry-points'].join('|')})/`,
          '^src/(index|errors)\\.ts$',
        ],
      },
    },
    {
      name: 'nest-only-in-nest',
      comment: 'Only src/nest, src/testing and src/index.ts know NestJS.',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/(nest|testing|entry-points)/', '^src/index\\.ts$'] },
      to: { path: ['^@nestjs/', 'node_modules/@nestjs/'] },
    },
    {
      name: 'no-circular',
      comment: 'Two modules that import one another are one module, or hide a third.',
      severity: 'error',
      from: { path: '^src/' },
      to: { circular: true },
    },
    {
      name: 'no-catch-all-module',
      comment: 'A type or function lives with its owner.',
      severity: 'error',
      from: {},
      to: { path: '/(utils|helpers|common|types)(/|\\.ts$)', pathNot: 'node_modules' },
    },
    {
      name: 'not-resolvable',
      comment: 'An import that leads nowhere would slip through every rule above.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/devtools/(page/|server/page\\.ts$)' },
      to: { couldNotResolve: true },
    },
    {
      name: 'no-dev-dependency',
      comment:
        'What src loads is a (possibly optional) peer, or carried in the bundle: then it is named here, in NOTICE, and loaded on demand.',
      severity: 'error',
      // The page is built into one file with what it imports.
      from: { path: '^src/', pathNot: '^src/devtools/page/' },
      to: {
        pathNot: 'node_modules/(@grpc/grpc-js|@opentelemetry/(sdk-metrics|otlp-transformer))/',
        dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'],
        dependencyTypesNot: ['npm-peer', 'npm-optional'],
      },
    },
  ],
  options: {
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    doNotFollow: { path: 'node_modules' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default', 'types'],
    },
  },
};
