// Equilibrium propagation on a GPU: one kernel that carries out a list of operations on one network, batch after batch,
// without the host in between. It is compiled on first use, for the installed card; CudaScript writes the list.
//
// Memory. The rows of a matrix are padded to a multiple of 4 floats, the pitch; the padding is zero and stays zero. W_k
// is stored by unit, [n_k × n_{k−1}], and for k ≥ 2 also by input, [n_{k−1} × n_k], so that both products of a
// relaxation read rows. Both copies are updated by the same arithmetic, so they never differ.
//
// Order. Each sum has a fixed order, which depends only on the network and the batch, not on the number of blocks or
// the card. There are no floating-point atomics. After a wait, ordinary reads see what other blocks wrote before it:
// arriving releases the writes, and leaving acquires them.

// THREADS, the number of threads per block of run, is defined by whoever compiles this.
#define WARPS (THREADS / 32)
#define ROWS 4
#define FULL 0xffffffffu

#ifndef PAUSE
#define PAUSE()
#endif

typedef long long i64;

// Layer k = 1 … L.
struct Layer {
  i64 inputs;       // n_{k−1}
  i64 units;        // n_k
  float* byUnit;    // W_k by unit
  float* byInput;   // W_k by input; null for k = 1
  float* bias;      // b_k
  float* base;      // [B × n_1]: x·W_1 + b_1; null for k ≥ 2
  float* states[4]; // [B × n_k]: free, nudged, counter-nudged, and the old states of a synchronous step
  float* sumByUnit; // the contrast's W_k, by unit
  float* sumBias;   // the contrast's b_k
};

// s ← ρ(keep·s + gain·u + pull·y)
struct Rule {
  float keep, gain, pull;
};

enum { DRIVE = 0, START = 1, RELAX = 2, MEASURE = 3, LEARN = 4, PHASES = 5, CLEAR = 6 };

struct Op {
  int code;
  int batch;   // B
  int row;     // of x at which the batch starts
  int count;   // RELAX: how many equilibria at a time, 1 or 2. PHASES: how many nudged phases, 0 to 2
  int into[2]; // which equilibria; START: into[0] ← into[1] (−1: zeros); LEARN: plus, minus
  int steps[2]; // RELAX: steps[0]. PHASES: free steps, nudged steps
  int slot;    // RELAX, MEASURE, PHASES: where the result goes
  int option;  // LEARN: 1 for the contrast's parameters, 0 for the network's. PHASES: 1: nudged phases start from zeros
  float tolerance;
  int coefficients; // LEARN: where those of W_1, b_1, W_2, … start
  Rule hidden;
  Rule output[3]; // RELAX: of into[0], into[1]. PHASES: free, nudged, counter-nudged
};

struct Work {
  const Layer* layers;
  i64 depth;         // L
  i64 synchronous;   // 1: synchronous steps, 0: even-odd sweeps
  const Op* ops;
  i64 opCount;
  const float* x;           // [rows × n_0]
  const double* halfSquares; // [rows]: ½‖x‖²
  const float* biasWeights; // [rows]: 1 − m·(x − m)
  const int* labels;        // [rows]
  const float* center;      // m [n_0], or null
  const float* coefficients;
  double* measured;  // per example: energy, cost, 1 if misclassified, ‖s_1‖² … ‖s_L‖²
  i64* ends;         // per phase with a tolerance: steps taken, the last residual as the bits of a float
  unsigned* residuals; // [3]
  unsigned* barrier; // how often a block has arrived
};

__device__ __forceinline__ int pitch(i64 length) { return (int)((length + 3) & ~3LL); }

__device__ __forceinline__ float clip(float v) { return v < 0.f ? 0.f : v > 1.f ? 1.f : v; } // NaN stays NaN

__device__ __forceinline__ float4 load(const float* p) { return *reinterpret_cast<const float4*>(p); }

__device__ __forceinline__ float4 loadConstant(const float* p) { return __ldg(reinterpret_cast<const float4*>(p)); }

__device__ __forceinline__ float at(const float4& v, int i) { return i == 0 ? v.x : i == 1 ? v.y : i == 2 ? v.z : v.w; }

__device__ __forceinline__ void multiplyAdd(float& sum, const float4& a, const float4& b) {
  sum = fmaf(a.x, b.x, sum);
  sum = fmaf(a.y, b.y, sum);
  sum = fmaf(a.z, b.z, sum);
  sum = fmaf(a.w, b.w, sum);
}

__device__ __forceinline__ void multiplyAdd(float4& sum, float a, const float4& b) {
  sum.x = fmaf(a, b.x, sum.x);
  sum.y = fmaf(a, b.y, sum.y);
  sum.z = fmaf(a, b.z, sum.z);
  sum.w = fmaf(a, b.w, sum.w);
}

__device__ __forceinline__ float larger(float a, float b) { return b > a || b != b ? b : a; } // NaN wins

#ifndef EMULATED
// Whoever sees the count also sees what this block wrote before.
__device__ __forceinline__ void arrive(unsigned* count) {
  asm volatile("red.release.gpu.global.add.u32 [%0], 1;" ::"l"(count) : "memory");
}

__device__ __forceinline__ unsigned arrived(unsigned* count) {
  unsigned value;
  asm volatile("ld.acquire.gpu.global.u32 %0, [%1];" : "=r"(value) : "l"(count) : "memory");
  return value;
}
#endif

// Waits until every block has arrived; all blocks then see what the others wrote before.
__device__ __forceinline__ void waitForAll(const Work& work, unsigned& target) {
  __syncthreads();
  if (threadIdx.x == 0) {
    target += gridDim.x;
    arrive(work.barrier);
    while ((int)(arrived(work.barrier) - target) < 0) { // the count may wrap around
      PAUSE();
    }
  }
  __syncthreads();
}

// Adds up ROWS·E sums over the 32 lanes; each lane receives the total with index lane / (32 / (ROWS·E)). The order in
// which lanes are added does not depend on E.
template <int N>
__device__ __forceinline__ float total(float (&v)[N], int lane) {
  int offset = 16;
#pragma unroll
  for (int n = N / 2; n >= 1; n /= 2, offset /= 2) {
    bool upper = lane & offset;
#pragma unroll
    for (int i = 0; i < n; i++) {
      float sent = upper ? v[i] : v[i + n];
      float kept = upper ? v[i + n] : v[i];
      v[i] = kept + __shfl_xor_sync(FULL, sent, offset);
    }
  }
  for (; offset >= 1; offset /= 2) {
    v[0] += __shfl_xor_sync(FULL, v[0], offset);
  }
  return v[0];
}

