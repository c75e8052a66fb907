import { defineConfig } from 'vitest/config'

// The stack as `cdk deploy` makes it, on an emulated account. One deployment for all files, so they run one after the other.
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    reporters: [['default', { summary: false }]],
    include: ['test/deploy/*.test.ts'],
    globalSetup: ['test/deploy/global-setup.ts'],
    fileParallelism: false,
    slowTestThreshold: 60_000,
    testTimeout: 60_000,
    hookTimeout: 120_000,
    teardownTimeout: 60_000,
  },
})
