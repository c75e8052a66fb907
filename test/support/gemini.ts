import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../lib/core/json.ts'
import type { ClientTongue } from '../../lib/dialects/tongue.ts'
import type { Exchange, ExchangeOptions } from '../../lib/dialects/dialect.ts'
import { gemini } from '../../lib/dialects/gemini/index.ts'
import { openai } from '../../lib/dialects/openai/index.ts'
import { translator } from '../../lib/dialects/translate.ts'
import { callOf, exchangeOptions, hello } from './translated.ts'

/** A stream of test/fixtures/gemini: one chunk's JSON a line. */
export const fixture = (name: string): string =>
  readFileSync(new URL(`../fixtures/gemini/${name}.chunks.txt`, import.meta.url), 'utf8')

/** A stream as Google sends it: events without names, lines that end in CRLF, no end marker. */
export const framed = (lines: string, ending = '\r\n'): Buffer =>
  Buffer.from(
    lines
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map((line) => `data: ${line}${ending}${ending}`)
      .join(''),
  )

export const exchangeOf = (
  body: JsonObject = {},
  options: Partial<ExchangeOptions> = {},
  client: ClientTongue = openai,
): Exchange =>
  translator(client, gemini)(
    callOf({ ...hello, ...body }),
    exchangeOptions({ upstreamModel: 'gemini-2.5-flash', ...options }),
  )

/** The request as it is sent upstream. */
export const sent = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}): JsonObject =>
  JSON.parse(exchangeOf(body, options).body) as JsonObject

export const streaming = (body: JsonObject = {}, options: Partial<ExchangeOptions> = {}): Exchange =>
  exchangeOf({ stream: true, stream_options: { include_usage: true }, ...body }, options)
