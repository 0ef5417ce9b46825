// Preloaded into trawl (LD_PRELOAD), makes system calls or allocations fail: the n-th of a kind after it was armed, and
// as many after it as wanted.
// Armed and read through a page of memory that a file shares with the test (env TRAWL_FAULT_PAGE): see fault.py.
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/uio.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

namespace {

enum kind : std::int32_t { none, socket_, connect_, accept_, read_, write_, epoll_, open_, malloc_, thread_ };

/// As fault.py lays it out.
struct page {
  std::atomic<std::int32_t> armed;   ///< The kind that is to fail; none: all is well.
  std::atomic<std::int32_t> error;   ///< errno of the failure.
  std::atomic<std::int64_t> at;      ///< The first call that fails, from 1.
  std::atomic<std::int64_t> count;   ///< How many do.
  std::atomic<std::int64_t> calls;   ///< Of the armed kind so far.
  std::atomic<std::int64_t> failed;  ///< How often one was made to fail.
};

page unshared;
std::atomic<page*> control{&unshared};

/// Before main(), and without memory of its own: malloc is among what it replaces.
__attribute__((constructor)) void share_page() {
  const char* const file = std::getenv("TRAWL_FAULT_PAGE");
  if (file == nullptr) return;
  const int fd = static_cast<int>(::syscall(SYS_openat, AT_FDCWD, file, O_RDWR | O_CLOEXEC, 0));
  if (fd < 0) return;
  void* const mapped = ::mmap(nullptr, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  ::close(fd);
  if (mapped != MAP_FAILED) control.store(static_cast<page*>(mapped));
}

/// True when this call is one of those; errno is set then.
bool fails(kind which) {
  page& shared = *control.load(std::memory_order_relaxed);
  if (shared.armed.load(std::memory_order_relaxed) != which) return false;
  const std::int64_t after = shared.calls.fetch_add(1) + 1 - shared.at.load(std::memory_order_relaxed);
  if (after < 0 || after >= shared.count.load(std::memory_order_relaxed)) return false;
  shared.failed.fetch_add(1);
  errno = shared.error.load();
  return true;
}

// Never an eventfd or timerfd: they have nothing to run out of.
bool can_fail(int fd) {
  struct stat is {};
  return ::fstat(fd, &is) == 0 && (is.st_mode & S_IFMT) != 0;
}

template <class Function>
Function* real(const char* name, std::atomic<Function*>& known) {
  Function* found = known.load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
    known.store(found, std::memory_order_relaxed);
  }
  return found;
}

}  // namespace

