/** Mean log loss of probabilities, in nats. */
export function logLoss(scores: Float64Array, targets: Float32Array): number {
  let sum = 0
  for (let row = 0; row < scores.length; row++) sum -= Math.log(targets[row] ? scores[row] : 1 - scores[row])
  return sum / scores.length
}

/** Area under the ROC curve: the Mann–Whitney statistic over mid-ranks. */
export function areaUnderCurve(scores: Float64Array, targets: Float32Array): number {
  const order = Uint32Array.from(scores, (_, row) => row).sort((a, b) => scores[a] - scores[b])
  let positives = 0
  let rankSum = 0
  for (let begin = 0; begin < order.length; ) {
    let end = begin
    while (end < order.length && scores[order[end]] === scores[order[begin]]) end++
    for (let i = begin; i < end; i++) {
      positives += targets[order[i]]
      rankSum += targets[order[i]] * ((begin + end + 1) / 2)
    }
    begin = end
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives))
}
