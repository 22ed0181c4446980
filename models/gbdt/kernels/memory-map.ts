// Byte addresses in the memory that the TypeScript side and the AssemblyScript kernels share.
// Only plain constants: this file is compiled by both.

/** The task at hand. A new value of the ticket tells the waiting threads that the task has changed. */
export const TICKET = 0
export const TASK = 4
export const LEAF = 8
export const NEW_LEAF = 12
export const FEATURE = 16
export const HISTOGRAM_LEAF = 20
export const HISTOGRAM = 24
export const LEAF_COUNT = 28
export const ROUND_SEED = 32
export const ROW_THRESHOLD = 36
export const GRADIENT_SCALE = 40
export const HESSIAN_SCALE = 48
export const LEAF_MASKS = 56
export const MASK_WORDS = 60

/** What stays the same during a training. */
export const STRIDE = 64
export const GROUP_COUNT = 68
export const IS_WIDE = 72
export const IS_BINARY = 76
export const PART_HISTOGRAMS = 80
export const SUM_UNIT = 88

/** One byte a bin: 1 if the rows of that bin go left. */
export const SPLIT_TABLE = 256

/** The parts, one a thread: DONE (ticket of the last finished task), ABSOLUTE_SUM, the rows, scratch, and the rows of every leaf. */
export const PARTS = 512
export const PART_BYTES = 4096
export const PART_LIMIT = 64
export const DONE = 0
export const ABSOLUTE_SUM = 8
export const PART_BEGIN = 16
export const PART_END = 20
export const LEFT_OFFSETS = 256
export const RIGHT_OFFSETS = 512
export const RANGES = 1024

export const LEAF_VALUES = 262_656
export const SCORE_TABLE = 263_680
/** First free byte, a multiple of 64. */
export const HEAP = 296_448

/** Scores from −16 to 16 in steps of 1/128: the cells of the score table. */
export const SCORE_RANGE = 16
export const CELLS_PER_LOGIT = 128
export const CELL_COUNT = 4096

/** Fields of a record. Compact: score with the label in its lowest bit, gradient and hessian of 16 bits each. Then the bins. */
export const SCORE = 0
export const PACKED = 4
export const COMPACT_BINS = 8
/** Wide: hessian and gradient of 32 bits each. */
export const TARGET = 4
export const WEIGHT = 8
export const ROW_ID = 12
export const HESSIAN = 16
export const GRADIENT = 20
export const WIDE_BINS = 24

/** A histogram: 256 bins a feature, 8 bytes a bin (hessian sum in the low half, gradient sum in the high half). */
export const FEATURE_HISTOGRAM_BYTES = 2048
export const GROUP_HISTOGRAM_BYTES = 16_384

export const TASK_STOP = 0
export const TASK_START_ROUND = 1
export const TASK_ADD_LEAF_VALUES = 2
export const TASK_QUANTISE = 3
export const TASK_SPLIT = 4
export const TASK_ADD_TREE = 5
