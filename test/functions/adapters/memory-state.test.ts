import { memoryState } from '#functions/adapters/memory-state.ts'
import { stateStoreChecks } from '../../checks/state-store-checks.ts'

stateStoreChecks('in memory', async () => memoryState())
