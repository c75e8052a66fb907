import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildSync } from 'esbuild'
import type { Config } from '../lib/core/config.ts'

/** Doors under functions/. */
export type DoorName = 'gateway' | 'admin' | 'spend' | 'alerts'

const functionsDir = fileURLToPath(new URL('../functions', import.meta.url))

/** CommonJS packages in an ES bundle ask for `require`; taken from the process, because an import of it would cost start-up time. */
const banner = "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/**
 * Writes one function's code to `outDir`: ES modules, split so that what is behind `import()` is neither read nor parsed at a
 * cold start, without source maps or metafile (they would travel in the zip), and with the checked config beside it.
 */
export function bundle(door: DoorName, outDir: string, config: Config): void {
  mkdirSync(outDir, { recursive: true })
  buildSync({
    entryPoints: { index: join(functionsDir, `${door}.ts`) },
    outdir: outDir,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    mainFields: ['module', 'main'],
    outExtension: { '.js': '.mjs' },
    chunkNames: 'chunk-[hash]',
    minify: true,
    legalComments: 'none',
    banner: { js: banner },
    logLevel: 'warning',
  })
  writeFileSync(join(outDir, 'config.json'), JSON.stringify(config))
}
