import { installPeers, peerVersion } from './install.mjs';

/**
 * Rows that need what `installPeers` installs. `@nestjs/observe` and Sentry have protocols of their own, so that
 * only bytes can be counted; the others deliver as many spans as they make.
 *
 * @returns {readonly { name: string, variant: string, title: string, folder: URL }[]}
 */
export function peerRows() {
  const folder = installPeers();
  const http = peerVersion('@opentelemetry/instrumentation-http');
  return [
    { name: 'peer-http', variant: 'http', title: http },
    { name: 'peer-trio', variant: 'trio', title: `${http}, -express, -nestjs-core` },
    {
      name: 'peer-nestjs-otel',
      variant: 'nestjs-otel',
      title: `the same, and ${peerVersion('nestjs-otel')} with two @Span`,
    },
    { name: 'peer-observe', variant: 'observe', title: peerVersion('@nestjs/observe') },
    { name: 'peer-sentry', variant: 'sentry', title: peerVersion('@sentry/node') },
  ].map((row) => ({ ...row, folder }));
}
