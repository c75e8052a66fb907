/** Of a file whose container nobody can read: speech is seldom coded in fewer bytes a second. */
const leastBytesPerSecond = 400

/**
 * How many seconds of audio a file has at most: what its container says, or what its bytes could hold at the lowest rate. A file
 * that was made to lie about its length is charged for what the provider counts.
 */
export function secondsOf(bytes: Uint8Array): number {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const known = readers.map((read) => read(file)).find((seconds) => seconds !== undefined && seconds > 0)
  return known ?? file.length / leastBytesPerSecond
}

/** A container that cannot be read as what it says it is, is none of ours. */
const safely =
  (read: (file: Buffer) => number | undefined) =>
  (file: Buffer): number | undefined => {
    try {
      const seconds = read(file)
      return seconds !== undefined && Number.isFinite(seconds) ? seconds : undefined
    } catch (error) {
      if (error instanceof RangeError) return undefined
      throw error
    }
  }

const begins = (file: Buffer, text: string, at = 0): boolean => file.toString('latin1', at, at + text.length) === text

/** PCM, floats, A-law, mu-law, and the extended format, which is one of them: a sample has as many bits as it says. */
const linear: ReadonlySet<number> = new Set([1, 3, 6, 7, 0xfffe])

/**
 * RIFF: the first chunk of the format counts (Microsoft, "Multimedia Programming Interface", WAVE). The bytes per second that it
 * names are nobody's business: decoders go by samples, channels and bits. Of packed samples these do not tell.
 */
function wav(file: Buffer): number | undefined {
  if (!begins(file, 'RIFF') || !begins(file, 'WAVE', 8)) return undefined
  let at = 12
  while (!begins(file, 'fmt ', at)) at += 8 + file.readUInt32LE(at + 4) + (file.readUInt32LE(at + 4) % 2)
  if (!linear.has(file.readUInt16LE(at + 8))) return undefined
  const [channels, rate, bits] = [file.readUInt16LE(at + 10), file.readUInt32LE(at + 12), file.readUInt16LE(at + 22)]
  return file.length / (channels * rate * Math.ceil(bits / 8))
}

/** STREAMINFO comes first: 20 bits of rate, 36 bits of samples (RFC 9639, 8.2). */
function flac(file: Buffer): number | undefined {
  if (!begins(file, 'fLaC')) return undefined
  const rate = file.readUIntBE(18, 3) >> 4
  const samples = (file.readUInt8(21) & 15) * 2 ** 32 + file.readUInt32BE(22)
  return samples / rate
}

/** The last page's position counts samples; Opus always at 48 kHz (RFC 3533; RFC 7845, 4). */
function ogg(file: Buffer): number | undefined {
  if (!begins(file, 'OggS')) return undefined
  const last = file.lastIndexOf('OggS', undefined, 'latin1')
  const vorbis = file.indexOf('\x01vorbis', 0, 'latin1')
  const rate = vorbis < 0 ? 48_000 : file.readUInt32LE(vorbis + 12)
  return Number(file.readBigInt64LE(last + 6)) / rate
}

/** The movie's header: version 1 has wide numbers (ISO/IEC 14496-12, 8.2.2). */
function mp4(file: Buffer): number | undefined {
  if (!begins(file, 'ftyp', 4)) return undefined
  const header = file.indexOf('mvhd', 0, 'latin1')
  if (header < 0) return undefined
  const wide = file.readUInt8(header + 4) === 1
  const scale = file.readUInt32BE(header + (wide ? 24 : 16))
  const length = wide ? Number(file.readBigUInt64BE(header + 28)) : file.readUInt32BE(header + 20)
  return length / scale
}

const cluster = Buffer.from([0x1f, 0x43, 0xb6, 0x75])
/** A block's time is 16 bits after its cluster's, in milliseconds. */
const clusterSeconds = 33

/** Recordings of browsers have no length: the last cluster's time tells (RFC 9559, Timestamp 0xE7). */
function webm(file: Buffer): number | undefined {
  if (file.length < 4 || file.readUInt32BE(0) !== 0x1a45dfa3) return undefined
  const last = file.lastIndexOf(cluster)
  const at = last < 0 ? -1 : file.indexOf(0xe7, last + cluster.length)
  if (at < 0 || at - last > 16) return undefined
  const length = file.readUInt8(at + 1) & 0x7f
  return file.readUIntBE(at + 2, Math.min(length, 6)) / 1000 + clusterSeconds
}

const kilobits = {
  layer3: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  low: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
}
const rates = [44_100, 48_000, 32_000]

type Frame = { bytes: number; seconds: number }

/** One frame of MPEG audio, layer III (ISO/IEC 11172-3, 13818-3). */
function frameAt(file: Buffer, at: number): Frame | undefined {
  if (at + 4 > file.length) return undefined
  const head = file.readUInt32BE(at)
  const [version, layer] = [(head >>> 19) & 3, (head >>> 17) & 3]
  if (head >>> 21 !== 0x7ff || version === 1 || layer !== 1) return undefined
  const first = version === 3
  const rate = (rates[(head >>> 10) & 3] ?? 0) / (first ? 1 : version === 2 ? 2 : 4)
  const bits = (first ? kilobits.layer3 : kilobits.low)[(head >>> 12) & 15] ?? 0
  if (rate === 0 || bits === 0) return undefined
  const samples = first ? 1152 : 576
  const bytes = Math.floor(((samples / 8) * bits * 1000) / rate) + ((head >>> 9) & 1)
  return { bytes, seconds: samples / rate }
}

/** Every frame is counted: rates may change from one to the next. */
function mp3(file: Buffer): number | undefined {
  let at = 0
  if (begins(file, 'ID3')) {
    const size = [6, 7, 8, 9].reduce((sum, byte) => sum * 128 + (file.readUInt8(byte) & 0x7f), 0)
    at = 10 + size
  } else if (!frameAt(file, 0)) return undefined
  let seconds = 0
  while (at + 4 <= file.length) {
    const frame = frameAt(file, at)
    if (frame) {
      seconds += frame.seconds
      at += frame.bytes
    } else {
      const next = file.indexOf(0xff, at + 1)
      at = next < 0 ? file.length : next
    }
  }
  return seconds
}

const readers = [wav, flac, ogg, mp4, webm, mp3].map(safely)
