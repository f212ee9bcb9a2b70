/** How much of one span is kept; what is over a limit is dropped and counted on the span. */
export interface SpanLimits {
  /** Longest text of an attribute, in characters. */
  readonly attributeValueLengthLimit?: number;
  /** Most attributes of the span. */
  readonly attributeCountLimit?: number;
  /** Most links of the span. */
  readonly linkCountLimit?: number;
  /** Most events of the span. */
  readonly eventCountLimit?: number;
  /** Most attributes of one event. */
  readonly attributePerEventCountLimit?: number;
  /** Most attributes of one link. */
  readonly attributePerLinkCountLimit?: number;
}
