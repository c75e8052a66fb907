import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseSync } from 'oxc-parser'
import { describe, expect, it } from 'vitest'

// A web function answers 64 requests at once in one process, and the in-process library any number: what a module remembers,
// all of them share. So modules of lib remember nothing; what has to be remembered is made by a door and handed on.

const root = fileURLToPath(new URL('..', import.meta.url))

/** What may be shared because it depends on nothing that a request brings: file, name and reason. */
const allowed: Record<string, string> = {
  'lib/core/zone.ts formatters': 'a formatter depends on the name of its zone alone',
  'lib/steps/models.ts spoken': 'what it makes of a deployment depends on that and on the dialect alone',
  'lib/wire/json-error.ts tokens': 'where it starts is set before every step of one synchronous walk',
}

type Node = { type: string; [key: string]: unknown }

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

function walk(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) return value.forEach((one) => walk(one, visit))
  if (!isNode(value)) return
  visit(value)
  for (const child of Object.values(value)) walk(child, visit)
}

const nameOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'Identifier' ? String(node.name) : undefined

/** `a` of `a`, `a.b` and `a[b].c`. */
const rootOf = (node: unknown): string | undefined =>
  isNode(node) && node.type === 'MemberExpression' ? rootOf(node.object) : nameOf(node)

type Declared = { kind: string; name: string; value: unknown }

function declaredIn(body: unknown[]): Declared[] {
  return body.filter(isNode).flatMap((statement) => {
    const declaration = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement
    if (!isNode(declaration) || declaration.type !== 'VariableDeclaration') return []
    const declarators = declaration.declarations as { id: unknown; init: unknown }[]
    return declarators.map(({ id, init }) => ({
      kind: String(declaration.kind),
      name: nameOf(id) ?? JSON.stringify(id),
      value: init,
    }))
  })
}

const changers =
  /^(set|add|delete|clear|push|pop|shift|unshift|splice|sort|reverse|fill|copyWithin|next|append|write|defineProperty)$/

/** A pattern that remembers where it stopped, and starts there at the next `exec` or `test`. */
const isSticky = (value: unknown): boolean =>
  isNode(value) &&
  value.type === 'Literal' &&
  typeof value.regex === 'object' &&
  value.regex !== null &&
  'flags' in value.regex &&
  /[gy]/.test(String(value.regex.flags))

/** Something that is there to be filled. */
function isVessel(value: unknown): boolean {
  if (!isNode(value)) return false
  if (value.type === 'NewExpression')
    return /^(Map|Set|WeakMap|WeakSet|AsyncLocalStorage)$/.test(nameOf(value.callee) ?? '') && argumentsOf(value) === 0
  if (value.type === 'ArrayExpression') return (value.elements as unknown[]).length === 0
  if (value.type === 'ObjectExpression') return (value.properties as unknown[]).length === 0
  return false
}

const argumentsOf = (node: Node): number => (node.arguments as unknown[]).length

/** Everything in a module that outlives a call and can change. */
function stateOf(path: string, text: string): string[] {
  const body = parseSync(path, text).program.body as unknown as unknown[]
  const declared = declaredIn(body)
  const names = new Set(declared.map(({ name }) => name))
  const sticky = new Set(declared.filter(({ value }) => isSticky(value)).map(({ name }) => name))
  const found = declared.filter(({ kind, value }) => kind !== 'const' || isVessel(value)).map(({ name }) => name)
  walk(body, (node) => {
    const target =
      node.type === 'AssignmentExpression'
        ? node.left
        : node.type === 'UpdateExpression' || (node.type === 'UnaryExpression' && node.operator === 'delete')
          ? node.argument
          : undefined
    const callee = node.type === 'CallExpression' && isNode(node.callee) ? node.callee : undefined
    const owner = callee?.type === 'MemberExpression' ? rootOf(callee.object) : undefined
    const method = callee ? (nameOf(callee.property) ?? '') : ''
    const name = rootOf(target) ?? (changers.test(method) ? owner : undefined)
    if (name !== undefined && names.has(name)) found.push(name)
    if (owner !== undefined && sticky.has(owner) && /^(exec|test)$/.test(method)) found.push(owner)
  })
  return [...new Set(found)].map((name) => `${path} ${name}`)
}

describe('modules of lib', () => {
  it('remember nothing between requests', () => {
    const found = globSync('lib/**/*.ts', { cwd: root }).flatMap((path) =>
      stateOf(path, readFileSync(root + path, 'utf8')),
    )

    expect(found.filter((entry) => !(entry in allowed))).toEqual([])
    expect(Object.keys(allowed).filter((entry) => !found.includes(entry))).toEqual([])
  })

  it.each([
    ['a variable', 'let count = 0'],
    ['an exported variable', 'export let count = 0'],
    ['a map to be filled', 'const seen = new Map<string, string>()'],
    ['a list to be filled', 'export const seen: string[] = []'],
    ['an object that is written to', 'const counts = { a: 0 }\nexport const hit = () => counts.a++'],
    ['a list that is added to', "const names = ['a']\nexport function add(name: string) { names.push(name) }"],
    ['an entry that is removed', "const table = { a: 1 }\nexport const drop = () => { delete table['a'] }"],
    ['a pattern that remembers where it stopped', 'const a = /a/g\nexport const has = (text: string) => a.test(text)'],
  ])('are found out: %s', (_, text) => {
    expect(stateOf('a.ts', text)).toHaveLength(1)
  })

  it.each([
    ['a table', "const table = { a: 1 } as const\nexport const find = (key: 'a') => table[key]"],
    ['a set of known names', "const names = new Set(['a'])\nexport const has = (name: string) => names.has(name)"],
    ['a pattern that starts anew', "const a = /a/g\nexport const cut = (text: string) => text.replaceAll(a, '')"],
    ['what a closure keeps', 'export function counter() { const seen = new Map(); return () => seen.set(1, 2) }'],
  ])('may have %s', (_, text) => {
    expect(stateOf('a.ts', text)).toEqual([])
  })
})
