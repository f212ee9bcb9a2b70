import { Injectable } from '@nestjs/common';
import { BaggageService, TracerManager } from 'nestjs-telemetry';

export interface LoadResult {
  readonly loadedCount: number;
  readonly batchId: string;
}

/** Stands for whatever moves the data. */
export class Warehouse {
  async extract(_datasetId: string): Promise<number[]> {
    return [1, 2, 3, 4];
  }

  async transform(rows: number[]): Promise<number[]> {
    return rows.filter((row) => row > 1);
  }

  async load(rows: number[]): Promise<LoadResult> {
    return { loadedCount: rows.length, batchId: 'batch-1' };
  }
}

// #region data-pipeline
@Injectable()
export class DataPipeline {
  constructor(
    private readonly tracer: TracerManager,
    private readonly baggage: BaggageService,
    private readonly warehouse: Warehouse,
  ) {}

  run(userId: string, datasetId: string): Promise<LoadResult> {
    const attributes = { 'pipeline.dataset_id': datasetId, 'pipeline.user_id': userId };
    return this.baggage.with({ 'user.id': userId, 'dataset.ids': datasetId }, () =>
      this.tracer.withSpan('data_pipeline', { attributes }, async (pipeline) => {
        const raw = await this.tracer.withSpan('data_extraction', async (span) => {
          const rows = await this.warehouse.extract(datasetId);
          span.setAttributes({ 'extraction.source': 'database', 'extraction.records_count': rows.length });
          return rows;
        });

        const processed = await this.tracer.withSpan('data_transformation', async (span) => {
          const rows = await this.warehouse.transform(raw);
          span.setAttributes({
            'transformation.type': 'normalization',
            'transformation.records_processed': rows.length,
            'transformation.records_filtered': raw.length - rows.length,
          });
          return rows;
        });

        const result = await this.tracer.withSpan('data_loading', async (span) => {
          const loaded = await this.warehouse.load(processed);
          span.setAttributes({
            'loading.destination': 'vector_store',
            'loading.records_loaded': loaded.loadedCount,
            'loading.batch_id': loaded.batchId,
          });
          return loaded;
        });

        pipeline.setAttributes({
          'pipeline.total_records': raw.length,
          'pipeline.processed_records': processed.length,
          'pipeline.loaded_records': result.loadedCount,
          'pipeline.batch_id': result.batchId,
        });
        return result;
      }),
    );
  }
}
// #endregion
