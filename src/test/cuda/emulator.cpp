// Emulates CUDA's driver and run-time compiler on a CPU, as far as the project uses them: the kernels' own source is
// compiled by g++ and runs in fibers. For tests on machines without a GPU; it says nothing about speed or about what
// differs on a card (caches, memory order, rounding of fused products).
#include <dlfcn.h>
#include <setjmp.h>
#include <ucontext.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <mutex>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "emulated.h"
#undef threadIdx
#undef blockIdx

namespace {
constexpr int OK = 0, INVALID = 1, OUT_OF_MEMORY = 2;
constexpr size_t STACK = 32 * 1024, MEMORY = size_t(1) << 31;
constexpr unsigned PROCESSORS = 3;

struct Fiber {
  jmp_buf context;
  emulated::Block* block;
  unsigned index;
  bool done = false;
  const unsigned* awaited = nullptr;
  unsigned present = 0;
  bool ready() const { return !done && (!awaited || *awaited != present); }
};

// All fibers of a launch, or of one block if blocks do not wait for each other. They take turns on one thread.
struct Scheduler {
  std::vector<Fiber> fibers;
  std::unique_ptr<char[]> stacks;
  ucontext_t home;
  void (*kernel)(void**);
  void** arguments;
  size_t current = 0, left = 0;
};
thread_local Scheduler* scheduler;

void switchTo(size_t next) {
  Fiber& fiber = scheduler->fibers[next];
  scheduler->current = next;
  emulated::running = fiber.block;
  fiber.block->current = {fiber.index, 0, 0};
  longjmp(fiber.context, 1);
}

size_t nextFiber() {
  size_t n = scheduler->fibers.size(), next = scheduler->current, tries = 0;
  do {
    next = next + 1 == n ? 0 : next + 1;
    if (++tries > n) {
      fprintf(stderr, "all threads of the kernel wait for each other\n");
      abort();
    }
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

void runBlocks(std::vector<emulated::Block>& blocks, void (*kernel)(void**), void** arguments) {
  Scheduler mine;
  scheduler = &mine;
  size_t threads = blocks[0].threads.x, n = blocks.size() * threads;
  mine.fibers.resize(n);
  mine.stacks.reset(new char[n * STACK]);
  mine.kernel = kernel;
  mine.arguments = arguments;
  mine.left = n;
  for (size_t i = 0; i < n; i++) {
    mine.fibers[i].index = unsigned(i % threads);
    mine.fibers[i].block = &blocks[i / threads];
    mine.current = i;
    ucontext_t start;
    getcontext(&start);
    start.uc_stack.ss_sp = mine.stacks.get() + i * STACK;
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

// Folders in which kernels are compiled; removed when the process ends.
struct Folders {
  std::vector<std::string> names;
  ~Folders() {
    std::error_code ignored;
    for (const std::string& name : names) std::filesystem::remove_all(name, ignored);
  }
} folders;

struct Program {
  std::string source, library, log;
};
}  // namespace

namespace emulated {
thread_local Block* running;

void pause() {
  if (_setjmp(scheduler->fibers[scheduler->current].context) == 0) switchTo(nextFiber());
}

void await(const unsigned& value, unsigned present) {
  if (value != present) return;
  Fiber& fiber = scheduler->fibers[scheduler->current];
  fiber.awaited = &value;
  fiber.present = present;
  pause();
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
    case 1: *value = 64; return OK; // threads per block: few, since fibers are slow
    case 16: *value = int(PROCESSORS); return OK;
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
  memset(p, 0xff, bytes); // not a number, so that reads of memory that was never written show
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
static emulated::Block block(unsigned index, unsigned blocks, unsigned threads, unsigned memory) {
  emulated::Block block;
  block.block = {index, 0, 0};
  block.blocks = {blocks, 1, 1};
  block.threads = {threads, 1, 1};
  block.memory.assign(memory / sizeof(float4) + 1, {NAN, NAN, NAN, NAN});
  return block;
}
int cuLaunchCooperativeKernel(void* function, unsigned bx, unsigned, unsigned, unsigned tx, unsigned, unsigned,
                              unsigned memory, void*, void** arguments) {
  if (tx % 32 != 0 || tx > 1024 || bx > PROCESSORS) return INVALID;
  std::vector<emulated::Block> blocks;
  for (unsigned i = 0; i < bx; i++) blocks.push_back(block(i, bx, tx, memory));
  runBlocks(blocks, reinterpret_cast<void (*)(void**)>(function), arguments);
  return OK;
}
int cuLaunchKernel(void* function, unsigned bx, unsigned, unsigned, unsigned tx, unsigned, unsigned, unsigned memory,
                   void*, void** arguments, void**) {
  if (tx % 32 != 0 || tx > 1024) return INVALID;
  for (unsigned i = 0; i < bx; i++) {
    std::vector<emulated::Block> one{block(i, bx, tx, memory)};
    runBlocks(one, reinterpret_cast<void (*)(void**)>(function), arguments);
  }
  return OK;
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
  std::string folder = (std::filesystem::temp_directory_path() / "eqprop-emulated-XXXXXX").string();
  if (!mkdtemp(folder.data())) return INVALID;
  folders.names.push_back(folder);
  std::string base = folder + "/kernels";
  Dl_info self;
  dladdr(reinterpret_cast<void*>(&nvrtcVersion), &self);
  std::string here(self.dli_fname);
  here = here.substr(0, here.rfind('/'));
  std::string source =
      std::regex_replace(program.source, std::regex(R"(extern __shared__ float4 (\w+)\[\];)"),
                         "float4* $1 = emulated::running->memory.data();");
  source = std::regex_replace(source, std::regex(R"(__shared__ (\w+) (\w+)((\[[^\]]+\])*);)"),
                              "auto& $2 = emulated::shared<$1$3>(__LINE__);");
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
