import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { toNearest } from '../../../cli/init/nearest.ts'

describe('toNearest', () => {
  it('finds the name with the fewest letters changed', () => {
    assert.equal(toNearest('lable', ['cable car', 'label', 'table']), 'table')
    assert.equal(toNearest('Weather', ['wind', 'weather']), 'weather')
    assert.equal(toNearest('clas', ['class', 'glass']), 'class')
  })
  it('finds nothing where all are far', () => {
    assert.equal(toNearest('price', ['origin', 'destination']), undefined)
  })
})
