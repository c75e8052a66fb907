import type { Failure } from '../../core/failure.ts'
import { isObject, type JsonObject, listOf, objectOf } from '../../core/json.ts'
import { type CallTexts, callTexts } from '../half-calls.ts'
import { callPlacer } from './pass-calls.ts'

/** Arguments of the calls of each choice, as they come. */
export type CallWatch = {
  sight(choice: number, delta: JsonObject): void
  failure(choice: number, reason: string): Failure | undefined
}

export function callWatch(): CallWatch {
  const byChoice = new Map<number, { texts: CallTexts; place: ReturnType<typeof callPlacer> }>()
  const of = (choice: number) => {
    const known = byChoice.get(choice) ?? { texts: callTexts(), place: callPlacer() }
    byChoice.set(choice, known)
    return known
  }
  return {
    sight(choice, delta) {
      const calls = listOf(delta.tool_calls).filter(isObject)
      if (calls.length === 0 && !isObject(delta.function_call)) return
      const { texts, place } = of(choice)
      for (const [nth, call] of calls.entries()) {
        const position = place(call, nth > 0)
        const { arguments: given } = objectOf(call.function)
        if (typeof given === 'string') texts.add(position, given)
      }
      const { arguments: old } = objectOf(delta.function_call)
      if (typeof old === 'string') texts.add(-1, old)
    },
    failure: (choice, reason) => byChoice.get(choice)?.texts.failure(reason),
  }
}
