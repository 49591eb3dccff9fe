// Included before a kernel's source so that g++ can compile it: each thread of each block is a fiber.
#include <cmath>
#include <csetjmp>
#include <cstdint>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

struct Dim {
  unsigned x, y, z;
};
struct alignas(16) float4 {
  float x, y, z, w;
};

namespace emulated {
struct Block {
  Dim block, blocks, threads;
  std::vector<float4> memory;                       // what the launch requests
  std::map<int, std::vector<unsigned char>> shared; // what the source declares, by line
  Dim current;                                      // the running fiber's threadIdx
  unsigned arrived = 0;                             // at __syncthreads
  unsigned generation = 0;
  struct Warp {
    unsigned arrived = 0, generation = 0;
    uint64_t values[2][32];
  } warps[32];
};
// The block of the running fiber.
extern thread_local Block* running;
void pause();                                        // lets other fibers run
void await(const unsigned& value, unsigned present); // until the value changes

// Returns this block's variable that the source declares as __shared__; initially not a number.
template <class T>
T& shared(int line) {
  std::vector<unsigned char>& bytes = running->shared[line];
  if (bytes.empty()) bytes.assign(sizeof(T) + 16, 0xff);
  return *reinterpret_cast<T*>((reinterpret_cast<uintptr_t>(bytes.data()) + 15) & ~uintptr_t(15));
}

inline void sync() {
  Block& b = *running;
  unsigned generation = b.generation;
  if (++b.arrived == b.threads.x) {
    b.arrived = 0;
    b.generation++;
  }
  await(b.generation, generation);
}

// Returns the value of another lane of this warp; all 32 lanes must call it.
template <class T>
T exchange(T value, unsigned from) {
  Block& b = *running;
  unsigned lane = b.current.x % 32;
  Block::Warp& warp = b.warps[b.current.x / 32];
  unsigned generation = warp.generation;
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof value);
  warp.values[generation % 2][lane] = bits;
  if (++warp.arrived == 32) {
    warp.arrived = 0;
    warp.generation++;
  }
  await(warp.generation, generation);
  bits = warp.values[generation % 2][from];
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

template <class... A, size_t... I>
void call(void (*kernel)(A...), void** arguments, std::index_sequence<I...>) {
  kernel(*static_cast<A*>(arguments[I])...);
}
template <class... A>
void call(void (*kernel)(A...), void** arguments) {
  call(kernel, arguments, std::index_sequence_for<A...>());
}
}  // namespace emulated

#define EMULATED
#define __device__
#define __global__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define threadIdx (emulated::running->current)
#define blockIdx (emulated::running->block)
#define gridDim (emulated::running->blocks)
#define blockDim (emulated::running->threads)
#define PAUSE() emulated::pause()

inline void __syncthreads() { emulated::sync(); }
inline void arrive(unsigned* count) { __atomic_fetch_add(count, 1u, __ATOMIC_RELEASE); }
inline unsigned arrived(unsigned* count) { return __atomic_load_n(count, __ATOMIC_ACQUIRE); }
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) { return emulated::exchange(value, threadIdx.x % 32 ^ unsigned(mask)); }
template <class T>
T __shfl_sync(unsigned, T value, int lane) { return emulated::exchange(value, unsigned(lane) % 32); }
template <class T>
T __ldg(const T* p) { return *p; }
inline float __fdiv_rn(float a, float b) { return a / b; }
inline unsigned __float_as_uint(float v) { unsigned bits; std::memcpy(&bits, &v, 4); return bits; }
inline float __uint_as_float(unsigned bits) { float v; std::memcpy(&v, &bits, 4); return v; }
inline unsigned atomicAdd(unsigned* p, unsigned v) { return __atomic_fetch_add(p, v, __ATOMIC_SEQ_CST); }
inline unsigned atomicMax(unsigned* p, unsigned v) {
  unsigned old = __atomic_load_n(p, __ATOMIC_SEQ_CST);
  while (old < v && !__atomic_compare_exchange_n(p, &old, v, false, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)) {
  }
  return old;
}
inline int min(int a, int b) { return a < b ? a : b; }
