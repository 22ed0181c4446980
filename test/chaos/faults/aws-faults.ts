import type { AwsCall, Disturb, Disturbance } from './aws-call.ts'
import { toDynamoError, toS3Error } from './aws-call.ts'
import type { FaultTally } from './tally.ts'
import { throttle } from './throttle.ts'

const refusedRatio = 1 / 20
const throttledRatio = 1 / 2
/** How long a call that is swallowed leaves its caller waiting. */
const swallowedMs = 1_500

/** Disturbs AWS calls as the kind of fault that is on asks for it, and counts them. */
export function makeAwsFaults(tally: FaultTally, archiveBucket: () => string, random: () => number): Disturb {
  const counted = (disturbance: Disturbance) => {
    tally.add(tally.on!, { injected: 1 })
    return disturbance
  }
  return call => {
    switch (tally.on) {
      case 'refused':
        return random() < refusedRatio ? counted(refuse(call, random)) : undefined
      case 'diskFull':
        return isArchivePut(call, archiveBucket()) ? counted(refuseToStore(random)) : undefined
      case 'throttled':
        return call.dynamoOperation !== undefined && random() < throttledRatio ? counted(throttle(call, random)) : undefined
      default:
        return undefined
    }
  }
}

/** A fourth each: the service is not there, the connection breaks, the call is swallowed, it is done and its answer is lost. */
function refuse(call: AwsCall, random: () => number): Disturbance {
  const dice = random()
  const isDynamo = call.dynamoOperation !== undefined
  if (dice < 0.25)
    return { kind: 'answer', answer: isDynamo ? toDynamoError(500, 'InternalServerError') : toS3Error(503, 'ServiceUnavailable') }
  if (dice < 0.5) return { kind: 'drop', isDone: false, afterMs: 0 }
  return { kind: 'drop', isDone: dice >= 0.75, afterMs: dice >= 0.75 ? 0 : swallowedMs }
}

function refuseToStore(random: () => number): Disturbance {
  return { kind: 'answer', answer: random() < 0.5 ? toS3Error(503, 'SlowDown') : toS3Error(500, 'InternalError') }
}

const isArchivePut = ({ method, path }: AwsCall, bucket: string) => method === 'PUT' && path.startsWith(`/${bucket}/`)
