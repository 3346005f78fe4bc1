import js from '@eslint/js';
import { defineConfig } from 'eslint/config';
import regexp from 'eslint-plugin-regexp';
import tseslint from 'typescript-eslint';
import { layers } from './layers.js';

const oneOf = (names) => `(?:${[...names.map((name) => name.replace(/[/.]/g, '\\$&')), '(?!)'].join('|')})`;

/** One rule a folder: the static imports by `no-restricted-imports`, the dynamic ones by the same two patterns on `import()`. */
const layerRules = Object.entries(layers).map(([folder, { folders = [], packages = [], io = false }]) => {
  const foreignFolder = `^\\.\\./(?!${oneOf(folders)}/)`;
  const foreignPackage = `^(?![./])(?!node:${io ? '' : '(?:assert|crypto|util)$'})(?!${oneOf(packages)}(?:/|$))`;
  const folderMessage = `src/${folder} may import: ${folders.join(', ') || 'only itself'} (layers.js).`;
  const packageMessage = `src/${folder} may use: ${packages.join(', ') || 'no packages'}${io ? '' : ', and no I/O'} (layers.js).`;
  // A selector's regex may hold no slash of its own, escaped or not.
  const dynamic = (pattern) => `ImportExpression[source.value=/${pattern.replace(/\\?\//g, '\\u002F')}/]`;
  return {
    files: [`src/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: foreignFolder, message: folderMessage },
            { regex: foreignPackage, message: packageMessage },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: dynamic(foreignFolder), message: folderMessage },
        { selector: dynamic(foreignPackage), message: packageMessage },
      ],
      ...(io
        ? {}
        : {
            'no-restricted-globals': ['error', 'process', 'setTimeout', 'setInterval', 'fetch', 'console'],
            'no-restricted-properties': [
              'error',
              { object: 'Date', property: 'now', message: 'A pure room gets its clock as an argument.' },
              {
                object: 'Math',
                property: 'random',
                message: 'A pure room gets its randomness as an argument.',
              },
            ],
          }),
    },
  };
});

export default defineConfig(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
      eqeqeq: 'error',
      'no-console': 'error',
    },
  },
  {
    // A pattern of the program meets text from tenants and registries: none may take more than a time that grows with its length.
    files: ['src/**/*.ts'],
    plugins: { regexp },
    rules: {
      'regexp/no-super-linear-backtracking': ['error', { report: 'potential' }],
      'regexp/no-super-linear-move': ['error', { report: 'potential' }],
    },
  },
  ...layerRules,
  {
    files: ['**/*.js'],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  { files: ['test/**', 'bench/**', 'scripts/**'], rules: { 'no-console': 'off' } },
);
