// Loaded into every function's process by NODE_OPTIONS: gives each a clock of its own, up to ten minutes off, as unsynchronised machines
// have. Timers are left alone. A file named by the process and its skew in milliseconds tells the run.
const { writeFileSync } = require('node:fs')
const { join } = require('node:path')

const skewMs = Math.round((Math.random() * 2 - 1) * 600_000)
const TrueDate = Date
const now = () => TrueDate.now() + skewMs

globalThis.Date = class extends TrueDate {
  constructor(...parts) {
    if (parts.length === 0) super(now())
    else super(...parts)
  }

  static now() {
    return now()
  }
}

if (process.env.AWS_LAMBDA_FUNCTION_NAME && process.env.FAULTS_CLOCK_FOLDER) {
  writeFileSync(join(process.env.FAULTS_CLOCK_FOLDER, `${process.env.AWS_LAMBDA_FUNCTION_NAME}.${process.pid}.${skewMs}`), '')
}
