import type { ResolvedGenAiConfig } from '../config/genai-config.js';
import type { Entry } from '../context/flow-context.js';
import type { CallMeter } from '../pipeline/call-meter.js';
import type { CallContent } from './call-content.js';
import type { CallDescription } from './call-facts.js';
import type { OpenInferenceSpanKind } from './operations.js';
import type { PriceTable } from './prices.js';
import type { UsageOwner } from './usage.js';

/** The configuration, prices, meter and other objects that a {@link GenAiCall} needs. */
export interface CallParts {
  readonly operation: string;
  readonly spanKind: OpenInferenceSpanKind;
  readonly options: CallDescription;
  readonly config: ResolvedGenAiConfig;
  readonly content: CallContent;
  readonly prices: PriceTable;
  readonly meter: CallMeter | undefined;
  /** The sum that the usage is added to. */
  readonly owner: UsageOwner | undefined;
  readonly entry: Entry | undefined;
  /** Called with the name of a model without a price. */
  readonly unpriced: (model: string) => void;
}
