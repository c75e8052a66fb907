import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { type JsonObject, objectOf, stringOf, tryParse } from '../../lib/core/json.ts'
import { geminiTongue } from './gemini-script.ts'
import { mediaAnswer } from './media-script.ts'
import { unknownToOld } from './model-script.ts'
import { responsesTongue } from './responses-script.ts'
import { threads, unknownThread } from './threads.ts'
import { comments, downAt, encodingOf, endsWithAssistant, refuse, stalled, writer } from './upstream-faults.ts'
import { anthropicTongue, openaiTongue, type Tongue } from './upstream-tongues.ts'

/** What the provider saw of one request, and what it bills for it. */
export type SeenRequest = {
  /** Milliseconds since 1970. */
  at: number
  path: string
  headers: Record<string, string>
  body: JsonObject
  promptTokens: number
  /** Tokens handed to the socket so far: what a provider bills of a cut or abandoned answer. */
  completionTokens: number
  /** The client closed before the answer was complete. */
  left: boolean
  ended: boolean
  /** It may be billed: everything that was not refused by an error status. */
  billable: boolean
  /** What the reply is called, where it is kept for a conversation. */
  id?: string
}

export type Script = { name: string; options: Record<string, string>; number: (key: string, or: number) => number }

/**
 * A provider on a real loopback socket whose model name is the script: `NAME,key=value,...`.
 *
 *   ok          tokens=8 answers "w0 w1 ...", never more than max_tokens; wait=ms before headers; gap=ms between tokens; size=n bytes a token
 *   tool        calls the first tool; parallel=2
 *   agent, form, look, work   a model that calls tools, fills in schemas, tells what it sees (model-script.ts)
 *   status      status=429 with retry-after=s; times=n: the first n requests only, then ok; names=1: its words name the model
 *   reset       closes the socket before any header; times=n
 *   silent      accepts and never answers
 *   slow        headers at once, the first token after wait=ms
 *   cut, stall  after=3 tokens: the socket is destroyed / nothing more comes, and it is destroyed for=ms later
 *   clean-cut   after=3: the connection ends properly, without a finish
 *   malformed   an event that is not JSON after=3, then the rest
 *   error-first 200, then an error event; error-late after=3; error-body: 200 with an error as its body
 *   no-done     complete, but without the end marker
 *   no-usage    complete, but without usage
 *   finish-stall  complete but for the end marker, then silent
 *   html        a 500 with a page of HTML of size=n bytes; html-ok: the same with a 200; redirect: a 302
 *   context, filter   the provider's 400 for a prompt that is too long / refused; quota: its 429 for an account that is used up
 *   lost        like malformed, but the event stood for a token; noise: a line that is no JSON after=3
 *   down        503 for=ms after the first request, then ok
 *   comments    headers, then nothing but comments every gap=50 ms; role: the opening events, then nothing
 *   drip        the answer, one byte every gap=5 ms
 *   no-prefill  refuses a conversation that ends with the assistant's turn, else like cut; whole=1: else like ok
 *   tool-cut    like cut, in the middle of a call's arguments; tool-hole: an event of them cannot be read
 *   only=chat   of any script: there is no /responses; old=1: nor what chats have learned since max_tokens
 *   gzip        a compressed body, by=gzip (or br, deflate); plain-type: a stream that says it is text/plain
 *
 * A conversation that ends with the assistant's turn is gone on from: after "w0 w1" comes " w2".
 */
