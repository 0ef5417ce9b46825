// What a process has to settle once at start, before it has threads.
#pragma once

namespace trawl {

/// Soft limit of open files up to the hard one: every fetch needs a descriptor.
void raise_descriptor_limit();
/// A write to a closed pipe or socket is an error code, not a signal.
void ignore_broken_pipes();
/// Whether each epoll of the process watches what it is woken by. Asio does not look whether the kernel had memory, or
/// a watch of /proc/sys/fs/epoll, left for that when it made a loop; such a loop would sleep for ever. True where /proc
/// does not tell.
[[nodiscard]] bool loops_can_be_woken();
/// Makes the allocator give memory back once a large task is gone: blocks of 128 KiB and more are mapped one
/// by one, whatever was freed before (glibc would raise that threshold to 32 MiB), and threads share two arenas.
void settle_allocator();

}  // namespace trawl
