import { createServer } from 'node:http'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { admin } from '../../../infra/cli/admin.ts'
import type { Call } from '../../../lib/core/http.ts'
import { hashKey } from '../../../lib/steps/key-hash.ts'
import { type Admin, masterKey, startAdmin } from '../../support/admin.ts'

let api: Admin
let dir: string
let url: string
const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on(
    'end',
    () =>
      void answer(
        request.url ?? '/',
        request.method ?? 'GET',
        request.headers.authorization ?? '',
        Buffer.concat(chunks),
      ).then(({ status, body }) => {
        response.writeHead(status)
        response.end(body)
      }),
  )
})

async function answer(path: string, method: string, authorization: string, body: Buffer) {
  const target = new URL(path, 'http://gateway.test')
  const call: Call = {
    method,
    path: target.pathname,
    query: Object.fromEntries(target.searchParams),
    headers: { authorization },
    body,
    requestId: 'r',
    receivedAt: Date.now(),
  }
  const reply = await api.flow(call)
  return { status: reply.status, body: typeof reply.body === 'string' ? reply.body : '' }
}

beforeAll(async () => {
  api = await startAdmin()
  dir = mkdtempSync(join(tmpdir(), 'purser-keys-'))
  const { endpoint, table } = api
  writeFileSync(join(dir, 'local.json'), JSON.stringify({ endpoint, table }))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})
afterAll(async () => {
  server.close()
  rmSync(dir, { recursive: true })
  await api.stop()
})

/** Over HTTP with a URL; else on the table itself, as beside a running server. */
async function run(where: 'url' | 'table', ...args: string[]) {
  const said: string[] = []
  const complained: string[] = []
  const code = await admin(where === 'url' ? [...args, '--url', url, '--key', masterKey] : args, {
    env: { PURSER_DATA_DIR: dir, PURSER_CONFIG: join(dir, 'none.yaml') },
    print: (text) => said.push(text),
    complain: (text) => complained.push(text),
  })
  return { code, said: said.join('\n'), complained: complained.join('\n') }
}

describe.each(['url', 'table'] as const)('keys by %s', (where) => {
  const alias = `svc-${where}`

  it('are made with their budget, and shown once', async () => {
    const { code, said } = await run(
      where,
      'keys',
      'create',
      alias,
      '--max',
      '10',
      '--soft',
      '8',
      '--duration',
      '1mo',
      '--models',
      'fast,slow',
      '--user',
      `${where}-user`,
    )
    const [, plain = ''] = /(sk-\S+)/.exec(said) ?? []

    expect([code, said]).toEqual([0, expect.stringContaining('the only time')])
    expect(await api.ports.directory.keyByAlias(alias)).toMatchObject({
      hash: hashKey(plain),
      models: ['fast', 'slow'],
      userId: `${where}-user`,
      terms: { limit: 10e9, soft: 8e9, duration: '1mo' },
    })
    expect((await run(where, 'keys', 'list')).said).not.toContain(plain)
  })

  it('are listed with what they may spend', async () => {
    const { said } = await run(where, 'keys', 'list', '--user', `${where}-user`)

    expect(said).toMatch(
      new RegExp(`^alias .*\\n${alias} +sk-\\.\\.\\.\\S{4} +\\$0.00 +\\$10.00 +1mo +- +${where}-user +open`),
    )
    expect(said.split('\n')).toHaveLength(2)
  })

  it('are blocked, unblocked, rotated and deleted by name', async () => {
    const blocked = async () => (await api.ports.directory.keyByAlias(alias))?.terms.blocked
    expect((await run(where, 'keys', 'block', alias)).code).toBe(0)
    expect(await blocked()).toBe(true)
    await run(where, 'keys', 'unblock', alias)
    expect(await blocked()).toBe(false)

    const before = await api.ports.directory.keyByAlias(alias)
    const [, plain = ''] = /(sk-\S+)/.exec((await run(where, 'keys', 'rotate', alias)).said) ?? []
    const after = await api.ports.directory.keyByAlias(alias)
    expect([after?.id, after?.hash]).toEqual([before?.id, hashKey(plain)])

    expect((await run(where, 'keys', 'delete', plain)).said).toContain(`sk-...${plain.slice(-4)}: deleted`)
    expect(await api.ports.directory.keyByAlias(alias)).toBeUndefined()
  })

  it("that do not exist are answered with the API's own words", async () => {
    const { code, complained } = await run(where, 'keys', 'block', 'nobody')

    expect([code, complained]).toEqual([1, expect.stringContaining("no key has the alias 'nobody'")])
  })

  it('have budgets that are shown and set, and a note on how a window gets room', async () => {
    await run(where, 'keys', 'create', `b-${where}`, '--max', '10', '--duration', '1mo')
    await api.call('POST /team/new', { team_id: `team-${where}`, max_budget: 100 })

    const set = await run(where, 'budgets', 'set', 'key', `b-${where}`, '--max', '20', '--soft', '5')
    const all = await run(where, 'budgets', 'show')
    const note = await run(where, 'budgets', 'reset-note', 'key', `b-${where}`)
    await run(where, 'budgets', 'set', 'team', `team-${where}`, '--max', 'none')

    expect(set.said).toMatch(
      new RegExp(`key +b-${where} +\\$20.00 +\\$0.00 +\\$0.00 +\\$0.00 +\\$20.00 +1mo#\\d{4}-\\d{2} `),
    )
    expect(all.said).toMatch(new RegExp(`key +b-${where} .*\\n(.*\\n)*team +team-${where} +\\$100.00`))
    expect(note.said).toContain(`npm run admin -- budgets set key b-${where} --max 20`)
    expect((await api.ports.directory.scope('team', `team-${where}`))?.terms.limit).toBeUndefined()
    expect((await api.ports.directory.keyByAlias(`b-${where}`))?.terms).toMatchObject({
      limit: 20e9,
      soft: 5e9,
      duration: '1mo',
    })
  })
})

test('what reads the table itself says that a URL does not do', async () => {
  const { code, complained } = await run('url', 'orphans')

  expect([code, complained]).toEqual([1, expect.stringContaining('Remedy: --stack NAME')])
})

test('a gateway that does not answer, or refuses the key, is named', async () => {
  const nobody = await run('table', 'keys', 'list', '--url', 'http://127.0.0.1:9', '--key', 'sk-x')
  const refused = await run('table', 'keys', 'list', '--url', url, '--key', 'sk-other')
  const without = await run('table', 'keys', 'list', '--url', url)

  expect([nobody.code, nobody.complained]).toEqual([1, 'http://127.0.0.1:9 does not answer. Remedy: check --url.'])
  expect([refused.code, refused.complained]).toEqual([1, expect.stringContaining('Authentication Error')])
  expect([without.code, without.complained]).toEqual([
    1,
    expect.stringContaining('--key KEY, or set PURSER_MASTER_KEY'),
  ])
})

test.each([
  [['keys', 'create'], '`keys create` takes an alias. Received: nothing'],
  [['keys', 'create', 'a', '--max', 'lots'], '--max lots is not an amount in US dollars'],
  [['keys', 'create', 'a', '--duration', '30min'], '--duration 30min is no duration'],
  [['budgets', 'set', 'model', 'm', '--max', '1'], 'model is not what has a budget'],
  [['budgets', 'set', 'key', 'a'], 'needs --max, --soft or --duration'],
])('%j is refused with the option, its value and the remedy', async (args, words) => {
  const { code, complained } = await run('table', ...args)

  expect([code, complained]).toEqual([2, expect.stringContaining(words)])
})
