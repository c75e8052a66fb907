import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JsonObject, objectOf, tryParse } from '../../lib/core/json.ts'
import { anthropicTongue, openaiTongue, type Tongue } from './upstream-tongues.ts'

/** What the provider saw of one request, and what it bills for it. */
export type SeenRequest = {
  path: string
  headers: Record<string, string>
  body: JsonObject
  promptTokens: number
  /** Tokens handed to the socket so far: what a provider bills of a cut or abandoned answer. */
  completionTokens: number
  /** The client closed before the answer was complete. */
  left: boolean
  ended: boolean
}

export type Script = { name: string; options: Record<string, string>; number: (key: string, or: number) => number }

/**
 * A provider on a real loopback socket whose model name is the script: `NAME,key=value,...`.
 *
 *   ok          tokens=8 answers "w0 w1 ...", never more than max_tokens; wait=ms before headers; gap=ms between tokens; size=n bytes a token
 *   tool        calls the first tool; parallel=2
 *   status      status=429 with retry-after=s; times=n: the first n requests only, then ok
 *   reset       closes the socket before any header; times=n
 *   silent      accepts and never answers
 *   slow        headers at once, the first token after wait=ms
 *   cut, stall  after=3 tokens: the socket is destroyed / nothing more comes
 *   clean-cut   after=3: the connection ends properly, without a finish
 *   malformed   an event that is not JSON after=3, then the rest
 *   error-first 200, then an error event; error-late after=3; error-body: 200 with an error as its body
 *   no-done     complete, but without the end marker
 *   no-usage    complete, but without usage
 *   finish-stall  complete but for the end marker, then silent
 *   html        a 500 with a page of HTML; redirect: a 302
 *   context, filter   the provider's 400 for a prompt that is too long / refused
 */
export async function startUpstream() {
  const seen: SeenRequest[] = []
  const counts = new Map<string, number>()
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const text = Buffer.concat(chunks).toString()
    const body = objectOf(tryParse(text))
    const path = request.url ?? ''
    const entry: SeenRequest = {
      path,
      headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)])),
      body,
      promptTokens: Math.ceil(text.length / 8),
      completionTokens: 0,
      left: false,
      ended: false,
    }
    seen.push(entry)
    response.on('close', () => (entry.left = !entry.ended))
    const model = typeof body.model === 'string' ? body.model : (/deployments\/([^/]+)/.exec(path)?.[1] ?? 'ok')
    const script = scriptOf(model)
    const count = (counts.get(model + path) ?? 0) + 1
    counts.set(model + path, count)
    const tongue = path.includes('/messages') ? anthropicTongue : openaiTongue
    if (path.includes('/embeddings')) return embeddings(entry, response)
    if (path.endsWith('/count_tokens') && script.name === 'ok') return counted(entry, response)
    await play(count > script.number('times', Infinity) ? { ...script, name: 'ok' } : script, tongue, entry, response)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** Nano-dollars billed so far at these prices (nano-dollars per token). */
    billed: (inputNano: number, outputNano: number) =>
      seen.reduce(
        (sum, r) =>
          sum + (r.completionTokens || r.ended ? r.promptTokens * inputNano + r.completionTokens * outputNano : 0),
        0,
      ),
    stop: () =>
      new Promise<void>((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}

export type ScriptedUpstream = Awaited<ReturnType<typeof startUpstream>>

function scriptOf(model: string): Script {
  const [name = 'ok', ...pairs] = decodeURIComponent(model).split(',')
  const options = Object.fromEntries(pairs.map((pair) => pair.split('=', 2) as [string, string]))
  return { name, options, number: (key, or) => (options[key] === undefined ? or : Number(options[key])) }
}

const json = (response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}) =>
  response
    .writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'up-1', ...headers })
    .end(JSON.stringify(body))