// sums[e·ROWS + r] += this lane's part of rows[r] · vectors[e]. Rows and vectors beyond the last repeat the last.
template <int E, bool CONSTANT>
__device__ __forceinline__ void addProducts(float (&sums)[ROWS * E], const float* rows, int firstRow, int lastRow,
                                            const float* vectors, int first, int last, int length, int lane) {
  const float* row[ROWS];
  const float* vector[E];
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    row[r] = rows + (i64)min(firstRow + r, lastRow) * length;
  }
#pragma unroll
  for (int e = 0; e < E; e++) {
    vector[e] = vectors + (i64)min(first + e, last) * length;
  }
#pragma unroll(E > 2 ? 1 : 2)
  for (int i = 4 * lane; i < length; i += 128) {
    float4 w[ROWS];
    float4 s[E];
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      w[r] = load(row[r] + i);
    }
#pragma unroll
    for (int e = 0; e < E; e++) {
      s[e] = CONSTANT ? loadConstant(vector[e] + i) : load(vector[e] + i);
    }
#pragma unroll
    for (int e = 0; e < E; e++) {
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        multiplyAdd(sums[e * ROWS + r], w[r], s[e]);
      }
    }
  }
}

__device__ __forceinline__ int tiles(i64 units) { return (int)((units + ROWS - 1) / ROWS); }

// base_1 = x·W_1 + b_1 for the examples. A block processes the same units as in learnFirst, so it does not wait for the
// other blocks in between.
template <int E>
__device__ void drive(const Work& work, const Op& op) {
  const Layer& layer = work.layers[0];
  int lane = threadIdx.x % 32;
  int units = (int)layer.units;
  int length = pitch(layer.inputs);
  const float* x = work.x + (i64)op.row * length;
  constexpr int each = 32 / (ROWS * E);
  for (int tile = blockIdx.x; tile < tiles(units); tile += gridDim.x) {
    int unit = tile * ROWS;
    for (int first = threadIdx.x / 32 * E; first < op.batch; first += WARPS * E) {
      float sums[ROWS * E] = {};
      addProducts<E, true>(sums, layer.byUnit, unit, units - 1, x, first, op.batch - 1, length, lane);
      float sum = total(sums, lane);
      int e = first + lane / each / ROWS;
      int j = unit + lane / each % ROWS;
      if (lane % each == 0 && j < units && e < op.batch) {
        layer.base[(i64)e * pitch(units) + j] = sum + layer.bias[j];
      }
    }
  }
}

// One step of a layer, for the examples [first, first + E) and the units [unit, unit + ROWS); returns the largest move.
template <int E>
__device__ __forceinline__ float move(const Work& work, const Op& op, int k, int unit, int first, int which, int from,
                                      int into) {
  const Layer& layer = work.layers[k - 1];
  int lane = threadIdx.x % 32;
  int units = (int)layer.units;
  float sums[ROWS * E] = {};
  if (k > 1) {
    const Layer& below = work.layers[k - 2];
    addProducts<E, false>(sums, layer.byUnit, unit, units - 1, below.states[from], first, op.batch - 1,
                          pitch(layer.inputs), lane);
  }
  if (k < work.depth) {
    const Layer& above = work.layers[k];
    addProducts<E, false>(sums, above.byInput, unit, units - 1, above.states[from], first,
                          op.batch - 1, pitch(above.units), lane);
  }
  float sum = total(sums, lane);
  constexpr int each = 32 / (ROWS * E);
  int e = first + lane / each / ROWS;
  int j = unit + lane / each % ROWS;
  if (lane % each != 0 || j >= units || e >= op.batch) {
    return 0.f;
  }
  i64 at = (i64)e * pitch(units) + j;
  float u = sum + *(k == 1 ? layer.base + at : layer.bias + j);
  Rule rule = k == work.depth ? op.output[which] : op.hidden;
  float y = k == work.depth && work.labels[op.row + e] == j ? 1.f : 0.f;
  float old = layer.states[from][at];
  float moved = clip(fmaf(rule.keep, old, fmaf(rule.gain, u, rule.pull * y)));
  layer.states[into][at] = moved;
  return fabsf(moved - old);
}

// Moves the layers firstLayer, firstLayer + stride, … of all equilibria of the operation; from the old states if
// synchronous. Returns the largest move that this thread saw.
template <int E>
__device__ float moveLayers(const Work& work, const Op& op, int firstLayer, int stride) {
  int groups = (op.batch + E - 1) / E;
  int perEquilibrium = 0;
  for (int k = firstLayer; k <= work.depth; k += stride) {
    perEquilibrium += tiles(work.layers[k - 1].units) * groups;
  }
  float largest = 0.f;
  for (int item = blockIdx.x * WARPS + threadIdx.x / 32; item < perEquilibrium * op.count;
       item += gridDim.x * WARPS) {
    int which = item / perEquilibrium;
    int rest = item % perEquilibrium;
    int k = firstLayer;
    while (rest >= tiles(work.layers[k - 1].units) * groups) {
      rest -= tiles(work.layers[k - 1].units) * groups;
      k += stride;
    }
    int into = op.into[which];
    int from = work.synchronous ? 3 : into;
    float moved = move<E>(work, op, k, rest / groups * ROWS, rest % groups * E, which, from, into);
    largest = larger(largest, moved);
  }
  return largest;
}

// The number of examples that a warp processes at a time: fewer if there is little work, so that all warps have some.
// Does not change any result.
__device__ __forceinline__ int examplesAtATime(i64 units, int batch) {
  i64 warps = (i64)gridDim.x * WARPS;
  i64 items = (i64)tiles(units) * batch;
  return items >= 4 * warps ? 8 : 2;
}

__device__ float moveLayers(const Work& work, const Op& op, int firstLayer, int stride) {
  i64 units = 0;
  for (int k = firstLayer; k <= work.depth; k += stride) {
    units += work.layers[k - 1].units;
  }
  return examplesAtATime(units * op.count, op.batch) == 8 ? moveLayers<8>(work, op, firstLayer, stride)
                                                          : moveLayers<2>(work, op, firstLayer, stride);
}

// states[into] ← states[from], or zeros.
__device__ void copyStates(const Work& work, int batch, int into, int from) {
  for (int k = 1; k <= work.depth; k++) {
    const Layer& layer = work.layers[k - 1];
    i64 count = (i64)batch * pitch(layer.units);
    for (i64 i = (i64)blockIdx.x * THREADS + threadIdx.x; i < count; i += (i64)gridDim.x * THREADS) {
      layer.states[into][i] = from < 0 ? 0.f : layer.states[from][i];
    }
  }
}

