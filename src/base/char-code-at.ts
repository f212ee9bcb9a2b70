/**
 * `text.charCodeAt(index)`, for loops over the characters of texts of any origin.
 *
 * V8 has a representation for slices, concatenations, names and so on; after five of them have come by, a
 * loop looks the method up anew for each character, which takes three times as long. This one is never
 * looked up.
 */
export const charCodeAt = Function.prototype.call.bind(
  // eslint-disable-next-line @typescript-eslint/unbound-method -- bound to be called on any text
  String.prototype.charCodeAt,
) as (text: string, index: number) => number;
