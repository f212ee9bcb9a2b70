/** Limits what one span keeps. Everything beyond a limit is dropped and counted on the span. */
export interface SpanLimits {
  /** The longest text of an attribute, in characters; default unlimited. */
  readonly attributeValueLengthLimit?: number;
  /** The most attributes of a span; default 128. */
  readonly attributeCountLimit?: number;
  /** The most links of a span; default 128. */
  readonly linkCountLimit?: number;
  /** The most events of a span; default 128. */
  readonly eventCountLimit?: number;
  /** The most attributes of one event; default 128. */
  readonly attributePerEventCountLimit?: number;
  /** The most attributes of one link; default 128. */
  readonly attributePerLinkCountLimit?: number;
}
