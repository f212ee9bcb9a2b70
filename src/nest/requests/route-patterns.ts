import { Logger, VersioningType } from '@nestjs/common';
import type { ApplicationConfig } from '@nestjs/core';
import { patternsThatWork, type RegisteredRoute, type RoutePrefixes } from '../../http/missed-routes.js';
import type { TelemetryModuleOptions } from '../instance/telemetry-options.js';

/**
 * Warns about patterns of an instance that match no route because they lack the app's prefix or version.
 */
export function warnOfMissedPatterns(
  options: TelemetryModuleOptions,
  routes: readonly RegisteredRoute[],
  config: ApplicationConfig,
): void {
  const prefixes = prefixesOf(config);
  for (const [option, patterns] of Object.entries(routePatterns(options))) {
    for (const pattern of patterns) {
      const working = typeof pattern === 'string' ? patternsThatWork(pattern, routes, prefixes) : [];
      if (working.length === 0) continue;
      const named = working.map((one) => `\`${one}\``).join(' or ');
      new Logger('TelemetryModule').warn(
        `\`${option}\`: \`${String(pattern)}\` is no route of the app; with its prefix or version it ` +
          `is ${named}.`,
      );
    }
  }
}

/** Returns the patterns by the option that contains them. */
function routePatterns({
  http,
  baggage,
}: TelemetryModuleOptions): Record<string, readonly (string | RegExp)[]> {
  const { include = [], exclude = [] } = http === false || http === undefined ? {} : http;
  const intents = baggage === false || baggage === undefined ? {} : (baggage.intent ?? {});
  return { 'http.include': include, 'http.exclude': exclude, 'baggage.intent': Object.keys(intents) };
}

function prefixesOf(config: ApplicationConfig): RoutePrefixes {
  const versioning = config.getVersioning();
  const uri = versioning?.type === VersioningType.URI ? versioning : undefined;
  const version = uri && (uri.prefix === false ? '' : (uri.prefix ?? 'v'));
  return { global: config.getGlobalPrefix(), version };
}