export async function startUpstream() {
  const seen: SeenRequest[] = []
  const counts = new Map<string, number>()
  const firsts = new Map<string, number>()
  const conversations = threads()
  const server = createServer((request, response) => {
    void answer(request, response).catch(() => response.destroy())
  })

  async function answer(request: IncomingMessage, response: ServerResponse) {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const bytes = Buffer.concat(chunks)
    const text = bytes.toString()
    const body = objectOf(tryParse(text))
    const path = request.url ?? ''
    const entry: SeenRequest = {
      at: Date.now(),
      path,
      headers: Object.fromEntries(Object.entries(request.headers).map(([k, v]) => [k, String(v)])),
      body,
      promptTokens: Math.ceil(text.length / 8),
      completionTokens: 0,
      left: false,
      ended: false,
      billable: true,
    }
    seen.push(entry)
    response.on('close', () => (entry.left = !entry.ended))
    const model =
      typeof body.model === 'string' ? body.model : (/(?:deployments|models)\/([^/:]+)/.exec(path)?.[1] ?? 'ok')
    const script = scriptOf(model)
    const count = (counts.get(model + path) ?? 0) + 1
    counts.set(model + path, count)
    firsts.set(model, firsts.get(model) ?? Date.now())
    const contentType = request.headers['content-type'] ?? ''
    if (await mediaAnswer(path, bytes, { contentType, response })) return void (entry.ended = true)
    const tongue = tongueOf(path)
    const unknown = unknownToOld(script, body)
    if (unknown !== undefined) {
      refuse(entry)
      return json(response, 400, tongue.error(400, `Unrecognized request argument: ${unknown}`))
    }
    if (tongue === responsesTongue && script.options.only === 'chat') {
      refuse(entry)
      return json(response, 404, tongue.error(404, 'No such path.'))
    }
    if (path.includes('/embeddings')) return embeddings(entry, response)
    if (/\/(?:count|input)_tokens$/.test(path) && script.name === 'ok') return counted(entry, response)
    const resumed = conversations.resumed(body)
    if (!resumed) return json(response, 400, unknownThread)
    if (body.thread !== undefined) {
      entry.body = resumed
      entry.id = conversations.keep(resumed, tongue.answer(script, entry).whole.content ?? [])
    }
    const now = count > script.number('times', Infinity) ? { ...script, name: 'ok' } : script
    const sinceMs = Date.now() - (firsts.get(model) ?? 0)
    await play(now.name === 'down' ? downAt(now, sinceMs) : now, tongue, entry, response)
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    /** As if nothing had been asked before: `times` and `for` begin anew. */
    forget() {
      seen.length = 0
      counts.clear()
      firsts.clear()
    },
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

function tongueOf(path: string): Tongue {
  if (path.includes('/messages')) return anthropicTongue
  if (path.includes('/responses')) return responsesTongue
  return path.includes('enerateContent') ? geminiTongue : openaiTongue
}

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
      refuse(entry)
      json(
        response,
        status,
        tongue.error(status, script.options.names ? `model: ${stringOf(entry.body.model) ?? ''}` : 'scripted failure'),
        after === undefined ? {} : { 'retry-after': after },
      )
      return
    }
    case 'context':
    case 'filter':
      refuse(entry)
      json(response, 400, tongue.refusal(script.name))
      return
    case 'quota':
      refuse(entry)
      json(response, 429, tongue.quota())
      return
    case 'redirect':
      refuse(entry)
      response.writeHead(302, { location: '/elsewhere' }).end()
      return
    case 'html':
    case 'html-ok':
      refuse(entry)
      response
        .writeHead(script.name === 'html' ? 500 : 200, { 'content-type': 'text/html' })
        .end(`<html><body>${'Bad gateway '.repeat(script.number('size', 12_000) / 12)}</body></html>`)
      return
    case 'comments':
      return comments(script, response)
    case 'no-prefill':
      if (!endsWithAssistant(entry.body))
        return answerTo({ ...script, name: script.options.whole ? 'ok' : 'cut' }, tongue, entry, response)
      refuse(entry)
      json(response, 400, tongue.error(400, 'This model does not support assistant message prefill.'))
      return
    case 'error-body':
      refuse(entry)
      json(response, 200, tongue.error(500, 'an error in a 200'))
      return
    case 'reset':
      response.socket?.resetAndDestroy()
      return
    case 'silent':
      await sleep(600_000, undefined, { ref: false })
      return
    default:
      return answerTo(script, tongue, entry, response)
  }
}

async function answerTo(script: Script, tongue: Tongue, entry: SeenRequest, response: ServerResponse): Promise<void> {
  await sleep(script.name === 'slow' ? 0 : script.number('wait', 0))
  await (entry.body.stream === true || entry.path.includes(':stream')
    ? streamed(script, tongue, entry, response)
    : whole(script, tongue, entry, response))
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
  if (script.name === 'stall') {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '5000' }).flushHeaders()
    return stalled(script, response)
  }
  if (['malformed', 'lost'].includes(script.name)) {
    entry.ended = true
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"choices":[{"mess')
    return
  }
  response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': 'up-1', ...encodingOf(script) })
  await writer(script, response)(JSON.stringify(parts.whole))
  end(entry, response)
}

async function streamed(script: Script, tongue: Tongue, entry: SeenRequest, response: ServerResponse): Promise<void> {
  const type = script.name === 'plain-type' ? 'text/plain' : 'text/event-stream'
  response.writeHead(200, { 'content-type': type, 'x-request-id': 'up-1', ...encodingOf(script) })
  response.flushHeaders()
  if (script.name === 'slow') await sleep(script.number('wait', 1000))
  const send = writer(script, response)
  if (script.name === 'error-first') await send(tongue.errorEvent('scripted failure'))
  if (script.name === 'error-first') {
    refuse(entry)
    return end(entry, response)
  }
  const parts = tongue.answer(script, entry)
  const stop = script.number('after', script.name.startsWith('tool-') ? 1 : 3)
  for (const event of parts.before) await send(event)
  if (script.name === 'role') return sleep(600_000, undefined, { ref: false })
  for (const [index, event] of parts.events.entries()) {
    if (response.destroyed) return
    if (index === stop && script.name === 'cut') return void response.destroy()
    if (index === stop && script.name === 'tool-cut') {
      await send(tongue.halfCall(event))
      return void response.destroy()
    }
    if (index === stop && script.name === 'noise') await send('data: PROCESSING, please wait\n\n')
    if (index === stop && (script.name === 'lost' || script.name === 'tool-hole')) {
      entry.completionTokens++
      await send(`${event.slice(0, event.length / 2)}\n\n`)
      continue
    }
    if (index === stop && script.name === 'clean-cut') return end(entry, response)
    if (index === stop && script.name === 'stall') return stalled(script, response)
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
