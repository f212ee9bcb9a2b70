/** Returns the name of a class, or of the class of an object or prototype; empty if it has no name. */
export function classNameOf(thing: object): string {
  const named =
    typeof thing === 'function' ? thing : (thing as { readonly constructor?: unknown }).constructor;
  return typeof named === 'function' ? named.name : '';
}
