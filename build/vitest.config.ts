import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // Two cores, and a test that talks to a real server waits for half of its time: with two workers they stand idle.
    maxWorkers: 3,
    pool: 'forks',
    // Real servers and real kills on a busy machine: what fails once is tried once more before it counts.
    retry: 2,
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
