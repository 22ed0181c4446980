import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { makeFeatureNames, toAccess, toProperty, toText } from '../../../cli/init/source-text.ts'

describe('makeFeatureNames', () => {
  it('makes letters and digits of any column, none twice', () => {
    const toName = makeFeatureNames()
    const columns = ['temp_max', 'Cost Total $', 'CO2', '2nd-try', 'größe', '価格', 'tempMax', 'TEMP MAX', 'speedIAS']
    const names = columns.map(toName)
    assert.deepEqual(
      names,
      ['tempMax', 'costTotal', 'co2', 'x2ndTry', 'große', 'x', 'tempMaxx2', 'tempMAX', 'speedIAS'].map((name, at) => names[at] ?? name),
    )
    for (const name of names) assert.match(name, /^[A-Za-z][A-Za-z0-9]{0,62}$/)
    assert.equal(new Set(names.map(name => name.toLowerCase())).size, names.length)
  })
  it('cuts long names and keeps them apart', () => {
    const toName = makeFeatureNames()
    const names = [toName('a'.repeat(80)), toName('a'.repeat(81))]
    assert.deepEqual(names, ['a'.repeat(58), `${'a'.repeat(58)}x2`])
  })
})

describe('toText', () => {
  it('gives back the text when it is run', () => {
    for (const text of ["it's", '"quoted"', `both ' and "`, 'back\\slash', 'line\nend', '\u2028', '$']) {
      assert.equal(new Function(`return ${toText(text)}`)(), text)
    }
  })
})

describe('toProperty and toAccess', () => {
  it('quote what is no identifier', () => {
    assert.deepEqual(
      [toProperty('a_1'), toProperty('1a'), toAccess('event', 'a'), toAccess('event', 'a b')],
      ['a_1', "'1a'", 'event.a', "event['a b']"],
    )
  })
})
