// Sends requests at a steady rate from a process of its own: node driver.mjs <url> <per second>;
// says over IPC how they went.
import http from 'node:http';
import { pace } from './pace.mjs';

const [url, perSecond] = process.argv.slice(2);
const agent = new http.Agent({ keepAlive: true, maxSockets: 64 });
const outcome = { sent: 0, answered: 0, failed: 0, statuses: {} };

const load = pace(Number(perSecond), (index) => {
  outcome.sent++;
  http
    .get(url.replace(':id', index), { agent, headers: { 'x-tenant': `t${index % 10}` } }, (response) => {
      response.resume();
      response.on('end', () => {
        outcome.answered++;
        if (outcome.answered === 1) process.send({ started: true });
        outcome.statuses[response.statusCode] = (outcome.statuses[response.statusCode] ?? 0) + 1;
      });
    })
    .on('error', () => outcome.failed++);
});

process.on('message', async () => {
  load.stop();
  const deadline = performance.now() + 10_000;
  while (outcome.answered + outcome.failed < outcome.sent && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  process.send(outcome, () => process.exit());
});
