// Runs one row in a process of its own and reports it over IPC: figures, and the error
// if a promise was broken.
const [name, form] = process.argv.slice(2);
const unhandled = [];
process.on('unhandledRejection', (reason) =>
  unhandled.push(`unhandled rejection: ${reason?.stack ?? reason}`),
);
process.on('uncaughtException', (error) => unhandled.push(`uncaught exception: ${error?.stack ?? error}`));

const figures = [];
const figure = (what, value) => figures.push(`${what} ${value}`);
let failure;
try {
  const { run } = await import(`./rows/${name}.mjs`);
  await run({ short: form === 'short', figure });
  await new Promise((resolve) => setTimeout(resolve, 50));
  if (unhandled.length > 0) failure = unhandled.join('\n');
} catch (error) {
  failure = [error?.stack ?? String(error), ...unhandled].join('\n');
}
process.send({ figures, failure }, () => process.exit(failure === undefined ? 0 : 1));
