import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { trainGbdt } from '#models/gbdt/train.ts'
import { trainFtrl } from '#models/linear/ftrl/ftrl.ts'
import { parseFtrlSettings } from '#models/linear/ftrl/settings.ts'
import { trainLogistic } from '#models/linear/logistic.ts'
import { parseLogisticSettings } from '#models/linear/settings.ts'
import { encodeModel } from '#models/onnx/encode.ts'
import type { Model, TrainingSet } from '#models/training-set.ts'
import { makeSet } from '../models/gbdt/sets.ts'
import { installPython } from './python-folder.ts'

/** Only this one is pinned: what it needs differs between the versions of Python. */
const checkerPackage = 'onnx==1.23.2'

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

interface Case {
  readonly set: TrainingSet
  readonly opsets: Readonly<Record<string, number>>
  readonly train: (set: TrainingSet) => Model | Promise<Model>
}

const linearOpsets = { '': 17 }
const treeOpsets = { '': 17, 'ai.onnx.ml': 5 }
const cases: Readonly<Record<string, Case>> = {
  'a logistic regression of numbers and categories with missing values': {
    set: mixed,
    opsets: linearOpsets,
    train: set => trainLogistic(set, parseLogisticSettings({})),
  },
  'an online logistic regression of the same': {
    set: mixed,
    opsets: linearOpsets,
    train: set => trainFtrl(set, parseFtrlSettings({ hashBits: 12 })),
  },
  'boosted trees of numbers': { set: numbers, opsets: treeOpsets, train: set => trainGbdt(set, { settings }) },
  'boosted trees of numbers and categories with missing values': {
    set: mixed,
    opsets: treeOpsets,
    train: async set => {
      const model = await trainGbdt(set, { settings })
      assert.ok(model.data.trees.some(({ nodes }) => nodes.some(({ rule }) => rule.kind === 'category')))
      return model
    },
  },
  'boosted trees for squared error': {
    set: mixed,
    opsets: treeOpsets,
    train: set => trainGbdt(set, { settings, objective: 'squared-error' }),
  },
  'boosted trees without a tree': {
    set: constant,
    opsets: treeOpsets,
    train: async set => {
      const model = await trainGbdt(set, { settings })
      assert.equal(model.data.trees.length, 0)
      return model
    },
  },
}

const metadata = { pipeline: 'flights', definition: 'c0ffee', rows: '3000', fromMs: '1700000000000', toMs: '1700086400000' }

/** One operator on three features. */
function makeSmallModel(op: string, outputColumns: number): Uint8Array {
  return encodeModel({
    nodes: [{ op, inputs: ['features'], outputs: ['score'] }],
    initializers: [],
    input: { name: 'features', columns: 3 },
    output: { name: 'score', columns: outputColumns },
    opsets: { '': 17 },
    metadata: {},
  })
}

/** Files that are wrong in one way each, and what the checker says. */
const wrongFiles: Readonly<Record<string, { readonly make: () => Uint8Array; readonly says: RegExp }>> = {
  'a file cut in half': {
    make: () => {
      const onnx = trainLogistic(mixed, parseLogisticSettings({})).toOnnx(metadata)
      return onnx.subarray(0, onnx.length / 2)
    },
    says: /^DecodeError/,
  },
  'an operator that its operator set does not have': {
    make: () => makeSmallModel('Sigmoidal', 3),
    says: /^ValidationError: No Op registered for Sigmoidal/,
  },
  'an output of another width than its graph gives': { make: () => makeSmallModel('Sigmoid', 2), says: /^InferenceError/ },
}

describe('the official ONNX checker', () => {
  const verdicts = new Map<string, Verdict>()
  before(async () => {
    const python = await installPython('onnx', [checkerPackage])
    const folder = mkdtempSync(join(tmpdir(), 'millrace-onnx-'))
    try {
      const names = [...Object.keys(cases), ...Object.keys(wrongFiles)]
      const files = names.map(name => join(folder, `${name}.onnx`))
      for (const [name, { set, train }] of Object.entries(cases)) {
        writeFileSync(join(folder, `${name}.onnx`), (await train(set)).toOnnx(metadata))
      }
      for (const [name, { make }] of Object.entries(wrongFiles)) writeFileSync(join(folder, `${name}.onnx`), make())
      const said = execFileSync(python, [join(import.meta.dirname, 'check_onnx.py'), ...files], { encoding: 'utf8' })
      const found = JSON.parse(said) as Verdict[]
      names.forEach((name, at) => {
        verdicts.set(name, found[at])
      })
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  for (const [name, { set, opsets }] of Object.entries(cases)) {
    it(`accepts ${name}, and reads back its shapes and metadata`, () => {
      assert.deepEqual(verdicts.get(name), {
        isAccepted: true,
        opsets,
        inputs: [{ name: 'features', type: 'FLOAT', shape: ['rows', set.features.length] }],
        outputs: [{ name: 'score', type: 'FLOAT', shape: ['rows', 1] }],
        metadata,
      })
    })
  }
  for (const [name, { says }] of Object.entries(wrongFiles)) {
    it(`rejects ${name}`, () => {
      const verdict = verdicts.get(name)!
      assert.ok(!verdict.isAccepted)
      assert.match(verdict.reason, says)
    })
  }
})
