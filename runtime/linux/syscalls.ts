/**
 * The table of system calls: name → handler; numbers come from syscall-names.ts. `systemCall` is what the process loop calls: it finds the handler,
 * turns LinuxError into −errno, and tells the host once of what is missing.
 */

import type { LinuxArch } from './arch.ts'
import { type Arguments, int, pair, signed } from './arguments.ts'
import { EAFNOSUPPORT, ENOSYS, ENOTSOCK, EOPNOTSUPP, LinuxError } from './errno.ts'
import { type Answer, type Handler, type Kernel, type Resume, report, type Wait } from './kernel.ts'
import { SYSCALL_NAMES } from './syscall-names.ts'
import * as directories from './syscalls/directories.ts'
import * as execve from './syscalls/execve.ts'
import * as io from './syscalls/input-output.ts'
import * as memory from './syscalls/memory.ts'
import * as metadata from './syscalls/metadata.ts'
import * as open from './syscalls/open.ts'
import * as poll from './syscalls/poll.ts'
import * as process from './syscalls/process.ts'
import * as signals from './syscalls/signals.ts'
import * as threads from './syscalls/threads.ts'
import * as time from './syscalls/time.ts'
import { traceAnswer, traceCall } from './trace.ts'

const succeed: Handler = () => 0
const error =
  (errno: number): Handler =>
  () =>
    -errno
/** Programs ask for these and go on without: no need to tell anybody. */
const absent = error(ENOSYS)

const HANDLERS: Readonly<Record<string, Handler>> = {
  // files
  openat: open.openat,
  openat2: open.openat2,
  close: open.close,
  close_range: open.closeRange,
  dup: open.dup,
  dup3: open.dup3,
  pipe2: open.pipe2,
  fcntl: open.fcntl,
  fcntl64: open.fcntl,
  ioctl: open.ioctl,
  flock: open.checkDescriptor,
  fadvise64: open.checkDescriptor,
  readahead: open.checkDescriptor,
  read: io.read,
  write: io.write,
  readv: io.readv,
  writev: io.writev,
  pread64: io.pread64,
  pwrite64: io.pwrite64,
  preadv: io.preadv,
  pwritev: io.pwritev,
  lseek: io.lseek,
  llseek: io.llseek,
  sendfile: io.sendfile,
  sendfile64: io.sendfile,
  fsync: io.fsync,
  fdatasync: io.fsync,
  sync: succeed,
  // What programs do otherwise is as good.
  fallocate: error(EOPNOTSUPP),
  copy_file_range: absent,
  syncfs: open.checkDescriptor,
  ppoll: poll.ppoll,
  ppoll_time64: poll.ppoll,
  pselect6: poll.pselect6,
  pselect6_time64: poll.pselect6,

  // what is known about files
  newfstatat: metadata.newfstatat,
  fstat: metadata.fstat,
  statx: metadata.statx,
  faccessat: metadata.faccessat,
  faccessat2: metadata.faccessat2,
  readlinkat: metadata.readlinkat,
  fchmod: metadata.fchmod,
  fchmodat: metadata.fchmodat,
  fchmodat2: metadata.fchmodat2,
  fchown: metadata.fchown,
  fchownat: metadata.fchownat,
  utimensat: metadata.utimensat,
  utimensat_time64: metadata.utimensat,
  statfs: metadata.statfs,
  fstatfs: metadata.fstatfs,
  truncate: (kernel, [path, size]) => metadata.truncatePath(kernel, path, signed(size)),
  truncate64: (kernel, [path, low, high]) => metadata.truncatePath(kernel, path, pair(low, high)),
  ftruncate: (kernel, [fd, size]) => metadata.truncateDescriptor(kernel, int(fd), signed(size)),
  ftruncate64: (kernel, [fd, low, high]) => metadata.truncateDescriptor(kernel, int(fd), pair(low, high)),
  ...Object.fromEntries(
    ['get', 'lget', 'fget', 'list', 'llist', 'flist', 'set', 'lset', 'fset', 'remove', 'lremove', 'fremove'].map(
      (name) => [`${name}xattr`, error(EOPNOTSUPP)],
    ),
  ),

  // folders
  getdents64: directories.getdents64,
  getcwd: directories.getcwd,
  chdir: directories.chdir,
  fchdir: directories.fchdir,
  mkdirat: directories.mkdirat,
  unlinkat: directories.unlinkat,
  symlinkat: directories.symlinkat,
  linkat: directories.linkat,
  renameat: directories.renameat,
  renameat2: directories.renameat2,

  // memory
  brk: memory.brk,
  mmap: memory.mmap,
  mmap2: memory.mmap2,
  munmap: memory.munmap,
  mprotect: memory.mprotect,
  mremap: memory.mremap,
  madvise: memory.madvise,
  msync: memory.msync,
  mlock: succeed,
  munlock: succeed,
  membarrier: absent,

  // the process
  exit: threads.exitThread,
  exit_group: process.exit,
  uname: process.uname,
  getpid: process.getpid,
  getppid: process.getppid,
  gettid: threads.gettid,
  getuid: process.getuid,
  geteuid: process.getuid,
  getgid: process.getgid,
  getegid: process.getgid,
  getresuid: process.getresuid,
  getresgid: process.getresgid,
  setuid: process.setuid,
  setgid: process.setgid,
  setreuid: process.setreuid,
  setregid: process.setregid,
  setresuid: process.setresuid,
  setresgid: process.setresgid,
  getgroups: process.getgroups,
  getpgid: process.getOwnGroup,
  getsid: process.getOwnGroup,
  setpgid: succeed,
  setsid: process.getpid,
  umask: process.umask,
  prlimit64: process.prlimit64,
  getrlimit: process.getrlimit,
  setrlimit: process.setrlimit,
  sysinfo: process.sysinfo,
  getrandom: process.getrandom,
  prctl: process.prctl,
  execve: execve.execve,
  clone: threads.clone,
  clone3: threads.clone3,
  set_tid_address: threads.setTidAddress,
  set_robust_list: succeed,
  rseq: absent,
  futex: threads.futex,
  futex_time64: threads.futex,
  sched_yield: threads.schedYield,
  sched_getaffinity: threads.schedGetaffinity,
  sched_setaffinity: succeed,
  sched_getscheduler: threads.schedGetscheduler,
  sched_setscheduler: succeed,
  sched_getparam: threads.schedGetparam,
  sched_setparam: succeed,
  sched_get_priority_max: succeed,
  sched_get_priority_min: succeed,
  getpriority: () => 20,
  setpriority: succeed,
  getcpu: threads.getcpu,
  wait4: process.wait,
  waitid: process.wait,
  riscv_hwprobe: absent,
  landlock_create_ruleset: absent,
  riscv_flush_icache: succeed,

  // there is no network
  socket: error(EAFNOSUPPORT),
  socketpair: error(EAFNOSUPPORT),
  getsockname: error(ENOTSOCK),
  getpeername: error(ENOTSOCK),
  getsockopt: error(ENOTSOCK),
  setsockopt: error(ENOTSOCK),

  // signals
  kill: signals.kill,
  tkill: signals.tkill,
  tgkill: signals.tgkill,
  rt_sigaction: signals.sigaction,
  rt_sigprocmask: signals.sigprocmask,
  rt_sigpending: signals.sigpending,
  rt_sigreturn: signals.sigreturn,
  rt_sigsuspend: signals.sigsuspend,
  rt_sigtimedwait: signals.sigtimedwait,
  rt_sigtimedwait_time64: signals.sigtimedwait,
  rt_sigqueueinfo: signals.sigqueueinfo,
  rt_tgsigqueueinfo: signals.tgsigqueueinfo,
  sigaltstack: signals.sigaltstack,
  setitimer: signals.setitimer,
  getitimer: signals.getitimer,

  // time
  clock_gettime: time.clockGettime,
  clock_gettime64: time.clockGettime,
  clock_getres: time.clockGetres,
  clock_getres_time64: time.clockGetres,
  gettimeofday: time.gettimeofday,
  nanosleep: time.nanosleep,
  clock_nanosleep: time.clockNanosleep,
  clock_nanosleep_time64: time.clockNanosleep,
  times: time.times,
  getrusage: time.getrusage,
}

