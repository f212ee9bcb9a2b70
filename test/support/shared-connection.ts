import { onTestFinished } from 'vitest';

/**
 * Stands for a connection that all requests share, such as a session store's: it calls back in the context of
 * the request that opened it.
 */
export class SharedConnection {
  private readonly waiting: (() => void)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor() {
    onTestFinished(() => {
      clearInterval(this.timer);
    });
  }

  readonly call = (callback: () => void): void => {
    this.timer ??= setInterval(() => {
      for (const answer of this.waiting.splice(0)) answer();
    }, 2);
    this.waiting.push(callback);
  };
}
