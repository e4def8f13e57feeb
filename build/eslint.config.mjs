import tseslint from 'typescript-eslint'
import prettier from 'eslint-config-prettier'

/** Imports point one way: renderer → shared ← engine ← {shell, headless}. One block per room. */
const room = (files, message, patterns, paths = []) => ({
  files,
  rules: { 'no-restricted-imports': ['error', { paths, patterns: [{ group: patterns, message }] }] },
})

export default tseslint.config(
  { ignores: ['out/**', 'node_modules/**', 'build/**'] },
  ...tseslint.configs.recommendedTypeChecked,
  prettier,
  {
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: new URL('..', import.meta.url).pathname },
    },
    rules: {
      'max-lines': ['error', { max: 400 }],
      'no-console': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      'no-restricted-exports': ['error', { restrictDefaultExports: { direct: true } }],
    },
  },
  room(
    ['shared/**'],
    'shared/ is pure: no node, no DOM, no engine',
    ['node:*', '**/electron/**', '**/renderer/**'],
    ['electron'],
  ),
  room(
    ['renderer/**'],
    'renderer reaches the engine only through shared/contract',
    ['node:*', '**/electron/**'],
    ['electron'],
  ),
  {
    files: ['electron/engine/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'electron', message: 'the engine runs without Electron' }],
          patterns: [
            {
              group: ['**/shell/**', '**/headless/**', '**/renderer/**'],
              message: 'the engine knows no shell',
            },
          ],
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: "CallExpression[callee.property.name='pipe']",
          message: 'compose with pipeline or generators',
        },
        {
          selector: "CallExpression[callee.property.name='on'][arguments.0.value='data']",
          message: 'iterate the stream',
        },
      ],
    },
  },
  room(
    ['electron/engine/store/**'],
    'a store knows bytes and names, nothing above it',
    [
      '**/archive/**',
      '**/backup/**',
      '**/restore/**',
      '**/source/**',
      '**/run/**',
      '**/shell/**',
      '**/headless/**',
    ],
    ['electron'],
  ),
  room(
    ['electron/headless/**'],
    'headless runs without Electron',
    ['**/shell/**', '**/renderer/**'],
    ['electron'],
  ),
  { files: ['electron/headless/**', 'test/**'], rules: { 'no-console': 'off' } },
  {
    // A preload that runs in the sandbox must be CommonJS.
    files: ['electron/shell/preload.cts'],
    rules: {
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/consistent-type-imports': 'off',
    },
  },
  {
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      'no-restricted-exports': 'off',
    },
  },
)
