import {
  gzip,
  header,
  label,
  labelled,
  landing,
  letters,
  ownFeatures,
  ownFeedback,
  ownPrediction,
  passedOver,
  prototypeName,
  record,
  rejected,
  rejectionHeaders,
  taken,
} from './records.ts'
import type { HostileKind } from './spec.ts'

/** Labels that strangers send. */
export const labelKinds: Readonly<Record<string, HostileKind>> = {
  'a label that is no JSON': rejected(() => label('not json')),
  'a label without a value': rejected(() => label(null)),
  'a label with an unpaired surrogate': rejected(at => label(String(landing(`H${at}`).value).replace(`H${at}`, 'H\\udfff'))),
  'a label of 1e400': rejected(at => label(String(landing(`H${at}`).value).replace('"delayMinutes":3', '"delayMinutes":1e400'))),
  'a label with a header of Object.prototype': rejected(at => label('not json', header(prototypeName(at), 'x'))),
  'a label for nothing, with headers that we wrote once': labelled(at => {
    const firstSeen = ['abc', '0', '-1'][at % 3]
    return landing(
      `H${at}`,
      {},
      {
        headers: [
          ['millrace-first-seen-ms', firstSeen],
          ['millrace-label-source', 'flights.labels/0/x'],
        ],
      },
    )
  }),
  'a label for an id of Object.prototype': labelled(at => landing(prototypeName(at))),
  'a label without a key': labelled(at => landing(`H${at}`, {}, { key: null })),
  'a label with a header of Object.prototype that waits': labelled(at => landing(`H${at}`, {}, header(prototypeName(at), null))),
  'a label of the year 2099': labelled(at => landing(`H${at}`, { landedAtMs: Date.UTC(2099, 0) })),
  'a label of 1970': labelled(at => landing(`H${at}`, { landedAtMs: 0 })),
  'one label again and again': labelled(() => landing('H-again')),
  'labels of one id that follow each other': labelled(at => landing('H-follow', { landedAtMs: 1_000_000_000_000 + at })),
  'a label of an event that is invalid': labelled(() => landing('H-invalid')), // it may be a broken copy of a good one
  'a label with a key of 1.2 MB': rejected(at => landing(`H${at}`, {}, { key: letters(1_200_000), ...gzip }), 2),
  'a label too large to wait': rejected(at => landing(`H${at}`, { note: letters(300_000) }), 5),
  'a label in zstd': labelled(at => landing(`H${at}`, {}, { codec: 'zstd' })),
}

