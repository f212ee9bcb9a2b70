import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';

const ANSWER = 'Water first, then tea leaves, then three quiet minutes.';

/** Stands in for a model's client: it streams an answer that it always gives. */
@Injectable()
export class FakeModel {
  readonly name = 'fake-tea-1';

  async *stream(_prompt: string): AsyncGenerator<string> {
    for (const token of ANSWER.split(/(?<= )/)) {
      await delay(40);
      yield token;
    }
  }
}
