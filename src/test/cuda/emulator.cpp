// CUDA's driver and run-time compiler on a CPU, as far as the project uses them: the kernels' own source is compiled by
// g++ and runs fiber by fiber. For tests on machines without a GPU; it says nothing about speed, nor about what differs
// on a card (caches, memory order, rounding of fused products).
#include <dlfcn.h>
#include <sched.h>
#include <setjmp.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <mutex>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "emulated.h"
#undef threadIdx
#undef blockIdx

namespace {
constexpr int OK = 0, INVALID = 1, OUT_OF_MEMORY = 2;
constexpr size_t STACK = 32 * 1024, MEMORY = size_t(1) << 31;
constexpr int PROCESSORS = 3;

struct Fiber {
  jmp_buf context;
  unsigned index;
  bool done = false;
  const unsigned* awaited = nullptr;
  unsigned present = 0;
  bool ready() const { return !done && (!awaited || *awaited != present); }
};

struct Scheduler {
  std::vector<Fiber> fibers;
  std::vector<char> stacks;
  ucontext_t home;
  void (*kernel)(void**);
  void** arguments;
  size_t current = 0, left = 0;
};
thread_local Scheduler* scheduler;

void switchTo(size_t next) {
  scheduler->current = next;
  emulated::running->current = {scheduler->fibers[next].index, 0, 0};
  longjmp(scheduler->fibers[next].context, 1);
}

size_t nextFiber() {
  size_t n = scheduler->fibers.size(), next = scheduler->current;
  do {
    next = (next + 1) % n;
  } while (!scheduler->fibers[next].ready());
  return next;
}

void entry() {
  Scheduler* mine = scheduler;
  if (_setjmp(mine->fibers[mine->current].context) == 0) {
    ucontext_t here;
    swapcontext(&here, &mine->home);
  }
  mine->kernel(mine->arguments);
  mine->fibers[mine->current].done = true;
  if (--mine->left == 0) setcontext(&mine->home);
  switchTo(nextFiber());
}

void runBlock(emulated::Block block, size_t memory, void (*kernel)(void**), void** arguments) {
  std::vector<char> shared(memory + 64, char(0xff));
  block.memory = reinterpret_cast<void*>((reinterpret_cast<uintptr_t>(shared.data()) + 63) & ~uintptr_t(63));
  emulated::running = &block;
  Scheduler mine;
  scheduler = &mine;
  size_t n = block.threads.x;
  mine.fibers.resize(n);
  mine.stacks.resize(n * STACK);
  mine.kernel = kernel;
  mine.arguments = arguments;
  mine.left = n;
  for (size_t i = 0; i < n; i++) {
    mine.fibers[i].index = unsigned(i);
    mine.current = i;
    ucontext_t start;
    getcontext(&start);
    start.uc_stack.ss_sp = mine.stacks.data() + i * STACK;
    start.uc_stack.ss_size = STACK;
    start.uc_link = nullptr;
    makecontext(&start, entry, 0);
    swapcontext(&mine.home, &start);
  }
  volatile bool begun = false;
  getcontext(&mine.home);
  if (!begun) {
    begun = true;
    switchTo(0);
  }
}

std::mutex lock;
std::set<void*> allocated;

struct Program {
  std::string source, library, log;
};
}  // namespace

namespace emulated {
thread_local Block* running;
static void yield() {
  if (_setjmp(scheduler->fibers[scheduler->current].context) == 0) switchTo(nextFiber());
}
void pause() {
  size_t before = scheduler->current;
  size_t next = nextFiber();
  if (next == before) {
    sched_yield(); // it waits for another block
  } else {
    yield();
  }
}
void await(const unsigned& value, unsigned present) {
  if (value != present) return;
  Fiber& fiber = scheduler->fibers[scheduler->current];
  fiber.awaited = &value;
  fiber.present = present;
  yield();
  fiber.awaited = nullptr;
}
}  // namespace emulated

