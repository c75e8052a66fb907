/** The text of an answer that is nothing else: of one choice, without calls, reasoning or refusal. */
export function plainText() {
  let text = ''
  /** What comes behind it, not decoded: hardly any answer is ever asked for its text. */
  let bytes = ''
  let plain = true
  const add = (piece: string): void => {
    text += Buffer.from(bytes, 'latin1').toString('utf8') + piece
    bytes = ''
  }
  return {
    sight(index: number, piece: string, pieceBytes: number) {
      add(piece)
      plain &&= index === 0 && pieceBytes === Buffer.byteLength(piece)
    },
    /** More like what was sighted before: where that was no text, it has settled the matter. */
    add,
    addBytes(piece: string) {
      bytes += piece
    },
    of() {
      add('')
      return plain ? text : undefined
    },
  }
}
