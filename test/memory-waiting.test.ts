import { waitingTableChecks } from './checks/waiting-table-checks.ts'
import { memoryWaiting } from './memory-waiting.ts'

waitingTableChecks('in memory', async () => memoryWaiting())
