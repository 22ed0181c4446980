import { dynamoWaiting } from '#functions/adapters/waiting-table.ts'
import { waitingTableChecks } from '../checks/waiting-table-checks.ts'
import { useTables } from './emulator-tables.ts'

const tables = useTables()

/** As cdk/stores.ts makes it. */
const makeTable = () =>
  tables.make([['key', 'S']], {
    name: 'due',
    keys: [
      ['waitsIn', 'S'],
      ['dueAtMs', 'N'],
    ],
  })

waitingTableChecks('on DynamoDB', async () => dynamoWaiting(await makeTable(), tables.client()))