// Steps or sweeps until no unit moves by more than the tolerance, all blocks together.
__device__ void relax(const Work& work, const Op& op, unsigned& target) {
  int step = 0;
  float residual = 0.f;
  while (step < op.steps[0]) {
    step++;
    float largest = 0.f;
    if (work.synchronous) {
      copyStates(work, op.batch, 3, op.into[0]);
      waitForAll(work, target);
      largest = moveLayers(work, op, 1, 1);
    } else {
      largest = moveLayers(work, op, 1, 2);
      if (work.depth > 1) {
        waitForAll(work, target);
        largest = larger(largest, moveLayers(work, op, 2, 2));
      }
    }
    if (op.tolerance > 0.f) {
      for (int offset = 16; offset >= 1; offset /= 2) {
        largest = larger(largest, __shfl_xor_sync(FULL, largest, offset));
      }
      if (threadIdx.x % 32 == 0) { // moves are not negative, so their bits have the same order, NaN last
        atomicMax(work.residuals + step % 3, __float_as_uint(largest) & 0x7fffffffu);
      }
      if (blockIdx.x == 0 && threadIdx.x == 0) {
        work.residuals[(step + 1) % 3] = 0u;
      }
    }
    waitForAll(work, target);
    if (op.tolerance > 0.f) {
      residual = __uint_as_float(work.residuals[step % 3]);
      if (residual <= op.tolerance) {
        break;
      }
    }
  }
  if (op.tolerance > 0.f) {
    waitForAll(work, target); // everyone has read the last residual
    if (blockIdx.x == 0 && threadIdx.x == 0) {
      work.residuals[0] = work.residuals[1] = work.residuals[2] = 0u;
      work.ends[2 * op.slot] = step;
      work.ends[2 * op.slot + 1] = __float_as_uint(residual);
    }
  }
}

// Adds up over the block, in the order of lanes and warps; only thread 0 receives the result.
__device__ double blockSum(double value) {
  __shared__ double parts[WARPS];
  for (int offset = 16; offset >= 1; offset /= 2) {
    value += __shfl_xor_sync(FULL, value, offset);
  }
  __syncthreads();
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = value;
  }
  __syncthreads();
  double sum = 0;
  if (threadIdx.x == 0) {
    for (int i = 0; i < WARPS; i++) {
      sum += parts[i];
    }
  }
  return sum;
}

// Returns 1 if the index of the largest of n values is not the label, else 0. Of equal values, the first counts. Called
// by one thread.
__device__ double misclassified(const float* values, int n, int label) {
  int best = 0;
  for (int j = 1; j < n; j++) {
    if (values[j] > values[best]) {
      best = j;
    }
  }
  return best != label;
}

// Energy, cost, error and activity of each example at an equilibrium: one block per example.
__device__ void measure(const Work& work, const Op& op) {
  int lane = threadIdx.x % 32;
  int warp = threadIdx.x / 32;
  int depth = (int)work.depth;
  for (int e = blockIdx.x; e < op.batch; e += gridDim.x) {
    double* result = work.measured + (i64)(op.slot + e) * (3 + depth);
    double energy = 0;
    for (int k = 1; k <= depth; k++) {
      const Layer& layer = work.layers[k - 1];
      int units = (int)layer.units;
      const float* s = layer.states[op.into[0]] + (i64)e * pitch(units);
      double squares = 0;
      double cost = 0;
      for (int j = threadIdx.x; j < units; j += THREADS) {
        double value = s[j];
        squares += value * value;
        double fixed = *(k == 1 ? layer.base + (i64)e * pitch(units) + j : layer.bias + j);
        energy += 0.5 * value * value - fixed * value;
        if (k == depth) {
          double difference = value - (work.labels[op.row + e] == j ? 1. : 0.);
          cost += difference * difference;
        }
      }
      if (k > 1) {
        const float* below = work.layers[k - 2].states[op.into[0]];
        for (int tile = warp; tile < tiles(units); tile += WARPS) {
          float sums[ROWS] = {};
          addProducts<1, false>(sums, layer.byUnit, tile * ROWS, units - 1, below, e, op.batch - 1,
                                pitch(layer.inputs), lane);
          float sum = total(sums, lane);
          int j = tile * ROWS + lane / 8;
          if (lane % 8 == 0 && j < units) {
            energy -= (double)sum * (double)s[j];
          }
        }
      }
      double activity = blockSum(squares);
      if (threadIdx.x == 0) {
        result[2 + k] = activity;
      }
      if (k == depth) {
        double sum = blockSum(cost);
        if (threadIdx.x == 0) {
          result[1] = sum;
          result[2] = misclassified(s, units, work.labels[op.row + e]);
        }
      }
    }
    double sum = blockSum(energy);
    if (threadIdx.x == 0) {
      result[0] = work.halfSquares[op.row + e] + sum;
    }
  }
}

__device__ __forceinline__ float4 minus(const float4& a, const float4& b) {
  return float4{a.x - b.x, a.y - b.y, a.z - b.z, a.w - b.w};
}

__device__ __forceinline__ float4 fromLane(const float4& v, int lane) {
  return float4{__shfl_sync(FULL, v.x, lane), __shfl_sync(FULL, v.y, lane), __shfl_sync(FULL, v.z, lane),
                __shfl_sync(FULL, v.w, lane)};
}

// matrix[row … row + ROWS)[column … column + 4) += c·sums, for those rows and columns that exist.
__device__ __forceinline__ void addTile(float* matrix, int rows, int columnPitch, int row, int column, float c,
                                        const float4 (&sums)[ROWS]) {
  if (column < columnPitch) {
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      if (row + r < rows) {
        float4* target = reinterpret_cast<float4*>(matrix + (i64)(row + r) * columnPitch + column);
        float4 w = *target;
        multiplyAdd(w, c, sums[r]);
        *target = w;
      }
    }
  }
}

