import { defineConfig } from 'vitest/config'

// What needs more than npm ci at the root: Lambda's runtime client, recordings of providers. Run by .ci/run.
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    reporters: ['dot'],
    include: ['test/e2e/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
