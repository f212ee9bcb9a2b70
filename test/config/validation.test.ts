import { describe, expect, it } from 'vitest';
import { Secret } from '../../src/config/secret.js';
import { validateTracerConfig } from '../../src/config/resolve-config.js';
import { TelemetryConfigError } from '../../src/errors.js';

function errorOf(run: () => void): TelemetryConfigError {
  try {
    run();
  } catch (error) {
    if (error instanceof TelemetryConfigError) return error;
    throw error;
  }
  throw new Error('Nothing was thrown.');
}

const grpc = { type: 'otlp-grpc' };
const pem = '-----BEGIN CERTIFICATE-----\nAA\n-----END CERTIFICATE-----';

describe('a configuration that cannot work names the option, what was expected, what came and what to do', () => {
  it.each<[string, unknown, string, RegExp]>([
    ['not an object', 'orders', 'config', /to be an object, got `orders` \(string\)\./],
    ['a list', [], 'config', /to be an object, got an array\./],
    [
      'a misspelt option',
      { exproter: grpc },
      'exproter',
      /an option that exists, .* Did you mean `exporter`\?/,
    ],
    [
      "the SDK's name of an option",
      { serviceName: 'orders' },
      'serviceName',
      /Did you mean `service\.name`\?/,
    ],
    [
      "the SDK's name inside one",
      { exporter: { ...grpc, endpoint: 'x' } },
      'exporter.endpoint',
      /Did you mean `url`\?/,
    ],
    [
      "the SDK's name with its section",
      { service: { serviceName: 'orders' } },
      'service.serviceName',
      /Did you mean `name`\?/,
    ],
    [
      'a name that means nothing here',
      { batch: { endpoint: 'x' } },
      'batch.endpoint',
      /Remove it; known here: /,
    ],
    ['an unknown option', { colour: 'red' }, 'colour', /Remove it; known here: enabled, service, /],
    ['a misspelt nested option', { exporter: { ...grpc, ulr: 'x' } }, 'exporter.ulr', /Did you mean `url`\?/],
    [
      'an option of another exporter',
      { exporter: { ...grpc, maxSpans: 3 } },
      'exporter.maxSpans',
      /Remove it/,
    ],
    [
      'a text in place of a boolean',
      { enabled: 'true' },
      'enabled',
      /true or false, got `true` \(string\)\. Pass a boolean/,
    ],
    ['null', { batch: null }, 'batch', /an object, got null\./],
    ['an empty name', { service: { name: ' ' } }, 'service.name', /a non-empty string, got ` ` \(string\)/],
    [
      'a ratio of 1.5',
      { sampler: 1.5 },
      'sampler',
      /a number from 0 to 1, got `1.5` \(number\)\. Pass the share/,
    ],
    ['a ratio that is no number', { sampler: Number.NaN }, 'sampler', /a number from 0 to 1, got `NaN`/],
    [
      'a nested ratio of -1',
      { sampler: { type: 'ratio', ratio: -1 } },
      'sampler.ratio',
      /from 0 to 1, got `-1`/,
    ],
    ['a ratio sampler without ratio', { sampler: { type: 'ratio' } }, 'sampler.ratio', /got nothing/],
    [
      'a sampling rule without ratio',
      { sampler: { rules: [{ route: '/a', ratio: 1 }, { route: '/b' }] } },
      'sampler.rules[1].ratio',
      /a number from 0 to 1, got nothing/,
    ],
    [
      'a sampling rule for a kind that does not exist',
      { sampler: { rules: [{ kind: 'servr', ratio: 1 }] } },
      'sampler.rules[0].kind',
      /Did you mean `server`\?/,
    ],
    [
      'a span limit of zero',
      { sampler: { maxSpansPerSecond: 0 } },
      'sampler.maxSpansPerSecond',
      /a positive number/,
    ],
    [
      'a sampler in the words of the environment',
      { sampler: 'always_on' },
      'sampler',
      /a number from 0 to 1, a Sampler or an object/,
    ],
    [
      'an exporter type that does not exist',
      { exporter: { type: 'otlp-grcp' } },
      'exporter.type',
      /Did you mean `otlp-grpc`\?/,
    ],
    ['an exporter without type', { exporter: { url: 'http://x' } }, 'exporter.type', /got nothing/],
    ['an exporter as text', { exporter: 'console' }, 'exporter', /got `console` \(string\)/],
    [
      'a url without a scheme',
      { exporter: { ...grpc, url: 'collector:4317' } },
      'exporter.url',
      /begins with http:\/\/ or https:\/\/, got `collector:4317` \(string\)\. Write `http:\/\/collector:4317` for plaintext/,
    ],
    [
      'a url with another scheme',
      { exporter: { ...grpc, url: 'grpc://x:1' } },
      'exporter.url',
      /Other schemes/,
    ],
    [
      'a url in quotes',
      { exporter: { ...grpc, url: '"http://x"' } },
      'exporter.url',
      /Remove the spaces or quotes/,
    ],
    [
      'a url whose password cannot be decoded',
      { exporter: { ...grpc, url: 'http://user:50%off@host' } },
      'exporter.url',
      /got `http:\/\/\*\*\*\*@host` \(string\)\. Write `%` in user or password as `%25`/,
    ],
    ['a url without a host', { exporter: { ...grpc, url: 'http://' } }, 'exporter.url', /Check the host/],
    [
      'a url in the second exporter',
      { exporter: [grpc, { ...grpc, url: '' }] },
      'exporter[1].url',
      /Pass an address/,
    ],
    [
      'a zero timeout',
      { exporter: { ...grpc, timeoutMillis: 0 } },
      'exporter.timeoutMillis',
      /positive number of milliseconds.*got `0`/,
    ],
    [
      'a timeout that Node cannot wait for',
      { exporter: { ...grpc, timeoutMillis: 2 ** 31 } },
      'exporter.timeoutMillis',
      /at most 2147483647/,
    ],
    [
      'an unknown compression',
      { exporter: { ...grpc, compression: 'zstd' } },
      'exporter.compression',
      /`gzip` or `none`/,
    ],
    [
      'a certificate without its key',
      { exporter: { ...grpc, tls: { cert: pem } } },
      'exporter.tls.key',
      /given together with `cert`, got nothing/,
    ],
    [
      'a key without its certificate',
      { exporter: { ...grpc, tls: { key: pem } } },
      'exporter.tls.cert',
      /given together with `key`/,
    ],
    [
      'the path of a certificate',
      { exporter: { ...grpc, tls: { ca: './ca.pem' } } },
      'exporter.tls.ca',
      /PEM text .* Read the file and pass its content/,
    ],
    [
      'a header name with a space',
      { exporter: { ...grpc, headers: { 'x y': 'v' } } },
      'exporter.headers[name]',
      /a header name/,
    ],
    [
      'a binary header',
      { exporter: { ...grpc, headers: { 'x-bin': 'v' } } },
      'exporter.headers[name]',
      /-bin/,
    ],
    [
      'a forgotten header value',
      { exporter: { ...grpc, headers: { 'api-key': undefined } } },
      'exporter.headers.api-key',
      /got nothing\. Pass a string or a Secret; is the variable set/,
    ],
    ['an empty list element', { exporter: [undefined] }, 'exporter[0]', /got nothing/],
    [
      'half an exporter',
      { exporter: { export() {} } },
      'exporter',
      /a SpanExporter, got an object\. It needs the methods export, shutdown\./,
    ],
    [
      'a processor that is none',
      { spanProcessors: [{ onEnd() {} }] },
      'spanProcessors[0]',
      /a SpanProcessor, got an object/,
    ],
    [
      'a fractional limit',
      { spanLimits: { eventCountLimit: 1.5 } },
      'spanLimits.eventCountLimit',
      /a whole number/,
    ],
    ['a negative delay', { batch: { scheduledDelayMillis: -5 } }, 'batch.scheduledDelayMillis', /got `-5`/],
    [
      'a batch larger than its queue',
      { batch: { maxExportBatchSize: 10, maxQueueSize: 5 } },
      'batch.maxExportBatchSize',
      /at most `maxQueueSize`, which is 5, got `10`/,
    ],
    [
      'a pattern that matches nothing at all',
      { masking: { patterns: [/x*/g] } },
      'masking.patterns[0]',
      /does not match the empty text/,
    ],
    [
      'a function as attribute',
      { resourceAttributes: { team: () => 1 } },
      'resourceAttributes.team',
      /can be written as text/,
    ],
    [
      'an attribute that replaces the prototype',
      { resourceAttributes: JSON.parse('{"__proto__":1}') as object },
      'resourceAttributes[name]',
      /attribute name/,
    ],
  ])('%s', (_name, config, path, message) => {
    const error = errorOf(() => validateTracerConfig(config));
    expect({ path: error.path, code: error.code }).toEqual({ path, code: 'TELEMETRY_CONFIG_INVALID' });
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`Expected \`${path}\` to be `)).toBe(true);
  });

  it('prefixes paths for a configuration inside another', () => {
    expect(errorOf(() => validateTracerConfig({ sampler: 2 }, 'tenants.acme')).path).toBe(
      'tenants.acme.sampler',
    );
  });
});