async function play(script: Script, tongue: Tongue, entry: SeenRequest, response: ServerResponse): Promise<void> {
  switch (script.name) {
    case 'status': {
      const status = script.number('status', 429)
      const after = script.options['retry-after']
      entry.ended = true
      json(
        response,
        status,
        tongue.error(status, 'scripted failure'),
        after === undefined ? {} : { 'retry-after': after },
      )
      return
    }
    case 'context':
    case 'filter':
      entry.ended = true
      json(response, 400, tongue.refusal(script.name))
      return
    case 'redirect':
      entry.ended = true
      response.writeHead(302, { location: '/elsewhere' }).end()
      return
    case 'html':
      entry.ended = true
      response
        .writeHead(500, { 'content-type': 'text/html' })
        .end(`<html><body>${'Bad gateway '.repeat(1000)}</body></html>`)
      return
    case 'error-body':
      entry.ended = true
      json(response, 200, tongue.error(500, 'an error in a 200'))
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'silent':
      await sleep(600_000, undefined, { ref: false })
      return
    default:
      await sleep(script.name === 'slow' ? 0 : script.number('wait', 0))
      await (entry.body.stream === true
        ? streamed(script, tongue, entry, response)
        : whole(script, tongue, entry, response))
  }
}

async function whole(script: Script, tongue: Tongue, entry: SeenRequest, response: ServerResponse): Promise<void> {
  if (script.name === 'slow') await sleep(script.number('wait', 1000))
  const parts = tongue.answer(script, entry)
  entry.completionTokens = parts.tokens
  if (script.name === 'cut') {
    const text = JSON.stringify(parts.whole)
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': String(text.length) })
    response.write(text.slice(0, text.length / 2), () => response.destroy())
    return
  }
  entry.ended = true
  json(response, 200, parts.whole)
}

async function streamed(script: Script, tongue: Tongue, entry: SeenRequest, response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'up-1' })
  response.flushHeaders()
  if (script.name === 'slow') await sleep(script.number('wait', 1000))
  const send = (text: string) => new Promise<void>((resolve) => response.write(text, () => resolve()))
  if (script.name === 'error-first') await send(tongue.errorEvent('scripted failure'))
  if (script.name === 'error-first') return end(entry, response)
  const parts = tongue.answer(script, entry)
  const stop = script.number('after', 3)
  for (const event of parts.before) await send(event)
  for (const [index, event] of parts.events.entries()) {
    if (response.destroyed) return
    if (index === stop && script.name === 'cut') return void response.destroy()
    if (index === stop && script.name === 'clean-cut') return end(entry, response)
    if (index === stop && script.name === 'stall') return sleep(600_000, undefined, { ref: false })
    if (index === stop && script.name === 'malformed') await send('data: {"id":"x","choices":[{"delta":{"cont\n\n')
    if (index === stop && script.name === 'error-late') {
      await send(tongue.errorEvent('scripted failure'))
      return end(entry, response)
    }
    if (index > 0) await sleep(script.number('gap', 0))
    entry.completionTokens++
    await send(event)
  }
  for (const event of parts.after) await send(event)
  if (script.name === 'finish-stall') return sleep(600_000, undefined, { ref: false })
  end(entry, response)
}

function end(entry: SeenRequest, response: ServerResponse): void {
  entry.ended = true
  response.end()
}

function counted(entry: SeenRequest, response: ServerResponse): void {
  entry.ended = true
  json(response, 200, { input_tokens: entry.promptTokens })
}

function embeddings(entry: SeenRequest, response: ServerResponse): void {
  const input = entry.body.input
  const inputs = Array.isArray(input) ? input : [input]
  entry.ended = true
  const vector =
    entry.body.encoding_format === 'base64'
      ? Buffer.from(new Float32Array([0.5, -0.25]).buffer).toString('base64')
      : [0.5, -0.25]
  json(response, 200, {
    object: 'list',
    model: entry.body.model,
    data: inputs.map((_, index) => ({ object: 'embedding', index, embedding: vector })),
    usage: { prompt_tokens: entry.promptTokens, total_tokens: entry.promptTokens },
  })
}
