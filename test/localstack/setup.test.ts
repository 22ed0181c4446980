import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, describe, it } from 'node:test'
import { projectFolder } from '../../localstack/folders.mjs'

const tools = {
  java: `echo 'openjdk version "17.0.15" 2025-04-15' >&2`,
  mvn: `[ "$1" = -version ] && exit 0
        for a in "$@"; do case $a in -DoutputDirectory=*) mkdir -p "\${a#*=}"; echo x > "\${a#*=}/kafka.jar";; esac; done`,
  python3: `if [ "$2" = venv ]; then mkdir -p "$3/bin"; cp "$0" "$3/bin/python"; fi`,
  npm: `mkdir -p node_modules/node/bin; echo x > node_modules/node/bin/node; echo "$ONNXRUNTIME_NODE_INSTALL" > node_modules/onnx
        cp package-lock.json node_modules/.package-lock.json`,
}
type Tools = Partial<Record<keyof typeof tools | 'docker', string>>

const clones: string[] = []
after(() => {
  for (const folder of clones) rmSync(folder, { recursive: true })
})

/** The set-up of a fresh clone on a machine that has these tools and nothing else but a shell. */
function makeClone(has: Tools) {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-setup-'))
  clones.push(folder)
  cpSync(join(projectFolder, 'localstack'), join(folder, 'localstack'), { recursive: true })
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } }))
  const setTools = (current: Tools) => {
    rmSync(join(folder, 'bin'), { recursive: true, force: true })
    mkdirSync(join(folder, 'bin'))
    for (const [name, script] of Object.entries({ ...shellTools, ...current })) {
      writeFileSync(join(folder, 'bin', name), `#!/bin/sh\n${script}\n`)
      chmodSync(join(folder, 'bin', name), 0o755)
    }
  }
  setTools(has)
  const start = (env: Readonly<Record<string, string>> = {}, ...args: string[]) =>
    spawn(process.execPath, [join(folder, 'localstack', 'setup.mjs'), ...args], { cwd: folder, env: { PATH: join(folder, 'bin'), ...env } })
  const setUp = async (env?: Readonly<Record<string, string>>, ...args: string[]) => {
    const child = start(env, ...args)
    let printed = ''
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', chunk => (printed += chunk))
    const [exitCode] = await once(child, 'close')
    return { exitCode, printed }
  }
  return { folder, setUp, start, setTools, local: (...path: string[]) => join(folder, '.local', ...path) }
}

const shellTools = Object.fromEntries(['mkdir', 'cp', 'sleep'].map(name => [name, `PATH=/usr/bin:/bin exec ${name} "$@"`]))

