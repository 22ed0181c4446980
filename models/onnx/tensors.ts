/** The tensors of an ONNX file that carry features and scores: a float32 matrix in, and the column of another that is the score. */
export interface ModelTensors {
  readonly input: string
  readonly output: string
  readonly column: number
}

/** As our own trainers name them. */
export const ownTensors: ModelTensors = { input: 'features', output: 'score', column: 0 }