/** The name of a number on an architecture, if it has one. */
export function syscallName(arch: LinuxArch, number: number): string | undefined {
  return arch.renamed[number] ?? SYSCALL_NAMES.get(number)
}

export function systemCall(kernel: Kernel, number: number, args: Arguments): Answer | Wait | Resume {
  if (kernel.trace === undefined) return answer(kernel, number, args)
  const { thread } = kernel
  const name = syscallName(kernel.arch, number) ?? `syscall_${number}`
  const traced = traceCall(kernel, name, args)
  const given = answer(kernel, number, args)
  if (typeof given !== 'object') {
    traceAnswer(kernel, thread, traced, ENDING_CALLS.has(name) ? undefined : given)
  } else if (given.kind === 'wait' && kernel.threads.includes(thread)) thread.traced = traced
  else traceAnswer(kernel, thread, traced, kernel.next === undefined ? undefined : 0)
  return given
}

/** They do not come back. */
const ENDING_CALLS: ReadonlySet<string> = new Set(['exit', 'exit_group'])

function answer(kernel: Kernel, number: number, args: Arguments): Answer | Wait | Resume {
  const name = syscallName(kernel.arch, number)
  const handler = name === undefined ? undefined : HANDLERS[name]
  if (handler === undefined) {
    const values = args.map((value) => `0x${value.toString(16)}`).join(', ')
    report(kernel, `call ${number}`, `system call ${number}, ${name ?? 'unknown'}(${values}), is not supported: ENOSYS`)
    return -ENOSYS
  }
  try {
    return handler(kernel, args)
  } catch (caught) {
    if (caught instanceof LinuxError) return -caught.errno
    throw caught
  }
}
