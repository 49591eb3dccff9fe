// Removes the folders that the emulator makes when the process ends; linked with --wrap=mkdtemp.
#include <dirent.h>
#include <unistd.h>

#include <mutex>
#include <string>
#include <vector>

namespace {
std::mutex lock;

struct Folders {
  std::vector<std::string> names;

  ~Folders() {
    for (const std::string& name : names) {
      if (DIR* folder = opendir(name.c_str())) {
        while (const dirent* file = readdir(folder)) unlink((name + "/" + file->d_name).c_str());
        closedir(folder);
      }
      rmdir(name.c_str());
    }
  }
} folders;
}  // namespace

extern "C" {
char* __real_mkdtemp(char* pattern);

char* __wrap_mkdtemp(char* pattern) {
  char* name = __real_mkdtemp(pattern);
  if (name) {
    std::lock_guard<std::mutex> guard(lock);
    folders.names.push_back(name);
  }
  return name;
}
}
