import { createRequire } from 'node:module';
import { join } from 'node:path';
import { registerSdk } from '../sdk.mjs';
import { serviceClass } from '../service.mjs';

export async function start({ peerFolder, ...options }) {
  const { Span } = createRequire(join(peerFolder, 'index.js'))('nestjs-otel');
  const { inRoot, flush } = registerSdk(options);
  return { service: new (serviceClass((method) => Span(`PricingService.${method}`)))(), inRoot, flush };
}
