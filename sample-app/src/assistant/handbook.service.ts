import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Guardrail, Retrieval } from 'nestjs-telemetry/genai';

/** What the assistant may talk about, and what it knows. */
@Injectable()
export class HandbookService {
  @Guardrail('on topic')
  allows(question: string): boolean {
    return !/password/i.test(question);
  }

  @Retrieval({ dataSource: 'handbook' })
  async search(_question: string): Promise<readonly string[]> {
    await delay(8);
    return ['Parcels leave at noon.', 'A parcel is on its way for two days.'];
  }
}
