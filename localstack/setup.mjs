// Installs what a local run needs and this machine lacks. Plain JavaScript without packages: it runs before node_modules exists.
import { join } from 'node:path'
import { chooseServers } from './choice.mjs'
import { localFolder } from './folders.mjs'
import { kafkaStep } from './setup/kafka.mjs'
import { withLock } from './setup/lock.mjs'
import { ministackStep } from './setup/ministack.mjs'
import { packagesStep } from './setup/packages.mjs'
import { SetupError } from './setup/shell.mjs'

const help = `node localstack/setup.mjs [--packages]: installs what is missing, and nothing else; every script of package.json runs it first

  packages       node_modules, by npm ci; with --packages nothing else
  Apache Kafka   .local/kafka, by Maven; not with KAFKA_BROKERS set or where a Docker engine answers
  MiniStack      .local/ministack, by pip; not with AWS_ENDPOINT_URL set, or LOCALSTACK=1 and Docker
`
const oldestNode = 20
const sayEveryMs = 20_000
const say = line => process.stderr.write(`set-up: ${line}\n`)

async function setUp(env, { onlyPackages }) {
  const nodeMajor = Number(process.versions.node.split('.')[0])
  const missing = nodeMajor < oldestNode ? [`Node ${oldestNode} or later, found ${nodeMajor} (https://nodejs.org)`] : []
  const steps = [packagesStep, ...(onlyPackages ? [] : await chooseServerSteps(env))]
  const findOpen = () => steps.filter(step => !step.isDone())

  for (const step of findOpen()) missing.push(...((await step.findMissing?.(env)) ?? []))
  if (missing.length > 0) throw new SetupError(`this machine lacks\n${missing.map(item => `  - ${item}`).join('\n')}`)
  if (findOpen().length === 0) return

  await withLock(join(localFolder, 'setup.lock'), () => installAll(findOpen()), {
    onWait: owner => say(`waiting for another set-up (pid ${owner})`),
  })
}

async function chooseServerSteps(env) {
  const choice = await chooseServers(env)
  return [...(choice.broker === 'kafka' ? [kafkaStep] : []), ...(choice.emulator === 'ministack' ? [ministackStep] : [])]
}

/** Side by side: npm, Maven and pip wait for the network more than for the processor. Every failure is reported. */
async function installAll(steps) {
  const open = new Set(steps.map(({ name }) => name))
  const begunAtMs = Date.now()
  const timer = setInterval(() => {
    say(
      `still installing ${[...open].join(', ')}, ${Math.round((Date.now() - begunAtMs) / 1000)} s so far; all of it takes 90 to 230 s, once`,
    )
  }, sayEveryMs)
  const outcomes = await Promise.allSettled(
    steps.map(async step => {
      const startedAtMs = Date.now()
      say(`installing ${step.name} …`)
      await step.install()
      open.delete(step.name)
      say(`installed ${step.name} in ${((Date.now() - startedAtMs) / 1000).toFixed(1)} s`)
    }),
  )
  clearInterval(timer)
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason)
  if (failures.length === 1) throw failures[0]
  if (failures.length > 1) throw new SetupError(failures.map(({ message }) => message).join('\n'))
}

if (process.argv.includes('--help') || process.argv.includes('-h')) {
  process.stdout.write(help)
} else {
  await setUp(process.env, { onlyPackages: process.argv.includes('--packages') }).catch(error => {
    say(error instanceof SetupError ? error.message : error.stack)
    process.exitCode = 1
  })
}
