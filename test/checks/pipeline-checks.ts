import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Payload, Pipeline } from '#models/pipeline-compiler.ts'

/** What every definition must hold, given a few valid events of it. */
export function pipelineChecks(pipeline: Pipeline, events: readonly Payload[]): void {
  describe(`definition ${pipeline.name}`, () => {
    const rowOf = (value: unknown) => {
      const parsed = pipeline.parseEvent(value)
      assert.ok(parsed.ok, `${JSON.stringify(value)} must parse`)
      return pipeline.toFeatures(parsed.value)
    }
    it('gives a row of the declared width and kinds', () => {
      for (const event of events) {
        const row = rowOf(event)
        assert.equal(row.length, pipeline.features.length)
        row.forEach((value, column) => {
          if (value !== null) assert.equal(typeof value, pipeline.features[column].kind === 'number' ? 'number' : 'string')
        })
      }
    })
    it('leaves the event as it was', () => {
      for (const event of events) {
        const frozen = Object.freeze(structuredClone(event))
        rowOf(frozen)
        assert.deepEqual(frozen, event)
      }
    })
    it('does not depend on field order or on unknown fields', () => {
      for (const event of events) {
        const turned = Object.fromEntries([...Object.entries(event).reverse(), ['unknownField', { deep: [1] }]])
        assert.deepEqual(rowOf(turned), rowOf(event))
      }
    })
    it('gives the same bytes for the same event', () => {
      for (const event of events) assert.equal(JSON.stringify(rowOf(event)), JSON.stringify(rowOf(structuredClone(event))))
    })
    it('names each missing or null field, or goes on without it, and never throws', () => {
      for (const field of Object.keys(events[0])) {
        for (const broken of [
          { ...events[0], [field]: undefined },
          { ...events[0], [field]: null },
        ]) {
          const parsed = pipeline.parseEvent(broken)
          if (parsed.ok) assert.equal(pipeline.toFeatures(parsed.value).length, pipeline.features.length)
          else assert.equal(parsed.field, field)
        }
      }
    })
  })
}