// W += c (s⁺ᵀ s⁺ − s⁻ᵀ s⁻) for ROWS rows and this lane's 4 columns, example after example. Rows and columns are the
// units of two layers, whose states are given at both equilibria. Called by a whole warp.
__device__ __forceinline__ void learnTile(float* matrix, int rows, int columns, const float* rowPlus,
                                          const float* rowMinus, const float* columnPlus, const float* columnMinus,
                                          int batch, float c, int row, int column) {
  int lane = threadIdx.x % 32;
  int rowPitch = pitch(rows);
  int columnPitch = pitch(columns);
  int near = min(column, columnPitch - 4);
  float4 sums[ROWS] = {};
  for (int first = 0; first < batch; first += 32) {
    int mine = min(first + lane, batch - 1);
    float4 plusRows = load(rowPlus + (i64)mine * rowPitch + row);
    float4 minusRows = load(rowMinus + (i64)mine * rowPitch + row);
    int count = min(32, batch - first);
#pragma unroll 4
    for (int i = 0; i < count; i++) {
      float4 cp = load(columnPlus + (i64)(first + i) * columnPitch + near);
      float4 cm = load(columnMinus + (i64)(first + i) * columnPitch + near);
      float4 rp = fromLane(plusRows, i);
      float4 rm = fromLane(minusRows, i);
#pragma unroll
      for (int r = 0; r < ROWS; r++) {
        multiplyAdd(sums[r], at(rp, r), cp);
        multiplyAdd(sums[r], -at(rm, r), cm);
      }
    }
  }
  addTile(matrix, rows, columnPitch, row, column, c, sums);
}

__device__ void learnBias(const Work& work, const Op& op, int k, float* bias, float c, float weightRate, int j) {
  const Layer& layer = work.layers[k - 1];
  const float* plus = layer.states[op.into[0]] + j;
  const float* less = layer.states[op.into[1]] + j;
  int step = pitch(layer.units);
  float sum = 0.f;
  float plain = 0.f;
#pragma unroll 4
  for (int e = 0; e < op.batch; e++) {
    float difference = plus[(i64)e * step] - less[(i64)e * step];
    sum = fmaf(difference, k == 1 ? work.biasWeights[op.row + e] : 1.f, sum);
    plain += difference;
  }
  // (c − weightRate m·(x − m)) Δ for the first layer, whose W has the other rate
  bias[j] = k == 1 && c != weightRate ? fmaf(c, plain, fmaf(weightRate, sum - plain, bias[j])) : fmaf(c, sum, bias[j]);
}

// W_1 += c Σ (s_1⁺ − s_1⁻)ᵀ (x − m), by unit, and b_1, for few examples: a block processes ROWS units, a warp 128
// inputs.
__device__ void learnFirst(const Work& work, const Op& op, float* matrix, float* bias, float c, float biasRate) {
  const Layer& layer = work.layers[0];
  int lane = threadIdx.x % 32;
  int units = (int)layer.units;
  int inputPitch = pitch(layer.inputs);
  int unitPitch = pitch(units);
  const float* plus = layer.states[op.into[0]];
  const float* less = layer.states[op.into[1]];
  const float* x = work.x + (i64)op.row * inputPitch;
  for (int tile = blockIdx.x; tile < tiles(units); tile += gridDim.x) {
    int unit = tile * ROWS;
    for (int input = threadIdx.x / 32 * 128 + 4 * lane; input - 4 * lane < inputPitch; input += WARPS * 128) {
      int near = min(input, inputPitch - 4);
      float4 m = work.center ? loadConstant(work.center + near) : float4{0.f, 0.f, 0.f, 0.f};
      float4 sums[ROWS] = {};
      for (int first = 0; first < op.batch; first += 32) {
        i64 mine = (i64)min(first + lane, op.batch - 1) * unitPitch + unit;
        float4 differences = minus(load(plus + mine), load(less + mine));
        int count = min(32, op.batch - first);
#pragma unroll 10
        for (int i = 0; i < count; i++) {
          float4 v = minus(loadConstant(x + (i64)(first + i) * inputPitch + near), m);
          float4 d = fromLane(differences, i);
#pragma unroll
          for (int r = 0; r < ROWS; r++) {
            multiplyAdd(sums[r], at(d, r), v);
          }
        }
      }
      addTile(matrix, units, inputPitch, unit, input, c, sums);
    }
    int r = THREADS - 1 - threadIdx.x;
    if (r < ROWS && unit + r < units) {
      learnBias(work, op, 1, bias, biasRate, c, unit + r);
    }
  }
}

// The same for many examples: a block processes SIDE units and SIDE inputs, and STAGE examples at a time.
#define SIDE 64
#define STAGE 16
#define MANY 64

__device__ void learnFirstOfMany(const Work& work, const Op& op, float* matrix, float c, float4* memory) {
  float4(*differences)[SIDE / 4] = reinterpret_cast<float4(*)[SIDE / 4]>(memory);
  float4(*inputs)[SIDE / 4] = differences + STAGE;
  const Layer& layer = work.layers[0];
  int units = (int)layer.units;
  int inputPitch = pitch(layer.inputs);
  int unitPitch = pitch(units);
  int wide = (inputPitch + SIDE - 1) / SIDE;
  int items = (units + SIDE - 1) / SIDE * wide;
  constexpr int COLUMNS = SIDE / 4;            // threads side by side, 4 inputs each
  constexpr int HIGH = THREADS / COLUMNS;      // threads below each other
  constexpr int EACH = (SIDE + HIGH - 1) / HIGH; // units per thread
  int column = threadIdx.x % COLUMNS;
  int high = threadIdx.x / COLUMNS;
  for (int item = blockIdx.x; item < items; item += gridDim.x) {
    int unit = item / wide * SIDE;
    int input = item % wide * SIDE;
    float4 sums[EACH] = {};
    for (int first = 0; first < op.batch; first += STAGE) {
      __syncthreads();
      for (int i = threadIdx.x; i < 2 * STAGE * COLUMNS; i += THREADS) {
        int e = first + i / COLUMNS % STAGE;
        int at = i % COLUMNS * 4;
        float4 value = {0.f, 0.f, 0.f, 0.f};
        if (i < STAGE * COLUMNS) {
          if (e < op.batch && unit + at < unitPitch) {
            i64 from = (i64)e * unitPitch + unit + at;
            value = minus(load(layer.states[op.into[0]] + from), load(layer.states[op.into[1]] + from));
          }
          differences[i / COLUMNS][i % COLUMNS] = value;
        } else {
          if (e < op.batch && input + at < inputPitch) {
            value = loadConstant(work.x + (i64)(op.row + e) * inputPitch + input + at);
            if (work.center) {
              value = minus(value, loadConstant(work.center + input + at));
            }
          }
          inputs[i / COLUMNS - STAGE][i % COLUMNS] = value;
        }
      }
      __syncthreads();
#pragma unroll 4
      for (int e = 0; e < STAGE; e++) {
        float4 v = inputs[e][column];
        const float* d = reinterpret_cast<const float*>(differences[e]) + high * EACH;
#pragma unroll
        for (int r = 0; r < EACH; r++) {
          multiplyAdd(sums[r], d[r], v);
        }
      }
    }
#pragma unroll
    for (int r = 0; r < EACH; r++) {
      int row = unit + high * EACH + r;
      if (row < units && input + 4 * column < inputPitch) {
        float4* target = reinterpret_cast<float4*>(matrix + (i64)row * inputPitch + input + 4 * column);
        float4 w = *target;
        multiplyAdd(w, c, sums[r]);
        *target = w;
      }
    }
  }
}

