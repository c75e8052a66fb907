import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

// fast: no process is started, no port but loopback in-process ones; part of `npm run check`.
// whole: real engine, real server, real SDK clients; part of `npm test`.
// The suites that need more than npm (the real runtime client, Java, Go, Python, an emulated account) are run by .ci/run.
const elsewhere = ['e2e', 'deploy', 'engines', 'otel', 'faults', 'lost', 'clients', 'schemas'].map(
  (name) => `test/${name}/**`,
)

export default defineConfig({
  test: {
    root: fileURLToPath(new URL('..', import.meta.url)),
    // By itself vitest leaves a core unused; many suites wait for processes and sockets anyway.
    maxWorkers: Math.max(2, availableParallelism()),
    // One line a file where all is well.
    reporters: [['default', { summary: false }]],
    slowTestThreshold: 60_000,
    // What is waited for comes at once on most machines, and within this on any.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'fast',
          testTimeout: 60_000,
          // One after the other in one process: loading what they share (the CDK above all) took longer than the tests. It is safe
          // because nothing in `lib` remembers anything (module-state.test.ts), and no test replaces a module.
          isolate: false,
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.whole.test.ts', ...elsewhere],
        },
      },
      {
        extends: true,
        test: {
          name: 'whole',
          include: ['test/**/*.whole.test.ts'],
          exclude: elsewhere,
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
