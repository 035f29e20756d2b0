/**
 * Where LLVM 19 and we differ on RISC-V, and why that is right. Everything else must agree to the letter. Chapters are those of the
 * unprivileged manual, 20240411.
 */

export interface Difference {
  readonly reason: string
  /** Only on machines of such a name. */
  readonly machine?: RegExp
  /** `input` is a word ("0x00b50533") when decoding, a line of assembly when encoding; undefined stands for a refusal. */
  covers(input: string, llvm: string | undefined, ours: string | undefined): boolean
}

export const decodeDifferences: readonly Difference[] = [
  {
    reason: 'All zeros are defined to be illegal (1.5); LLVM has a name for it.',
    covers: (word, llvm, ours) => word === '0x0000' && /^(c\.)?unimp$/.test(llvm ?? '') && ours === undefined,
  },
  {
    reason:
      'An alias for csrrw zero, cycle, zero, which traps because cycle is read-only; the manual does not know it.',
    covers: (word, llvm) => word === '0xc0001073' && llvm === 'unimp',
  },
  {
    reason: 'c.lui with immediate 0 is reserved (27.5); LLVM decodes it.',
    covers: (word, llvm, ours) => isShort(word) && /^(c\.)?lui \w+, 0$/.test(llvm ?? '') && ours === undefined,
  },
  {
    reason: 'The immediate of the hint c.lui zero: LLVM prints it signed, that of any other c.lui unsigned.',
    covers: (word, llvm, ours) =>
      isShort(word) && /^c\.lui zero, -/.test(llvm ?? '') && /^c\.lui zero, /.test(ours ?? ''),
  },
  {
    reason:
      'On RV32, shifts by 32 and more, and bits of such numbers, are reserved (2.4, 27.5, Zbb, Zbs); LLVM decodes them.',
    machine: /^rv32/,
    covers: (_, llvm, ours) =>
      /^(c\.)?(slli|srli|srai|rori|bclri|bexti|binvi|bseti) .*, (3[2-9]|[45]\d|6[0-3])$/.test(llvm ?? '') &&
      ours === undefined,
  },
  {
    reason: 'Reserved fm, rd and rs1 of fence are to be ignored (2.7); LLVM refuses them.',
    covers: (word, llvm, ours) => (Number(word) & 0x707f) === 0x0f && llvm === undefined && /^fence\b/.test(ours ?? ''),
  },
  {
    reason: 'A hint that is a fence of no effect (Zihintpause): here an instruction of its own, in LLVM an alias.',
    covers: (word, llvm, ours) => word === '0x0100000f' && llvm === 'fence w, 0' && ours === 'pause',
  },
  {
    reason: 'Instructions of the privileged architecture, which is not part of these machines.',
    covers: (_, llvm, ours) => /^(mret|sret|mnret|dret|wfi|sfence\.vma\b.*)$/.test(llvm ?? '') && ours === undefined,
  },
  {
    reason:
      'Names of control and status registers of other extensions and of the privileged architecture: here their number.',
    covers: (word, llvm, ours) => {
      const number = Number(word) >>> 20
      return (Number(word) & 0x7f) === 0x73 && llvm !== undefined && withoutName(llvm, number) === ours
    },
  },
]

export const encodeDifferences: readonly Difference[] = [
  {
    reason: 'See above: names that stand for illegal instructions, and privileged instructions.',
    covers: (line, _, ours) => /^(c\.)?unimp$|^(mret|sret|mnret|dret|wfi|sfence\.vma\b.*)$/.test(line) && isError(ours),
  },
  {
    reason: 'See above: registers that only LLVM has a name for.',
    covers: (line, _, ours) => /^csr/.test(line) && /unknown symbol/.test(ours ?? ''),
  },
  {
    reason: 'See above: c.lui with immediate 0, with a signed immediate, and shifts by 32 and more on RV32.',
    covers: (line, llvm, ours) =>
      (/^(c\.)?lui \w+, 0$|^(c\.)?(slli|srli|srai) /.test(line) && isError(ours)) ||
      (/^c\.lui zero, -/.test(line) && llvm === undefined),
  },
  {
    reason:
      'LLVM also compresses what is written as another instruction: with the operands of a commutative operation swapped, and addiw of zero as c.li.',
    covers: (line, llvm, ours) =>
      /^(beq|bne|add|addw|and|or|xor) |^addiw \w+, zero, |^sext\.w \w+, zero$/.test(line) &&
      isShort(llvm) &&
      ours?.length === '0x00000000'.length,
  },
]

function isShort(code: string | undefined): boolean {
  return code?.length === '0x0000'.length
}

function isError(ours: string | undefined): boolean {
  return ours?.startsWith('error') === true
}

/** "csrrw a0, mstatus, a1" → "csrrw a0, 768, a1": the name is the word that is no mnemonic, register or number of the form. */
function withoutName(text: string, number: number): string {
  const [mnemonic = '', ...operands] = text.replaceAll(',', '').split(' ')
  const place = ['csrw', 'csrs', 'csrc', 'csrwi', 'csrsi', 'csrci'].includes(mnemonic) ? 0 : 1
  operands[place] = String(number)
  return `${mnemonic} ${operands.join(', ')}`
}
