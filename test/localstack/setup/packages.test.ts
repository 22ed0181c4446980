import assert from 'node:assert/strict'
import { describe, it } from 'node:test'

// Plain JavaScript without types, as all of set-up: loaded by address.
const { arePackagesCurrent } = await import(new URL('../../../localstack/setup/packages.mjs', import.meta.url).href)

const a = { version: '1.0.0', integrity: 'sha512-a' }
const b = { version: '2.0.0', integrity: 'sha512-b' }

describe('arePackagesCurrent', () => {
  it('is true where every locked package is installed', () => {
    assert.equal(arePackagesCurrent({ '': {}, 'node_modules/a': a }, { 'node_modules/a': a }), true)
  })
  it('is true where only optional packages are absent', () => {
    assert.equal(arePackagesCurrent({ 'node_modules/a': a, 'node_modules/b': { ...b, optional: true } }, { 'node_modules/a': a }), true)
  })
  it('is false where a package is absent', () => {
    assert.equal(arePackagesCurrent({ 'node_modules/a': a, 'node_modules/b': b }, { 'node_modules/a': a }), false)
  })
  it('is false where a version differs', () => {
    assert.equal(arePackagesCurrent({ 'node_modules/a': a }, { 'node_modules/a': { ...a, version: '1.0.1' } }), false)
  })
  it('is false where a package is no longer locked', () => {
    assert.equal(arePackagesCurrent({ 'node_modules/a': a }, { 'node_modules/a': a, 'node_modules/b': b }), false)
  })
  it('is false where nothing is installed', () => {
    assert.equal(arePackagesCurrent({ 'node_modules/a': a }, undefined), false)
  })
})
