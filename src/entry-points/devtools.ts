export type { DevtoolsOptions } from '../devtools/devtools-options.js';
export {
  startDevtools,
  type StandaloneDevtools,
  type StandaloneDevtoolsOptions,
} from '../devtools/start-devtools.js';
