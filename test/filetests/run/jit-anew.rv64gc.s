// A guest JIT that writes a page again 100,000 times, other code each time, and runs each a few times.
// expect a0 = 612319200
        .org 0x10000
start:  la s0, code
        li s1, 100000
        li t0, 0
        li s2, 0x00050513   // addi a0, a0, 0
        li s4, 0x00008067   // ret
again:  addi t0, t0, 1
        andi t2, t0, 2047
        slli t2, t2, 20
        or t2, t2, s2
        sw t2, 0(s0)
        xor t3, t2, s2
        sw t2, 4(s0)
        sw s4, 8(s0)
        fence.i
        jalr ra, 0(s0)
        jalr ra, 0(s0)
        jalr ra, 0(s0)
        bne t0, s1, again
done:   j done
        .org 0x20000
code:   .zero 4096
