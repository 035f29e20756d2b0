/**
 * What the arguments of system calls are, for traces: a kind each (trace-arguments.ts shows them). `>` marks what the call writes: it is shown as it is
 * after the call. Flags and constants by name are data too. Source: the manual pages of section 2, and include/uapi.
 */

const TEXT = `
openat        dirfd path open_flags mode_created
openat2       dirfd path address size
close         fd
close_range   uint uint hex
dup           fd
dup3          fd int open_flags
pipe2         descriptors> open_flags
fcntl         fd fcntl hex
fcntl64       fd fcntl hex
ioctl         fd ioctl address
flock         fd int
fadvise64     fd int int int
read          fd data> size
write         fd data size
readv         fd vectors> int
writev        fd vectors int
pread64       fd data> size int
pwrite64      fd data size int
lseek         fd int whence
sendfile      fd fd address size
sendfile64    fd fd address size
copy_file_range fd address fd address size hex
fsync         fd
fdatasync     fd
syncfs        fd
sync
fallocate     fd hex int int
ppoll         polled> uint timespec signals size
pselect6      int address address address timespec address
newfstatat    dirfd path stat> at_flags
fstat         fd stat>
statx         dirfd path at_flags hex address
faccessat     dirfd path access
faccessat2    dirfd path access at_flags
readlinkat    dirfd path data> size
fchmod        fd mode
fchmodat      dirfd path mode
fchmodat2     dirfd path mode at_flags
fchown        fd int int
fchownat      dirfd path int int at_flags
utimensat     dirfd path address at_flags
statfs        path address
fstatfs       fd address
truncate      path int
ftruncate     fd int
getdents64    fd address size
getcwd        text> size
chdir         path
fchdir        fd
mkdirat       dirfd path mode
mknodat       dirfd path mode hex
unlinkat      dirfd path at_flags
symlinkat     path dirfd path
linkat        dirfd path dirfd path at_flags
renameat      dirfd path dirfd path
renameat2     dirfd path dirfd path hex
brk           address
mmap          address size protection map_flags fd hex
mmap2         address size protection map_flags fd hex
munmap        address size
mprotect      address size protection
mremap        address size size hex
madvise       address size advice
msync         address size int
exit          int
exit_group    int
uname         address
getpid
getppid
gettid
getuid
geteuid
getgid
getegid
getresuid     address address address
getresgid     address address address
setuid        int
setgid        int
setresuid     int int int
setresgid     int int int
getgroups     int address
getpgid       int
getsid        int
setpgid       int int
setsid
umask         mode
prlimit64     int resource limit limit>
getrlimit     resource limit>
setrlimit     resource limit
sysinfo       address
getrandom     bytes> size hex
prctl         int hex hex hex hex
clone         clone_flags address address hex address
clone3        address size
execve        path address address
set_tid_address address
set_robust_list address size
rseq          address size int hex
futex         address futex_op int address address hex
futex_time64  address futex_op int address address hex
sched_yield
sched_getaffinity int size address
sched_setaffinity int size address
getcpu        address address address
wait4         int address hex address
waitid        int int address hex address
riscv_hwprobe address size size address uint
riscv_flush_icache address address hex
socket        int int int
kill          int signal
tkill         int signal
tgkill        int int signal
rt_sigaction  signal action action> size
rt_sigprocmask mask_change signals signals> size
rt_sigpending signals> size
rt_sigreturn
rt_sigsuspend signals size
rt_sigtimedwait signals address timespec size
rt_sigqueueinfo int signal address
rt_tgsigqueueinfo int int signal address
sigaltstack   stack stack>
setitimer     int interval interval>
getitimer     int interval>
clock_gettime clock timespec>
clock_gettime64 clock timespec>
clock_getres  clock timespec>
gettimeofday  timeval> address
nanosleep     timespec timespec>
clock_nanosleep clock int timespec timespec>
times         address
getrusage     int address
`

export interface Parameter {
  readonly kind: string
  /** Written by the call. */
  readonly out: boolean
}

/** By the call's name. */
export const SIGNATURES: ReadonlyMap<string, readonly Parameter[]> = new Map(
  TEXT.trim()
    .split('\n')
    .map((line) => {
      const [name = '', ...kinds] = line.split(/\s+/)
      return [name, kinds.map((kind) => ({ kind: kind.replace('>', ''), out: kind.endsWith('>') }))]
    }),
)

/** Names of constants by kind. Those in `flags` are sets of bits, after a value of `base` bits if there is one. */
export interface Constants {
  readonly flags: boolean
  /** These bits are a number, not a set: its names are the entries below it. */
  readonly base?: number
  readonly names: readonly (readonly [value: number, name: string])[]
}

