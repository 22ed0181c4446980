import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { GetScheduleCommand, SchedulerClient } from '@aws-sdk/client-scheduler'

/** Fires a scheduled step on the event clock, since a fast replay lets days pass in seconds. */
export interface StepClock {
  /**
   * Told how far event time has come; fires each time another `everyMs` has passed.
   *
   * Resolves at once while a run is under way, so that the stream goes on, but not when the stream is a quarter of `everyMs` ahead of
   * that run: on AWS a run takes a minute of event time, and here it must not take a day.
   */
  tick(atMs: number): Promise<void>
  /** Waits for a run that is under way. */
  settle(): Promise<void>
  /** What the last run that ended well answered; undefined where none has. */
  lastOutcome(): unknown
}

/** The clock of a deployed schedule: it calls what EventBridge Scheduler would call, with what it would send. */
export async function openStepClock(options: {
  /** For messages. */
  readonly step: string
  readonly scheduleName: string
  readonly everyMs: number
  readonly onError: (message: string) => void
}): Promise<StepClock> {
  const { step, scheduleName, everyMs, onError } = options
  const { Target } = await new SchedulerClient().send(new GetScheduleCommand({ Name: scheduleName }))
  const lambda = new LambdaClient({ requestHandler: { requestTimeout: 900_000 } })
  let nextAtMs: number | undefined
  let firedAtMs = 0
  let running: Promise<void> | undefined
  let outcome: unknown

  const fire = async () => {
    const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: Target!.Arn!, Payload: Target?.Input ?? '{}' }))
    const answer = Buffer.from(Payload ?? []).toString()
    if (FunctionError) throw new Error(answer)
    outcome = answer === '' ? undefined : JSON.parse(answer)
  }
  return {
    async tick(atMs) {
      if (running && atMs > firedAtMs + everyMs / 4) await running
      nextAtMs ??= atMs + everyMs
      if (atMs < nextAtMs || running) return
      nextAtMs = atMs + everyMs
      firedAtMs = atMs
      running = fire()
        .catch(error => onError(`${step} failed: ${(error as Error).message}`))
        .finally(() => {
          running = undefined
        })
    },
    async settle() {
      await running
    },
    lastOutcome: () => outcome,
  }
}
