import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions as EsbuildOptions, buildSync, type Metafile } from 'esbuild'
import type { Config } from '../lib/core/config.ts'

/** Doors under functions/. */
export type DoorName = 'gateway' | 'server' | 'admin' | 'spend' | 'alerts' | 'telemetry'

const functionsDir = fileURLToPath(new URL('../functions', import.meta.url))

/** CommonJS packages in an ES bundle ask for `require`; taken from the process, because an import of it would cost start-up time. */
const banner = "const require=process.getBuiltinModule('node:module').createRequire(import.meta.url);"

/**
 * What undici requires in places that are never reached here: the parser for processors without SIMD (Lambda's have it), and
 * bodies that are FormData. An experimental parser is left out by its own switch for builders, `esbuildDetection`. Together
 * they are more than half of its code. HTTP/2, which is switched off, it requires at once: an empty file stands in for it.
 */
const undiciUnused = ['../llhttp/llhttp-wasm.js', '../web/fetch/body.js', '../web/fetch/formdata', '../web/webidl']
const undiciOff = './client-h2.js'

const common = {
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  mainFields: ['module', 'main'],
  minify: true,
  legalComments: 'none',
  banner: { js: banner },
  logLevel: 'warning',
} satisfies EsbuildOptions

/** Writes one function's code to `outDir`, with the checked config beside it. */
export function bundle(door: DoorName, outDir: string, config: Config): void {
  const isServer = door === 'server'
  const isDataPlane = isServer || door === 'gateway'
  build(join(functionsDir, `${door}.ts`), outDir, { extension: isServer ? 'js' : 'mjs', withoutSdk: isDataPlane })
  if (isDataPlane) vendorSdk(outDir)
  // A web function starts index.js, and no other name.
  if (isServer) writeFileSync(join(outDir, 'package.json'), '{"type":"module"}')
  writeFileSync(join(outDir, 'config.json'), JSON.stringify(config))
}

/**
 * The data plane asks the SDK for credentials alone, and only where the environment has none (lib/aws/credentials.ts). It
 * stands apart, as a package: in one bundle the parts it shares with the signer would all be read at every cold start.
 */
function vendorSdk(outDir: string): void {
  const name = '@aws-sdk/client-dynamodb'
  const dir = join(outDir, 'node_modules', name)
  mkdirSync(dir, { recursive: true })
  buildSync({
    ...common,
    stdin: { contents: `export { DynamoDBClient } from '${name}'`, resolveDir: functionsDir },
    outfile: join(dir, 'index.mjs'),
  })
  writeFileSync(join(dir, 'package.json'), '{"type":"module","exports":"./index.mjs"}')
}

type BuildOptions = { extension: 'js' | 'mjs'; withoutSdk: boolean }

/**
 * ES modules, split so that what is behind `import()` is neither read nor parsed at a cold start, without source maps or
 * metafile (they would travel in the zip). Returns what came of it, for those who weigh it.
 */
export function build(entry: string, outDir: string, { extension, withoutSdk }: BuildOptions): Metafile {
  mkdirSync(outDir, { recursive: true })
  const { metafile } = buildSync({
    ...common,
    entryPoints: { index: entry },
    outdir: outDir,
    splitting: true,
    outExtension: { '.js': `.${extension}` },
    chunkNames: 'chunk-[hash]',
    metafile: true,
    define: { esbuildDetection: 'true' },
    external: [...undiciUnused, undiciOff, ...(withoutSdk ? ['@aws-sdk/*'] : [])],
  })
  writeFileSync(join(outDir, undiciOff), '')
  unpackParser(outDir)
  return metafile
}

/** undici's parser of HTTP, as it stands in its code: WebAssembly in base64. */
const parserText = /(["'`])(AGFzbQ[\w+/]{40000,}=*)\1/
const parserFile = 'llhttp.wasm'

/** Puts the parser beside the code as the bytes that it is: a quarter less to read, and nothing for the engine to scan as a text. */
function unpackParser(outDir: string): void {
  for (const name of readdirSync(outDir).filter((file) => /\.m?js$/.test(file))) {
    const code = readFileSync(join(outDir, name), 'utf8')
    const [literal, , base64] = parserText.exec(code) ?? []
    if (literal === undefined || base64 === undefined) continue
    const read = `process.getBuiltinModule("node:fs").readFileSync(new URL("./${parserFile}",import.meta.url),"base64")`
    writeFileSync(
      join(outDir, name),
      code.replace(literal, () => read),
    )
    writeFileSync(join(outDir, parserFile), Buffer.from(base64, 'base64'))
  }
}
