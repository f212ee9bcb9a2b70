/* Node, pnpm and yarn from npm, and how each package manager is told to be strict. */
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { run } from './run-command.mjs';

/** Runs tasks of one name once. */
function once(load) {
  const running = new Map();
  return (name, ...rest) => {
    if (!running.has(name)) running.set(name, load(name, ...rest));
    return running.get(name);
  };
}

async function npmPackage(directory, specifier) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'package.json'), JSON.stringify({ private: true }));
  await run('npm', ['install', '--no-fund', '--no-audit', specifier], { cwd: directory, seconds: 240 });
  return join(directory, 'node_modules');
}

/** The package `node` only installs this one, by an install script that npm may be told not to run. */
export const installNode = once(async (version, tools) => {
  const windows = process.platform === 'win32';
  const name = `node-${windows ? 'win' : process.platform}-${process.arch}`;
  const modules = await npmPackage(join(tools, `node-${version}`), `${name}@${version}`);
  return join(modules, name, 'bin', windows ? 'node.exe' : 'node');
});

/** As {@link installNode}: the package `bun` needs an install script, the one that it installs does not. */
export const installBun = once(async (version, tools) => {
  const windows = process.platform === 'win32';
  const arch = process.arch === 'arm64' ? 'aarch64' : process.arch;
  const name = `@oven/bun-${windows ? 'windows' : process.platform}-${arch}`;
  const modules = await npmPackage(join(tools, `bun-${version}`), `${name}@${version}`);
  return join(modules, name, 'bin', windows ? 'bun.exe' : 'bun');
});

/** As {@link installBun}. */
export const installDeno = once(async (version, tools) => {
  const windows = process.platform === 'win32';
  const libc = process.platform === 'linux' ? '-glibc' : '';
  const name = `@deno/${windows ? 'win32' : process.platform}-${process.arch}${libc}`;
  const modules = await npmPackage(join(tools, `deno-${version}`), `${name}@${version}`);
  return join(modules, name, windows ? 'deno.exe' : 'deno');
});

const installPnpm = once(async (_, tools) => {
  const modules = await npmPackage(join(tools, 'pnpm'), 'pnpm@12');
  return join(modules, '.bin');
});

const installYarn = once(async (_, tools) => {
  const modules = await npmPackage(join(tools, 'yarn'), '@yarnpkg/cli-dist@4');
  return join(modules, '.bin');
});

/** A folder of its own puts the wanted Node first in the path of scripts that start with `env node`. */
export const pathTo = (node, ...folders) => [dirname(node), ...folders, process.env.PATH].join(delimiter);

const install = {
  npm: async ({ directory, node }) =>
    run('npm', ['install', '--no-fund', '--no-audit', '--strict-peer-deps'], {
      cwd: directory,
      seconds: 240,
      env: { PATH: pathTo(node) },
    }),
  pnpm: async ({ directory, node, tools }) => {
    const settings = 'strictPeerDependencies: true\nautoInstallPeers: false\n';
    await writeFile(join(directory, 'pnpm-workspace.yaml'), settings);
    return run('pnpm', ['install', '--no-frozen-lockfile', '--store-dir', join(tools, 'pnpm-store')], {
      cwd: directory,
      seconds: 240,
      env: { PATH: pathTo(node, await installPnpm('pnpm', tools)), CI: '' },
    });
  },
  'yarn node-modules': (options) => yarn({ ...options, linker: 'node-modules' }),
  'yarn pnp': (options) => yarn({ ...options, linker: 'pnp' }),
};

async function yarn({ directory, node, tools, linker }) {
  const { stdout: registry } = await run('npm', ['config', 'get', 'registry'], {
    cwd: directory,
    seconds: 30,
  });
  const settings = {
    nodeLinker: linker,
    // The library is made of ES modules, also in an app that is not.
    pnpEnableEsmLoader: true,
    npmRegistryServer: registry.trim(),
    enableGlobalCache: false,
    enableImmutableInstalls: false,
    enableTelemetry: false,
    globalFolder: join(tools, 'yarn-global'),
    // Missing and unfit peers are warnings by default.
    logFilters: ['YN0002', 'YN0060', 'YN0086'].map((code) => ({ code, level: 'error' })),
  };
  await writeFile(join(directory, '.yarnrc.yml'), JSON.stringify(settings));
  await writeFile(join(directory, 'yarn.lock'), '');
  return run('yarn', ['install'], {
    cwd: directory,
    seconds: 240,
    env: { PATH: pathTo(node, await installYarn('yarn', tools)) },
  });
}

/**
 * Installs the app's dependencies; rejects on any complaint about peers, and on a
 * warning that names the library.
 */
export async function installStrictly(manager, options) {
  const { all } = await install[manager](options);
  const complaint = all
    .split('\n')
    .find((line) => line.includes('nestjs-telemetry') && /warn|peer|deprecat|YN0(002|060|086)/i.test(line));
  if (complaint !== undefined) throw new Error(`${manager} warns about the library: ${complaint}\n${all}`);
}

/**
 * @returns the arguments that let Node find packages as this manager has laid them out, ES modules among them
 */
export const nodeArguments = (manager) =>
  manager === 'yarn pnp' ? ['--require', './.pnp.cjs', '--experimental-loader', './.pnp.loader.mjs'] : [];
