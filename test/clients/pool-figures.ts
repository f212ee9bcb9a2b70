import { MeterManager } from '../../src/index.js';
import type { TestApp } from '../support/test-app.js';

/** The figures that an app measures of a pool: names without their prefix, the state where there is one. */
export async function poolFigures({ app }: TestApp, pool: string): Promise<[string, number][]> {
  const page = await app.get(MeterManager).scrape();
  return [...page.matchAll(/^db_client_connection_(\w+)\{(.*)\} (\d+)$/gm)]
    .filter(([, name, labels]) => labels!.includes(`pool_name="${pool}"`) && !name!.startsWith('wait_time'))
    .map(([, name, labels, value]): [string, number] => {
      const state = /state="(\w+)"/.exec(labels!)?.[1];
      return [state === undefined ? name! : `${name} ${state}`, Number(value)];
    })
    .sort(([one], [other]) => (one < other ? -1 : 1));
}
