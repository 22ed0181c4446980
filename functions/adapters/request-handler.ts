/** How long a call of AWS may take before it is given up and tried again: a call that hangs would else cost a function its whole timeout. */
export const requestHandler = { connectionTimeout: 3_000, requestTimeout: 30_000, throwOnRequestTimeout: true } as const
