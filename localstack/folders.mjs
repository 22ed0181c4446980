// Where set-up puts things and the local run finds them. Everything but node_modules is under .local/.
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const projectFolder = fileURLToPath(new URL('..', import.meta.url))
export const localFolder = join(projectFolder, '.local')
export const packagesFolder = join(projectFolder, 'node_modules')
export const kafkaFolder = join(localFolder, 'kafka')
export const ministackFolder = join(localFolder, 'ministack')
export const localstackFolder = join(localFolder, 'localstack')
export const sparkFolder = join(localFolder, 'spark')
export const logsFolder = join(localFolder, 'logs')
export const dataFolder = join(localFolder, 'data')
