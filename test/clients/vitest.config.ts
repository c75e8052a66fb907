import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Real clients of the registries, against a real local server in front of scripted providers. Run by .ci/run.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: ['dot'],
    include: ['test/clients/*.test.ts'],
    testTimeout: 300_000,
    hookTimeout: 300_000,
  },
})
