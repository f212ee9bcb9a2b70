/**
 * Reads a property of a framework's request or response.
 *
 * Express gives both another prototype, after which V8 before version 12 (Node 20) has a hidden class for
 * each request alone: a name that stands in the code misses its cache each time, which costs twice as much
 * as this.
 */
export function propertyOf(thing: object, name: string): unknown {
  return (thing as Record<string, unknown>)[name];
}
