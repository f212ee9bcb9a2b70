/*
 * Packs the library and installs the tarball strictly into apps as users have them. Each app answers a
 * request and exports the trace over OTLP; with npm the app is compiled against the library's types and runs in
 * Bun and Deno, too. A few cells cover every value of the matrix; `--all` runs all of them.
 *
 *   npm run build && node test/package/run.mjs [--all] [part of a cell's name]
 */
import {
  access,
  copyFile,
  mkdir,
  mkdtemp,
  readFile,
  readdir,
  realpath,
  rm,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { chooseCells, dependenciesOf, nameOf } from './cells.mjs';
import { bytesBelow, inMegabytes } from './installed-size.mjs';
import { checkSpans, startReceiver } from './receiver.mjs';
import { checkBuild, majors, prepareBuilds, setUpsOf } from './builds/run.mjs';
import { setUps } from './builds/set-ups.mjs';
import { checkLine, lines } from './lines/run.mjs';
import { run } from './run-command.mjs';
import { checkTarball } from './tarball.mjs';
import { installBun, installDeno, installNode, installStrictly, nodeArguments } from './tools.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '..', '..');
const compilerOptions = {
  target: 'ES2023',
  module: 'nodenext',
  strict: true,
  experimentalDecorators: true,
  emitDecoratorMetadata: true,
  // Stricter than Nest's starter: the library's types must hold against those of the app's own Nest and SDK.
  skipLibCheck: false,
  types: ['node'],
  rootDir: 'src',
  noEmit: true,
};

async function pack(into) {
  await access(join(root, 'dist', 'index.js')).catch(() => {
    throw new Error('There is no dist: `npm run build` first.');
  });
  await run('npm', ['pack', '--pack-destination', into], { cwd: root, seconds: 60 });
  const [tarball] = (await readdir(into)).filter((file) => file.endsWith('.tgz'));
  return join(into, tarball);
}

/**
 * Writes the app's TypeScript to `src` and its JavaScript to `dist`: yarn's PnP hides
 * types from a plain compiler.
 */
async function writeApp(cell, directory, tarball) {
  await mkdir(join(directory, 'src'), { recursive: true });
  await mkdir(join(directory, 'dist'));
  const write = (name, value) => writeFile(join(directory, name), JSON.stringify(value, null, 2));
  await write('package.json', {
    name: 'app',
    private: true,
    type: cell.module === 'esm' ? 'module' : 'commonjs',
    dependencies: { ...dependenciesOf(cell), 'nestjs-telemetry': `file:${tarball}` },
    devDependencies: { '@types/express': '^5.0.0', '@types/node': '^20.19.0' },
  });
  await write('tsconfig.json', { compilerOptions, include: ['src'] });
  const sources = {
    'app.module': 'app.module',
    main: 'main',
    calls: 'calls.none',
    sdk: `sdk.${cell.sdk}`,
    adapter: `adapter.${cell.adapter}`,
  };
  for (const [name, source] of Object.entries(sources)) {
    const file = join(here, 'app', `${source}.ts`);
    await copyFile(file, join(directory, 'src', `${name}.ts`));
    const { outputText } = ts.transpileModule(await readFile(file, 'utf8'), {
      compilerOptions: {
        ...compilerOptions,
        module: cell.module === 'esm' ? ts.ModuleKind.ESNext : ts.ModuleKind.CommonJS,
        target: ts.ScriptTarget.ES2023,
      },
    });
    await writeFile(join(directory, 'dist', `${name}.js`), outputText);
  }
}

async function checkCell(cell, id, { directory, tools, tarball, receiver }) {
  await writeApp(cell, directory, tarball);
  const node = await installNode(cell.node, tools);
  await installStrictly(cell.manager, { directory, node, tools });
  const modules = await readdir(join(directory, 'node_modules')).catch(() => []);
  if (cell.adapter === 'fastify' && modules.includes('express'))
    throw new Error('express was installed, and nobody asked for it.');
  if (cell.manager === 'npm')
    await run(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', '.'], {
      cwd: directory,
      seconds: 180,
    });
  const runApp = async (id, runtime, args = []) => {
    // Deno's caches are the cell's own: two that write into one wait for one another.
    const env = { RECEIVER: receiver.urlFor(id), DENO_DIR: join(directory, '.deno') };
    await run(runtime, [...args, 'dist/main.js'], { cwd: directory, seconds: 60, env });
    checkSpans(receiver.spansOf(id));
  };
  await runApp(id, node, nodeArguments(cell.manager));
  if (cell.manager === 'npm') {
    await runApp(`${id}-bun`, await installBun('1.4', tools));
    // Where `require` meets an ES module that imports CommonJS, Deno 2.9 may hang.
    if (cell.nest !== '11' || cell.module === 'esm') {
      const asInstalled = ['run', '--allow-all', '--node-modules-dir=manual'];
      await runApp(`${id}-deno`, await installDeno('2.9', tools), asInstalled);
    }
  }
  const folder = cell.manager === 'yarn pnp' ? '.yarn' : 'node_modules';
  return inMegabytes(await bytesBelow(join(directory, folder)));
}

