import type { StreamReader } from './dialect.ts'
import { emptyStep } from './openai/pass-json.ts'
import { nothingSeen } from './seen.ts'

/** Who reads a stream, by its first character; `otherwise` where it ends without one. */
type Opening = {
  readerFor: (first: string) => StreamReader
  otherwise: () => StreamReader
} & Pick<StreamReader, 'fail' | 'beat'>

/** Whether a reply is a stream of events or something else can be told by its first byte that is not space: until then it is held. */
export function byFirstCharacter({ readerFor, otherwise, fail, beat }: Opening): StreamReader {
  let reader: StreamReader | undefined
  const space: Uint8Array[] = []
  return {
    push(chunk) {
      if (reader) return reader.push(chunk)
      const first = firstCharacter(chunk)
      reader = first === undefined ? undefined : readerFor(first)
      space.push(chunk)
      return reader ? reader.push(space.length === 1 ? chunk : Buffer.concat(space)) : emptyStep()
    },
    end: () => (reader ?? otherwise()).end(),
    fail,
    ...(beat && { beat }),
    ending: () => reader?.ending?.() === true,
    interrupted: () => reader?.interrupted?.(),
    get seen() {
      return reader?.seen ?? nothingSeen()
    },
  }
}

/** The first character behind space and a byte order mark; undefined where there is none yet. */
export function firstCharacter(chunk: Uint8Array): string | undefined {
  const first = chunk.find((byte) => byte > 32 && byte !== 0xef && byte !== 0xbb && byte !== 0xbf)
  return first === undefined ? undefined : String.fromCharCode(first)
}
