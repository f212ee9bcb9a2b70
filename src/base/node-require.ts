import nodeModule from 'node:module';
import { join } from 'node:path';

/**
 * Node's loader of CommonJS modules with its cache, one for the process whichever file asks. `import.meta`
 * would say which, and cannot be read where this file is compiled to CommonJS.
 *
 * Not imported by its name: webpack replaces calls of an imported `createRequire` by `undefined`.
 */
export const nodeRequire = nodeModule.createRequire(join(process.cwd(), 'index.js'));
