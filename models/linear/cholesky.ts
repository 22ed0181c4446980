/**
 * Solves `A x = b` for a symmetric positive definite `A` by Cholesky's factorisation `A = L Lᵀ`.
 *
 * `matrix` is row-major, `size * size`, of which only the lower triangle is read; it is overwritten with `L`.
 * Returns null where `A` is not positive definite to working precision.
 *
 * @see Golub & Van Loan, Matrix Computations, 4th ed., algorithm 4.2.2
 * @example solveInPlace(new Float64Array([4, 0, 2, 3]), new Float64Array([8, 7])) // x with 4x₀ + 2x₁ = 8, 2x₀ + 3x₁ = 7
 */
export function solveInPlace(matrix: Float64Array, right: Float64Array): Float64Array | null {
  const size = right.length
  for (let row = 0; row < size; row++) {
    const rowAt = row * size
    for (let column = 0; column <= row; column++) {
      const columnAt = column * size
      let sum = matrix[rowAt + column]
      for (let k = 0; k < column; k++) sum -= matrix[rowAt + k] * matrix[columnAt + k]
      if (column < row) matrix[rowAt + column] = sum / matrix[columnAt + column]
      else if (sum > 0) matrix[rowAt + row] = Math.sqrt(sum)
      else return null
    }
  }
  const x = Float64Array.from(right)
  for (let row = 0; row < size; row++) {
    for (let k = 0; k < row; k++) x[row] -= matrix[row * size + k] * x[k]
    x[row] /= matrix[row * size + row]
  }
  for (let row = size - 1; row >= 0; row--) {
    for (let k = row + 1; k < size; k++) x[row] -= matrix[k * size + row] * x[k]
    x[row] /= matrix[row * size + row]
  }
  return x
}
