import { globSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'
import { providers } from '../lib/providers/rows.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const files = globSync(['lib/**/*.ts', 'functions/**/*.ts', 'infra/**/*.ts', 'test/**/*.ts'], {
  cwd: root,
  exclude: (name) => name.includes('node_modules') || name.includes('cdk.out'),
})
const sources = files.map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
const product = sources.filter(({ path }) => !path.startsWith('test/'))

/** The line of rooms: each may import those named, and itself. */
const law: Record<string, string[]> = {
  core: [],
  wire: ['core'],
  dialects: ['core', 'wire'],
  providers: ['core', 'wire', 'dialects'],
  config: ['core', 'wire', 'dialects', 'providers'],
  steps: ['core', 'wire', 'dialects', 'providers', 'config'],
  flows: ['core', 'wire', 'dialects', 'providers', 'config', 'steps'],
  net: ['core'],
  aws: ['core', 'net'],
  // The in-process library is a door: it stands where functions/ does, and the account of one computer is behind it, too.
  library: ['core', 'wire', 'providers', 'config', 'steps', 'flows', 'net', 'aws', '../../infra/local/compose.ts'],
}

const parsed = new Map<string, ReturnType<typeof parseSync>>()
/** Parsed once, whatever is asked of it. */
const parse = (path: string, text: string) => {
  const known = parsed.get(path) ?? parseSync(path, text)
  parsed.set(path, known)
  return known
}

const importsOf = (path: string, text: string) => {
  const { module } = parse(path, text)
  return [...module.staticImports, ...module.staticExports.flatMap((e) => e.entries)].flatMap((i) =>
    i.moduleRequest ? [i.moduleRequest.value] : [],
  )
}
const roomOf = (path: string) => /^lib\/([^/]+)\//.exec(path)?.[1]

describe('the import law', () => {
  it('lets each room of lib import only rooms to its left', () => {
    const broken = product.flatMap(({ path, text }) => {
      const room = roomOf(path)
      if (!room) return []
      return importsOf(path, text)
        .filter((name) => name.startsWith('.'))
        .map((name) => roomOf(relative(root, join(root, dirname(path), name))) ?? name)
        .filter((target) => target !== room && !law[room]?.includes(target))
        .map((target) => `${path} imports ${target}`)
    })

    expect(broken).toEqual([])
  })

  it('runs in no circle, of types neither', () => {
    const left = new Map(
      product.map(({ path, text }) => {
        const own = importsOf(path, text).filter((name) => name.startsWith('.'))
        return [path, own.map((name) => relative(root, join(root, dirname(path), name)))]
      }),
    )
    // Files that import nothing that is left are in no circle, and neither are those that nobody does.
    for (let before = 0; before !== left.size;) {
      before = left.size
      const wanted = new Set([...left.values()].flat())
      for (const [path, names] of left)
        if (!wanted.has(path) || !names.some((name) => left.has(name))) left.delete(path)
    }

    expect([...left.keys()]).toEqual([])
  })

  it('knows every room', () => {
    expect(new Set(product.flatMap(({ path }) => roomOf(path) ?? []))).toEqual(new Set(Object.keys(law)))
  })

  it('keeps @aws-sdk in lib/aws, and undici in lib/net', () => {
    const outside = product
      .filter(({ path }) => path.startsWith('lib/'))
      .flatMap(({ path, text }) =>
        importsOf(path, text)
          .filter(
            (name) =>
              (name.startsWith('@aws-sdk/') && roomOf(path) !== 'aws') ||
              (name.startsWith('undici') && roomOf(path) !== 'net'),
          )
          .map((name) => `${path} imports ${name}`),
      )

    expect(outside).toEqual([])
  })

  it('keeps process.env in doors', () => {
    const readers = product
      .filter(({ path, text }) => path.startsWith('lib/') && /\bprocess\.env\b/.test(text))
      .filter(({ path }) => path !== 'lib/library/index.ts')
      .map(({ path }) => path)

    expect(readers).toEqual([])
  })
})

