/** Writes one line of JSON to the function's log, which CloudWatch can query by field. */
export function log(fields: Readonly<Record<string, string | number | boolean | null>>): void {
  process.stdout.write(`${JSON.stringify(fields)}\n`)
}
