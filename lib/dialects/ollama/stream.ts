import { isObject } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import { errorInside } from '../openai/failure.ts'
import type { StreamParser } from '../tongue.ts'
import { failed, malformed } from '../broken-reply.ts'
import { lineReader } from './line.ts'

/** Lines of a chat stream to parts. The answer is complete at the line that says `done`; an error may be any line. */
export function streamParser(): StreamParser {
  const parse = alikeParser()
  const lines = lineReader()
  let written = false
  return {
    push({ data, overflow }) {
      const line = overflow ? undefined : parse(data)
      if (!isObject(line)) return [failed(malformed('The provider sent a line that is not JSON.'))]
      if (line.error !== undefined) return [failed(errorInside(line, written))]
      written = true
      return lines.read(line)
    },
    end: () => [],
  }
}
