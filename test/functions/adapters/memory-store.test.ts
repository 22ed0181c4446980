import { memoryStore } from '#functions/adapters/memory-store.ts'
import { objectStoreChecks } from '../../checks/object-store-checks.ts'

objectStoreChecks('in memory', async () => memoryStore())
