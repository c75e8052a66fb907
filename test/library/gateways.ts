import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ConfigFile, ModelEntry } from '../../lib/library/index.ts'

const prices = { input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 }

/** One model whose name is the scripted upstream's script, in its own tongue and in another. */
export const scripts = (upstream: string): ConfigFile => ({
  model_list: [entry('claude/*', 'anthropic/*', upstream), entry('*', 'openai/*', `${upstream}/v1`)],
  litellm_settings: { num_retries: 0 },
})

const entry = (model_name: string, model: string, api_base: string): ModelEntry => ({
  model_name,
  litellm_params: { model, api_base, api_key: 'sk-upstream', ...prices },
})

/** A folder of its own for a gateway's data. */
export function folder() {
  const dataDir = mkdtempSync(join(tmpdir(), 'purser-library-'))
  return { dataDir, remove: () => rmSync(dataDir, { recursive: true, force: true }) }
}

/** What a promise rejects with; undefined where it does not. */
export const rejection = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

export async function textOf(chunks: AsyncIterable<{ choices: { delta: { content?: string | null } }[] }>) {
  let text = ''
  for await (const { choices } of chunks) text += choices[0]?.delta.content ?? ''
  return text
}

/** Everything that an iterable gives, in a list. */
export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