__device__ __forceinline__ int spans(i64 columns) { return (pitch(columns) + 127) / 128; }

// Adds the contrast of two equilibria, each W_k and b_k times its coefficient, to the network's parameters or to the
// contrast's.
__device__ void learn(const Work& work, const Op& op, float4* memory) {
  int lane = threadIdx.x % 32;
  int depth = (int)work.depth;
  int plus = op.into[0];
  int less = op.into[1];
  // Each bias is updated by one thread; the blocks with the fewest tiles update them.
  int threads = gridDim.x * THREADS;
  int thread = threads - 1 - (blockIdx.x * THREADS + threadIdx.x);
  int begin = 0;
  for (int k = op.batch < MANY ? 2 : 1; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    int j = thread - begin;
    if (j < 0) {
      j += (-j + threads - 1) / threads * threads;
    }
    for (; j < layer.units; j += threads) {
      learnBias(work, op, k, op.option ? layer.sumBias : layer.bias,
                work.coefficients[op.coefficients + 2 * k - 1], work.coefficients[op.coefficients + 2 * k - 2], j);
    }
    begin = (begin + (int)layer.units) % threads;
  }
  const Layer& first = work.layers[0];
  float* byUnit = op.option ? first.sumByUnit : first.byUnit;
  float rate = work.coefficients[op.coefficients];
  float biasRate = work.coefficients[op.coefficients + 1];
  if (op.batch < MANY) {
    learnFirst(work, op, byUnit, op.option ? first.sumBias : first.bias, rate, biasRate);
  } else {
    learnFirstOfMany(work, op, byUnit, rate, memory);
  }
  i64 before = 0;
  i64 warps = (i64)gridDim.x * WARPS;
  i64 warp = warps - 1 - ((i64)blockIdx.x * WARPS + threadIdx.x / 32);
  for (int k = 2; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    const Layer& below = work.layers[k - 2];
    float c = work.coefficients[op.coefficients + 2 * k - 2];
    int wide = spans(layer.inputs);
    i64 items = (i64)tiles(layer.units) * wide;
    for (i64 item = (warp + warps - before % warps) % warps; item < items; item += warps) {
      int unit = (int)(item / wide) * ROWS;
      int input = (int)(item % wide) * 128 + 4 * lane;
      learnTile(op.option ? layer.sumByUnit : layer.byUnit, (int)layer.units, (int)layer.inputs, layer.states[plus],
                layer.states[less], below.states[plus], below.states[less], op.batch, c, unit, input);
    }
    before += items;
    if (!op.option) {
      wide = spans(layer.units);
      items = (i64)tiles(layer.inputs) * wide;
      for (i64 item = (warp + warps - before % warps) % warps; item < items; item += warps) {
        int input = (int)(item / wide) * ROWS;
        int unit = (int)(item % wide) * 128 + 4 * lane;
        learnTile(layer.byInput, (int)layer.inputs, (int)layer.units, below.states[plus], below.states[less],
                  layer.states[plus], layer.states[less], op.batch, c, input, unit);
      }
      before += items;
    }
  }
}

// The contrast's parameters ← 0.
__device__ void clear(const Work& work) {
  for (int k = 1; k <= work.depth; k++) {
    const Layer& layer = work.layers[k - 1];
    i64 count = layer.units * pitch(layer.inputs);
    for (i64 i = (i64)blockIdx.x * THREADS + threadIdx.x; i < count; i += (i64)gridDim.x * THREADS) {
      layer.sumByUnit[i] = 0.f;
    }
    for (i64 i = (i64)blockIdx.x * THREADS + threadIdx.x; i < layer.units; i += (i64)gridDim.x * THREADS) {
      layer.sumBias[i] = 0.f;
    }
  }
}

// The data of one example in one block: its states and the next ones, x·W_1 + b_1 and b_2 …, the field from below,
// W_2 … W_L by unit, and parts of sums. CudaNetwork.sharedBytes returns their size in bytes.
struct Example {
  float* s[2];
  float* base;
  float* field;
  float* weights;
  double* parts;
};

__device__ __forceinline__ i64 statesLength(const Work& work) {
  i64 length = 0;
  for (int k = 1; k <= work.depth; k++) {
    length += pitch(work.layers[k - 1].units);
  }
  return length;
}

// field ← s_below · row of the unit, for all units of layer k; one warp per unit.
__device__ __forceinline__ void fieldFromBelow(const float* weights, const float* below, float* field, int units,
                                               int length) {
  int lane = threadIdx.x % 32;
  for (int j = threadIdx.x / 32; j < units; j += WARPS) {
    float sum = 0.f;
    const float* row = weights + j * length;
    for (int i = 4 * lane; i < length; i += 128) {
      multiplyAdd(sum, *reinterpret_cast<const float4*>(row + i), *reinterpret_cast<const float4*>(below + i));
    }
    for (int offset = 16; offset >= 1; offset /= 2) {
      sum += __shfl_xor_sync(FULL, sum, offset);
    }
    if (lane == 0) {
      field[j] = sum;
    }
  }
}

// One layer's step in one block, from the states old to the states moved, which may be the same.
__device__ __forceinline__ void moveInBlock(const Work& work, const Example& example, int k, const float* old,
                                            float* moved, int layerAt, int weightsAt, Rule rule, int label) {
  const Layer& layer = work.layers[k - 1];
  int units = (int)layer.units;
  int length = pitch(units);
  if (k > 1) {
    int belowLength = pitch(layer.inputs);
    fieldFromBelow(example.weights + weightsAt, old + layerAt - belowLength, example.field + layerAt, units,
                   belowLength);
    __syncthreads();
  }
  const float* above = old + layerAt + length;
  const float* aboveWeights = example.weights + weightsAt + (k > 1 ? units * pitch(layer.inputs) : 0);
  int aboveUnits = k < work.depth ? (int)work.layers[k].units : 0;
  for (int j = threadIdx.x; j < units; j += THREADS) {
    float u = k == 1 ? example.base[j] : example.base[layerAt + j] + example.field[layerAt + j];
    for (int i = 0; i < aboveUnits; i++) {
      u = fmaf(above[i], aboveWeights[i * length + j], u);
    }
    float y = k == work.depth && j == label ? rule.pull : 0.f;
    moved[layerAt + j] = clip(fmaf(rule.keep, old[layerAt + j], fmaf(rule.gain, u, y)));
  }
}

