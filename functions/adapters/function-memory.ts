/** Megabytes of the function that this runs in, as Lambda says; elsewhere what `retrain` has by its row in cdk/steps.ts. */
export function functionMemoryMb(): number {
  return Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE || 3_008)
}
