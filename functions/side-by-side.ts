import type { Step, StepResult } from './ports.ts'

/** A step that shares a function with others, and the topics that it reads of the function's. */
export interface Part {
  readonly step: Step
  readonly topics: readonly string[]
}

/**
 * Steps of one function, which so needs one mapping for each topic, not one for each step that reads it: each gets the records of its topics,
 * all at the same time.
 *
 * What one of them fails with comes again to all, so each must be such that the same record again changes nothing. None is left running: the
 * first failure is thrown when all have ended.
 *
 * @example sideBySide([{ step: archive, topics: ['flights.events', 'flights.feedback'] }, { step: evaluate, topics: ['flights.feedback'] }])
 */
export function sideBySide(parts: readonly Part[]): Step {
  return async records => {
    const outcomes = await Promise.allSettled(parts.map(({ step, topics }) => step(records.filter(({ topic }) => topics.includes(topic)))))
    const results = outcomes.map((outcome): StepResult => {
      if (outcome.status === 'rejected') throw outcome.reason
      return outcome.value
    })
    return {
      failed: [...new Set(results.flatMap(({ failed = [] }) => failed))],
      counts: Object.assign({}, ...results.map(({ counts }) => counts)),
    }
  }
}