/** `realpath`, since npm links a folder under a linked temporary directory in two different ways. */
const temporary = await realpath(await mkdtemp(join(tmpdir(), 'nestjs-telemetry-package-')));
const cleanUp = () => rm(temporary, { recursive: true, force: true, maxRetries: 3 });
for (const signal of ['SIGINT', 'SIGTERM'])
  process.once(signal, () => void cleanUp().then(() => process.exit(1)));

const receiver = await startReceiver();
try {
  const part = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? '';
  const { cells, leftOut } = chooseCells(process.argv.includes('--all'));
  for (const [reason, count] of leftOut) console.log(`left out: ${count} cells, by the ${reason}`);
  const tarball = await pack(temporary);
  const tools = join(temporary, 'tools');
  let failures = 0;
  const report = async (name, check) => {
    const started = performance.now();
    const detail = await check().catch((error) => {
      failures += 1;
      return error;
    });
    const seconds = `${((performance.now() - started) / 1000).toFixed(0)} s`;
    const outcome =
      detail instanceof Error ? `FAILED ${name}: ${detail.message}` : `ok     ${name}: ${detail}`;
    console.log(`${outcome}, ${seconds}`);
  };
  const queue = cells
    .map((cell, index) => ({ name: nameOf(cell), cell, index }))
    .filter(({ name }) => name.includes(part))
    .map(({ name, cell, index }) => async () => {
      const directory = join(temporary, `app-${index}`);
      await report(name, () => checkCell(cell, String(index), { directory, tools, tarball, receiver }));
      await rm(directory, { recursive: true, force: true });
    });
  for (const line of lines) {
    const name = `official packages of line ${line.line}, Node ${line.node}`;
    const directory = join(temporary, `line-${line.line}`);
    if (name.includes(part))
      queue.push(() => report(name, () => checkLine(line, { directory, tools, tarball })));
  }
  for (const major of majors) {
    const directory = join(temporary, `builds-${major.nest}`);
    const chosen = setUpsOf(major)
      .map((setUp) => ({ setUp, name: `${setUp.name}, Nest ${major.nest}, Node ${major.node}` }))
      .filter(({ name }) => name.includes(part));
    if (chosen.length > 0)
      queue.push(async () => {
        let node;
        await report(`install of build tools, Nest ${major.nest}`, async () => {
          node = await prepareBuilds(major, { directory, tools, tarball });
          return 'strictly, without a warning about the library';
        });
        if (node === undefined) return;
        for (const { setUp, name } of chosen) {
          const id = `${major.nest}-${setUps.indexOf(setUp)}`;
          await report(name, () =>
            checkBuild(setUp, id, { directory, nest: major.nest, node, receiver, tools }),
          );
        }
      });
  }
  if (queue.length === 0) throw new Error(`No cell's name contains "${part}".`);
  queue.unshift(() => report('tarball', () => checkTarball(tarball, temporary)));
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) await next();
  };
  await Promise.all([worker(), worker()]);
  if (failures > 0) process.exitCode = 1;
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  receiver.close();
  await cleanUp();
}
