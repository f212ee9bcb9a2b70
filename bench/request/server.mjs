// One variant in a process of its own. Answers its parent's messages with its port and with the
// CPU time that it has used.
const { variant, ...options } = JSON.parse(process.argv[2]);
const { start } = await import(`./variants/${variant}.mjs`);
const { app, flush } = await start(options);
const { port } = app.getHttpServer().address();

const answers = {
  port: async () => port,
  cpuMicros: async () => {
    const { user, system } = process.cpuUsage();
    return user + system;
  },
  // What a burst leaves in a queue is part of its price.
  flush: async () => void (await flush()),
};

process.on('message', async ({ id, ask }) => {
  try {
    process.send({ id, answer: await answers[ask]() });
  } catch (error) {
    process.send({ id, error: String(error?.stack ?? error) });
  }
});
process.on('disconnect', () => process.exit());
