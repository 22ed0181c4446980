import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { chooseLabel, type LabelOptions } from '../../../cli/init/choose-label.ts'
import { profileOf } from './profile-of.ts'

async function choose(labels: readonly unknown[], options: Partial<LabelOptions> = {}) {
  const profile = await profileOf(
    labels.map(label => ({ label })),
    options,
  )
  return chooseLabel(profile, { file: 'rows.csv', ...options })
}
const many = (value: unknown, count: number): unknown[] => Array(count).fill(value)

describe('chooseLabel', () => {
  for (const [what, labels, test, schema] of [
    ['0 and 1', [0, 1, 0, 0], 'label.y === 1', 'number({ min: 0, max: 1 })'],
    ['a word for yes, the commoner one too', ['yes', 'no', 'yes'], "label.y === 'yes'", "oneOf(['no', 'yes'])"],
    ['UP and DOWN', ['UP', 'DOWN', 'UP'], "label.y === 'UP'", "oneOf(['DOWN', 'UP'])"],
    ['the other of a word for no', ['normal', 'attack', 'attack'], "label.y === 'attack'", "oneOf(['attack', 'normal'])"],
    ['the rarer of two texts', ['a', 'b', 'a'], "label.y === 'b'", "oneOf(['a', 'b'])"],
    ['the larger of two numbers', [-1, 1, 1], 'label.y === 1', 'number({ min: -1, max: 1 })'],
    ['true', [true, false, true], 'label.y', 'flag()'],
  ] as const) {
    it(`takes ${what} for yes`, async () => {
      const choice = await choose(labels)
      assert.deepEqual([choice.isPositive('label.y'), choice.schema], [test, schema])
    })
  }
  it('tells which of two equal words it took and how to turn it round', async () => {
    const { notes } = await choose([...Array(110).keys()].map(row => (row % 11 < 6 ? 'cat' : 'dog')))
    assert.deepEqual(
      notes.map(({ text }) => text),
      ["counts as yes where it is 'dog', the rarer value; --positive 'cat' turns it round"],
    )
  })
  it('counts both sides of one value against the rest', async () => {
    const choice = await choose(['rain', 'sun', 'fog', 'rain'], { positive: 'rain' })
    assert.deepEqual([choice.positiveCount, choice.negativeCount, choice.isPositive('l')], [2, 2, "l === 'rain'"])
  })
  it('counts both sides of a number', async () => {
    const choice = await choose([1, 20, 15, 16], { positiveAbove: 15 })
    assert.deepEqual([choice.positiveCount, choice.negativeCount, choice.isPositive('l')], [2, 2, 'l > 15'])
  })
  it('tells of a file that is sorted by its label', async () => {
    const { notes } = await choose([...many(0, 60), ...many(1, 60)])
    assert.match(notes[0].text, /^comes in 2 stretches of equal values: .* shuffle the file first$/)
  })
  it('tells of missing labels, a rare yes and few rows', async () => {
    const { notes } = await choose([...many(0, 95), ...many(1, 5), null])
    assert.deepEqual(
      notes.map(({ text }) => text),
      [
        'is missing in 1 row (1.0 %): they are scored and teach nothing',
        'has 5 rows on its rarer side: too few to learn from or to measure by',
        'is yes in 5.0 % of the rows: few scores reach decide.positiveAtLeast 0.5; lower it to what a missed yes costs',
      ],
    )
  })

  for (const [what, labels, options, code, message] of [
    ['no label at all', [null, '', null], {}, 'FILE_INVALID', /^rows\.csv: the label column 'label' is empty in all 3 rows$/],
    ['one value only', ['x', 'x'], {}, 'FILE_INVALID', /'label' holds one value only, 'x', in the 2 rows looked at: nothing to learn$/],
    ['objects', [{ a: 1 }, { a: 2 }], {}, 'FILE_INVALID', /'label' holds lists or objects, not values$/],
    [
      'three words',
      ['a', 'b', 'c'],
      {},
      'ARGUMENT_INVALID',
      /^a label must be yes or no, 'label' holds 3 values \('a', 'b', 'c'\); say which is yes: --positive VALUE for one value against the rest, or write isPositive by hand$/,
    ],
    ['many numbers', [...Array(20).keys()], {}, 'ARGUMENT_INVALID', /holds 20 values, from 0 to 19 .*: --positive-above X for more than X/],
    ['a value it does not hold', ['rain', 'sun'], { positive: 'rian' }, 'ARGUMENT_INVALID', /got 'rian'; they are 'rain', 'sun'$/],
    [
      'a limit that leaves one side empty',
      [1, 2, 3],
      { positiveAbove: 3 },
      'ARGUMENT_INVALID',
      /leaves one side empty: 'label' goes from 1 to 3/,
    ],
    ['a limit of words', ['a', 'b'], { positiveAbove: 3 }, 'ARGUMENT_INVALID', /--positive-above needs numbers, 'label' holds text/],
  ] as const) {
    it(`rejects ${what}`, async () => {
      await assert.rejects(choose(labels, options), { code, message })
    })
  }
})
