// A loop that changes an instruction of its own a few instructions ahead, and its own branch at the end of it, all in one block.
// expect a0 = 300
// expect a1 = 100
        .org 0x10000
start:  la s0, adds
        la s1, back
        li t0, 0
        li t1, 100
        li t3, 0x00150513   // addi a0, a0, 1
        li t4, 0x00350513   // addi a0, a0, 3
        lw s2, 0(s1)
        li s3, 0x00000013   // nop
loop:   addi t0, t0, 1
        sw t4, 0(s0)
        addi a1, a1, 1
adds:   .word 0x00150513
        sw t3, 0(s0)
        blt t0, t1, back
        sw s3, 0(s1)        // the last time round: no way back
back:   beq zero, zero, loop
done:   j done
