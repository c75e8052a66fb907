import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Against a real OpenTelemetry Collector, which is built from source first: run by .ci/run.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: ['dot'],
    include: ['test/otel/*.test.ts'],
    globalSetup: ['test/otel/setup.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
