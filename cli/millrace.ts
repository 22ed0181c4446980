#!/usr/bin/env -S node --disable-warning=TimeoutNegativeWarning
import { runMillrace } from './program.ts'

const stopping = new AbortController()
process.once('SIGINT', () => stopping.abort()) // a second one ends the program at once
process.exit(await runMillrace(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr, signal: stopping.signal }))
