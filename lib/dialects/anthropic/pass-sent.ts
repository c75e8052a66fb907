import { type JsonObject, numberOf, objectOf, stringOf } from '../../core/json.ts'
import type { Interrupted } from '../dialect.ts'

/** What the client has of a message whose events are passed, as far as another deployment could go on from it. */
export type PassedText = {
  see(event: JsonObject): void
  /** A further piece of the text that is open. */
  add(piece: string): void
  /** Nothing but text so far. */
  readonly plain: boolean
  /** Undefined outside the block of a text. */
  interrupted(): Pick<Interrupted, 'text' | 'index'> | undefined
}

export function passedText(): PassedText {
  let text = ''
  let plain = true
  let index: number | undefined
  return {
    see(event) {
      if (event.type === 'content_block_stop') index = undefined
      const block = objectOf(event.content_block)
      const delta = objectOf(event.delta)
      if (event.type === 'content_block_start') {
        plain &&= block.type === 'text'
        index = numberOf(event.index) ?? 0
        text += stringOf(block.text) ?? ''
      }
      if (event.type === 'content_block_delta') {
        plain &&= delta.type === 'text_delta'
        text += stringOf(delta.text) ?? ''
      }
    },
    add(piece) {
      text += piece
    },
    get plain() {
      return plain
    },
    interrupted: () => (plain && index !== undefined ? { text, index } : undefined),
  }
}
