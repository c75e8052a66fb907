import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// The stack as `cdk deploy` makes it, on an emulated account. One deployment for all files, so they run one after the other.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: [['default', { summary: false }]],
    include: ['test/deploy/*.test.ts'],
    globalSetup: ['test/deploy/global-setup.ts'],
    fileParallelism: false,
    slowTestThreshold: 60_000,
    // A deployment takes a minute and a half on a machine that has more to do.
    testTimeout: 300_000,
    hookTimeout: 300_000,
    teardownTimeout: 60_000,
  },
})
