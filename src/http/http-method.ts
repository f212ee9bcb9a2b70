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

/** What stands for the method in a span's name: itself, if the conventions know it. */
export function methodName(method = 'GET'): string {
  return isKnownMethod(method) ? method : 'HTTP';
}
