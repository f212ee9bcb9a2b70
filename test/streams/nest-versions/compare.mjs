// Runs in a folder with one version of Nest and the packed library; prints the versions, or
// fails with what differs.
import 'reflect-metadata';
import { deepStrictEqual } from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import * as common from '@nestjs/common';
import * as core from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import * as rxjs from 'rxjs';
import { SseTelemetryInterceptor, TelemetryModule } from 'nestjs-telemetry';
import { SpanRecorder, TelemetryTestingModule } from 'nestjs-telemetry/testing';
import { observeBehaviour } from './behaviour.mjs';

class IdentityInterceptor {
  intercept(_context, next) {
    return next.handle();
  }
}

const versions = ['core', 'platform-fastify'].map((name) => {
  const { version } = JSON.parse(readFileSync(`node_modules/@nestjs/${name}/package.json`, 'utf8'));
  return `${name} ${version}`;
});
let situations = 0;
for (const adapter of [() => new ExpressAdapter(), () => new FastifyAdapter()]) {
  const observe = (more) => observeBehaviour({ common, core, rxjs, adapter, ...more });
  const bare = await observe({});
  const identity = await observe({ interceptor: IdentityInterceptor });
  const recorder = new SpanRecorder();
  const covered = TelemetryModule.forRoot({ service: { name: 'streams' }, exporter: recorder });
  deepStrictEqual(await observe({ imports: [covered] }), bare);
  deepStrictEqual(
    await observe({ imports: [TelemetryTestingModule.forRoot({ sse: { spans: 'stream' } })] }),
    bare,
  );
  deepStrictEqual(
    await observe({
      imports: [TelemetryTestingModule.forRoot({ http: false, sse: false })],
      interceptor: SseTelemetryInterceptor,
    }),
    identity,
  );
  situations += Object.keys(bare).length;
  const traced = recorder
    .spans()
    .filter(({ attributes }) => attributes['stream.outcome'] !== undefined).length;
  if (traced < 10) throw new Error(`only ${traced} streams were traced: the comparison proves nothing`);
}
console.log(`${versions.join(', ')}: the same in ${situations} situations, with and without tracing`);
