import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { server as postgres } from './postgres.mjs';
import { run } from '../../support/server-program.mjs';

const VERSION = '7.10.0';
const SCHEMA = `
generator client {
  provider = "prisma-client"
  output   = "../generated"
}

datasource db {
  provider = "postgresql"
}

model Item {
  id   Int    @id
  name String
}
`;

/** Prisma with its adapter for `pg`, in a folder of its own with a generated client, and a PostgreSQL. */
export const server = {
  name: 'Prisma',
  tests: ['prisma.test.ts'],
  oldest: {},
  program: postgres.program,
  async start() {
    const folder = mkdtempSync(join(tmpdir(), 'nestjs-telemetry-prisma-'));
    const stop = () => rmSync(folder, { recursive: true, force: true });
    const dependencies = {
      prisma: VERSION,
      '@prisma/client': VERSION,
      '@prisma/adapter-pg': VERSION,
    };
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, type: 'module', dependencies }),
    );
    writeFileSync(join(folder, 'prisma.config.ts'), `export default { schema: 'prisma/schema.prisma' };\n`);
    mkdirSync(join(folder, 'prisma'));
    writeFileSync(join(folder, 'prisma', 'schema.prisma'), SCHEMA);
    const env = {
      ...process.env,
      // The engine is for migrations; a client is generated without it, and it need not be downloaded.
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: '1',
    };
    try {
      await run('npm', ['install', '--no-audit', '--no-fund', '--no-package-lock'], { cwd: folder });
      await run('npx', ['prisma', 'generate'], { cwd: folder, env });
    } catch {
      stop();
      return undefined;
    }
    const started = await postgres.start();
    return {
      url: `${started.url}?folder=${encodeURIComponent(folder)}`,
      stop: async () => {
        await started.stop();
        stop();
      },
    };
  },
};