// A whole phase of one example, in one block; the final states are in example.s[0].
__device__ void phaseInBlock(const Work& work, Example& example, Rule hidden, Rule output, int steps, int label) {
  int depth = (int)work.depth;
  for (int step = 0; step < steps; step++) {
    if (work.synchronous) {
      int layerAt = 0;
      int weightsAt = 0;
      for (int k = 1; k <= depth; k++) {
        moveInBlock(work, example, k, example.s[0], example.s[1], layerAt, weightsAt, k == depth ? output : hidden,
                    label);
        layerAt += pitch(work.layers[k - 1].units);
        weightsAt += k > 1 ? (int)work.layers[k - 1].units * pitch(work.layers[k - 1].inputs) : 0;
      }
      __syncthreads();
      float* swap = example.s[0];
      example.s[0] = example.s[1];
      example.s[1] = swap;
    } else {
      for (int first = 1; first <= 2 && first <= depth; first++) {
        int layerAt = 0;
        int weightsAt = 0;
        for (int k = 1; k <= depth; k++) {
          if (k % 2 == first % 2) {
            moveInBlock(work, example, k, example.s[0], example.s[0], layerAt, weightsAt, k == depth ? output : hidden,
                        label);
          }
          layerAt += pitch(work.layers[k - 1].units);
          weightsAt += k > 1 ? (int)work.layers[k - 1].units * pitch(work.layers[k - 1].inputs) : 0;
        }
        __syncthreads();
      }
    }
  }
}

// Computes this warp's part of a sum over the block.
__device__ __forceinline__ void addUp(double value, double* parts) {
  for (int offset = 16; offset >= 1; offset /= 2) {
    value += __shfl_xor_sync(FULL, value, offset);
  }
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = value;
  }
}

// Measures energy, cost, error and activity of the example whose states the block holds.
__device__ void measureInBlock(const Work& work, const Example& example, const Op& op, int e) {
  int depth = (int)work.depth;
  int label = work.labels[op.row + e];
  double* result = work.measured + (i64)(op.slot + e) * (3 + depth);
  double* parts = example.parts; // of energy, cost, ‖s_1‖² … ‖s_L‖²
  double energy = 0;
  int layerAt = 0;
  int weightsAt = 0;
  for (int k = 1; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    int units = (int)layer.units;
    const float* s = example.s[0] + layerAt;
    if (k > 1) {
      int belowLength = pitch(layer.inputs);
      fieldFromBelow(example.weights + weightsAt, s - belowLength, example.field + layerAt, units, belowLength);
      weightsAt += units * belowLength;
      __syncthreads();
    }
    double squares = 0;
    double cost = 0;
    for (int j = threadIdx.x; j < units; j += THREADS) {
      double value = s[j];
      double field = (double)example.base[layerAt + j] + (k > 1 ? (double)example.field[layerAt + j] : 0.);
      squares += value * value;
      energy += 0.5 * value * value - field * value;
      if (k == depth) {
        double difference = value - (j == label ? 1. : 0.);
        cost += difference * difference;
      }
    }
    addUp(squares, parts + (1 + k) * WARPS);
    if (k == depth) {
      addUp(cost, parts + WARPS);
    }
    layerAt += pitch(units);
  }
  addUp(energy, parts);
  __syncthreads();
  if (threadIdx.x < 2 + depth) {
    double sum = threadIdx.x == 0 ? work.halfSquares[op.row + e] : 0;
    for (int i = 0; i < WARPS; i++) {
      sum += parts[threadIdx.x * WARPS + i];
    }
    result[threadIdx.x < 2 ? threadIdx.x : threadIdx.x + 1] = sum;
  }
  if (threadIdx.x == THREADS - 1) {
    int outputs = (int)work.layers[depth - 1].units;
    const float* s = example.s[0] + layerAt - pitch(outputs);
    int best = 0;
    for (int j = 1; j < outputs; j++) {
      best = s[j] > s[best] ? j : best;
    }
    result[2] = best != label;
  }
}

__device__ void storeStates(const Work& work, const Example& example, int into, int e) {
  int layerAt = 0;
  for (int k = 1; k <= work.depth; k++) {
    const Layer& layer = work.layers[k - 1];
    int length = pitch(layer.units);
    for (int j = threadIdx.x; j < layer.units; j += THREADS) {
      layer.states[into][(i64)e * length + j] = example.s[0][layerAt + j];
    }
    layerAt += length;
  }
}

// The same as phases for one hidden layer of at most Q·THREADS units and at most OUTPUTS outputs: each thread keeps Q
// hidden units and their weights, each warp all outputs, and a block waits for its warps once per sweep.
#define OUTPUTS 16

template <int Q>
struct Small {
  float w[Q][OUTPUTS];
  float base[Q];
  float s[Q];
  float bias;   // the bias and, below, the state of output lane % OUTPUTS
  float output;
};

// Returns s_1·W_2 for output lane % OUTPUTS.
template <int Q>
__device__ __forceinline__ float fieldOfOutput(const Small<Q>& small, float (*parts)[OUTPUTS]) {
  int lane = threadIdx.x % 32;
  float sums[OUTPUTS] = {};
#pragma unroll
  for (int q = 0; q < Q; q++) {
#pragma unroll
    for (int l = 0; l < OUTPUTS; l++) {
      sums[l] = fmaf(small.s[q], small.w[q][l], sums[l]);
    }
  }
  float sum = total(sums, lane);
  if (lane % 2 == 0) {
    parts[threadIdx.x / 32][lane / 2] = sum;
  }
  __syncthreads();
  float field = 0.f;
#pragma unroll
  for (int i = 0; i < WARPS; i++) {
    field += parts[i][lane % OUTPUTS];
  }
  return field;
}

template <int Q>
__device__ __forceinline__ void moveHidden(Small<Q>& small, Rule rule, float output) {
  float u[Q];
#pragma unroll
  for (int q = 0; q < Q; q++) {
    u[q] = small.base[q];
  }
#pragma unroll
  for (int l = 0; l < OUTPUTS; l++) {
    float o = __shfl_sync(FULL, output, l);
#pragma unroll
    for (int q = 0; q < Q; q++) {
      u[q] = fmaf(o, small.w[q][l], u[q]);
    }
  }
#pragma unroll
  for (int q = 0; q < Q; q++) {
    small.s[q] = clip(fmaf(rule.keep, small.s[q], rule.gain * u[q]));
  }
}

