import { defineConfig } from 'vitest/config'

// Against a real OpenTelemetry Collector, which is built from source first: run by .ci/run.
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    reporters: ['dot'],
    include: ['test/otel/*.test.ts'],
    globalSetup: ['test/otel/setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
