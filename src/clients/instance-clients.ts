import type { RecordingInstance } from './recording-instance.js';
import { followInstance } from './recording-instance.js';
import { CLIENT_SOURCES } from './client-sources.js';
import { sendRepeats } from './folding.js';
import { reportAtStart } from './start-report.js';

/** The official instrumentations that replace a source, if an instance lists one. */
const REPLACED: Readonly<Record<string, readonly string[]>> = {
  '@opentelemetry/instrumentation-undici': ['undici'],
  '@opentelemetry/instrumentation-http': ['node:http'],
  '@opentelemetry/instrumentation-ioredis': ['ioredis', 'ioredis batch'],
  '@opentelemetry/instrumentation-redis': ['redis', 'redis batch'],
  '@opentelemetry/instrumentation-pg': ['pg'],
  '@opentelemetry/instrumentation-mysql2': ['mysql2'],
  '@opentelemetry/instrumentation-mongodb': ['mongodb'],
  '@opentelemetry/instrumentation-mongoose': ['mongoose'],
};

/** Records the outgoing calls of one instance. */
export class InstanceClients {
  private readonly instance: RecordingInstance;

  /** @param instrumentations - the names of the official instrumentations that the instance lists */
  constructor(instance: Omit<RecordingInstance, 'replaced'>, instrumentations: readonly string[]) {
    const replaced = new Set(instrumentations.flatMap((name) => REPLACED[name] ?? []));
    this.instance = { ...instance, replaced };
  }

  /** Applies a changed configuration. */
  follow(): void {
    followInstance(this.instance, CLIENT_SOURCES);
  }

  /** Logs problems; called when the app has started. */
  report(): void {
    reportAtStart(this.instance);
  }

  /** Sends the counts that were not sent yet. */
  flush(): void {
    sendRepeats(this.instance);
  }
}
