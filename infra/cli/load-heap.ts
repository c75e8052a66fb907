/** What happens next: things by their time, earliest first. A binary heap, because a simulation asks a million times. */
export type Agenda<T> = { add: (at: number, what: T) => void; next: () => { at: number; what: T } | undefined }

export function agenda<T>(): Agenda<T> {
  const heap: { at: number; what: T }[] = []
  const at = (i: number) => heap[i]?.at ?? Infinity
  const swap = (i: number, j: number) => {
    const [a, b] = [heap[i], heap[j]]
    if (a && b) [heap[i], heap[j]] = [b, a]
  }
  return {
    add(time, what) {
      let i = heap.push({ at: time, what }) - 1
      for (let up = (i - 1) >> 1; i > 0 && at(up) > at(i); i = up, up = (i - 1) >> 1) swap(i, up)
    },
    next() {
      const first = heap[0]
      const last = heap.pop()
      if (!first || !last || heap.length === 0) return first
      heap[0] = last
      for (let i = 0; ;) {
        const [left, right] = [2 * i + 1, 2 * i + 2]
        const least = at(right) < at(left) ? right : left
        if (at(least) >= at(i)) break
        swap(i, least)
        i = least
      }
      return first
    },
  }
}
