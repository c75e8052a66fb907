/** Messages of V8 that name nothing but code: a property of what is undefined, a function that is none. */
const aboutCode = [
  /^Cannot (?:read|set) properties of (?:undefined|null)(?: \((?:reading|setting) '[\w$]{1,40}'\))?$/,
  /^[\w$.]{1,60}(?:\(\.\.\.\))?(?:\.[\w$]{1,40})* is not (?:a function|iterable|defined|a constructor)$/,
  /^Maximum call stack size exceeded$/,
]

const frame = /^ {4}at .{0,160}:\d+:\d+\)?$/
const mostFrames = 8
const mostCauses = 3

/**
 * What was thrown, for a log: its name, its code, where it was thrown and what caused it. Not its message: those of V8, of JSON
 * and of libraries quote what they choke on (`Unexpected token in "..."`), which is a prompt or a key as likely as not. The
 * place says what the message would have. A string is one of our own reasons and is kept.
 */
export function reasonFor(thrown: unknown, depth = 0): string {
  if (typeof thrown === 'string') return thrown
  if (!(thrown instanceof Error)) return `a thrown ${typeof thrown}`
  const message = aboutCode.some((shape) => shape.test(thrown.message)) ? `: ${thrown.message}` : ''
  const own = `${nameOf(thrown)}${message}${framesOf(thrown).join('')}`
  const { cause } = thrown
  return cause === undefined || depth >= mostCauses ? own : `${own}\ncaused by ${reasonFor(cause, depth + 1)}`
}

/** `DynamoError (ThrottlingException)`, `UpstreamTrouble (reset)`, `Error (ECONNREFUSED)`. */
function nameOf(error: Error): string {
  const known = ['code' in error && error.code, 'kind' in error && error.kind]
  const code = known.find((value) => typeof value === 'string' && /^\w{1,64}$/.test(value))
  const name = /^\w{1,64}$/.test(error.name) ? error.name : 'Error'
  return typeof code === 'string' ? `${name} (${code})` : name
}

/** The stack without its first part, which repeats the message: all of it, for a message may have lines that look like frames. */
function framesOf({ stack = '', message }: Error): string[] {
  const at = message ? stack.indexOf(message) : 0
  const below = at < 0 ? '' : stack.slice(at + message.length)
  return below
    .split('\n')
    .filter((line) => frame.test(line))
    .slice(0, mostFrames)
    .map((line) => `\n${line}`)
}