/** What strangers write to topics that are ours. */
export const intruderKinds: Readonly<Record<string, HostileKind>> = {
  'features that are none': rejected(() => record('features', { id: 1 })),
  'features without JSON': rejected(() => record('features', 'not json')),
  'features with an id of 3,000 bytes': rejected(() => record('features', { ...ownFeatures, id: letters(3_000) })),
  'features with a time of no clock': rejected(() => record('features', { ...ownFeatures, atMs: 1e300 })),
  'features of 900 kB': rejected(() => record('features', { ...ownFeatures, features: [letters(900_000)] }), 5),
  'features whose origin is no place': rejected(() =>
    record('features', { ...ownFeatures, source: { topic: '', partition: -1, offset: 0.5 } }),
  ),
  'features of another definition': taken(at => record('features', { ...ownFeatures, id: `H${at}` })),
  'features with a time between milliseconds': taken(at => record('features', { ...ownFeatures, id: `H${at}`, atMs: 0.5 })),
  'features with a time of 1e100': taken(at => record('features', { ...ownFeatures, id: `H${at}`, atMs: 1e100 })),
  'features of names of Object.prototype': taken(at => {
    return record('features', {
      ...ownFeatures,
      id: prototypeName(at),
      definition: prototypeName(at),
      features: [prototypeName(at), 1e308],
    })
  }),
  'a prediction that is none': rejected(() => record('predictions', { id: 1 })),
  'a prediction without a value': rejected(() => record('predictions', null)),
  'a prediction with an id of 3,000 bytes': rejected(() => record('predictions', { ...ownPrediction, id: letters(3_000) })),
  'a prediction with an empty id': rejected(() => record('predictions', { ...ownPrediction, id: '' })),
  'a prediction with a score of 1e300': rejected(() => record('predictions', { ...ownPrediction, score: 1e300 })),
  'a prediction with a score of 1e-300': rejected(() => record('predictions', { ...ownPrediction, score: 1e-300 })),
  'a prediction with a time of no clock': rejected(() => record('predictions', { ...ownPrediction, scoredAtMs: 1e300 })),
  'a prediction larger than an item': rejected(() => record('predictions', { ...ownPrediction, note: letters(600_000) }), 5),
  'a prediction with a thousand shadows': rejected(() => {
    const shadows = Array.from({ length: 1_000 }, (_, at) => ({ model: `m${at}`, score: 0.5 }))
    return record('predictions', { ...ownPrediction, shadows })
  }),
  'a prediction with a header of Object.prototype': rejected(at => record('predictions', 'not json', header(prototypeName(at), 'x'))),
  'a prediction with a score of 1e100': taken(at => record('predictions', { ...ownPrediction, id: `H${at}`, score: 1e100 })),
  'a prediction with a score of -1e100': taken(at => record('predictions', { ...ownPrediction, id: `H${at}`, score: -1e100 })),
  'a prediction with a time between milliseconds': taken(at => record('predictions', { ...ownPrediction, id: `H${at}`, scoredAtMs: 0.5 })),
  'a prediction with times of 1e100': taken(at => {
    return record('predictions', { ...ownPrediction, id: `H${at}`, atMs: 1e100, scoredAtMs: -1e100 })
  }),
  'a prediction by a model of Object.prototype': taken(at => {
    const shadows = [{ model: prototypeName(at + 1), score: 0.1 }]
    return record('predictions', { ...ownPrediction, id: `H${at}`, model: prototypeName(at), shadows })
  }),
  'a prediction by a model named as our own counters': taken(at => {
    return record('predictions', { ...ownPrediction, id: `H${at}`, model: ['none', 'every', 'guard', 'seen'][at % 4] })
  }),
  'a prediction that asks for attention, under an id with line breaks': taken(at => {
    return record('predictions', { ...ownPrediction, id: `H${at}\nSubject: ü`, decision: 'notify', score: 0.99 })
  }),
  'a prediction that asks for attention, under an id of 1,000 bytes': taken(() => {
    return record('predictions', { ...ownPrediction, id: 'ü'.repeat(500), decision: 'notify', score: 0.99 })
  }),
  'feedback with scores beyond any float': taken(at => {
    const shadows = [{ model: prototypeName(at), score: -1e100 }]
    return record('feedback', { ...ownFeedback, id: `H${at}`, score: 1e100, shadows })
  }),
  'feedback with times of 1e100': taken(at => record('feedback', { ...ownFeedback, id: `H${at}`, labelAtMs: 1e100, atMs: -1e100 })),
  'feedback with a place of 2 ** 53 - 1': taken(at => {
    const labelSource = { topic: prototypeName(at), partition: 2 ** 53 - 1, offset: 2 ** 53 - 1 }
    return record('feedback', { ...ownFeedback, id: `H${at}`, labelSource })
  }),
  'feedback that is none': passedOver(() => record('feedback', { id: 1 })),
  'feedback without JSON': passedOver(() => record('feedback', 'not json')),
  'feedback with a place of no partition': passedOver(() => {
    return record('feedback', { ...ownFeedback, labelSource: { topic: prototypeName(0), partition: 1e300, offset: -1 } })
  }),
  'feedback of 900 kB': passedOver(() => record('feedback', { ...ownFeedback, features: [letters(900_000)] }), 5),
  'a rejection that is none': passedOver(() => record('rejected', 'not json')),
  'a rejection without a value': passedOver(() => record('rejected', null, rejectionHeaders())),
  'a rejection by a step of Object.prototype': passedOver(at => record('rejected', '{}', rejectionHeaders({ step: prototypeName(at) }))),
  'a rejection whose place is none': passedOver(() => record('rejected', '{}', rejectionHeaders({ partition: 'x', offset: '1e400' }))),
  'a rejection whose payload is nowhere': passedOver(() => {
    return record('rejected', null, rejectionHeaders({ claim: JSON.stringify({ key: 'claims/x', bytes: 1, sha256: 'x' }) }))
  }),
}
