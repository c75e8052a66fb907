import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// AWS's own engine. It listens on every interface, so run.sh gives it and its tests a network of their own.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: ['dot'],
    include: ['test/engines/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
