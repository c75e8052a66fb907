import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build, type Metafile } from 'esbuild'

const root = fileURLToPath(new URL('../..', import.meta.url))
const entry = 'lib/library/index.ts'

/** What a package of npm says of itself. */
export type Manifest = Record<string, unknown> & { dependencies: Record<string, string> }

/**
 * Makes the in-process library's package in `outDir` (emptied first): the code as ES modules, split where something is loaded only
 * when needed; the types that its exports reach; and a manifest with the dependencies that the code really has. The repository's own
 * manifest is one for working on it, with Node 24 among its packages and scripts that install things: users need none of that.
 */
export async function packageLibrary(outDir: string): Promise<Manifest> {
  rmSync(outDir, { recursive: true, force: true })
  mkdirSync(outDir, { recursive: true })
  const { outputs } = (
    await build({
      absWorkingDir: root,
      entryPoints: { index: entry },
      outdir: join(outDir, 'js'),
      bundle: true,
      splitting: true,
      format: 'esm',
      platform: 'node',
      target: 'node24',
      packages: 'external',
      chunkNames: '[name]-[hash]',
      metafile: true,
      logLevel: 'warning',
    })
  ).metafile
  emitTypes(join(outDir, 'types'))
  const manifest = manifestOf(outputs)
  writeFileSync(join(outDir, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`)
  for (const file of ['LICENSE', 'README.md']) copyFileSync(join(root, file), join(outDir, file))
  return manifest
}

function manifestOf(outputs: Metafile['outputs']): Manifest {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest
  const imported = new Set(Object.values(outputs).flatMap(({ imports }) => imports.map(({ path }) => packageOf(path))))
  const { name, version, description, license, dependencies, optionalDependencies } = own
  return {
    name,
    version,
    description,
    license,
    type: 'module',
    exports: {
      '.': { types: `./types/${entry.replace(/\.ts$/, '.d.ts')}`, default: './js/index.js' },
      './package.json': './package.json',
    },
    sideEffects: false,
    // AsyncDisposableStack and module loading of built-ins, which Lambda's runtime has, too.
    engines: { node: '>=24' },
    dependencies: Object.fromEntries(Object.entries(dependencies).filter(([name]) => imported.has(name))),
    optionalDependencies,
  }
}

/** `undici` of `undici/lib/dispatcher/pool.js`. */
const packageOf = (path: string): string =>
  path
    .split('/')
    .slice(0, path.startsWith('@') ? 2 : 1)
    .join('/')

/** The compiler's declarations of every module that the entry's declarations lead to; the others are nobody's business. */
function emitTypes(outDir: string): void {
  const scratch = mkdtempSync(join(root, 'node_modules', '.purser-types-'))
  try {
    const config = join(scratch, 'tsconfig.json')
    const compilerOptions = {
      noEmit: false,
      declaration: true,
      emitDeclarationOnly: true,
      rootDir: root,
      outDir: join(scratch, 'out'),
      types: ['node'],
      noCheck: true, // `npm run check` is what checks
    }
    writeFileSync(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions,
        include: [],
        files: [join(root, entry)],
      }),
    )
    const tsc = createRequire(import.meta.url).resolve('typescript/package.json')
    execFileSync(process.execPath, [join(dirname(tsc), 'bin', 'tsc'), '-p', config], {
      stdio: ['ignore', 'inherit', 'inherit'],
    })
    copyReachable(join(scratch, 'out'), outDir)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

function copyReachable(from: string, to: string): void {
  const wanted = new Set([join(from, entry.replace(/\.ts$/, '.d.ts'))])
  for (const file of wanted) {
    // A bundler of today and every version of the compiler understands `.js`; `.ts` in a declaration only some do.
    const text = readFileSync(file, 'utf8').replaceAll(
      /(["'])(\.{1,2}\/[^"']+)\.ts\1/g,
      (_, quote: string, path: string) => {
        wanted.add(join(dirname(file), `${path}.d.ts`))
        return `${quote}${path}.js${quote}`
      },
    )
    const target = join(to, relative(from, file))
    mkdirSync(dirname(target), { recursive: true })
    writeFileSync(target, text)
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outDir = process.argv[2] ?? join(root, 'dist')
  const { name, version } = await packageLibrary(outDir)
  console.log(`${String(name)} ${String(version)} is in ${outDir}: npm pack ${outDir}, or npm publish ${outDir}`)
}
