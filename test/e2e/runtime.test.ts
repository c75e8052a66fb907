import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { build } from '../../infra/bundle.ts'
import { eventually } from './eventually.ts'
import { type RunningFunction, startFunction } from './front.ts'

const megabyte = 2 ** 20

/** The bytes that the scripted function sends, made again by its rule. */
const patterned = (length: number): Buffer =>
  Buffer.from(Uint8Array.from({ length }, (_, index) => ((index * 2_654_435_761) >>> 13) & 255))

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

describe("Lambda's runtime client", () => {
  const codeDir = mkdtempSync(join(tmpdir(), 'purser-scripted-'))
  const lines: string[] = []
  let fn: RunningFunction

  beforeAll(async () => {
    const entry = fileURLToPath(new URL('functions/scripted.ts', import.meta.url))
    build(entry, codeDir, { extension: 'mjs', withoutSdk: true })
    const onLine = (line: string) => void lines.push(line)
    fn = await startFunction({ name: 'scripted', codeDir, env: {}, timeoutMs: 900_000, onLine })
  })
  afterAll(async () => {
    await fn?.stop()
    rmSync(codeDir, { recursive: true, force: true })
  })

  const get = (path: string) => fetch(fn.url + path, { redirect: 'manual' })
  const echo = async (init: RequestInit & { headers: Record<string, string> }) =>
    (await (await fetch(`${fn.url}/echo`, { method: 'POST', ...init })).json()) as {
      headers: Record<string, string>
      bytes: number
      sha256: string
    }
  const produced = () =>
    lines.map((line) => (JSON.parse(line) as { produced?: number }).produced ?? 0).reduce((a, b) => Math.max(a, b), 0)
  const settledCount = () => lines.filter((line) => line === '{"settled":true}').length

  it.each([200, 204, 304, 401, 503])('keeps status %i and headers of a reply without a body', async (status) => {
    const reply = await get(`/empty?status=${status}`)

    expect([reply.status, reply.headers.get('x-kept'), await reply.text()]).toEqual([status, 'yes', ''])
  })

  it('keeps the target of a redirect', async () => {
    const reply = await get('/empty?status=307&location=%2Felsewhere')

    expect([reply.status, reply.headers.get('location')]).toEqual([307, '/elsewhere'])
  })

  it.each([
    ['text', 'application/json', Buffer.from('{"text":"Grüße 🌍"}')],
    ['an upload', 'multipart/form-data; boundary=b', Buffer.concat([Buffer.from('--b\r\n\r\n'), patterned(200_000)])],
    ['bytes', 'application/octet-stream', patterned(4_000_000)],
  ])('hands on a request of %s byte for byte', async (_, type, body) => {
    const heard = await echo({ body: new Uint8Array(body), headers: { 'content-type': type } })

    expect(heard).toMatchObject({ bytes: body.length, sha256: sha256(body), headers: { 'content-type': type } })
  })

  it('hands on every cookie of a request, and sets those of a reply', async () => {
    const heard = await echo({ headers: { cookie: 'a=1; b=2' } })
    const reply = await get('/cookie')

    expect(heard.headers.cookie).toBe('a=1; b=2')
    expect(reply.headers.getSetCookie()).toEqual(['session=a%20b; Path=/; HttpOnly'])
    expect(reply.headers.get('x-kept')).toBe('yes')
  })

  it('passes sound byte for byte', async () => {
    const reply = await get('/audio')

    expect(reply.headers.get('content-type')).toBe('audio/mpeg')
    expect(sha256(await bytesOf(reply))).toBe(sha256(patterned(300_000)))
  })

  it('passes a stream of 20 MB byte for byte', async () => {
    const before = settledCount()

    const reply = await get(`/stream?bytes=${20 * megabyte}`)

    expect(sha256(await bytesOf(reply))).toBe(sha256(patterned(20 * megabyte)))
    await fn.quiet()
    expect(settledCount()).toBe(before + 1)
  })

  it('produces no more than the sockets hold for a reader that pauses, and all of it once it reads on', async () => {
    lines.length = 0
    const reply = await open(`${fn.url}/stream?bytes=${96 * megabyte}`)
    reply.pause()
    await eventually(produced, (bytes) => bytes > 0)
    for (let last = -1; last !== produced(); await sleep(400)) last = produced()
    const whilePaused = produced()

    let bytes = 0
    for await (const chunk of reply) bytes += (chunk as Buffer).length

    expect(whilePaused).toBeLessThan(48 * megabyte)
    expect(bytes).toBe(96 * megabyte)
  })

  it('answers 500 with our envelope where a flow throws before the first byte', async () => {
    const reply = await get('/throw')

    expect(reply.status).toBe(500)
    expect(await reply.json()).toMatchObject({ error: { code: '500', message: 'Internal server error.' } })
  })

  it.each([0, 3])('breaks the connection where a source fails after %i pieces, and settles', async (after) => {
    const before = settledCount()

    const ended = get(`/fail?after=${after}`).then((reply) => reply.text())

    await expect(ended).rejects.toThrow()
    await eventually(settledCount, (count) => count === before + 1)
  })

  it('goes on in the same process after all that', async () => {
    const failed = await get('/fail?after=1').then((reply) => reply.text().catch(() => 'cut'))
    const reply = await get('/empty?status=200')

    expect([failed, reply.status]).toEqual(['cut', 200])
    expect(fn.started()).toBe(1)
  })
})

const bytesOf = async (reply: Response) => new Uint8Array(await reply.arrayBuffer())

const open = (url: string) =>
  new Promise<IncomingMessage>((resolve, reject) => {
    request(url, resolve).on('error', reject).end()
  })
