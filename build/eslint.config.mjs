import tseslint from 'typescript-eslint'
import prettier from 'eslint-config-prettier'
import reactHooks from 'eslint-plugin-react-hooks'

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
  {
    files: ['test/renderer/**'],
    languageOptions: {
      parserOptions: {
        project: './test/renderer/tsconfig.json',
        tsconfigRootDir: new URL('..', import.meta.url).pathname,
      },
    },
  },
  {
    files: ['renderer/**'],
    languageOptions: {
      parserOptions: {
        project: './renderer/tsconfig.json',
        tsconfigRootDir: new URL('..', import.meta.url).pathname,
      },
    },
    plugins: { 'react-hooks': reactHooks },
    rules: {
      'react-hooks/rules-of-hooks': 'error',
      'react-hooks/exhaustive-deps': 'error',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'zod', message: 'pages hold no schema: see renderer/README.md' }],
          patterns: [
            {
              regex: '/shared/(?:contract/(?!wire)|(?:plan|server|director)\\.ts$)',
              allowTypeImports: true,
              message: 'pages hold no schema: types only; values are in the modules of shared/ without zod',
            },
          ],
        },
      ],
    },
  },
  room(
    ['renderer/app/**'],
    'pages reach the engine only through shared/contract, and widgets only through renderer/ui',
    ['node:*', '**/electron/**', '@radix-ui/*', 'lucide-react', 'lucide-react/*'],
    ['electron'],
  ),
  {
    files: ['renderer/features/**'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: [{ name: 'electron', message: 'pages run in a browser too' }],
          patterns: [
            {
              group: ['node:*', '**/electron/**', '@radix-ui/*', 'lucide-react', 'lucide-react/*'],
              message:
                'pages reach the engine only through shared/contract, and widgets only through renderer/ui',
            },
            {
              regex: '^\\.\\./(?!\\.\\./)[^/]+/(?!index\\.ts$)',
              message: 'a feature imports another only through its index.ts',
            },
            { regex: '/ui/(?!index\\.ts$)', message: 'components come from renderer/ui/index.ts' },
          ],
        },
      ],
    },
  },
  room(
    ['renderer/ui/**'],
    'components know neither the application nor its pages',
    ['node:*', '**/electron/**', '**/app/**', '**/features/**', 'zustand', 'lucide-react', 'lucide-react/*'],
    ['electron'],
  ),
  room(
    ['renderer/ui/icon/**'],
    'components know neither the application nor its pages',
    ['node:*', '**/electron/**', '**/app/**', '**/features/**', '@radix-ui/*'],
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
  room(
    ['electron/shell/**'],
    'the desktop shell knows the engine alone: what another shell needs too lies there',
    ['**/headless/**', '**/renderer/**'],
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
