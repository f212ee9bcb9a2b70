// One session of bench/request: every row in a process of its own, all alive at once, taking turns.
import { startProcess } from '../process.mjs';
import { median } from '../statistics.mjs';
import { turns } from '../turns.mjs';

const file = (name) => new URL(name, import.meta.url);

/**
 * @param {readonly { name: string, variant: string, folder?: URL, nodeArgs?: string[] }[]} rows
 *   `folder` has the server, where it is not this one
 * @param {object} work
 * @param {string} work.node path of the binary
 * @param {number} work.requests of a burst
 * @param {number} work.warmup requests of each row before it is measured
 * @param {number} work.bursts of each row that are measured
 * @param {number} work.connections
 * @param {number} work.number of the session; rows start in another order in each
 * @returns {Promise<{ cpuMicros: Record<string, number>, received: Record<string, any>, served: number }>}
 *   µs of CPU per request, the median of the bursts; `served`: requests to each row
 */
export async function session(rows, { node, requests, warmup, bursts, connections, number }) {
  const receiver = startProcess(file('receiver.mjs'), { core: 1, node });
  const driver = startProcess(file('driver.mjs'), { core: 1, node });
  const started = [receiver, driver];
  try {
    const ports = await receiver.ask('ports');
    const start = async (row) => {
      const { name, variant, folder, nodeArgs } = row;
      const server = startProcess(new URL('server.mjs', folder ?? file('.')), {
        args: [JSON.stringify({ name, variant, receiverUrl: `http://127.0.0.1:${ports.grpc}`, ports })],
        core: 0,
        node,
        nodeArgs,
      });
      started.push(server);
      return { row, server, port: await server.ask('port'), costs: [] };
    };
    const burst = async (target, count) => {
      const before = await target.server.ask('cpuMicros');
      await driver.ask({ port: target.port, requests: count, connections });
      await target.server.ask('flush');
      return (await target.server.ask('cpuMicros')) - before;
    };

    // The first process of a session meets a cold driver, which compiles while it sends: it gives figures to nobody.
    const first = await start({ ...rows[0], name: 'thrown-away' });
    await burst(first, warmup);
    await first.server.stop();

    const servers = [];
    for (const row of rotated(rows, number)) servers.push(await start(row));
    // In turns, too, so that no row waits for its first burst longer than others.
    for (const target of turns(servers, Math.ceil(warmup / requests))) await burst(target, requests);
    for (const target of turns(servers, bursts)) {
      target.costs.push((await burst(target, requests)) / requests);
    }
    return {
      cpuMicros: Object.fromEntries(servers.map(({ row, costs }) => [row.name, median(costs)])),
      received: await receiver.ask('received'),
      served: (Math.ceil(warmup / requests) + bursts) * requests,
    };
  } finally {
    await Promise.all(started.map((process) => process.stop()));
  }
}

function rotated(rows, by) {
  const at = by % rows.length;
  return [...rows.slice(at), ...rows.slice(0, at)];
}
