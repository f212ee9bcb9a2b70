/**
 * Configures masking: which values and texts are removed from every span before processors and exporters
 * see it ended.
 *
 * By default, masking replaces values of credential-like keys (`authorization`, `cookie`, `password`,
 * `token`, `api_key` and similar) and credential-like texts (bearer tokens, JSON web tokens, keys of
 * well-known services, passwords in addresses) by `__REDACTED__`.
 */
export interface MaskingConfig {
  /**
   * Whether the built-in keys and shapes are masked; default true. `false` leaves only the options given
   * here.
   */
  readonly defaults?: boolean;
  /**
   * Attribute keys whose values are masked, in addition to the default ones. A key also matches one dotted
   * segment of a longer key, and a name in JSON text. Case, `_` and `-` are ignored.
   */
  readonly keys?: readonly string[];
  /** Patterns to mask in texts, in addition to the default shapes; see {@link MASK_EMAIL}. */
  readonly patterns?: readonly RegExp[];
  /** The longest text to keep, in characters; default unlimited. */
  readonly maxLength?: number;
  /**
   * Whether `input.value` is masked and prompts are removed, including those that other libraries recorded;
   * default false.
   */
  readonly hideInputs?: boolean;
  /**
   * Whether `output.value` is masked and completions are removed, including those that other libraries
   * recorded; default false.
   */
  readonly hideOutputs?: boolean;
}