// NAME as libc has it, failing with `failure` when its turn has come.
#define REPLACED(which, failure, type, name, parameters, arguments) \
  extern "C" type name parameters {                                 \
    static std::atomic<decltype(name)*> known{nullptr};             \
    return fails(which) ? failure : real(#name, known) arguments;   \
  }
// The same for what moves octets of `fd`.
#define MOVED(which, name, parameters, arguments)                            \
  extern "C" ssize_t name parameters {                                       \
    static std::atomic<decltype(name)*> known{nullptr};                      \
    return can_fail(fd) && fails(which) ? -1 : real(#name, known) arguments; \
  }

REPLACED(socket_, -1, int, socket, (int d, int t, int p) noexcept, (d, t, p))
REPLACED(accept_, -1, int, accept, (int fd, sockaddr* from, socklen_t* size), (fd, from, size))
REPLACED(accept_, -1, int, accept4, (int fd, sockaddr* from, socklen_t* size, int flags), (fd, from, size, flags))
MOVED(read_, read, (int fd, void* into, size_t size), (fd, into, size))
MOVED(read_, readv, (int fd, const iovec* into, int count), (fd, into, count))
MOVED(read_, recv, (int fd, void* into, size_t size, int flags), (fd, into, size, flags))
MOVED(read_, recvmsg, (int fd, msghdr* into, int flags), (fd, into, flags))
MOVED(read_, recvfrom, (int fd, void* into, size_t size, int flags, sockaddr* from, socklen_t* length),
      (fd, into, size, flags, from, length))
MOVED(write_, write, (int fd, const void* from, size_t size), (fd, from, size))
MOVED(write_, writev, (int fd, const iovec* from, int count), (fd, from, count))
MOVED(write_, send, (int fd, const void* from, size_t size, int flags), (fd, from, size, flags))
MOVED(write_, sendmsg, (int fd, const msghdr* from, int flags), (fd, from, flags))
MOVED(write_, sendto, (int fd, const void* from, size_t size, int flags, const sockaddr* to, socklen_t length),
      (fd, from, size, flags, to, length))
REPLACED(epoll_, -1, int, epoll_create1, (int flags) noexcept, (flags))
REPLACED(open_, nullptr, FILE*, fopen, (const char* path, const char* mode), (path, mode))
REPLACED(open_, nullptr, FILE*, fopen64, (const char* path, const char* mode), (path, mode))
REPLACED(open_, -1, int, eventfd, (unsigned count, int flags) noexcept, (count, flags))
REPLACED(open_, -1, int, timerfd_create, (int clock, int flags) noexcept, (clock, flags))
REPLACED(open_, -1, int, pipe2, (int* ends, int flags) noexcept, (ends, flags))
REPLACED(thread_, EAGAIN, int, pthread_create,
         (pthread_t * made, const pthread_attr_t* as, void* (*run)(void*), void* with) noexcept, (made, as, run, with))

// TCP out of ports is EADDRNOTAVAIL, UDP is EAGAIN.
bool is_possible(int fd) {
  int type = 0;
  socklen_t size = sizeof type;
  ::getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size);
  return (type == SOCK_STREAM) || control.load(std::memory_order_relaxed)->error.load() != EADDRNOTAVAIL;
}

extern "C" int connect(int fd, const sockaddr* to, socklen_t size) {
  static std::atomic<decltype(connect)*> known{nullptr};
  return is_possible(fd) && fails(connect_) ? -1 : real("connect", known)(fd, to, size);
}

// Only what Linux can do: a change or removal needs no memory, and a wait is interrupted at worst.
extern "C" int epoll_ctl(int fd, int what, int of, epoll_event* with) noexcept {
  static std::atomic<decltype(epoll_ctl)*> known{nullptr};
  return what == EPOLL_CTL_ADD && fails(epoll_) ? -1 : real("epoll_ctl", known)(fd, what, of, with);
}

extern "C" int epoll_wait(int fd, epoll_event* into, int most, int ms) {
  static std::atomic<decltype(epoll_wait)*> known{nullptr};
  if (!fails(epoll_)) return real("epoll_wait", known)(fd, into, most, ms);
  errno = EINTR;
  return -1;
}

extern "C" int open64(const char* path, int flags, ...) {
  static std::atomic<int (*)(const char*, int, ...)> known{nullptr};
  std::va_list rest;
  va_start(rest, flags);
  const int mode = va_arg(rest, int);
  va_end(rest);
  return fails(open_) ? -1 : real("open64", known)(path, flags, mode);
}

extern "C" int open(const char* path, int flags, ...) {
  static std::atomic<int (*)(const char*, int, ...)> known{nullptr};
  std::va_list rest;
  va_start(rest, flags);
  const int mode = va_arg(rest, int);
  va_end(rest);
  return fails(open_) ? -1 : real("open", known)(path, flags, mode);
}

extern "C" int openat(int at, const char* path, int flags, ...) {
  static std::atomic<int (*)(int, const char*, int, ...)> known{nullptr};
  std::va_list rest;
  va_start(rest, flags);
  const int mode = va_arg(rest, int);
  va_end(rest);
  return fails(open_) ? -1 : real("openat", known)(at, path, flags, mode);
}

// glibc's own allocator under its own names: dlsym() allocates, and would ask itself for memory.
extern "C" {
void* __libc_malloc(size_t);
void* __libc_calloc(size_t, size_t);
void* __libc_realloc(void*, size_t);
void* __libc_memalign(size_t, size_t);

void* malloc(size_t size) noexcept { return fails(malloc_) ? nullptr : __libc_malloc(size); }
void* calloc(size_t count, size_t size) noexcept { return fails(malloc_) ? nullptr : __libc_calloc(count, size); }
void* realloc(void* old, size_t size) noexcept { return fails(malloc_) ? nullptr : __libc_realloc(old, size); }
void* aligned_alloc(size_t align, size_t size) noexcept {
  return fails(malloc_) ? nullptr : __libc_memalign(align, size);
}
int posix_memalign(void** into, size_t align, size_t size) noexcept {
  if (fails(malloc_)) return ENOMEM;
  *into = __libc_memalign(align, size);
  return *into == nullptr ? ENOMEM : 0;
}
}
