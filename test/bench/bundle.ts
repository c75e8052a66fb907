import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from '../../infra/bundle.ts'

// What Node reads and parses before the first request (`eager`), and what waits behind `import()` until somebody needs it.
// Run: npx -c 'node test/bench/bundle.ts'
const functionsDir = fileURLToPath(new URL('../../functions', import.meta.url))

for (const door of ['gateway', 'server']) {
  const dir = mkdtempSync(join(tmpdir(), 'purser-weigh-'))
  const { outputs } = build(join(functionsDir, `${door}.ts`), dir, { extension: 'mjs', withoutSdk: true })
  rmSync(dir, { recursive: true })
  const all = Object.keys(outputs)
  const eager = eagerOf(all.filter((path) => outputs[path]?.entryPoint?.endsWith(`functions/${door}.ts`)))
  const bytesOf = (paths: readonly string[]) => paths.reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0)
  console.log(`${door}: ${kilo(bytesOf(eager))} eager in ${eager.length} files, ${kilo(bytesOf(all))} in all`)

  const parts = new Map<string, number>()
  for (const path of eager)
    for (const [input, { bytesInOutput }] of Object.entries(outputs[path]?.inputs ?? {}))
      parts.set(partOf(input), (parts.get(partOf(input)) ?? 0) + bytesInOutput)
  for (const [part, bytes] of [...parts].sort((a, b) => b[1] - a[1]).slice(0, 12))
    console.log(`  ${kilo(bytes).padStart(9)}  ${part}`)

  /** Everything that is imported, not by `import()`, from these on. */
  function eagerOf(paths: string[]): string[] {
    const seen = new Set(paths)
    for (const path of seen)
      for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
        if (kind === 'import-statement' && !external) seen.add(next)
    return [...seen]
  }
}

function kilo(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`
}

/** The package that a file comes from, or the room. */
function partOf(input: string): string {
  const path = relative('.', input)
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? /^(?:lib\/[^/]+|[^/]+)/.exec(path)?.[0] ?? path
}
