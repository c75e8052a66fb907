import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import type { Flow } from '../../lib/core/http.ts'
import { config, deployment } from '../support/configuration.ts'
import { callFlow, type Machine, startMachine } from '../support/machine.ts'
import { startUpstream } from '../support/upstream.ts'

let upstream: Awaited<ReturnType<typeof startUpstream>>
let machine: Machine
let dir: string
const unheard: unknown[] = []
const listen = (reason: unknown) => void unheard.push(reason)

beforeAll(async () => {
  upstream = await startUpstream()
  machine = await startMachine(config())
  process.on('unhandledRejection', listen)
})
afterAll(async () => {
  process.off('unhandledRejection', listen)
  await machine.stop()
  await upstream.stop()
})
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'purser-unloadable-'))
  machine.published.length = 0
  machine.logged.length = 0
  return () => rmSync(dir, { recursive: true })
})

/** The data plane from a copy of the source, one module of which cannot be loaded when it is first needed. */
async function without(module: string): Promise<Flow> {
  cpSync('lib', join(dir, 'lib'), { recursive: true })
  symlinkSync(resolve('node_modules'), join(dir, 'node_modules'))
  writeFileSync(join(dir, 'lib', module), 'throw new TypeError("edited")\n')
  const load = async <T>(path: string): Promise<T> => (await import(/* @vite-ignore */ join(dir, 'lib', path))) as T
  const { gatewayFlow } = await load<typeof import('../../lib/flows/gateway.ts')>('flows/gateway.ts')
  const { undiciUpstream } = await load<typeof import('../../lib/net/upstream.ts')>('net/upstream.ts')
  const served = (model: string) =>
    deployment({ group: model, model, dialect: 'responses', apiBase: { value: `${upstream.url}/v1` } })
  const settings = config({
    deployments: [served('cut,after=3'), served('agent,rounds=1')],
    captureMessageContent: true,
  })
  return gatewayFlow(settings, { ...machine, upstream: undiciUpstream() })
}

const tools = [{ type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } }]

async function ask(flow: Flow, model: string) {
  const { plain: key } = await machine.makeKey()
  const json = { model, stream: true, tools, messages: [{ role: 'user', content: 'Hi' }] }
  return callFlow(flow, { path: '/v1/chat/completions', key, json })
}

const faults = () => machine.logged.filter((line) => line.includes('TypeError'))

it('tells of a stream that broke off although nobody can be found to go on', async () => {
  const { text } = await ask(await without('steps/continuation.ts'), 'cut,after=3')

  expect(text).toMatch(/\ndata: \{"error":\{[^\n]*\}\n\n$/)
  await expect.poll(faults).toHaveLength(1)
  expect(machine.spends()).toEqual([expect.objectContaining({ outcome: 'partial' })])
})

it('gives the whole answer, and goes on, where its sealed reasoning cannot be kept', async () => {
  const { text } = await ask(await without('steps/seals.ts'), 'agent,rounds=1')

  expect(text).toMatch(/data: \[DONE\]\n\n$/)
  await expect.poll(faults).toHaveLength(1)
  expect(unheard).toEqual([])
  expect(machine.spends()).toEqual([expect.objectContaining({ outcome: 'completed' })])
})

it('gives the whole answer, and books it, where nobody can listen to it', async () => {
  const { text } = await ask(await without('flows/capture.ts'), 'agent,rounds=1')

  expect(text).toMatch(/data: \[DONE\]\n\n$/)
  await expect.poll(faults).toHaveLength(1)
  expect(machine.spends()).toEqual([expect.objectContaining({ outcome: 'completed' })])
})

it('says in its own words that a dialect cannot be loaded, and books nothing', async () => {
  const { status, json } = await ask(await without('dialects/responses/upstream.ts'), 'agent,rounds=1')

  expect(status).toBe(500)
  expect(json().error?.type).toBe('internal_server_error')
  await expect.poll(faults).toHaveLength(1)
  expect(machine.spends()).toEqual([])
})

it('settles an error that cannot be put into the shape of its path', async () => {
  const flow = await without('dialects/anthropic/client-error.ts')
  const answer = await callFlow(flow, { path: '/v1/messages', key: 'sk-nobody', json: { model: 'm', messages: [] } })

  expect(answer.status).toBe(401)
  expect(machine.logged.filter((line) => line.includes(' request {'))).toHaveLength(1)
})
