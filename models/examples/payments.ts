import { definePipeline } from '../define.ts'
import { number, oneOf, text, timeMs } from '../fields.ts'
import { asFeatures, eachWindow } from '../windows/spread.ts'

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs

const card = (payment: { readonly cardId: string }) => payment.cardId
const amount = (payment: { readonly amountCents: number }) => payment.amountCents

// What the card did just now, and what it usually does.
const spending = eachWindow(
  { '10m': 10 * minuteMs, '1d': dayMs },
  {
    payments: { over: 'events', by: card, stat: 'count' },
    spentCents: { over: 'events', by: card, value: amount, stat: 'sum', resolution: 1 },
    shops: { over: 'events', by: card, value: (payment: { readonly shopId: string }) => payment.shopId, stat: 'distinct' },
  },
)

/** Card payments: will this one be charged back? Shows all that a definition can remember. */
export const pipeline = definePipeline({
  name: 'payments',
  event: {
    paymentId: text({ max: 64 }),
    sentAtMs: timeMs(),
    cardId: text({ max: 64 }),
    shopId: text({ max: 64 }),
    country: oneOf(['DE', 'FR', 'US']),
    amountCents: number({ min: 0 }),
  },
  id: 'paymentId',
  time: 'sentAtMs',
  clean: {
    event: {
      amountCents: { from: 'cents', max: 100_000_000 },
      country: { default: 'DE' },
    },
    clock: { aheadAtMostMs: 5 * minuteMs, behindAtMostMs: 30 * dayMs },
    repeatsWithinMs: hourMs, // terminals send again
  },
  inputs: {
    // a compacted topic: the card's limit, until it is replaced or taken away
    limits: { fields: { limitCents: number({ min: 0 }) }, table: true, read: payment => payment.cardId },
    // a stream: the last login to the card's account within half an hour
    logins: {
      fields: { atMs: timeMs(), cardId: text({ max: 64 }), country: text({ max: 8 }) },
      time: 'atMs',
      join: { by: login => login.cardId, read: payment => payment.cardId, withinMs: 30 * minuteMs },
    },
  },
  aggregates: {
    ...spending,
    chargedBackAtShop30d: {
      over: 'labels',
      by: verdict => verdict.shopId,
      read: payment => payment.shopId,
      value: verdict => Number(verdict.isChargedBack === 'yes'),
      stat: 'mean',
      windowMs: 30 * dayMs,
      bucketMs: 6 * hourMs,
    },
    loginsOfCard1h: { over: 'logins', by: login => login.cardId, read: payment => payment.cardId, stat: 'count', windowMs: hourMs },
  },
  lateness: { allowedMs: 2 * hourMs, later: 'amend' },
  features: {
    amountLog: payment => Math.log1p(payment.amountCents),
    hourUtc: payment => new Date(payment.sentAtMs).getUTCHours(),
    shareOfLimit: (payment, { limits }) => (limits ? payment.amountCents / Math.max(1, limits.limitCents) : null),
    loginCountry: { category: (_, { logins }) => logins?.country ?? null },
    isAbroad: (payment, { logins }) => (logins ? Number(logins.country !== payment.country) : null),
    chargedBackAtShop30d: (_payment, _rows, { chargedBackAtShop30d }) => chargedBackAtShop30d,
    loginsOfCard1h: (_payment, _rows, { loginsOfCard1h }) => loginsOfCard1h,
    ...asFeatures(spending),
  },
  label: {
    fields: { paymentId: text({ max: 64 }), decidedAtMs: timeMs(), shopId: text({ max: 64 }), isChargedBack: oneOf(['yes', 'no']) },
    id: 'paymentId',
    time: 'decidedAtMs',
    isPositive: verdict => verdict.isChargedBack === 'yes',
    arrivesWithinMs: 60 * dayMs,
  },
  retrain: { everyMs: dayMs, windowMs: 90 * dayMs },
  decide: { positiveAtLeast: 0.5, notifyAtLeast: 0.9 },
})
