// Equilibrium propagation on a GPU: one kernel that carries out a list of operations on one network, batch after batch,
// without the host in between. It is compiled when it is first used, for the card at hand; CudaRelaxer writes the list.
//
// Memory. A row of a matrix takes its length rounded up to a multiple of 4 floats, the pitch; what is beyond the length
// is zero and stays zero. W_k is stored by unit, [n_k × n_{k−1}], and for k ≥ 2 by input too, [n_{k−1} × n_k]: both
// products of a relaxation then read rows. Both copies are updated by the same arithmetic, so they never differ.
//
// Order. Each sum has one order, which depends on the network alone: not on the number of blocks, nor on the card.
// No floating-point atomics. What other blocks have written is read past the first-level cache (__ldcg).

// THREADS, of a block of run, is defined by whoever compiles this.
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
  int row;     // of x, where the batch begins
  int count;   // RELAX: how many equilibria at a time, 1 or 2. PHASES: how many nudged phases, 0 to 2
  int into[2]; // which equilibria; START: into[0] ← into[1] (−1: zeros); LEARN: plus, minus
  int steps[2]; // RELAX: steps[0]. PHASES: free steps, nudged steps
  int slot;    // RELAX, MEASURE, PHASES: where the result goes
  int option;  // LEARN: 1 for the contrast's parameters, 0 for the network's. PHASES: 1: nudged phases start from zeros
  float tolerance;
  int coefficients; // LEARN: where c_1 … c_L begin
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
  double* measured;  // each example's energy, cost, 1 if misclassified, ‖s_1‖² … ‖s_L‖²
  i64* ends;         // of each phase with a tolerance: steps taken, the last residual as the bits of a float
  unsigned* residuals; // [3]
  unsigned* barrier; // how often a block has arrived
};

__device__ __forceinline__ int pitch(i64 length) { return (int)((length + 3) & ~3LL); }

__device__ __forceinline__ float clip(float v) { return v < 0.f ? 0.f : v > 1.f ? 1.f : v; } // NaN stays NaN

__device__ __forceinline__ float4 loadShared(const float* p) { return __ldcg(reinterpret_cast<const float4*>(p)); }

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

// Waits until every block has arrived; what they wrote before is then seen by all.
__device__ void waitForAll(const Work& work, unsigned& target) {
  __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    target += gridDim.x;
    atomicAdd(work.barrier, 1u);
    while (*(volatile unsigned*)work.barrier < target) {
      PAUSE();
    }
    __threadfence();
  }
  __syncthreads();
}

// Adds up ROWS·E sums over the 32 lanes; returns to each lane the total number lane / (32 / (ROWS·E)). Lanes are added
// in the same order whatever E.
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

// sums[e·ROWS + r] += rows[r] · vectors[e], this lane's part. Rows and vectors beyond the last repeat the last.
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
      w[r] = loadShared(row[r] + i);
    }
#pragma unroll
    for (int e = 0; e < E; e++) {
      s[e] = CONSTANT ? loadConstant(vector[e] + i) : loadShared(vector[e] + i);
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

// base_1 = x·W_1 + b_1 of the examples.
template <int E>
__device__ void drive(const Work& work, const Op& op) {
  const Layer& layer = work.layers[0];
  int lane = threadIdx.x % 32;
  int units = (int)layer.units;
  int groups = (op.batch + E - 1) / E;
  int length = pitch(layer.inputs);
  const float* x = work.x + (i64)op.row * length;
  for (int item = blockIdx.x * WARPS + threadIdx.x / 32; item < tiles(units) * groups; item += gridDim.x * WARPS) {
    int unit = item / groups * ROWS;
    int first = item % groups * E;
    float sums[ROWS * E] = {};
    addProducts<E, true>(sums, layer.byUnit, unit, units - 1, x, first, op.batch - 1, length, lane);
    float sum = total(sums, lane);
    constexpr int each = 32 / (ROWS * E);
    int e = first + lane / each / ROWS;
    int j = unit + lane / each % ROWS;
    if (lane % each == 0 && j < units && e < op.batch) {
      layer.base[(i64)e * pitch(units) + j] = sum + __ldcg(layer.bias + j);
    }
  }
}

// One layer's step, for the examples [first, first + E) and the units [unit, unit + ROWS); returns the largest move.
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
  float u = sum + __ldcg(k == 1 ? layer.base + at : layer.bias + j);
  Rule rule = k == work.depth ? op.output[which] : op.hidden;
  float y = k == work.depth && work.labels[op.row + e] == j ? 1.f : 0.f;
  float old = __ldcg(layer.states[from] + at);
  float moved = clip(rule.keep * old + rule.gain * u + rule.pull * y);
  layer.states[into][at] = moved;
  return fabsf(moved - old);
}

