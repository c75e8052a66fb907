import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Manifest, packageLibrary } from '../../infra/cli/package.ts'
import { type ScriptedUpstream, startUpstream } from '../support/upstream.ts'

// The package as npm gives it to an application: packed, unpacked in a folder of its own, with its declared dependencies and no others.
const modules = fileURLToPath(new URL('../../node_modules/', import.meta.url))
const dir = mkdtempSync(join(tmpdir(), 'purser-package-'))
const app = join(dir, 'app')
const installed = join(app, 'node_modules', 'purser')
let manifest: Manifest
let upstream: ScriptedUpstream

beforeAll(async () => {
  upstream = await startUpstream()
  manifest = await packageLibrary(join(dir, 'dist'))
  execFileSync('npm', ['pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', dir], {
    cwd: join(dir, 'dist'),
  })
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', [
    'xzf',
    join(dir, `purser-${String(manifest.version)}.tgz`),
    '-C',
    installed,
    '--strip-components=1',
  ])
  for (const name of [...Object.keys(manifest.dependencies), '@dynoxide/linux-x64', '@types/node', 'undici-types']) {
    const at = join(app, 'node_modules', name)
    mkdirSync(dirname(at), { recursive: true })
    if (existsSync(join(modules, name))) symlinkSync(join(modules, name), at)
  }
  writeFileSync(join(app, 'package.json'), '{"type": "module"}')
})
afterAll(async () => {
  await upstream.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** Runs a program of the application to its end, which it must find by itself. */
async function run(program: string): Promise<unknown> {
  const file = join(app, 'program.mjs')
  writeFileSync(file, program)
  const { NODE_OPTIONS: _, ...env } = process.env
  const options = { cwd: app, timeout: 120_000, env: { ...env, UPSTREAM: upstream.url } }
  const { stdout } = await promisify(execFile)(process.execPath, [file], options)
  return JSON.parse(stdout)
}

const config = `const config = { model_list: [{ model_name: '*', litellm_params: { model: 'anthropic/*', api_base: process.env.UPSTREAM, api_key: 'k', input_cost_per_token: 1e-6, output_cost_per_token: 2e-6 } }] }
const messages = [{ role: 'user', content: 'Say words.' }]`

test('the built package answers, keeps its books, and lets the process end', async () => {
  const said = await run(`
    import { CallError, createGateway } from 'purser'
    ${config}
    const gateway = await createGateway({ config, dataDir: 'data' })
    let text = ''
    for await (const { choices } of await gateway.completion({ model: 'ok', messages, max_tokens: 20, stream: true }))
      text += choices[0]?.delta.content ?? ''
    const error = await gateway.completion({ model: 'context', messages }).catch((error) => error)
    await gateway.settled()
    const headers = { authorization: 'Bearer ' + gateway.clientOptions.apiKey }
    const logs = await (await gateway.fetch('http://x/spend/logs', { headers })).json()
    await gateway.close()
    console.log(JSON.stringify({ text, is: error instanceof CallError, status: error.status, spends: logs.map(({ outcome }) => outcome) }))
  `)

  expect(said).toMatchObject({ text: 'w0 w1 w2 w3 w4 w5 w6 w7', is: true, status: 400 })
  expect((said as { spends: string[] }).spends).toContain('completed')
})

test('neither the store nor the clients of AWS are loaded where nobody asks for them', async () => {
  const said = (await run(`
    import { createGateway } from 'purser'
    import { registerHooks } from 'node:module'
    const loaded = []
    registerHooks({ load: (url, context, next) => (loaded.push(url), next(url, context)) })
    ${config}
    const gateway = await createGateway({ config })
    const answer = await gateway.completion({ model: 'ok', messages, max_tokens: 20 })
    console.log(JSON.stringify({ text: answer.choices[0].message.content, loaded }))
  `)) as { text: string; loaded: string[] }

  expect(said.text).toBe('w0 w1 w2 w3 w4 w5 w6 w7')
  expect(said.loaded.filter((url) => /aws-sdk|dynoxide|data-dir|table-/.test(url))).toEqual([])
  expect(said.loaded.some((url) => url.includes('anthropic'))).toBe(true)
  expect(said.loaded.some((url) => url.includes('gemini'))).toBe(false)
})

test('its types compile in a strict application, and say what a gateway without a store lacks', () => {
  const good = `
    import { createGateway, type Completion } from 'purser'
    const gateway = await createGateway({ dataDir: 'data', config: { model_list: [{ model_name: 'm', litellm_params: { model: 'openai/x', seed: 1 } }] } })
    const answer: Completion = await gateway.completion({ model: 'm', messages: [{ role: 'user', content: 'x' }] })
    for await (const chunk of await gateway.completion({ model: 'm', messages: [], stream: true })) chunk.choices[0]?.delta.content satisfies string | null | undefined
    answer.usage?.cost satisfies number | undefined
    await gateway.completion({ model: 'm', messages: [{ role: 'tool', tool_call_id: 'c', content: 'x' }], seed: 1, thinking: { type: 'adaptive' } })
    await gateway.settled()
    const plain = await createGateway({ onSpend: (event) => void event.cost.toFixed() })`
  const wrong = `
    // @ts-expect-error: messages are missing
    await gateway.completion({ model: 'm' })
    // @ts-expect-error: it keeps no books
    await plain.settled()
    // @ts-expect-error: the ledger tells
    await createGateway({ dataDir: 'data', onSpend: () => undefined })`
  writeFileSync(join(app, 'app.ts'), `${good}${wrong}\n`)
  const flags = '--noEmit --strict --module nodenext --target es2024 --lib es2024,esnext.disposable --types node app.ts'

  const tsc = () =>
    execFileSync(process.execPath, [join(modules, 'typescript/bin/tsc'), ...flags.split(' ')], {
      cwd: app,
      encoding: 'utf8',
    })

  expect(tsc()).toBe('')
})

test('what npm gives has code, types, licence and manifest, and nothing of the repository', () => {
  const files = execFileSync('find', ['.', '-type', 'f'], { cwd: installed, encoding: 'utf8' }).trim().split('\n')

  expect(
    files.filter(
      (file) =>
        !/^\.\/(js\/[^/]+\.js|types\/lib\/(core|library)\/[^/]+\.d\.ts|LICENSE|README\.md|package\.json)$/.test(file),
    ),
  ).toEqual([])
  expect(JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'))).not.toHaveProperty('scripts')
})
