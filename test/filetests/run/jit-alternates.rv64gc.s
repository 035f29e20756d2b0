// A guest JIT that writes a page again 100,000 times, the same two programs in turn, and runs each a few times.
// expect a0 = 1500000
        .org 0x10000
start:  la s0, code
        li s1, 100000
        li t0, 0
        li s2, 0x00150513   // addi a0, a0, 1
        li s3, 0x00450513   // addi a0, a0, 4
        li s4, 0x00008067   // ret
        li s5, 0x00000013   // nop
        addi s6, s0, 1024
        addi s6, s6, 1024
again:  addi t0, t0, 1
        andi t1, t0, 1
        mv t2, s2
        beqz t1, write
        mv t2, s3
write:  sw s5, 0(s0)
        sw t2, 4(s0)
        sw s5, 8(s0)
        sw s4, 12(s0)
        sw t2, 0(s6)
        sw s4, 4(s6)
        fence.i
        jalr ra, 0(s0)
        jalr ra, 0(s6)
        jalr ra, 0(s0)
        jalr ra, 0(s6)
        jalr ra, 0(s0)
        jalr ra, 0(s6)
        bne t0, s1, again
done:   j done
        .org 0x20000
code:   .zero 4096