extern "C" {
int cuInit(unsigned) { return OK; }
int cuDriverGetVersion(int* version) { *version = 13000; return OK; }
int cuDeviceGetCount(int* count) { *count = 1; return OK; }
int cuDeviceGet(int* device, int ordinal) { *device = ordinal; return ordinal == 0 ? OK : INVALID; }
int cuDeviceGetName(char* name, int length, int) { snprintf(name, size_t(length), "CPU in place of a GPU"); return OK; }
int cuDeviceTotalMem_v2(size_t* bytes, int) { *bytes = MEMORY; return OK; }
int cuDeviceGetAttribute(int* value, int attribute, int) {
  switch (attribute) {
    case 1: *value = 64; return OK; // threads of a block: fibers are slow
    case 16: *value = PROCESSORS; return OK;
    case 75: *value = 9; return OK;
    case 76: *value = 0; return OK;
    case 95: *value = 1; return OK;
    case 97: *value = 232448; return OK;
    default: return INVALID;
  }
}
int cuDevicePrimaryCtxRetain(void** context, int) { *context = &allocated; return OK; }
int cuCtxSetCurrent(void*) { return OK; }
int cuModuleLoadData(void** module, const void* image) {
  *module = dlopen(static_cast<const char*>(image), RTLD_NOW);
  if (!*module) fprintf(stderr, "%s\n", dlerror());
  return *module ? OK : INVALID;
}
int cuModuleGetFunction(void** function, void* module, const char* name) {
  *function = dlsym(module, (std::string("emulated_") + name).c_str());
  return *function ? OK : INVALID;
}
int cuFuncSetAttribute(void*, int, int) { return OK; }
int cuMemAlloc_v2(uint64_t* pointer, size_t bytes) {
  if (bytes == 0) return INVALID;
  if (bytes > MEMORY) return OUT_OF_MEMORY;
  void* p = aligned_alloc(256, (bytes + 255) / 256 * 256);
  memset(p, 0xff, bytes); // not a number: what is read before it is written shows
  std::lock_guard<std::mutex> guard(lock);
  allocated.insert(p);
  *pointer = reinterpret_cast<uint64_t>(p);
  return OK;
}
int cuMemFree_v2(uint64_t pointer) {
  std::lock_guard<std::mutex> guard(lock);
  if (allocated.erase(reinterpret_cast<void*>(pointer)) == 0) return INVALID;
  free(reinterpret_cast<void*>(pointer));
  return OK;
}
int emulatedAllocations() {
  std::lock_guard<std::mutex> guard(lock);
  return int(allocated.size());
}
int cuMemcpyHtoDAsync_v2(uint64_t target, const void* source, size_t bytes, void*) {
  memcpy(reinterpret_cast<void*>(target), source, bytes);
  return OK;
}
int cuMemcpyDtoHAsync_v2(void* target, uint64_t source, size_t bytes, void*) {
  memcpy(target, reinterpret_cast<void*>(source), bytes);
  return OK;
}
int cuMemcpyDtoDAsync_v2(uint64_t target, uint64_t source, size_t bytes, void*) {
  memcpy(reinterpret_cast<void*>(target), reinterpret_cast<void*>(source), bytes);
  return OK;
}
int cuMemsetD8Async(uint64_t target, unsigned char value, size_t bytes, void*) {
  memset(reinterpret_cast<void*>(target), value, bytes);
  return OK;
}
int cuStreamCreate(void** stream, unsigned) { *stream = &allocated; return OK; }
int cuStreamSynchronize(void*) { return OK; }
int cuStreamDestroy_v2(void*) { return OK; }
int cuLaunchCooperativeKernel(void* function, unsigned bx, unsigned, unsigned, unsigned tx, unsigned, unsigned,
                              unsigned memory, void*, void** arguments) {
  if (tx % 32 != 0 || tx > 1024) return INVALID;
  std::vector<std::thread> blocks;
  for (unsigned i = 0; i < bx; i++) {
    emulated::Block block{};
    block.block = {i, 0, 0};
    block.blocks = {bx, 1, 1};
    block.threads = {tx, 1, 1};
    blocks.emplace_back(runBlock, block, memory, reinterpret_cast<void (*)(void**)>(function), arguments);
  }
  for (std::thread& block : blocks) block.join();
  return OK;
}
int cuLaunchKernel(void* function, unsigned bx, unsigned by, unsigned bz, unsigned tx, unsigned ty, unsigned tz,
                   unsigned memory, void* stream, void** arguments, void**) {
  const unsigned most = 4; // blocks at a time
  (void)most;
  return cuLaunchCooperativeKernel(function, bx, by, bz, tx, ty, tz, memory, stream, arguments);
}
int cuGetErrorName(int error, const char** name) {
  *name = error == INVALID ? "CUDA_ERROR_INVALID_VALUE" : error == OUT_OF_MEMORY ? "CUDA_ERROR_OUT_OF_MEMORY" : "?";
  return OK;
}

int nvrtcVersion(int* major, int* minor) { *major = 13; *minor = 0; return OK; }
int nvrtcCreateProgram(void** program, const char* source, const char*, int, const char**, const char**) {
  *program = new Program{source, "", ""};
  return OK;
}
int nvrtcCompileProgram(void* handle, int count, const char** options) {
  Program& program = *static_cast<Program*>(handle);
  char folder[] = "/tmp/eqprop-emulated-XXXXXX";
  if (!mkdtemp(folder)) return INVALID;
  std::string base = std::string(folder) + "/kernels";
  Dl_info self;
  dladdr(reinterpret_cast<void*>(&nvrtcVersion), &self);
  std::string here(self.dli_fname);
  here = here.substr(0, here.rfind('/'));
  std::string source =
      std::regex_replace(program.source, std::regex(R"(extern __shared__ float4 (\w+)\[\];)"),
                         "float4* $1 = static_cast<float4*>(emulated::running->memory);");
  std::ostringstream all;
  for (int i = 0; i < count; i++) {
    std::smatch macro;
    std::string option(options[i]);
    if (std::regex_match(option, macro, std::regex("--define-macro=(\\w+)=(.*)"))) {
      all << "#define " << macro[1] << " " << macro[2] << "\n";
    }
  }
  all << "#include \"emulated.h\"\n#line 1\n" << source << "\n";
  std::regex kernel(R"(__global__ void (?:__launch_bounds__\([^)]*\) )?(\w+)\()");
  for (std::sregex_iterator i(source.begin(), source.end(), kernel), end; i != end; ++i) {
    all << "extern \"C\" void emulated_" << (*i)[1] << "(void** a) { emulated::call(&" << (*i)[1] << ", a); }\n";
  }
  std::ofstream(base + ".cpp") << all.str();
  program.library = base + ".so";
  std::string command = "g++ -std=c++17 -O2 -march=native -ffp-contract=off -w -shared -fPIC -I'" + here + "' -o " +
                        program.library + " " + base + ".cpp >" + base + ".log 2>&1";
  int status = system(command.c_str());
  std::ostringstream log;
  log << std::ifstream(base + ".log").rdbuf();
  program.log = log.str();
  return status == 0 ? OK : 6;
}
int nvrtcGetCUBINSize(void* handle, size_t* bytes) {
  *bytes = static_cast<Program*>(handle)->library.size() + 1;
  return OK;
}
int nvrtcGetCUBIN(void* handle, char* code) {
  Program& program = *static_cast<Program*>(handle);
  memcpy(code, program.library.c_str(), program.library.size() + 1);
  return OK;
}
int nvrtcGetProgramLogSize(void* handle, size_t* bytes) {
  *bytes = static_cast<Program*>(handle)->log.size() + 1;
  return OK;
}
int nvrtcGetProgramLog(void* handle, char* log) {
  Program& program = *static_cast<Program*>(handle);
  memcpy(log, program.log.c_str(), program.log.size() + 1);
  return OK;
}
int nvrtcDestroyProgram(void** handle) {
  delete static_cast<Program*>(*handle);
  return OK;
}
const char* nvrtcGetErrorString(int) { return "error"; }
}
