import { createRequire } from 'node:module';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { callsDuring } from '../calling-app.js';

const url = new URL(process.env['CLIENTS_PRISMA_URL']!);
const folder = url.searchParams.get('folder')!;
url.search = '';

it('makes one span per statement of Prisma, through its driver adapter', async () => {
  const { PrismaClient } = await import(join(folder, 'generated', 'client.ts'));
  const { PrismaPg } = createRequire(join(folder, 'index.js'))('@prisma/adapter-pg');
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url.href }) });
  await prisma.$executeRawUnsafe('CREATE TABLE "Item" (id int PRIMARY KEY, name text)');
  const spans = await callsDuring(async () => {
    await prisma.item.create({ data: { id: 1, name: 'secret' } });
    await prisma.item.findMany({ where: { name: 'secret' } });
    await prisma.$queryRaw`SELECT 1`;
    await prisma.$transaction([prisma.item.count(), prisma.item.deleteMany()]);
    await prisma.item.create({ data: { id: 1, name: null } }).catch(() => {});
  });
  await prisma.$disconnect();
  const told = spans.map(({ name, attributes }) => [name, attributes['db.response.returned_rows']]);
  expect(told).toEqual([
    ['INSERT public.Item', 1],
    ['SELECT public.Item', 1],
    ['SELECT', 1],
    ['BEGIN', undefined],
    ['SELECT public.Item', 1],
    ['DELETE public.Item', undefined],
    ['COMMIT', undefined],
  ]);
  expect(JSON.stringify(spans)).not.toContain('secret');
});