template <int Q>
__device__ __forceinline__ void phaseOfSmall(const Work& work, Small<Q>& small, Rule hidden, Rule rule, int steps,
                                             float y, float (*parts)[WARPS][OUTPUTS], int& turn) {
  for (int step = 0; step < steps; step++, turn ^= 1) {
    float before = small.output;
    if (!work.synchronous) {
      moveHidden(small, hidden, before);
    }
    float field = small.bias + fieldOfOutput(small, parts[turn]);
    small.output = clip(fmaf(rule.keep, before, fmaf(rule.gain, field, rule.pull * y)));
    if (work.synchronous) {
      moveHidden(small, hidden, before);
    }
  }
}

template <int Q>
__device__ void phasesOfSmall(const Work& work, const Op& op, float* memory) {
  const Layer& first = work.layers[0];
  const Layer& second = work.layers[1];
  int units = (int)first.units;
  int outputs = (int)second.units;
  int lane = threadIdx.x % 32;
  double* sums = reinterpret_cast<double*>(memory);
  auto parts = reinterpret_cast<float(*)[WARPS][OUTPUTS]>(memory + 2 * 4 * WARPS);
  int turn = 0;
  int items = op.batch * (op.count > 1 ? 2 : 1);
  if ((int)blockIdx.x >= items) {
    return;
  }
  Small<Q> small;
  int output = lane % OUTPUTS;
  bool real = output < outputs;
  small.bias = real ? second.bias[output] : 0.f;
#pragma unroll
  for (int q = 0; q < Q; q++) {
    int j = threadIdx.x + q * THREADS;
#pragma unroll
    for (int l = 0; l < OUTPUTS; l++) {
      small.w[q][l] = j < units && l < outputs ? second.byUnit[(i64)l * pitch(units) + j] : 0.f;
    }
  }
  for (int item = blockIdx.x; item < items; item += gridDim.x) {
    int e = item % op.batch;
    int sign = item / op.batch;
    int label = work.labels[op.row + e];
    float y = label == output ? 1.f : 0.f;
#pragma unroll
    for (int q = 0; q < Q; q++) {
      int j = threadIdx.x + q * THREADS;
      small.base[q] = j < units ? first.base[(i64)e * pitch(units) + j] : 0.f;
      small.s[q] = 0.f;
    }
    small.output = 0.f;
    Rule rule = op.output[0];
    phaseOfSmall(work, small, op.hidden, rule, op.steps[0], y, parts, turn);
    if (sign == 0) {
      double energy = 0;
      double squares = 0;
#pragma unroll
      for (int q = 0; q < Q; q++) {
        double value = small.s[q];
        squares += value * value;
        energy += 0.5 * value * value - (double)small.base[q] * value;
      }
      float field = small.bias + fieldOfOutput(small, parts[turn]);
      turn ^= 1;
      double value = small.output;
      bool counts = threadIdx.x < OUTPUTS && real;
      if (counts) {
        energy += 0.5 * value * value - (double)field * value;
      }
      addUp(energy, sums);
      addUp(squares, sums + WARPS);
      float best = real ? small.output : -1.f;
      int which = real ? output : OUTPUTS;
      for (int offset = OUTPUTS / 2; offset >= 1; offset /= 2) {
        float other = __shfl_xor_sync(FULL, best, offset);
        int index = __shfl_xor_sync(FULL, which, offset);
        if (other > best || (other == best && index < which)) {
          best = other;
          which = index;
        }
      }
      double difference = counts ? value - y : 0.;
      double cost = difference * difference;
      double activity = counts ? value * value : 0.;
      if (threadIdx.x < 32) {
        for (int offset = 16; offset >= 1; offset /= 2) {
          cost += __shfl_xor_sync(FULL, cost, offset);
          activity += __shfl_xor_sync(FULL, activity, offset);
        }
      }
      __syncthreads();
      if (threadIdx.x == 0) {
        double* result = work.measured + (i64)(op.slot + e) * 5;
        double all = work.halfSquares[op.row + e];
        double hidden = 0;
        for (int i = 0; i < WARPS; i++) {
          all += sums[i];
          hidden += sums[WARPS + i];
        }
        result[0] = all;
        result[1] = cost;
        result[2] = which != label;
        result[3] = hidden;
        result[4] = activity;
      }
    }
    for (int into = sign == 0 ? 0 : 2; into <= 1 + sign; into++) {
      if (into > 0) {
        if (op.count == 0) {
          break;
        }
        if (op.option) {
#pragma unroll
          for (int q = 0; q < Q; q++) {
            small.s[q] = 0.f;
          }
          small.output = 0.f;
        }
        phaseOfSmall(work, small, op.hidden, op.output[into], op.steps[1], y, parts, turn);
      }
#pragma unroll
      for (int q = 0; q < Q; q++) {
        int j = threadIdx.x + q * THREADS;
        if (j < units) {
          first.states[into][(i64)e * pitch(units) + j] = small.s[q];
        }
      }
      if (threadIdx.x < outputs) {
        second.states[into][(i64)e * pitch(outputs) + threadIdx.x] = small.output;
      }
    }
    __syncthreads(); // other threads may still read the parts of sums
  }
}

// Runs the free phase of a batch, measures it and runs the nudged phases. Given the weights, examples relax
// independently: each block processes an example and one of its nudged phases, and no block waits for another.
__device__ void phases(const Work& work, const Op& op, float* memory) {
  int depth = (int)work.depth;
  int length = (int)statesLength(work);
  Example example;
  example.parts = reinterpret_cast<double*>(memory);
  memory += 2 * (2 + depth) * WARPS;
  example.s[0] = memory;
  example.s[1] = memory + length;
  example.base = memory + 2 * length;
  example.field = memory + 3 * length;
  example.weights = memory + 4 * length;
  int items = op.batch * (op.count > 1 ? 2 : 1);
  if ((int)blockIdx.x >= items) {
    return;
  }
  i64 weightsAt = 0;
  for (int k = 2; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    i64 count = layer.units * pitch(layer.inputs);
    for (i64 i = 4 * threadIdx.x; i < count; i += 4 * THREADS) {
      *reinterpret_cast<float4*>(example.weights + weightsAt + i) = load(layer.byUnit + i);
    }
    weightsAt += count;
  }
  for (int item = blockIdx.x; item < items; item += gridDim.x) {
    int e = item % op.batch;
    int sign = item / op.batch;
    int label = work.labels[op.row + e];
    int layerAt = 0;
    for (int k = 1; k <= depth; k++) {
      const Layer& layer = work.layers[k - 1];
      int wide = pitch(layer.units);
      for (int j = threadIdx.x; j < wide; j += THREADS) {
        bool real = j < layer.units;
        const float* source =
            (k == 1 ? layer.base + (i64)e * wide : layer.bias) + (real ? j : 0);
        example.base[layerAt + j] = real ? *(source) : 0.f;
        example.s[0][layerAt + j] = 0.f;
        example.s[1][layerAt + j] = 0.f;
      }
      layerAt += wide;
    }
    __syncthreads();
    phaseInBlock(work, example, op.hidden, op.output[0], op.steps[0], label);
    if (sign == 0) {
      measureInBlock(work, example, op, e);
      storeStates(work, example, 0, e);
    }
    if (op.count > 0) {
      if (op.option) {
        __syncthreads();
        for (int j = threadIdx.x; j < length; j += THREADS) {
          example.s[0][j] = 0.f;
        }
      }
      __syncthreads();
      phaseInBlock(work, example, op.hidden, op.output[1 + sign], op.steps[1], label);
      storeStates(work, example, 1 + sign, e);
    }
    __syncthreads();
  }
}

