import type { ChatPart } from '../../core/chat.ts'
import { isObject } from '../../core/json.ts'
import { alikeParser } from '../../wire/json-alike.ts'
import type { StreamParser } from '../tongue.ts'
import { answer } from './answer.ts'
import { malformed } from '../broken-reply.ts'

/**
 * Events of a stream to parts. There is no end marker, and what belongs to the answer may follow its finish reason (usage,
 * sources): it is complete where the bytes end after a finish reason was seen, and cut where they end without.
 */
export function streamParser(choices = 1): StreamParser {
  const parse = alikeParser()
  const reading = answer(choices)
  return {
    push({ data }) {
      const text = data.trim()
      if (text === '' || text === '[DONE]') return []
      const json = parse(text)
      // An error may come as a list of one.
      const chunk = Array.isArray(json) ? json[0] : json
      return isObject(chunk) ? reading.chunk(chunk) : [failed]
    },
    end: () => reading.end(),
  }
}

const failed: ChatPart = { type: 'failure', failure: malformed('The provider sent an event that is not JSON.') }
