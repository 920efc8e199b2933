// SPDX-License-Identifier: GPL-2.0-or-later
// tracer NAME: until SIGTERM, tries on each new process whatever lets a process of the same user
// look into it or take its place, as fast as it can, and more of it where the program is NAME. It
// prints "ready", "could WHAT PROGRAM" each time that the kernel let it, and at the end "tried N":
// how often it tried to trace a NAME in vain.
#include <fcntl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

volatile std::sig_atomic_t over = 0;

std::string in_proc(pid_t pid, const char* file) {
  return "/proc/" + std::to_string(pid) + '/' + file;
}

/// What is read from the descriptor; nothing if there is none.
std::string read_from(int descriptor) {
  if (descriptor < 0) return {};
  std::array<char, 256> text{};
  const auto size = read(descriptor, text.data(), text.size());
  close(descriptor);
  return size > 0 ? std::string(text.data(), static_cast<std::size_t>(size)) : std::string();
}

std::string read_file(const std::string& path) {
  return read_from(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

std::string program_of(pid_t pid) {
  std::string name = read_file(in_proc(pid, "comm"));
  if (!name.empty()) name.pop_back();
  return name;
}

void could(const char* what, const std::string& program) {
  printf("could %s %s\n", what, program.c_str());
}

bool trace(pid_t pid) {
  if (ptrace(PTRACE_SEIZE, pid, nullptr, nullptr) != 0) return false;
  ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
  int status = 0;
  waitpid(pid, &status, __WALL);
  ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return true;
}

bool attach(pid_t pid) {
  if (ptrace(PTRACE_ATTACH, pid, nullptr, nullptr) != 0) return false;
  int status = 0;
  waitpid(pid, &status, __WALL);
  ptrace(PTRACE_DETACH, pid, nullptr, nullptr);
  return true;
}

/// A descriptor that still has something to be read: of one that exits, a kernel may hand out what
/// it has read to the end.
bool take_input(pid_t pid) {
#if defined(SYS_pidfd_open) && defined(SYS_pidfd_getfd)
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid, 0U));
  if (process < 0) return false;
  const int input = static_cast<int>(syscall(SYS_pidfd_getfd, process, 0, 0U));
  close(process);
  if (input >= 0) fcntl(input, F_SETFL, O_NONBLOCK);
  return !read_from(input).empty();
#else
  return pid < 0;
#endif
}

bool read_memory(pid_t pid) {
  // Any address that could be read would do; what is asked is whether the kernel looks at all.
  std::array<char, 16> here{};
  const iovec local{here.data(), here.size()};
  const iovec remote{here.data(), here.size()};
  return process_vm_readv(pid, &local, 1, &remote, 1, 0) > 0;
}

void try_all(pid_t pid, const std::string& program) {
  if (attach(pid)) could("attach", program);
  if (take_input(pid)) could("take the input of", program);
  if (read_memory(pid)) could("read the memory of", program);
  const int memory = open(in_proc(pid, "mem").c_str(), O_RDWR | O_CLOEXEC);
  if (memory >= 0) {
    // One that ends has none any more, and may be opened.
    std::array<char, 1> byte{};
    const std::string maps = read_file(in_proc(pid, "maps"));
    const auto address = static_cast<off_t>(std::strtoull(maps.c_str(), nullptr, 16));
    if (pread(memory, byte.data(), 1, address) == 1) could("read /proc/PID/mem of", program);
    close(memory);
  }
  for (const char* file : {"environ", "maps", "auxv", "io", "syscall", "fd/0", "fd/1"})
    if (!read_file(in_proc(pid, file)).empty()) could(file, program);
  const int folder = open(in_proc(pid, "fd").c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) could("list the descriptors of", program);
  close(folder);
}

/// Of all processes, the number of the last.
pid_t last_process() {
  const std::string load = read_file("/proc/loadavg");
  return static_cast<pid_t>(std::strtol(load.c_str() + load.rfind(' ') + 1, nullptr, 10));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::string name = argv[1];
  if (setvbuf(stdout, nullptr, _IOLBF, 0) != 0) return 2;
  struct sigaction action {};
  action.sa_handler = [](int) { over = 1; };
  sigaction(SIGTERM, &action, nullptr);
  printf("ready\n");
  unsigned long tried = 0;
  while (over == 0) {
    const pid_t last = last_process();
    // The next ones as well, and it will have been tried before its first instruction.
    for (pid_t pid = last - 8; pid <= last + 4; ++pid) {
      if (pid <= 1 || pid == getpid()) continue;
      const bool traced = trace(pid);
      if (!traced && errno != EPERM) continue;
      const std::string program = program_of(pid);
      if (traced) could("trace", program);
      if (program != name) continue;
      ++tried;
      try_all(pid, program);
    }
  }
  printf("tried %lu\n", tried);
  return 0;
}
