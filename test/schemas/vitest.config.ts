import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// Requests judged by what the providers publish themselves: types, schemas, service models. Run by run.sh, which installs those.
export default defineConfig({
  test: {
    root: fileURLToPath(new URL('../..', import.meta.url)),
    reporters: ['dot'],
    include: ['test/schemas/*.test.ts'],
    testTimeout: 120_000,
  },
})
