import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// What needs more than npm ci at the root: Lambda's runtime client, recordings of providers. Run by .ci/run.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: ['dot'],
    include: ['test/e2e/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
