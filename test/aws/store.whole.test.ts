import { storeContract } from '../contracts/store.ts'
import { freshStore } from '../support/store.ts'

storeContract('the embedded engine', freshStore)
