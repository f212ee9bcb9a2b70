/** How much of one span is kept; what is over a limit is dropped and counted on the span. */
export interface SpanLimits {
  /** Longest text of an attribute, in characters. */
  readonly attributeValueLengthLimit?: number;
  readonly attributeCountLimit?: number;
  readonly linkCountLimit?: number;
  readonly eventCountLimit?: number;
  readonly attributePerEventCountLimit?: number;
  readonly attributePerLinkCountLimit?: number;
}
