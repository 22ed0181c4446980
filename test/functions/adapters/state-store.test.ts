import { dynamoState } from '#functions/adapters/state-store.ts'
import { stateStoreChecks } from '../../checks/state-store-checks.ts'
import { memoryDynamo } from '../../memory-dynamo.ts'

stateStoreChecks('on a table in memory', async () => dynamoState('state', { client: memoryDynamo().client }))
