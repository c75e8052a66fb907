import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** What a provider says in its answers that no log may repeat. */
export type Spoken = { answer: string; toolArguments: string }

const chunk = (delta: unknown, finish_reason: string | null = null) =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model: 'm', choices: [{ index: 0, delta, finish_reason }] })}\n\n`

/**
 * The worst provider there is, on a loopback socket: whatever goes wrong, it repeats the key and the whole request in what it
 * says of it. The model names what it does.
 */
export async function startEcho({ answer, toolArguments }: Spoken) {
  const call = { index: 0, id: 'call_1', type: 'function', function: { name: 'f', arguments: toolArguments } }
  const whole = {
    id: 'c',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [
      { index: 0, message: { role: 'assistant', content: answer, tool_calls: [call] }, finish_reason: 'tool_calls' },
    ],
    usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
  }

  async function reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const part of request) chunks.push(part as Buffer)
    const body = Buffer.concat(chunks).toString()
    const { model = '' } = JSON.parse(body) as { model?: string }
    const echo = `${request.headers.authorization} sent ${body}`
    const error = JSON.stringify({ error: { message: echo, type: echo, code: echo, param: echo } })
    const status = /^status-(\d+)$/.exec(model)?.[1]
    if (status) return void response.writeHead(Number(status), { 'content-type': 'application/json' }).end(error)
    if (model === 'html') return void response.writeHead(500, { 'content-type': 'text/html' }).end(`<p>${echo}</p>`)
    if (model === 'reset') return void response.socket?.resetAndDestroy()
    if (model === 'no-json') return void response.writeHead(200).end(`oops ${echo}`)
    if (model === 'whole')
      return void response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(whole))
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'up' })
    if (model === 'error-first') return void response.end(`data: ${error}\n\n`)
    response.write(chunk({ role: 'assistant', content: answer }))
    response.write(chunk({ tool_calls: [call] }))
    if (model === 'malformed') return void response.end(`data: {"choices":[{"delta":{"content":"${echo}\n\n`)
    if (model === 'error-late') return void response.end(`data: ${error}\n\n`)
    if (model === 'cut') return void setTimeout(() => response.destroy(), 20)
    response.end(`${chunk({}, 'tool_calls')}data: [DONE]\n\n`)
  }

  const server = createServer((request, response) => void reply(request, response).catch(() => response.destroy()))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address ? address.port : 0
  const stop = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { url: `http://127.0.0.1:${port}`, stop }
}
