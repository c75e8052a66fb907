import { defineConfig } from 'vitest/config'

// AWS's own engine. It listens on every interface, so run.sh gives it and its tests a network of their own.
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    reporters: ['dot'],
    include: ['test/engines/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
