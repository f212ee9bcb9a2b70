import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';

/** The `shipping` microservice, in a process of its own. */
@Injectable()
export class ShippingProcess implements OnApplicationShutdown {
  private child: ChildProcess | undefined;

  /** @returns the port on which it listens */
  async start(): Promise<number> {
    // Detached, since Ctrl-C is for the app, which still needs it to answer what is under way.
    this.child = fork(new URL('../shipping/main.js', import.meta.url), { detached: true });
    const port = once(this.child, 'message').then(([message]) => message as number);
    const ended = once(this.child, 'exit').then(([code]) => {
      throw new Error(`The shipping process ended with code ${code} before it listened.`);
    });
    return Promise.race([port, ended]);
  }

  /** Lets it finish and deliver its spans. */
  async onApplicationShutdown(): Promise<void> {
    if (this.child?.connected !== true) return;
    const ended = once(this.child, 'exit');
    this.child.disconnect();
    await ended;
  }
}
