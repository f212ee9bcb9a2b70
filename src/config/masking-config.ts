/**
 * Removes what must not leave the process from every span, before any exporter or processor sees it ended.
 *
 * Without any option, values of credential-like keys (`authorization`, `cookie`, `password`, `token`,
 * `api_key` and their kind) and texts of credential-like shape (bearer tokens, JSON web tokens, keys of
 * well-known services, passwords in addresses) are replaced by `__REDACTED__`.
 */
export interface MaskingConfig {
  /** `false` masks by the options given here alone; default true. */
  readonly defaults?: boolean;
  /**
   * Attribute keys whose values are replaced, beside the default ones; a key also matches as a dotted
   * segment, and as a name inside JSON text. Compared without case, `_` and `-`.
   */
  readonly keys?: readonly string[];
  /** Patterns to mask inside texts, beside the default shapes; see {@link MASK_EMAIL} for one. */
  readonly patterns?: readonly RegExp[];
  /** Longest text kept, in characters; default unlimited. */
  readonly maxLength?: number;
  /** Replaces `input.value` and removes prompts, also those that other libraries recorded. */
  readonly hideInputs?: boolean;
  /** Replaces `output.value` and removes completions, also those that other libraries recorded. */
  readonly hideOutputs?: boolean;
}
