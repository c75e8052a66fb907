import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from '../../infra/bundle.ts'

// What Node reads and parses before the first request (`eager`), what waits behind `import()` until somebody needs it, and what
// reading and parsing it takes: the median of fresh processes, beyond a process that reads an empty module.
// Run: npx -c 'node test/bench/bundle.ts [PROCESSES]'
const processes = Number(process.argv[2] ?? 7)
const functionsDir = fileURLToPath(new URL('../../functions', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'purser-weigh-'))
const empty = join(dir, 'empty.mjs')
writeFileSync(empty, '')
const emptyMs = loadMs(empty)

const dataPlane = new Set(['gateway', 'server'])
try {
  for (const door of ['gateway', 'server', 'spend', 'admin', 'alerts', 'telemetry']) weigh(door)
} finally {
  rmSync(dir, { recursive: true })
}

function weigh(door: string): void {
  const outDir = join(dir, door)
  const { outputs } = build(join(functionsDir, `${door}.ts`), outDir, {
    extension: 'mjs',
    withoutSdk: dataPlane.has(door),
  })
  const all = Object.keys(outputs)
  const eager = eagerOf(all.filter((path) => outputs[path]?.entryPoint?.endsWith(`functions/${door}.ts`)))
  const bytesOf = (paths: readonly string[]) => paths.reduce((sum, path) => sum + statSync(path).size, 0)
  // What has no connections of its own needs no parser of them.
  const parser = [join(outDir, 'llhttp.wasm')].filter(existsSync)
  const files = `${kilo(bytesOf([...eager, ...parser]))} eager in ${eager.length + parser.length} files, ${kilo(bytesOf([...all, ...parser]))} in all`
  console.log(`${door}: ${files}, ${milliseconds(eager)}`)
  if (!dataPlane.has(door)) return

  const parts = new Map<string, number>()
  for (const path of eager)
    for (const [input, { bytesInOutput }] of Object.entries(outputs[path]?.inputs ?? {}))
      parts.set(partOf(input), (parts.get(partOf(input)) ?? 0) + (isParser(input) ? bytesOf(parser) : bytesInOutput))
  for (const [part, bytes] of [...parts].sort((a, b) => b[1] - a[1]).slice(0, 12))
    console.log(`  ${kilo(bytes).padStart(9)}  ${part}`)
  if (door !== 'gateway') return

  console.log('  behind import(), beyond what is eager:')
  const lazy = all.flatMap((path) => {
    const module = outputs[path]?.entryPoint ?? ''
    if (eager.includes(path) || !module.includes('lib/dialects/')) return []
    const own = eagerOf([path]).filter((one) => !eager.includes(one))
    return [{ module: module.slice(module.indexOf('lib/dialects/')), own, bytes: bytesOf(own) }]
  })
  for (const { module, own, bytes } of lazy.sort((a, b) => b.bytes - a.bytes))
    console.log(`  ${kilo(bytes).padStart(9)}  ${milliseconds(own.slice(0, 1)).padStart(8)}  ${module}`)

  /** Everything that is imported, not by `import()`, from these on. */
  function eagerOf(paths: string[]): string[] {
    const seen = new Set(paths)
    for (const path of seen)
      for (const { path: next, kind, external } of outputs[path]?.imports ?? [])
        if (kind === 'import-statement' && !external) seen.add(next)
    return [...seen]
  }
}

/** Of the first, with all that it imports. */
function milliseconds([path]: readonly string[]): string {
  return path === undefined ? '' : `${Math.max(0, loadMs(path) - emptyMs).toFixed(1)} ms`
}

/** A door that asks for its environment as it starts has been read and parsed by then. */
function loadMs(path: string): number {
  const url = JSON.stringify(new URL(path, `file://${process.cwd()}/`).href)
  const script = `const t = performance.now(); await import(${url}).catch(() => {}); console.log(performance.now() - t); process.exit()`
  const taken = Array.from({ length: processes }, () =>
    Number(
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { stdio: ['ignore', 'pipe', 'ignore'] }),
    ),
  )
  return taken.sort((a, b) => a - b)[Math.floor(processes / 2)] ?? Number.NaN
}

/** It stands beside the code, as bytes. */
function isParser(input: string): boolean {
  return input.endsWith('llhttp_simd-wasm.js')
}

function kilo(bytes: number): string {
  return `${(bytes / 1024).toFixed(1)} KB`
}

/** The package that a file comes from, or the room. */
function partOf(input: string): string {
  const path = relative('.', input)
  return /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? /^(?:lib\/[^/]+|[^/]+)/.exec(path)?.[0] ?? path
}