// All layers of one kind, first, first + stride, …, of all equilibria of the operation; from the old states if
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

// Examples a warp takes at a time: few where there are few, so that all warps have work. Changes no result.
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
      layer.states[into][i] = from < 0 ? 0.f : __ldcg(layer.states[from] + i);
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
      if (threadIdx.x % 32 == 0) { // moves are not negative: their bits are in the same order, NaN last
        atomicMax(work.residuals + step % 3, __float_as_uint(largest) & 0x7fffffffu);
      }
      if (blockIdx.x == 0 && threadIdx.x == 0) {
        work.residuals[(step + 1) % 3] = 0u;
      }
    }
    waitForAll(work, target);
    if (op.tolerance > 0.f) {
      residual = __uint_as_float(__ldcg(work.residuals + step % 3));
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

// Adds up over the block, in the order of lanes and warps; the result is thread 0's.
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

// The index of the largest of n values is not the label: 1, else 0. The first of equals counts. For one thread.
__device__ double misclassified(const float* values, int n, int label) {
  int best = 0;
  for (int j = 1; j < n; j++) {
    if (__ldcg(values + j) > __ldcg(values + best)) {
      best = j;
    }
  }
  return best != label;
}

// Energy, cost, error and activity of each example at an equilibrium: one block an example.
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
        double value = __ldcg(s + j);
        squares += value * value;
        double fixed = __ldcg(k == 1 ? layer.base + (i64)e * pitch(units) + j : layer.bias + j);
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
            energy -= (double)sum * (double)__ldcg(s + j);
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

// W += c (s⁺ᵀ s⁺ − s⁻ᵀ s⁻) for ROWS rows and this lane's 4 columns, example after example. rowStates and columnStates
// are the equilibria's states of the layers that rows and columns stand for.
__device__ __forceinline__ void learnTile(float* matrix, int rows, int columns, const float* rowPlus,
                                          const float* rowMinus, const float* columnPlus, const float* columnMinus,
                                          int batch, float c, int row, int column) {
  int rowPitch = pitch(rows);
  int columnPitch = pitch(columns);
  if (column >= columnPitch) {
    return;
  }
  float4 sums[ROWS] = {};
#pragma unroll 4
  for (int e = 0; e < batch; e++) {
    float4 rp = loadShared(rowPlus + (i64)e * rowPitch + row);
    float4 rm = loadShared(rowMinus + (i64)e * rowPitch + row);
    float4 cp = loadShared(columnPlus + (i64)e * columnPitch + column);
    float4 cm = loadShared(columnMinus + (i64)e * columnPitch + column);
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      multiplyAdd(sums[r], at(rp, r), cp);
      multiplyAdd(sums[r], -at(rm, r), cm);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (row + r < rows) {
      float* target = matrix + (i64)(row + r) * columnPitch + column;
      float4 w = loadShared(target);
      multiplyAdd(w, c, sums[r]);
      *reinterpret_cast<float4*>(target) = w;
    }
  }
}

// W_1 += c Σ (s_1⁺ − s_1⁻)ᵀ (x − m), by unit: for ROWS units and this lane's 4 inputs.
__device__ __forceinline__ void learnFirstTile(const Work& work, const Op& op, float* matrix, float c, int unit,
                                               int input) {
  const Layer& layer = work.layers[0];
  int inputPitch = pitch(layer.inputs);
  int unitPitch = pitch(layer.units);
  if (input >= inputPitch) {
    return;
  }
  const float* plus = layer.states[op.into[0]];
  const float* minus = layer.states[op.into[1]];
  const float* x = work.x + (i64)op.row * inputPitch;
  float4 m = work.center ? loadConstant(work.center + input) : float4{0.f, 0.f, 0.f, 0.f};
  float4 sums[ROWS] = {};
#pragma unroll 4
  for (int e = 0; e < op.batch; e++) {
    float4 p = loadShared(plus + (i64)e * unitPitch + unit);
    float4 q = loadShared(minus + (i64)e * unitPitch + unit);
    float4 v = loadConstant(x + (i64)e * inputPitch + input);
    v = float4{v.x - m.x, v.y - m.y, v.z - m.z, v.w - m.w};
#pragma unroll
    for (int r = 0; r < ROWS; r++) {
      multiplyAdd(sums[r], at(p, r) - at(q, r), v);
    }
  }
#pragma unroll
  for (int r = 0; r < ROWS; r++) {
    if (unit + r < layer.units) {
      float* target = matrix + (i64)(unit + r) * inputPitch + input;
      float4 w = loadShared(target);
      multiplyAdd(w, c, sums[r]);
      *reinterpret_cast<float4*>(target) = w;
    }
  }
}

__device__ void learnBias(const Work& work, const Op& op, int k, float* bias, float c, int j) {
  const Layer& layer = work.layers[k - 1];
  const float* plus = layer.states[op.into[0]] + j;
  const float* minus = layer.states[op.into[1]] + j;
  float sum = 0.f;
#pragma unroll 4
  for (int e = 0; e < op.batch; e++) {
    float difference = __ldcg(plus + (i64)e * pitch(layer.units)) - __ldcg(minus + (i64)e * pitch(layer.units));
    sum = fmaf(difference, k == 1 ? work.biasWeights[op.row + e] : 1.f, sum);
  }
  bias[j] = fmaf(c, sum, __ldcg(bias + j));
}

__device__ __forceinline__ int spans(i64 columns) { return (pitch(columns) + 127) / 128; }

// Adds c_k times the contrast of two equilibria to the network's parameters, or to the contrast's.
__device__ void learn(const Work& work, const Op& op) {
  int lane = threadIdx.x % 32;
  int depth = (int)work.depth;
  int plus = op.into[0];
  int minus = op.into[1];
  // The biases are each one thread's; the blocks that have the fewest tiles take them.
  int threads = gridDim.x * THREADS;
  int thread = threads - 1 - (blockIdx.x * THREADS + threadIdx.x);
  int begin = 0;
  for (int k = 1; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    int j = thread - begin;
    if (j < 0) {
      j += (-j + threads - 1) / threads * threads;
    }
    for (; j < layer.units; j += threads) {
      learnBias(work, op, k, op.option ? layer.sumBias : layer.bias,
                work.coefficients[op.coefficients + k - 1], j);
    }
    begin = (begin + (int)layer.units) % threads;
  }
  i64 before = 0;
  i64 warps = (i64)gridDim.x * WARPS;
  i64 warp = (i64)blockIdx.x * WARPS + threadIdx.x / 32;
  for (int k = 1; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    float c = work.coefficients[op.coefficients + k - 1];
    const float* unitPlus = layer.states[plus];
    const float* unitMinus = layer.states[minus];
    float* byUnit = op.option ? layer.sumByUnit : layer.byUnit;
    int wide = spans(layer.inputs);
    i64 items = (i64)tiles(layer.units) * wide;
    for (i64 item = (warp + warps - before % warps) % warps; item < items; item += warps) {
      int unit = (int)(item / wide) * ROWS;
      int input = (int)(item % wide) * 128 + 4 * lane;
      if (k == 1) {
        learnFirstTile(work, op, byUnit, c, unit, input);
      } else {
        const Layer& below = work.layers[k - 2];
        learnTile(byUnit, (int)layer.units, (int)layer.inputs, unitPlus, unitMinus, below.states[plus],
                  below.states[minus], op.batch, c, unit, input);
      }
    }
    before += items;
    if (k > 1 && !op.option) {
      const Layer& below = work.layers[k - 2];
      wide = spans(layer.units);
      items = (i64)tiles(layer.inputs) * wide;
      for (i64 item = (warp + warps - before % warps) % warps; item < items; item += warps) {
        int input = (int)(item / wide) * ROWS;
        int unit = (int)(item % wide) * 128 + 4 * lane;
        learnTile(layer.byInput, (int)layer.inputs, (int)layer.units, below.states[plus],
                  below.states[minus], unitPlus, unitMinus, op.batch, c, input, unit);
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

// One example in one block: its states and the next, x·W_1 + b_1 and b_2 …, what comes from below, W_2 … W_L by unit,
// and parts of sums. As many bytes as CudaLayout.blockBytes says.
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

// field ← s_below · row of this warp's units, for all units of layer k; a warp a unit.
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
    moved[layerAt + j] = clip(rule.keep * old[layerAt + j] + (rule.gain * u + y));
  }
}

// A whole phase of one example, in one block; the states end in example.s[0].
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

// This warp's part of a sum over the block.
__device__ __forceinline__ void addUp(double value, double* parts) {
  for (int offset = 16; offset >= 1; offset /= 2) {
    value += __shfl_xor_sync(FULL, value, offset);
  }
  if (threadIdx.x % 32 == 0) {
    parts[threadIdx.x / 32] = value;
  }
}

// Energy, cost, error and activity of the example whose states the block holds.
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

// The free phase, its measurement and the nudged phases of a batch. Examples relax independently given the weights:
// each block takes an example and one of its nudged phases, and no block waits for another.
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
  __syncthreads(); // whoever still reads the memory of the operation before
  i64 weightsAt = 0;
  for (int k = 2; k <= depth; k++) {
    const Layer& layer = work.layers[k - 1];
    i64 count = layer.units * pitch(layer.inputs);
    for (i64 i = 4 * threadIdx.x; i < count; i += 4 * THREADS) {
      *reinterpret_cast<float4*>(example.weights + weightsAt + i) = loadShared(layer.byUnit + i);
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
        example.base[layerAt + j] = real ? __ldcg(source) : 0.f;
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
  unsigned target = 0;
  for (int i = 0; i < work.opCount; i++) {
    const Op& op = work.ops[i];
    switch (op.code) {
      case DRIVE:
        if (examplesAtATime(work.layers[0].units, op.batch) == 8) {
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
        learn(work, op);
        break;
      case PHASES:
        phases(work, op, reinterpret_cast<float*>(memory));
        break;
      case CLEAR:
        clear(work);
        break;
    }
    waitForAll(work, target);
  }
}

// What training needs to know of an input: ½‖x‖², and 1 − m·(x − m) by which the example counts for b_1. One block.
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

// x ← pixels / 255 of the images in the given order, one block an example.
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

// Of values that are in x already, one block an example.
extern "C" __global__ void clampValues(i64 inputs, const float* center, const float* x, double* halfSquares,
                                       float* biasWeights) {
  inspect(x + (i64)blockIdx.x * pitch(inputs), inputs, center, halfSquares, biasWeights);
}

// A matrix between row-major without padding, as in Parameters#of, and the network's: by unit, and by input if asked.
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