describe('no credential is printed', () => {
  const canary = 'c4n4ry';
  it.each<[string, unknown, string]>([
    [
      'an API key with spaces around it',
      { exporter: { ...grpc, headers: { 'api-key': ` ${canary}` } } },
      'Remove the spaces or quotes',
    ],
    [
      'an API key in quotes',
      { exporter: { ...grpc, headers: { 'api-key': `"${canary}"` } } },
      'Remove the spaces or quotes',
    ],
    [
      'a wrapped API key with a line break',
      { exporter: { ...grpc, headers: { k: new Secret(`${canary}\n.`) } } },
      'Remove line breaks',
    ],
    ['a misplaced API key', { exporter: { ...grpc, apiKey: canary } }, 'Remove it'],
    ['user info in an address', { exporter: { ...grpc, url: `ftp://me:${canary}@host` } }, 'Other schemes'],
    [
      'user info in an address without a scheme',
      { exporter: { ...grpc, url: `me:${canary}@host` } },
      'an address',
    ],
    ['a query in an address', { exporter: { ...grpc, url: `host:1?key=${canary}` } }, 'an address'],
    ['a private key', { exporter: { ...grpc, tls: { cert: pem, key: canary } } }, 'Read the file'],
    ['headers as one text', { exporter: { ...grpc, headers: `api-key=${canary}` } }, 'Pass an object'],
    [
      'a header with its value in its name',
      { exporter: { ...grpc, headers: { [`k: ${canary}`]: 'x' } } },
      '`k…`',
    ],
    ['an address in place of an exporter', { exporter: `http://me:${canary}@host` }, 'Name the protocol'],
    ['an address among exporters', { exporter: [grpc, `http://me:${canary}@host`] }, 'Name the protocol'],
  ])('%s', (_name, config, message) => {
    const error = errorOf(() => validateTracerConfig(config));
    expect(error.message).toContain(message);
    expect(`${error.message}${error.stack ?? ''}${JSON.stringify(error)}`).not.toContain(canary);
  });
});

