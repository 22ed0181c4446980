import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { trainGbdt } from '#models/gbdt/train.ts'
import { trainFtrl } from '#models/linear/ftrl/ftrl.ts'
import { parseFtrlSettings } from '#models/linear/ftrl/settings.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import { parseLogisticSettings } from '#models/linear/settings.ts'
import { encodeModel } from '#models/onnx/encode.ts'
import type { Model, TrainingSet } from '#models/training-set.ts'
import { localFolder, ministackFolder } from '../../localstack/folders.mjs'
import { makeSet } from '../models/gbdt/sets.ts'

const setup = (name: string) => import(new URL(`../../localstack/setup/${name}.mjs`, import.meta.url).href)
const { hasStamp, installFolder, toStamp } = await setup('folder')
const { run } = await setup('shell')
const { withLock } = await setup('lock')

/** Only this one is pinned: what it needs differs between the versions of Python. */
const checkerPackage = 'onnx==1.23.2'
const checkerFolder = join(localFolder, 'onnx')
const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--no-compile', '--only-binary=:all:', '--disable-pip-version-check']

/** The Python that has the official checker, in a virtual environment of its own; made by the first run, for all later ones. */
async function installChecker(): Promise<string> {
  const ministackPython = join(ministackFolder, 'bin', 'python') // one that set-up found to be new enough
  const python = existsSync(ministackPython) ? ministackPython : 'python3'
  const stamp = toStamp([checkerPackage])
  try {
    await withLock(join(localFolder, 'onnx.lock'), async () => {
      if (hasStamp(checkerFolder, stamp)) return
      await installFolder(checkerFolder, stamp, async (folder: string) => {
        await run(python, ['-m', 'venv', folder])
        await run(join(folder, 'bin', 'python'), [...pip, checkerPackage])
      })
    })
  } catch (cause) {
    const needs = 'Python 3.10 or later with venv, and a way to PyPI'
    throw new Error(`${checkerPackage} cannot be installed in ${checkerFolder}, which needs ${needs}: ${(cause as Error).message}`, {
      cause,
    })
  }
  return join(checkerFolder, 'bin', 'python')
}

type Verdict =
  | { readonly isAccepted: false; readonly reason: string }
  | {
      readonly isAccepted: true
      readonly opsets: Readonly<Record<string, number>>
      readonly inputs: readonly object[]
      readonly outputs: readonly object[]
      readonly metadata: Readonly<Record<string, string>>
    }

const numbers = makeSet(3_000, { numberCount: 4, categoryCounts: [], missingRatio: 0 })
const mixed = makeSet(3_000) // numbers and categories, a tenth of the values missing
const constant: TrainingSet = { ...numbers, block: { ...numbers.block, values: numbers.block.values.map(() => 7) } }
const settings = { roundCount: 20, leafCount: 15, threadCount: 1, minCategoryRows: 20 }
const onnxMl = { '': 17, 'ai.onnx.ml': 5 }

interface Case {
  readonly set: TrainingSet
  readonly train: () => Model | Promise<Model>
  readonly opsets: Readonly<Record<string, number>>
}

const cases: Readonly<Record<string, Case>> = {
  'a logistic regression of numbers and categories with missing values': {
    set: mixed,
    train: () => trainLogistic(mixed, parseLogisticSettings({})),
    opsets: { '': 17 },
  },
  'an online logistic regression of the same': {
    set: mixed,
    train: () => trainFtrl(mixed, parseFtrlSettings({ hashBits: 12 })),
    opsets: { '': 17 },
  },
  'boosted trees of numbers': { set: numbers, train: () => trainGbdt(numbers, { settings }), opsets: onnxMl },
  'boosted trees of numbers and categories with missing values': {
    set: mixed,
    train: () => trainGbdt(mixed, { settings }),
    opsets: onnxMl,
  },
  'boosted trees for squared error': {
    set: mixed,
    train: () => trainGbdt(mixed, { settings, objective: 'squaredError' }),
    opsets: onnxMl,
  },
  'boosted trees without a tree': { set: constant, train: () => trainGbdt(constant, { settings }), opsets: onnxMl },
}

const metadata = { pipeline: 'flights', definition: 'c0ffee', rows: '3000', fromMs: '1700000000000', toMs: '1700086400000' }

describe('the official ONNX checker', () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-onnx-'))
  let check: (onnx: Uint8Array) => Verdict
  before(async () => {
    const python = await installChecker()
    check = onnx => {
      const file = join(folder, 'model.onnx')
      writeFileSync(file, onnx)
      const said = execFileSync(python, [join(import.meta.dirname, 'check_onnx.py'), file], { encoding: 'utf8' })
      return (JSON.parse(said) as Verdict[])[0]
    }
  })
  after(() => rmSync(folder, { recursive: true }))

  for (const [what, { set, train, opsets }] of Object.entries(cases)) {
    it(`accepts ${what}, and reads its shapes and metadata`, async () => {
      assert.deepEqual(check((await train()).toOnnx(metadata)), {
        isAccepted: true,
        opsets,
        inputs: [{ name: 'features', type: 'FLOAT', shape: ['rows', set.features.length] }],
        outputs: [{ name: 'score', type: 'FLOAT', shape: ['rows', 1] }],
        metadata,
      })
    })
  }
  it('refuses a file cut in half', () => {
    const onnx = trainLogistic(mixed, parseLogisticSettings({})).toOnnx(metadata)
    const verdict = check(onnx.subarray(0, onnx.length / 2))
    assert.ok(!verdict.isAccepted)
    assert.match(verdict.reason, /^DecodeError/)
  })
  it('refuses an operator that its operator set does not have', () => {
    const verdict = check(makeModel('Sigmoidal', 3))
    assert.ok(!verdict.isAccepted)
    assert.match(verdict.reason, /^ValidationError: No Op registered for Sigmoidal/)
  })
  it('refuses an output of another width than its graph gives', () => {
    assert.equal(check(makeModel('Sigmoid', 3)).isAccepted, true)
    const verdict = check(makeModel('Sigmoid', 2))
    assert.ok(!verdict.isAccepted)
    assert.match(verdict.reason, /^InferenceError/)
  })
})

/** One operator on three features. */
function makeModel(op: string, outputColumns: number): Uint8Array {
  return encodeModel({
    nodes: [{ op, inputs: ['features'], outputs: ['score'] }],
    initializers: [],
    input: { name: 'features', columns: 3 },
    output: { name: 'score', columns: outputColumns },
    opsets: { '': 17 },
    metadata: {},
  })
}
