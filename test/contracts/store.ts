import { afterAll, beforeAll, describe } from 'vitest'
import type { freshStore } from '../support/store.ts'
import { budgetsContract } from './store-budgets.ts'
import { directoryContract } from './store-directory.ts'
import { faultsContract } from './store-faults.ts'
import { ledgerContract } from './store-ledger.ts'
import { outboxContract } from './store-outbox.ts'
import { pagesContract } from './store-pages.ts'
import { transactionsContract } from './store-transactions.ts'

/** An engine with an empty table, as a test file has it. */
export type TestStore = Awaited<ReturnType<typeof freshStore>>
export type StoreOf = () => TestStore

/** Everything that is kept in the one table, over one engine. What holds on one must hold on the other, and on AWS. */
export function storeContract(engine: string, start: () => Promise<TestStore>): void {
  describe(`the store on ${engine}`, () => {
    let store: TestStore
    beforeAll(async () => {
      store = await start()
    })
    afterAll(() => store.stop())
    const at = () => store

    budgetsContract(at)
    directoryContract(at)
    ledgerContract(at)
    outboxContract(at)
    transactionsContract(at)
    pagesContract(at)
    faultsContract(at)
  })
}
