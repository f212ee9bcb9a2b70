import js from '@eslint/js';
import tsdoc from 'eslint-plugin-tsdoc';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

// Whatever Node defines, without a list of its own to keep up to date.
const nodeGlobals = Object.fromEntries(
  Object.getOwnPropertyNames(globalThis).map((name) => [name, 'readonly']),
);
const commonJsGlobals = {
  require: 'readonly',
  module: 'writable',
  exports: 'writable',
  __dirname: 'readonly',
};

/** An underscore says that a value is ignored on purpose. */
const unusedVariables = {
  argsIgnorePattern: '^_',
  varsIgnorePattern: '^_',
  caughtErrorsIgnorePattern: '^_',
  destructuredArrayIgnorePattern: '^_',
  ignoreRestSiblings: true,
};

export default defineConfig(
  globalIgnores(['**/dist/', '**/coverage/', '**/temp/', 'docs/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error', reportUnusedInlineConfigs: 'error' } },
  js.configs.recommended,

  {
    name: 'typescript',
    files: ['**/*.ts', '**/*.tsx', '**/*.mts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // A Nest module is a class that carries nothing but its decorator.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest declares some of its options as classes, and everybody passes literals.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // A decorator applies to methods of any signature.
      '@typescript-eslint/no-explicit-any': ['error', { ignoreRestArgs: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', unusedVariables],
      // Code points are what widths and limits of text are counted in here.
      '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // With verbatimModuleSyntax, `import { type X }` still loads the module.
      '@typescript-eslint/no-import-type-side-effects': 'error',
    },
  },

  {
    name: 'library',
    files: ['src/**/*.ts', 'src/**/*.tsx'],
    plugins: { tsdoc },
    rules: {
      'tsdoc/syntax': 'error',
      'max-lines': ['error', { max: 300, skipBlankLines: false, skipComments: false }],
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportDefaultDeclaration', message: 'Named exports only.' },
        {
          selector: 'ExportAllDeclaration',
          message: 'Name what is exported, so that the API grows on purpose.',
        },
        { selector: 'TSEnumDeclaration', message: 'Use a const object and a union of its values.' },
        {
          selector: 'CallExpression[callee.property.name=/^setGlobal/]',
          message: 'No OpenTelemetry global is set or replaced.',
        },
        {
          selector:
            'AssignmentExpression[left.object.object.name="process"][left.object.property.name="env"]',
          message: 'The environment is read, never written.',
        },
      ],
    },
  },

  {
    name: 'tests and benchmarks',
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      // What comes off the wire or out of a response is judged by the assertion, not by the compiler.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
      // Fixtures are handlers, hooks and exporters that do nothing, wait for nothing or throw anything.
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/no-dynamic-delete': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/only-throw-error': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-extraneous-class': 'off',
    },
  },

  {
    name: 'apps that are compiled against the packed tarball, in a folder of their own',
    files: ['test/package/app/**/*.ts'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { parserOptions: { projectService: false } },
  },

  {
    name: 'sample application',
    files: ['sample-app/**/*.ts'],
    rules: {
      // Nest's own starter: handlers and providers are async by habit, `bootstrap()` is left to run.
      '@typescript-eslint/require-await': 'off',
    },
  },

  {
    name: 'javascript',
    files: ['**/*.js', '**/*.mjs', '**/*.cjs'],
    languageOptions: { globals: nodeGlobals },
    rules: { 'no-unused-vars': ['error', unusedVariables] },
  },
  { name: 'commonjs', files: ['**/*.cjs'], languageOptions: { globals: commonJsGlobals } },
);