describe('a configuration that works', () => {
  it.each<[string, unknown]>([
    ['nothing', {}],
    [
      'options that are undefined',
      { enabled: undefined, exporter: undefined, unknown: undefined, batch: { maxQueueSize: undefined } },
    ],
    ['an own exporter', { exporter: { export() {}, shutdown: () => Promise.resolve() } }],
    [
      'several exporters',
      {
        exporter: [grpc, { type: 'console', format: 'json', color: false }, { type: 'memory', maxSpans: 1 }],
      },
    ],
    ['no exporter', { exporter: [] }],
    ['an own sampler', { sampler: { shouldSample: () => ({ decision: 2 }), toString: () => 'own' } }],
    [
      'wrapped credentials',
      { exporter: { ...grpc, headers: { a: new Secret('x') }, tls: { cert: pem, key: new Secret(pem) } } },
    ],
    ['unlimited limits', { spanLimits: { attributeValueLengthLimit: Infinity, attributeCountLimit: 0 } }],
    [
      'attributes of any type',
      { resourceAttributes: { a: 1, b: [1, 'x'], c: { d: null }, e: 10n, f: new Date(), g: null } },
    ],
    [
      'an instance of a class',
      new (class Options {
        enabled = true;
      })(),
    ],
  ])('%s', (_name, config) => {
    expect(() => validateTracerConfig(config)).not.toThrow();
  });
});
