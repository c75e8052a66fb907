import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import type { Problem } from './problem.ts'

export type Path = readonly (string | number)[]

/** A config file as data, and where each of its keys stands. */
export type ConfigDocument = {
  value: unknown
  /** Of the deepest part of the path that the file has; lines and columns from 1. */
  at(path: Path): { line: number; column: number }
  problems: Problem[]
}

/** Reads YAML 1.2 with merge keys. Syntax errors and keys given twice are problems with lines; the rest is still read. */
export function readDocument(text: string, file: string): ConfigDocument {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, merge: true, prettyErrors: false })
  const where = (offset: number) => {
    const { line, col } = lineCounter.linePos(offset)
    return { line: Math.max(line, 1), column: Math.max(col, 1) }
  }
  const problems = document.errors.map((error): Problem => ({
    severity: 'error',
    file,
    ...where(error.pos[0]),
    key: '',
    message: `not valid YAML: ${error.message}`,
    remedy:
      error.code === 'DUPLICATE_KEY'
        ? 'put both into one; of two, LiteLLM takes only the last'
        : 'correct the indentation, quotes or brackets there',
  }))
  const at = (path: Path) => {
    let offset = 0
    let node = document.contents as Node | null
    for (const step of path) {
      const found = stepInto(resolved(node), step)
      if (!found) break
      offset = found.offset
      node = found.node
    }
    return where(offset)
  }
  const resolved = (node: Node | null) => (isAlias(node) ? (node.resolve(document) ?? null) : node)
  const stepInto = (node: Node | null, step: string | number): { offset: number; node: Node | null } | undefined => {
    if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined
      return item && { offset: item.range?.[0] ?? 0, node: item }
    }
    if (!isMap(node)) return undefined
    for (const { key, value } of node.items)
      if (isScalar(key) && String(key.value) === String(step))
        return { offset: key.range?.[0] ?? 0, node: value as Node | null }
    const merged = node.items.find(({ key }) => isScalar(key) && key.value === '<<')
    return merged && stepInto(resolved(merged.value as Node | null), step)
  }
  const value = valueOf(document, (message) =>
    problems.push({
      severity: 'error',
      file,
      line: 1,
      column: 1,
      key: '',
      message,
      remedy: 'correct its aliases (*name)',
    }),
  )
  return { value, at, problems }
}

/** The data; what stops it from being made of the nodes (an alias to nothing, aliases that explode) is a problem too. */
function valueOf(document: ReturnType<typeof parseDocument>, problem: (message: string) => void): unknown {
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return undefined
  try {
    return document.toJS({ maxAliasCount: 1000 }) as unknown
  } catch (error) {
    problem(`not valid YAML: ${error instanceof Error ? error.message : String(error)}`)
    return undefined
  }
}
