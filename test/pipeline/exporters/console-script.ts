// Run as a child process by console-process.test.ts: prints to a real standard output, in the way
// that its argument names.
import { buildLocalSink } from '../../../src/pipeline/exporters/local-sinks.js';
import { at, tracingInto } from './tracing-into.js';

const log = { log: () => undefined, warn: () => undefined, error: () => undefined };
const sink = await buildLocalSink({ type: 'console' }, { log, instance: 'test' });
const tracing = tracingInto((span) => sink.acceptSpan(span));

switch (process.argv[2]) {
  case 'ends by itself':
    tracing.start('job', 0).end(at(1));
    break;
  case 'calls process.exit':
    tracing.start('child', 0, { parent: tracing.start('never ends', 0) }).end(at(1));
    process.exit(0);
    break;
  case 'outlives its reader': {
    const round = (left: number): void => {
      tracing.start('job', 0).end(at(1));
      if (left > 0) setTimeout(round, 1, left - 1);
      else process.stderr.write(JSON.stringify(sink.status()));
    };
    process.stdin.resume().once('end', () => round(20));
  }
}
