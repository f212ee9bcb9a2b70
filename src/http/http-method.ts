const KNOWN_METHODS = new Set([
  'CONNECT',
  'DELETE',
  'GET',
  'HEAD',
  'OPTIONS',
  'PATCH',
  'POST',
  'PUT',
  'TRACE',
  'QUERY',
]);

/** Whether the conventions define the method. */
export function isKnownMethod(method: string): boolean {
  return KNOWN_METHODS.has(method);
}

/** Returns the method for a span's name: the method itself if the conventions define it, else `HTTP`. */
export function methodName(method = 'GET'): string {
  return isKnownMethod(method) ? method : 'HTTP';
}
