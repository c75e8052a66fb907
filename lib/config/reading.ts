import type { Secret } from '../core/deployment.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { ConfigDocument, Path } from './document.ts'
import type { Problem } from './problem.ts'

/** What every reader of a part of the config is handed: a place for problems, and what `os.environ/NAME` stands for. */
export type Reading = {
  error(path: Path, message: string, remedy: string): void
  warn(path: Path, message: string, remedy: string): void
  /** A value that stays out of the config: its name, or what was written. */
  secret(text: string): Secret
  /** The value with every `os.environ/NAME` in it replaced; a name that is not set is a problem at its path. */
  resolve(value: Json, path: Path): Json
  /** What the environment has under a name that the file does not mention. */
  variable(name: string): string | undefined
  problems: Problem[]
}

/** `os.environ/NAME`, LiteLLM's way to name a variable. */
const reference = /^os\.environ\/(.+)$/

/** The name in `os.environ/NAME`; undefined: the text is a value. */
export const referenceIn = (text: string): string | undefined => reference.exec(text.trim())?.[1]?.trim()

type ReadingOptions = {
  document: ConfigDocument
  file: string
  env: Record<string, string | undefined>
  /** `environment_variables` of the same file: they win, as they do in LiteLLM. */
  environment: Record<string, Secret>
}

export function reading({ document, file, env, environment }: ReadingOptions): Reading {
  const problems: Problem[] = []
  const seen = new Set<string>()
  const add = (severity: Problem['severity']) => (path: Path, message: string, remedy: string) => {
    const value = shown(document.value, path)
    const key = keyOf(path)
    // What two entries inherit, or two settings read, is wrong once.
    const same = `${severity} ${key} ${message}`
    if (seen.has(same)) return
    seen.add(same)
    problems.push({ severity, file, ...document.at(path), key, ...(value !== undefined && { value }), message, remedy })
  }
  const error = add('error')
  const lookup = (name: string): string | undefined => {
    const own = environment[name]
    if (own && 'value' in own) return own.value
    return env[own && 'env' in own ? own.env : name]
  }
  const resolve = (value: Json, path: Path): Json => {
    if (Array.isArray(value)) return value.map((item, index) => resolve(item, [...path, index]))
    if (isObject(value))
      return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolve(item, [...path, key])]))
    const name = typeof value === 'string' ? referenceIn(value) : undefined
    if (name === undefined) return value
    const found = lookup(name)
    if (found === undefined)
      error(path, `the environment has no ${name}`, `set ${name} where the config is loaded, or write the value here`)
    return found ?? null
  }
  const secret = (text: string): Secret => {
    const name = referenceIn(text)
    return name === undefined ? { value: text } : (environment[name] ?? { env: name })
  }
  return { error, warn: add('warning'), secret, resolve, variable: lookup, problems }
}

/** `model_list[1].litellm_params.model` */
const keyOf = (path: Path): string =>
  path.map((step, index) => (typeof step === 'number' ? `[${step}]` : index ? `.${step}` : step)).join('')

const secretKey = /key|token|secret|password|credential|webhook|header|authorization|database_url|redis_url/i
const userInfo = /\/\/[^/@\s]*@/g
const longestShown = 60

/** A scalar as it was written, near enough. */
export const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined

/** What was written at a path, for a message: scalars only, and no secrets unless they are mere names. */
function shown(root: unknown, path: Path): string | undefined {
  let value: unknown = root
  for (const step of path) value = (value as Record<string | number, unknown> | null | undefined)?.[step]
  const text = textOf(value)
  if (text === undefined) return undefined
  if (
    typeof value !== 'boolean' &&
    path.some((step) => secretKey.test(String(step))) &&
    referenceIn(text) === undefined
  )
    return undefined
  const plain = text.replaceAll(userInfo, '//***@')
  return plain.length > longestShown ? `${plain.slice(0, longestShown)}…` : plain
}

/** The object without its nulls (an empty `api_key:` is no key), or undefined with a problem where it is something else. */
export function section(value: unknown, path: Path, reading: Reading): JsonObject | undefined {
  if (value === undefined || value === null) return undefined
  if (isObject(value)) return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== null))
  reading.error(path, 'must be a map of keys to values', 'indent its settings below it')
  return undefined
}
