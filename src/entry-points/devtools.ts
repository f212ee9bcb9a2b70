export {
  startDevtools,
  type StandaloneDevtools,
  type StandaloneDevtoolsOptions,
} from '../devtools/start-devtools.js';
