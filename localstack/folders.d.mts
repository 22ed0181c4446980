export const projectFolder: string
export const localFolder: string
export const packagesFolder: string
export const kafkaFolder: string
export const ministackFolder: string
export const localstackFolder: string
export const logsFolder: string
export const dataFolder: string
