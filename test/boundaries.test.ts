import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, it } from 'node:test'

const root = path.join(import.meta.dirname, '..')
const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8' })
  .split('\n')
  .filter(file => /\.(ts|mjs)$/.test(file) && !file.startsWith('node_modules/'))

/** Modules that a file imports: packages by name, files of ours by their path from the root. */
function importsOf(file: string): string[] {
  const source = readFileSync(path.join(root, file), 'utf8')
  const imports = source.matchAll(/^(?:import .*|export .*|\} )from '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm)
  return [...imports].map(([, from, bare, dynamic]) => {
    const name = from ?? bare ?? dynamic
    if (name.startsWith('.')) return path.join(path.dirname(file), name)
    return name.replace(/^#(models|functions)\//, '$1/')
  })
}

const isOurs = (name: string) => /^(models|functions|cdk|localstack|cli|test)\//.test(name)
const stepFolders = ['collect', 'preprocess', 'infer', 'deliver', 'join', 'adapt', 'archive', 'compact', 'retrain', 'watch', 'topics']
const stepOf = (file: string) => stepFolders.find(step => file.startsWith(`functions/${step}/`))

/** Asserts that no file of the folder imports what `isForbidden` says. */
function forbid(folder: string, isForbidden: (name: string, file: string) => boolean): void {
  for (const file of files.filter(name => name.startsWith(folder))) {
    const wrong = importsOf(file).filter(name => isForbidden(name, file))
    assert.deepEqual(wrong, [], `${file} must not import ${wrong.join(', ')}`)
  }
}

/** Files that import each other, directly or around: the strongly connected parts of the imports, by Tarjan's algorithm. */
function findCircles(): string[][] {
  const known = new Set(files)
  const depths = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const circles: string[][] = []
  const visit = (file: string): void => {
    depths.set(file, depths.size)
    lowest.set(file, depths.get(file)!)
    stack.push(file)
    for (const next of importsOf(file).filter(name => known.has(name))) {
      if (!depths.has(next)) visit(next)
      if (stack.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!))
    }
    if (lowest.get(file) !== depths.get(file)) return
    const part = stack.splice(stack.indexOf(file))
    if (part.length > 1) circles.push(part.sort())
  }
  for (const file of files) if (!depths.has(file)) visit(file)
  return circles
}

describe('the layout', () => {
  it('keeps models pure: of ours only models, of packages zod, and protobufjs in models/onnx', () => {
    forbid('models/', (name, file) => {
      if (/^models\/gbdt\/kernels\/(build|compile)\.ts$/.test(file)) return false // run by `npm run build:kernels`, never bundled
      if (isOurs(name)) return !name.startsWith('models/')
      if (name.startsWith('protobufjs')) return !file.startsWith('models/onnx/')
      return !['zod', 'node:crypto', 'node:timers/promises', 'node:worker_threads'].includes(name)
    })
  })
  it('lets models/measure and models/policy see losses only: what a score is belongs to the task', () => {
    for (const folder of ['models/measure/', 'models/policy/']) forbid(folder, name => name.startsWith('models/task/'))
  })
  it('keeps SDKs, clients, runtimes and the environment of functions in adapters', () => {
    forbid('functions/', (name, file) => {
      if (file.startsWith('functions/adapters/')) return /^(cdk|localstack|cli|test)\//.test(name)
      return isOurs(name) ? !/^(models|functions)\//.test(name) : !['zod', 'node:crypto'].includes(name)
    })
    for (const file of files.filter(name => name.startsWith('functions/') && !name.startsWith('functions/adapters/'))) {
      assert.ok(!readFileSync(path.join(root, file), 'utf8').includes('process.env'), `${file} must not read process.env`)
    }
  })
  it('keeps steps apart from each other, and adapters out of steps', () => {
    forbid('functions/', (name, file) => {
      const step = stepOf(file)
      if (!step) return false
      if (!file.endsWith('/handler.ts') && name.startsWith('functions/adapters/')) return true
      return stepOf(name) !== undefined && stepOf(name) !== step
    })
  })
  it('lets adapters know ports, records and models: nothing of a step, nor of what steps share in a folder', () => {
    forbid('functions/adapters/', name => /^functions\/(?!adapters\/).+\//.test(name))
  })
  it('keeps the commands of operators apart from the local system', () => {
    forbid('cli/', name => /^(localstack|cdk|test)\//.test(name))
  })
  it('names models and functions by #models and #functions wherever another folder imports them', () => {
    const inside = (file: string, top: string) => file.startsWith(`${top}/`)
    const wrong = files.filter(file => {
      const source = readFileSync(path.join(root, file), 'utf8')
      const specifiers = [...source.matchAll(/from '(\.{1,2}\/[^']+)'/g)].map(([, name]) => path.join(path.dirname(file), name))
      return specifiers.some(name => ['models', 'functions'].some(top => inside(name, top) && !inside(file, top)))
    })
    assert.deepEqual(wrong, [])
  })
  it('has no circle of imports, types included', () => {
    assert.deepEqual(findCircles(), [])
  })
  it('lets cdk know models/pipeline.ts, names and errors only', () => {
    forbid(
      'cdk/',
      name =>
        isOurs(name) && !name.startsWith('cdk/') && !/^models\/(pipeline|pipeline-compiler|topics|archive-columns|errors)\.ts$/.test(name),
    )
  })
  it('reads Kafka through kafka-wire.ts alone, since the client knows neither every codec nor every header', () => {
    const others = files.filter(file => file !== 'functions/adapters/kafka-wire.ts')
    assert.deepEqual(
      others.filter(file => /\.consumer\(/.test(readFileSync(path.join(root, file), 'utf8'))),
      [],
    )
  })
  it('has no folder or file whose name says nothing', () => {
    const nameless = files.filter(file => !file.startsWith('test/') && /(^|\/)(utils?|commons?|helpers?|misc|lib)(\/|\.)/.test(file))
    assert.deepEqual(nameless, [])
  })
  it('has no file over 500 lines, and none over 300 that does not say why in its first line', () => {
    for (const file of files) {
      const lines = readFileSync(path.join(root, file), 'utf8').split('\n')
      assert.ok(lines.length <= 500, `${file} has ${lines.length} lines`)
      assert.ok(lines.length <= 300 || /lines because/.test(lines[0]), `${file} has ${lines.length} lines and does not say why`)
    }
  })
  it('keeps handlers to wiring of at most 40 lines', () => {
    for (const file of files.filter(name => name.endsWith('/handler.ts'))) {
      assert.ok(readFileSync(path.join(root, file), 'utf8').split('\n').length <= 41, `${file} is longer than 40 lines`)
    }
  })
})
