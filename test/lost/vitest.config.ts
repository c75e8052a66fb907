import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Whole stories, each told as often as it asks something over the network, with that one answer lost: run by .ci/run.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: [['default', { summary: false }]],
    include: ['test/lost/*.test.ts'],
    slowTestThreshold: 300_000,
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
