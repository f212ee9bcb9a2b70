/** Channels that undici and `node:http` publish their requests on. */
export const HTTP_CHANNELS = [
  'undici:request:create',
  'undici:request:headers',
  'undici:request:trailers',
  'undici:request:error',
  'http.client.request.created',
  'http.client.response.finish',
];
