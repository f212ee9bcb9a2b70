import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { TracePipeline, TraceStage } from 'nestjs-telemetry/workflow';

export interface Report {
  readonly invoices: number;
  readonly total: number;
}

/** The books of a day: a pipeline of two stages. */
@Injectable()
export class ReportService {
  @TracePipeline('daily-report')
  async run(): Promise<Report> {
    const amounts = await this.extract();
    return this.sum(amounts);
  }

  @TraceStage('extract', { componentType: 'extractor' })
  async extract(): Promise<readonly number[]> {
    await delay(3);
    return [20, 30, 12];
  }

  @TraceStage('sum', { componentType: 'reducer' })
  async sum(amounts: readonly number[]): Promise<Report> {
    await delay(1);
    return { invoices: amounts.length, total: amounts.reduce((sum, amount) => sum + amount, 0) };
  }
}
