import {
  anyOf,
  arrayOf,
  instance,
  object,
  record,
  required,
  withMethods,
  type Check,
} from '../../config/schema.js';

const instrumentation = withMethods(
  'an OpenTelemetry instrumentation, such as `new UndiciInstrumentation()`',
  'enable',
  'disable',
  'getConfig',
  'setConfig',
  'setTracerProvider',
);

const loadedModule = instance(
  'a module that was imported, such as `pg`',
  (value) => (typeof value === 'object' && value !== null) || typeof value === 'function',
);

/** Validates the option `instrumentations`. */
export const instrumentationsCheck: Check = arrayOf(
  anyOf(
    instrumentation,
    object({ instrumentation: required(instrumentation), modules: record(loadedModule) }),
  ),
);
