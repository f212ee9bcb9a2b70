import nodeModule from 'node:module';
import { join } from 'node:path';

/**
 * Node's loader for CommonJS modules and its cache. Both are the same for every file of the process, so any
 * file name serves to create it. `import.meta` cannot be used: this file is also compiled to CommonJS.
 *
 * The module is imported as a namespace, because webpack replaces calls of an imported `createRequire`
 * with `undefined`.
 */
export const nodeRequire = nodeModule.createRequire(join(process.cwd(), 'index.js'));
