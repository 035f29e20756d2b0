/**
 * Where commands write: results to `out`, everything else (progress, errors, statistics) to `err`. Passed in, so that
 * tests read what a command prints without starting a process.
 */

export interface Terminal {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
  /** A line that the next one replaces; nothing unless stderr is a terminal. */
  readonly progress: (text: string) => void
  /** Escape codes may be written to `out`, `err`. */
  readonly color: boolean
}

export function processTerminal(): Terminal {
  const live = process.stderr.isTTY === true
  let shown = false
  const clear = () => {
    if (shown) process.stderr.write('\r\x1b[K')
    shown = false
  }
  return {
    out: (text) => {
      clear()
      process.stdout.write(text)
    },
    err: (text) => {
      clear()
      process.stderr.write(text)
    },
    progress: (text) => {
      if (!live) return
      clear()
      process.stderr.write(text.slice(0, (process.stderr.columns ?? 80) - 1))
      shown = text !== ''
    },
    color: process.stdout.isTTY === true && live && !process.env.NO_COLOR,
  }
}

/** Columns padded to their widest cell, two blanks apart; `right` lists the columns that hold numbers. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths: number[] = []
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  const line = (row: readonly string[]) =>
    row
      .map((cell, i) => (right.includes(i) ? cell.padStart(widths[i] ?? 0) : cell.padEnd(widths[i] ?? 0)))
      .join('  ')
      .trimEnd()
  return rows.map((row) => `${line(row)}\n`).join('')
}

/** 1234567 → "1,234,567"; the same on every host. */
export function grouped(n: number | bigint): string {
  return String(n).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

export function bytes(n: number): string {
  if (n < 1024) return `${n} B`
  return n < 1024 * 1024 ? `${(n / 1024).toFixed(1)} KiB` : `${(n / (1024 * 1024)).toFixed(1)} MiB`
}

/** "1 error", "2 errors". */
export function counted(n: number, noun: string): string {
  return `${grouped(n)} ${noun}${n === 1 ? '' : 's'}`
}
