import { afterReading } from '../core/clock.ts'
import type { Dispatcher } from './pool.ts'

/** One whole HTTP exchange, small on both sides. */
export type Exchanged = { status: number; headers: Record<string, string | string[] | undefined>; body: string }

/** No reply. `sent` false: it never left this process, so nothing can have come of it. */
export class NoReply extends Error {
  readonly sent: boolean
  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause })
    this.name = 'NoReply'
    this.sent = sent
  }
}

type Post = { path: string; headers: Record<string, string>; body: string; timeoutMs: number }

/**
 * Sends one POST exactly once and reads the reply whole. Rejects with `NoReply` after `timeoutMs`, on a broken connection,
 * and where the reply ends before it is complete. Waiting for a free connection counts towards the time.
 */
export function exchange(dispatcher: Dispatcher, request: Post): Promise<Exchanged> {
  const { path, headers, body, timeoutMs } = request
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined
    let over = false
    const received: Buffer[] = []
    const reply: Omit<Exchanged, 'body'> = { status: 0, headers: {} }
    const end = (settle: () => void) => {
      if (over) return
      over = true
      callOff()
      settle()
    }
    const fail = (error: Error) => end(() => reject(new NoReply(error.message, controller !== undefined, error)))
    const callOff = afterReading(timeoutMs, () => {
      const error = new Error(`no reply within ${timeoutMs} ms`)
      fail(error)
      controller?.abort(error)
    })

    dispatcher.dispatch(
      { path, method: 'POST', headers, body },
      {
        // Called before the first byte is written. Whoever gave up while it waited for a connection keeps it from being sent.
        onRequestStart: (started) => {
          if (over) started.abort(new Error('given up before it was sent'))
          else controller = started
        },
        onResponseStart: (_, status, replyHeaders) => Object.assign(reply, { status, headers: replyHeaders }),
        onResponseData: (_, chunk) => void received.push(chunk),
        onResponseEnd: () => end(() => resolve({ ...reply, body: Buffer.concat(received).toString() })),
        onResponseError: (_, error) => fail(error),
      },
    )
  })
}
