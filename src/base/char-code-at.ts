/**
 * Calls `text.charCodeAt(index)` at a steady speed for every kind of string.
 *
 * V8 represents a string as a slice, a concatenation and so on. A loop that has met more than five
 * representations looks up the method for each character, which takes three times as long. This bound
 * function needs no lookup.
 */
export const charCodeAt = Function.prototype.call.bind(
  // eslint-disable-next-line @typescript-eslint/unbound-method -- bound to be called on any text
  String.prototype.charCodeAt,
) as (text: string, index: number) => number;