describe('the size law', () => {
  it('holds files to 300 lines, tests to 500', () => {
    const long = sources.flatMap(({ path, text }) => {
      const lines = text.split('\n').length
      return lines > (path.startsWith('test/') ? 500 : 300) ? [`${path}: ${lines}`] : []
    })

    expect(long).toEqual([])
  })

  it('holds functions to 60 lines', () => {
    const long = product.flatMap(({ path, text }) =>
      functionsOf(path, text).flatMap(([at, lines]) => (lines > 60 ? [`${path}:${at}: ${lines} lines`] : [])),
    )

    expect(long).toEqual([])
  })
})

describe('the language', () => {
  it('has no any, no non-null assertion and no silenced check', () => {
    const marks = product.flatMap(({ path, text }) => [
      ...nodesOf(path, text)
        .filter((node) => node.type === 'TSAnyKeyword' || node.type === 'TSNonNullExpression')
        .map((node) => `${path}: ${node.type}`),
      ...[...text.matchAll(/@ts-(?:ignore|nocheck|expect-error)|(?:oxlint|eslint)-disable/g)].map(
        (m) => `${path}: ${m[0]}`,
      ),
    ])

    expect(marks).toEqual([])
  })

  it('skips no test, and leaves none alone', () => {
    const marks = sources
      .filter(({ path }) => path.startsWith('test/') && path !== 'test/architecture.test.ts')
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\b(?:it|test|describe)\.(?:skip|only|todo)\(/g)].map((m) => `${path}: ${m[0]}`),
      )

    expect(marks).toEqual([])
  })

  it('compares with no provider name outside lib/providers', () => {
    // A dialect and the provider that coined it share a name: dialect names are data of the rows, and keys in lib/dialects.
    const names = new Set(providers.map((p) => p.id))
    const found = product
      .filter(({ path }) => path.startsWith('lib/') && roomOf(path) !== 'providers' && roomOf(path) !== 'dialects')
      .flatMap(({ path, text }) =>
        [...text.matchAll(/[!=]==?\s*'([^']+)'|case '([^']+)'/g)]
          .filter((m) => names.has(m[1] ?? m[2] ?? ''))
          .map((m) => `${path}: ${m[0]}`),
      )

    expect(found).toEqual([])
  })
})

describe('the law of what a machine may be like', () => {
  it('takes a clone anywhere: the path of an URL has its spaces as %20', () => {
    const broken = sources.filter(({ text }) => /import\.meta\.url\)\.pathname/.test(text)).map(({ path }) => path)

    expect(broken).toEqual([])
  })

  it('lets nobody who stands for AWS close an idle connection: the clients there may write to it at that moment', () => {
    const ofAws = /^test\/(e2e\/(front|runtime|services)|support\/(network|wired))\.ts$/
    const closing = sources.filter(({ path, text }) => ofAws.test(path) && !text.includes('keepAliveTimeout: 0'))

    expect(closing.map(({ path }) => path)).toEqual([])
  })

  it('asks no port that was free before, and waits for the last words of a process and not for its exit', () => {
    const tests = sources.filter(({ path }) => path.startsWith('test/'))
    const broken = tests.filter(({ text }) => /\bfreePort\b|once\((child|server), 'exit'\)/.test(text))

    expect(broken.map(({ path }) => path).filter((path) => path !== 'test/architecture.test.ts')).toEqual([])
  })
})

type Node = { type: string; start: number; end: number }

const nodes = new Map<string, Node[]>()

function nodesOf(path: string, text: string): Node[] {
  const known = nodes.get(path)
  if (known) return known
  const found: Node[] = []
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) return value.forEach(visit)
    if (typeof value !== 'object' || value === null) return
    if ('type' in value && typeof value.type === 'string') found.push(value as Node)
    Object.values(value).forEach(visit)
  }
  visit(parse(path, text).program.body)
  nodes.set(path, found)
  return found
}

function functionsOf(path: string, text: string): [line: number, length: number][] {
  const breaks = [...text.matchAll(/\n/g)].map(({ index }) => index)
  const lineAt = (offset: number) => breaks.filter((at) => at < offset).length + 1
  return nodesOf(path, text)
    .filter(({ type }) => /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type))
    .map(({ start, end }) => [lineAt(start), lineAt(end) - lineAt(start) + 1])
}