function constants(flags: boolean, text: string, base?: number): Constants {
  const names = text.split(' ').map((entry): readonly [number, string] => {
    const [name = '', value = ''] = entry.split('=')
    return [Number(value), name]
  })
  return base === undefined ? { flags, names } : { flags, base, names }
}

export const CONSTANTS: Readonly<Record<string, Constants>> = {
  open_flags: constants(
    true,
    'O_RDONLY=0 O_WRONLY=1 O_RDWR=2 O_CREAT=0o100 O_EXCL=0o200 O_NOCTTY=0o400 O_TRUNC=0o1000 O_APPEND=0o2000 O_NONBLOCK=0o4000 O_DIRECTORY=0o200000 O_NOFOLLOW=0o400000 O_CLOEXEC=0o2000000 O_PATH=0o10000000',
    3,
  ),
  at_flags: constants(
    true,
    'AT_SYMLINK_NOFOLLOW=0x100 AT_REMOVEDIR=0x200 AT_SYMLINK_FOLLOW=0x400 AT_NO_AUTOMOUNT=0x800 AT_EMPTY_PATH=0x1000',
  ),
  protection: constants(true, 'PROT_NONE=0 PROT_READ=1 PROT_WRITE=2 PROT_EXEC=4', 0),
  map_flags: constants(
    true,
    'MAP_SHARED=1 MAP_PRIVATE=2 MAP_FIXED=0x10 MAP_ANONYMOUS=0x20 MAP_DENYWRITE=0x800 MAP_NORESERVE=0x4000 MAP_POPULATE=0x8000 MAP_STACK=0x20000 MAP_FIXED_NOREPLACE=0x100000',
    3,
  ),
  access: constants(true, 'F_OK=0 X_OK=1 W_OK=2 R_OK=4', 0),
  clone_flags: constants(
    true,
    'CLONE_VM=0x100 CLONE_FS=0x200 CLONE_FILES=0x400 CLONE_SIGHAND=0x800 CLONE_VFORK=0x4000 CLONE_THREAD=0x10000 CLONE_SYSVSEM=0x40000 CLONE_SETTLS=0x80000 CLONE_PARENT_SETTID=0x100000 CLONE_CHILD_CLEARTID=0x200000 CLONE_CHILD_SETTID=0x1000000 SIGCHLD=17',
  ),
  whence: constants(false, 'SEEK_SET=0 SEEK_CUR=1 SEEK_END=2'),
  mask_change: constants(false, 'SIG_BLOCK=0 SIG_UNBLOCK=1 SIG_SETMASK=2'),
  clock: constants(
    false,
    'CLOCK_REALTIME=0 CLOCK_MONOTONIC=1 CLOCK_PROCESS_CPUTIME_ID=2 CLOCK_THREAD_CPUTIME_ID=3 CLOCK_MONOTONIC_RAW=4 CLOCK_REALTIME_COARSE=5 CLOCK_MONOTONIC_COARSE=6 CLOCK_BOOTTIME=7',
  ),
  fcntl: constants(
    false,
    'F_DUPFD=0 F_GETFD=1 F_SETFD=2 F_GETFL=3 F_SETFL=4 F_GETLK=5 F_SETLK=6 F_SETLKW=7 F_DUPFD_CLOEXEC=1030',
  ),
  ioctl: constants(
    false,
    'TCGETS=0x5401 TCSETS=0x5402 TCSETSW=0x5403 TCSETSF=0x5404 TIOCGPGRP=0x540f TIOCSPGRP=0x5410 TIOCGWINSZ=0x5413 FIONREAD=0x541b',
  ),
  advice: constants(
    false,
    'MADV_NORMAL=0 MADV_RANDOM=1 MADV_SEQUENTIAL=2 MADV_WILLNEED=3 MADV_DONTNEED=4 MADV_FREE=8 MADV_HUGEPAGE=14',
  ),
  resource: constants(
    false,
    'RLIMIT_CPU=0 RLIMIT_FSIZE=1 RLIMIT_DATA=2 RLIMIT_STACK=3 RLIMIT_CORE=4 RLIMIT_RSS=5 RLIMIT_NPROC=6 RLIMIT_NOFILE=7 RLIMIT_MEMLOCK=8 RLIMIT_AS=9',
  ),
  futex_op: constants(
    true,
    'FUTEX_WAIT=0 FUTEX_WAKE=1 FUTEX_REQUEUE=3 FUTEX_CMP_REQUEUE=4 FUTEX_WAKE_OP=5 FUTEX_WAIT_BITSET=9 FUTEX_WAKE_BITSET=10 FUTEX_PRIVATE_FLAG=128 FUTEX_CLOCK_REALTIME=256',
    127,
  ),
}
