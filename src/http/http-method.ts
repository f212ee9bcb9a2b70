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

/** Whether the conventions know the method. */
export function isKnownMethod(method: string): boolean {
  return KNOWN_METHODS.has(method);
}

/** The method in a span's name: itself if the conventions know it, else `HTTP`. */
export function methodName(method = 'GET'): string {
  return isKnownMethod(method) ? method : 'HTTP';
}
