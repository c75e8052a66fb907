import { defineConfig } from 'vitest/config'

// Real clients of the registries, against a real local server in front of scripted providers. Run by .ci/run.
export default defineConfig({
  test: {
    root: new URL('../..', import.meta.url).pathname,
    reporters: ['dot'],
    include: ['test/clients/*.test.ts'],
    testTimeout: 60_000,
    hookTimeout: 120_000,
  },
})
