/** Node's file system errors as the guest's: error codes carry the same names, numbers differ between hosts. */

import * as linux from 'isagen/linux'

const NUMBERS: Readonly<Record<string, number>> = {
  EPERM: linux.EPERM,
  ENOENT: linux.ENOENT,
  EINTR: linux.EINTR,
  EIO: linux.EIO,
  ENXIO: linux.ENXIO,
  EBADF: linux.EBADF,
  EAGAIN: linux.EAGAIN,
  ENOMEM: linux.ENOMEM,
  EACCES: linux.EACCES,
  EBUSY: linux.EBUSY,
  EEXIST: linux.EEXIST,
  EXDEV: linux.EXDEV,
  ENODEV: linux.ENODEV,
  ENOTDIR: linux.ENOTDIR,
  EISDIR: linux.EISDIR,
  EINVAL: linux.EINVAL,
  EMFILE: linux.EMFILE,
  EFBIG: linux.EFBIG,
  ENOSPC: linux.ENOSPC,
  ESPIPE: linux.ESPIPE,
  EROFS: linux.EROFS,
  EMLINK: linux.EMLINK,
  EPIPE: linux.EPIPE,
  ENAMETOOLONG: linux.ENAMETOOLONG,
  ENOTEMPTY: linux.ENOTEMPTY,
  ELOOP: linux.ELOOP,
  ENOTSUP: linux.EOPNOTSUPP,
}

/** Runs it; an error of the host becomes a LinuxError. */
export function guarded<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    const code = errorCode(error)
    if (code === undefined) throw error
    throw new linux.LinuxError(NUMBERS[code] ?? linux.EIO)
  }
}

export function errorCode(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  // Node's own complaints (ERR_…) are mistakes of the caller.
  return typeof code === 'string' && !code.startsWith('ERR_') ? code : undefined
}
