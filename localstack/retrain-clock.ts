import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'

/** Fires the retrain schedule's target on the event clock, since a fast replay lets days pass in seconds. */
export interface RetrainClock {
  /** Told how far event time has come; fires each time another `everyMs` has passed, unless the last run is still at it. */
  tick(atMs: number): void
  /** Waits for a run that is under way. */
  settle(): Promise<void>
  readonly fired: number
}

/** The clock of a deployed schedule: it calls what EventBridge Scheduler would call, with what it would send. */
export async function openRetrainClock(options: {
  readonly scheduleName: string
  readonly everyMs: number
  readonly onError: (message: string) => void
}): Promise<RetrainClock> {
  const { scheduleName, everyMs, onError } = options
  const { Target } = await new SchedulerClient().send(new GetScheduleCommand({ Name: scheduleName }))
  const lambda = new LambdaClient({ requestHandler: { requestTimeout: 900_000 } })
  let nextAtMs: number | undefined
  let running: Promise<void> | undefined
  let fired = 0

  const fire = async () => {
    const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: Target!.Arn!, Payload: Target?.Input ?? '{}' }))
    if (FunctionError) throw new Error(Buffer.from(Payload ?? []).toString())
  }
  return {
    tick(atMs) {
      nextAtMs ??= atMs + everyMs
      if (atMs < nextAtMs || running) return
      nextAtMs = atMs + everyMs
      fired++
      running = fire()
        .catch(error => onError(`retrain failed: ${(error as Error).message}`))
        .finally(() => {
          running = undefined
        })
    },
    async settle() {
      await running
    },
    get fired() {
      return fired
    },
  }
}
