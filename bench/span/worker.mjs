// One variant in a process of its own: calls the method, inside a root span, and answers with
// the CPU time that it took.
const { variant, ...options } = JSON.parse(process.argv[2]);
const { start } = await import(`./variants/${variant}.mjs`);
const { service, inRoot, flush } = await start(options);

let sink = 0;

const kinds = {
  sync: (count) => {
    for (let call = 0; call < count; call++) sink += service.add(call, 1);
  },
  async: async (count) => {
    for (let call = 0; call < count; call++) sink += await service.addLater(call, 1);
  },
};

/** CPU time in nanoseconds per call, what the exporter needs included. */
async function measure({ kind, calls, batch }) {
  const before = process.cpuUsage();
  for (let done = 0; done < calls; done += batch) {
    await inRoot(async () => {
      await kinds[kind](batch);
    });
    await new Promise((resolve) => setImmediate(resolve));
  }
  await flush();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / calls;
}

process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await measure(ask) });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit(Number.isNaN(sink) ? 1 : 0));