extern "C" __global__ void __launch_bounds__(THREADS, 1) run(Work work) {
  extern __shared__ float4 memory[];
  __shared__ Op script[2]; // the current operation and the next one, since a wait empties the first-level cache
  constexpr int OP_WORDS = sizeof(Op) / sizeof(int);
  const int* words = reinterpret_cast<const int*>(work.ops);
  int layerWords = (int)(work.depth * sizeof(Layer) / sizeof(int));
  for (int i = threadIdx.x; i < layerWords; i += THREADS) {
    reinterpret_cast<int*>(memory)[i] = reinterpret_cast<const int*>(work.layers)[i];
  }
  if (threadIdx.x < OP_WORDS) {
    reinterpret_cast<int*>(script)[threadIdx.x] = words[threadIdx.x];
  }
  work.layers = reinterpret_cast<const Layer*>(memory);
  float4* free = memory + work.depth * sizeof(Layer) / sizeof(float4);
  __syncthreads();
  unsigned target = 0;
  for (int i = 0; i < work.opCount; i++) {
    const Op& op = script[i % 2];
    const Op& next = script[(i + 1) % 2];
    if (threadIdx.x < OP_WORDS && i + 1 < work.opCount) {
      reinterpret_cast<int*>(script + (i + 1) % 2)[threadIdx.x] = words[(i + 1) * OP_WORDS + threadIdx.x];
    }
    switch (op.code) {
      case DRIVE:
        if (op.batch > 2 * WARPS) {
          drive<8>(work, op);
        } else {
          drive<2>(work, op);
        }
        break;
      case START:
        copyStates(work, op.batch, op.into[0], op.into[1]);
        break;
      case RELAX:
        relax(work, op, target);
        break;
      case MEASURE:
        measure(work, op);
        break;
      case LEARN:
        learn(work, op, free);
        break;
      case PHASES: {
        float* block = reinterpret_cast<float*>(free);
        i64 units = work.layers[0].units;
        bool small = work.depth == 2 && work.layers[1].units <= OUTPUTS;
        if (small && units <= THREADS) {
          phasesOfSmall<1>(work, op, block);
        } else if (small && units <= 4 * THREADS) {
          phasesOfSmall<4>(work, op, block);
        } else {
          phases(work, op, block);
        }
        break;
      }
      case CLEAR:
        clear(work);
        break;
    }
    __syncthreads();
    bool own = op.code == LEARN && op.batch < MANY && i + 1 < work.opCount && next.code == DRIVE;
    if (!own) { // otherwise a block continues with the units that it has updated itself
      waitForAll(work, target);
    }
    __syncthreads(); // other threads may still read the operation
  }
}

// Computes what training needs of an input: ½‖x‖², and 1 − m·(x − m), the example's weight in the update of b_1. Called
// by one block.
__device__ void inspect(const float* row, i64 inputs, const float* center, double* halfSquares, float* biasWeights) {
  __shared__ double parts[2][WARPS];
  double squares = 0;
  double common = 0;
  for (int i = threadIdx.x; i < inputs; i += blockDim.x) {
    double value = row[i];
    squares += 0.5 * value * value;
    if (center) {
      common += (double)center[i] * (value - (double)center[i]);
    }
  }
  addUp(squares, parts[0]);
  addUp(common, parts[1]);
  __syncthreads();
  if (threadIdx.x == 0) {
    squares = common = 0;
    for (int i = 0; i < blockDim.x / 32; i++) {
      squares += parts[0][i];
      common += parts[1][i];
    }
    halfSquares[blockIdx.x] = squares;
    biasWeights[blockIdx.x] = (float)(1. - common);
  }
}

// x ← pixels / 255 of the images in the given order, one block per example.
extern "C" __global__ void clampImages(const unsigned char* pixels, const int* order, i64 inputs, const float* center,
                                       float* x, double* halfSquares, float* biasWeights) {
  int length = pitch(inputs);
  const unsigned char* image = pixels + (i64)order[blockIdx.x] * inputs;
  float* row = x + (i64)blockIdx.x * length;
  for (int i = threadIdx.x; i < length; i += blockDim.x) {
    row[i] = i < inputs ? __fdiv_rn((float)image[i], 255.f) : 0.f;
  }
  __syncthreads();
  inspect(row, inputs, center, halfSquares, biasWeights);
}

// The same for values that are already in x, one block per example.
extern "C" __global__ void clampValues(i64 inputs, const float* center, const float* x, double* halfSquares,
                                       float* biasWeights) {
  inspect(x + (i64)blockIdx.x * pitch(inputs), inputs, center, halfSquares, biasWeights);
}

// Copies a matrix from row-major without padding, as in ParameterLayout, to the network's layout: by unit, and by input
// if byInput is not null. pack copies it back.
extern "C" __global__ void unpack(const float* flat, i64 inputs, i64 units, float* byUnit, float* byInput) {
  i64 count = inputs * units;
  for (i64 at = (i64)blockIdx.x * blockDim.x + threadIdx.x; at < count; at += (i64)gridDim.x * blockDim.x) {
    i64 i = at / units;
    i64 j = at % units;
    byUnit[j * pitch(inputs) + i] = flat[at];
    if (byInput) {
      byInput[i * pitch(units) + j] = flat[at];
    }
  }
}

extern "C" __global__ void pack(const float* byUnit, i64 inputs, i64 units, float* flat) {
  i64 count = inputs * units;
  for (i64 at = (i64)blockIdx.x * blockDim.x + threadIdx.x; at < count; at += (i64)gridDim.x * blockDim.x) {
    flat[at] = byUnit[at % units * pitch(inputs) + at / units];
  }
}
