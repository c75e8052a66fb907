import type { ChatPart } from '../../core/chat.ts'
import { type JsonObject, objectOf, tryParse } from '../../core/json.ts'
import { added, done, type OutputItem, type Place } from './output-items.ts'

/**
 * A call of a tool that the client knows by its type: its item tells the arguments each in its place, so it waits for them all.
 * `item`: what it is, less id and status.
 */
export function typedCallItem(
  place: Place,
  call: ChatPart & { type: 'call' },
  item: (call: JsonObject) => JsonObject,
): OutputItem {
  let text = ''
  return {
    takes: (part) => part.type === 'arguments' && part.block === call.block,
    write(part) {
      if (part.type === 'arguments') text += part.text
      return []
    },
    close(status) {
      const whole = { id: place.id, call_id: call.id, ...item(objectOf(tryParse(text))), status }
      return { events: [added(place, { ...whole, status: 'in_progress' }), done(place, whole)], item: whole }
    },
  }
}