describe('set-up', () => {
  it('installs packages, jars and the emulator, and says so', async () => {
    const clone = makeClone(tools)
    const { exitCode, printed } = await clone.setUp()
    assert.equal(exitCode, 0, printed)
    assert.match(printed, /installed packages \(npm ci\) in [\d.]+ s/)
    assert.deepEqual(readdirSync(clone.local()).sort(), ['kafka', 'ministack'])
    assert.ok(existsSync(clone.local('kafka', 'libs', 'kafka.jar')))
  })
  it("skips the download of onnxruntime-node's install script", async () => {
    const clone = makeClone(tools)
    await clone.setUp()
    assert.equal(readFileSync(join(clone.folder, 'node_modules', 'onnx'), 'utf8'), 'skip\n')
  })
  it('reuses everything at the second start, without a word', async () => {
    const clone = makeClone(tools)
    await clone.setUp()
    clone.setTools({}) // nothing left that could install
    assert.deepEqual(await clone.setUp(), { exitCode: 0, printed: '' })
  })
  it('installs again what has changed, and only that', async () => {
    const clone = makeClone(tools)
    await clone.setUp()
    writeFileSync(join(clone.folder, 'localstack', 'requirements.txt'), 'ministack==2')
    const { printed } = await clone.setUp()
    assert.match(printed, /^set-up: installing MiniStack \(pip\) …\nset-up: installed MiniStack \(pip\) in [\d.]+ s\n$/)
  })
  it('needs neither Java nor Maven with KAFKA_BROKERS set', async () => {
    const { python3, npm } = tools
    assert.equal((await makeClone({ python3, npm }).setUp({ KAFKA_BROKERS: 'localhost:9092' })).exitCode, 0)
  })
  it('needs neither Java nor Maven where a Docker engine answers', async () => {
    const { python3, npm } = tools
    assert.equal((await makeClone({ python3, npm, docker: 'exit 0' }).setUp()).exitCode, 0)
  })
  it('needs no Python with AWS_ENDPOINT_URL set', async () => {
    const { java, mvn, npm } = tools
    assert.equal((await makeClone({ java, mvn, npm }).setUp({ AWS_ENDPOINT_URL: 'http://localhost:4566' })).exitCode, 0)
  })
  it('needs no server for --packages, and neither Java nor Python, and keeps standard output for the command that follows', async () => {
    const clone = makeClone({ npm: tools.npm })
    const child = clone.start({}, '--packages')
    const [stdout, stderr, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    assert.deepEqual([exitCode, stdout], [0, ''])
    assert.match(stderr, /installed packages/)
    assert.deepEqual(readdirSync(clone.local()), [])
  })
  it('prints what it does for --help and installs nothing', async () => {
    const clone = makeClone(tools)
    const { exitCode, printed } = await clone.setUp({}, '--help')
    assert.deepEqual([exitCode, existsSync(clone.local())], [0, false])
    assert.match(printed, /installs what is missing/)
  })
  it('runs once when two start at the same time', async () => {
    const clone = makeClone({ ...tools, npm: `sleep 0.5; ${tools.npm}` })
    const [first, second] = await Promise.all([clone.setUp(), clone.setUp()])
    assert.deepEqual([first.exitCode, second.exitCode], [0, 0])
    assert.equal(`${first.printed}${second.printed}`.match(/installed packages/g)?.length, 1)
  })
  it('starts anew after it was killed', async () => {
    const clone = makeClone({ ...tools, mvn: `${tools.mvn}; [ "$1" = -version ] || exec /bin/sleep 5` })
    const child = clone.start()
    await once(child.stderr, 'data')
    while (!existsSync(clone.local('setup.lock'))) await new Promise(resolve => setTimeout(resolve, 10))
    child.kill('SIGKILL')
    await once(child, 'exit')
    clone.setTools(tools)
    const { exitCode, printed } = await clone.setUp()
    assert.equal(exitCode, 0, printed)
    assert.match(printed, /installed Apache Kafka/)
    assert.deepEqual(readdirSync(clone.local()).sort(), ['kafka', 'ministack'])
  })
})

describe('set-up on a machine that lacks something', () => {
  it('rejects once, with all that is missing and what to do', async () => {
    const { exitCode, printed } = await makeClone({ npm: tools.npm }).setUp()
    assert.equal(exitCode, 1)
    assert.equal(
      printed,
      `set-up: this machine lacks
  - Java 17 or later (apt-get install openjdk-17-jdk-headless maven, or start a Docker engine, or set KAFKA_BROKERS to a broker of your own)
  - Maven (apt-get install openjdk-17-jdk-headless maven, or start a Docker engine, or set KAFKA_BROKERS to a broker of your own)
  - Python 3.10 or later with venv (apt-get install python3-venv, or set AWS_ENDPOINT_URL to an emulator of your own)
`,
    )
  })
  it('rejects a Java that is too old', async () => {
    const { printed } = await makeClone({ ...tools, java: `echo 'openjdk version "11.0.2"' >&2` }).setUp()
    assert.match(printed, /Java 17 or later, found 11/)
  })
  it('rejects a Python without venv', async () => {
    const { printed } = await makeClone({ ...tools, python3: 'exit 1' }).setUp()
    assert.match(printed, /Python 3\.10 or later with venv/)
  })
  it('rejects a step that fails with what the tool printed, and believes nothing half-installed', async () => {
    const clone = makeClone({ ...tools, mvn: `[ "$1" = -version ] && exit 0; echo 'Could not resolve kafka_2.13'; exit 1` })
    const { exitCode, printed } = await clone.setUp()
    assert.equal(exitCode, 1)
    assert.match(printed, /mvn .* ended with 1:\n {2}Could not resolve kafka_2\.13\n$/)
    assert.doesNotMatch(printed, /^ +at /m)
    assert.equal(existsSync(clone.local('kafka')), false)
  })
})
