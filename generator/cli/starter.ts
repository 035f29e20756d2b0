/** What `isagen new` writes: a spec of a small but whole machine, and a program for it. `NAME` stands for the machine's name. */

export const starterSpec = `//! NAME: a small 16-bit machine to start from. Eight registers, 16-bit words as instructions, 64 KiB of memory.
//! Name here the manual that the spec follows, with its edition.
isa NAME "NAME"
unit 16                                // instructions are 16-bit words: encodings below are 16 bits, high bit first
endian little

// ---- state

reg R[8] : b16 {
  hardwired 0 = 0                      // r0 reads as 0; writes to it are dropped
  names "r0-r7"
}
reg pc : b16
mem M : b16                            // the width of an address; M8[a], M16[a] are a byte and a word of it

trap halt                              // the first number, 0
trap illegal                           // what words without an instruction do

// ---- operands: a field of the encoding, the place it stands for, and so how it is written in assembly

operand rd, ra, rb (n:3) = R[n]
/// Signed. An encoding says which of its bits it holds; bits that no encoding places are 0.
operand imm(n) : b16 = sx(n)

// ---- instructions: encoding, assembly (what follows the name), what it does; a row makes an instruction of its own

insn arithmetic {
  enc  0000 rd ra rb f
  asm  "{rd}, {ra}, {rb}"
  exec { rd = value }
  rows name f value {
    add 000  ra + rb
    sub 001  ra - rb
    and 010  ra & rb
    or  011  ra | rb
    xor 100  ra ^ rb
    shl 101  ra << rb[3:0]
    shr 110  ra >> rb[3:0]
    slt 111  zx(ra <s rb)
  }
  test "sub r1, r2, r3" { r2 = 5; r3 = 7 } => { r1 = -2 }
  test "slt r1, r2, r3" { r2 = -1; r3 = 1 } => { r1 = 1 }
}
insn addi {
  enc  0001 rd ra imm[5:0]
  asm  "{rd}, {ra}, {imm}"
  exec { rd = ra + imm }
  test "addi r1, r0, -3" => { r1 = -3 }
}
insn lw {
  enc  0010 rd ra imm[5:0]
  asm  "{rd}, {imm}({ra})"
  exec { rd = M16[ra + imm] }
  test "lw r1, 2(r2)" { r2 = 0x100; M16[0x102] = 0xBEEF } => { r1 = 0xBEEF }
}
insn sw {
  enc  0011 rb ra imm[5:0]
  asm  "{rb}, {imm}({ra})"
  exec { M16[ra + imm] = rb }
  test "sw r1, -2(r2)" { r1 = 0x1234; r2 = 0x100 } => { M16[0xFE] = 0x1234 }
}
/// Branches count in words from their own address.
insn branch {
  enc  op ra rb imm[6:1]
  asm  "{ra}, {rb}, {pc + imm}"
  exec { if cond { jump pc + imm } }
  rows name op cond {
    beq 0100 ra == rb
    bne 0101 ra != rb
  }
  test "beq r1, r2, .+8" { r1 = 4; r2 = 4 } => { pc = pc + 8 }
  test "bne r1, r2, .-4" { r1 = 4; r2 = 4 } => { }
}
insn jal {
  enc  0110 rd imm[9:1]
  asm  "{rd}, {pc + imm}"
  exec { rd = next; call pc + imm }
}
insn jr { enc 0111 000 ra 000000; asm "{ra}"; exec { return ra } }
insn halt { enc 1111 000000000000; exec { trap halt } }

// ---- other spellings: an alias is also printed, a pseudo-instruction only assembles

alias  "li {rd}, {imm}" = "addi {rd}, r0, {imm}"
pseudo "call {to}"      = "jal r7, {to}"
`

export const starterProgram = `; Adds the numbers 10 ... 1: r1 ends as 55.
        li   r2, 10
loop:   add  r1, r1, r2
        addi r2, r2, -1
        bne  r2, r0, loop
        sw   r1, 0x10(r0)
        halt
`
