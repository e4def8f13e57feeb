import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // Two cores: servers run beside the tests, so more workers only make them wait for each other.
    maxWorkers: 2,
    pool: 'forks',
    // Real servers and real kills on a busy machine: what fails once is tried once more before it counts.
    retry: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
