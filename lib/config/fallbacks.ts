import type { Config, Fallbacks } from '../core/config.ts'
import type { Deployment } from '../core/deployment.ts'
import { isObject } from '../core/json.ts'
import type { Path } from './document.ts'
import { texts } from './fields.ts'
import type { Reading } from './reading.ts'
import { nearest } from './suggest.ts'

type Aliases = Config['aliases']

/** `groups`: every model_name of the file, also of entries that have problems of their own. */
type Served = { deployments: readonly Deployment[]; groups: readonly string[]; aliases: Aliases }

/** `[{ a: [b, c] }, ...]` as LiteLLM writes fallbacks, or one map of them. */
export function readFallbacks(value: unknown, path: Path, reading: Reading): Fallbacks {
  const items = Array.isArray(value) ? [...(value as unknown[]).entries()] : [[undefined, value] as const]
  const fallbacks: Fallbacks = {}
  for (const [index, item] of items) {
    const at = index === undefined ? path : [...path, index]
    if (!isObject(item)) {
      reading.error(at, 'is not a map from a model to its fallbacks', 'write a list of `- model: [fallback, ...]`')
      continue
    }
    for (const [model, targets] of Object.entries(item)) {
      const parsed = texts.safeParse(reading.resolve(targets, [...at, model]))
      if (parsed.success) fallbacks[model] = [...(fallbacks[model] ?? []), ...parsed.data]
      else reading.error([...at, model], 'is not a list of model names', 'write a list: [model-a, model-b]')
    }
  }
  return fallbacks
}

/** `{ alias: model }` or `{ alias: { model, hidden } }`. */
export function readAliases(value: unknown, path: Path, reading: Reading): Aliases {
  if (!isObject(value)) {
    reading.error(path, 'is not a map of aliases', 'write alias: model below it')
    return {}
  }
  const aliases: Aliases = {}
  for (const [alias, target] of Object.entries(value)) {
    const { model, hidden } = isObject(target) ? target : { model: target, hidden: false }
    if (typeof model === 'string') aliases[alias] = { model, hidden: hidden === true }
    else reading.error([...path, alias], 'names no model', 'write alias: model, or alias: { model: ..., hidden: true }')
  }
  return aliases
}

/** Whether a request could ask for this name: a group, an alias, a deployment's id, or a name that a wildcard serves. */
export function nameCheck({ deployments, groups, aliases }: Served): (name: string) => boolean {
  const exact = new Set([...groups, ...deployments.map(({ id }) => id), ...Object.keys(aliases)])
  const wild = groups.filter((group) => group.includes('*'))
  return (name) => exact.has(name) || wild.some((pattern) => starMatches(pattern, name))
}

function starMatches(pattern: string, name: string): boolean {
  const at = pattern.indexOf('*')
  const [head, tail] = [pattern.slice(0, at), pattern.slice(at + 1)]
  return name.length >= head.length + tail.length && name.startsWith(head) && name.endsWith(tail)
}

type NameContext = { known: (name: string) => boolean; names: readonly string[]; reading: Reading }

/** A fallback that nothing serves is an error; one for a model that nobody can ask for never acts, which is worth a word. */
export function checkFallbacks(value: unknown, path: Path, { known, names, reading }: NameContext): void {
  const items = Array.isArray(value) ? [...(value as unknown[]).entries()] : [[undefined, value] as const]
  for (const [index, item] of items) {
    const at = index === undefined ? path : [...path, index]
    for (const [model, targets] of Object.entries(isObject(item) ? item : {})) {
      if (model !== '*' && !known(model))
        reading.warn([...at, model], `no model is named ${model}`, `the fallback never acts; ${meant(model, names)}`)
      checkNames(targets, [...at, model], { known, names, reading })
    }
  }
}

/** Every name of a list (or the one that is not in a list) must be served. */
export function checkNames(value: unknown, path: Path, { known, names, reading }: NameContext): void {
  const list = Array.isArray(value) ? (value as unknown[]) : [value]
  for (const [index, name] of list.entries()) {
    if (typeof name !== 'string' || known(name)) continue
    reading.error(Array.isArray(value) ? [...path, index] : path, `no model is named ${name}`, meant(name, names))
  }
}

const meant = (name: string, names: readonly string[]): string => {
  const near = nearest(name, names)
  return near === undefined
    ? `add it to model_list, or name one of ${names.slice(0, 8).join(', ')}`
    : `did you mean ${near}?`
}
