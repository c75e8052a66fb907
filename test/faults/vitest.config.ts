import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The running server before providers that misbehave, in the times that the faults really take: run by .ci/run.
// One file after the other, since each measures; within a file everything that waits, waits at once.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: [['default', { summary: false }]],
    include: ['test/faults/*.test.ts'],
    fileParallelism: false,
    slowTestThreshold: 300_000,
    testTimeout: 180_000,
    hookTimeout: 600_000,
    teardownTimeout: 60_000,
  },
})
