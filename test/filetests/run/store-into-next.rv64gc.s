// A store into the very next instruction: its immediate is i, so a0 gets 1 + 2 + … + 50.
// expect a0 = 1275
        .org 0x10000
start:  la s0, next
        li t0, 0            // i
        li t1, 50
        li t3, 0x00050513   // addi a0, a0, 0
loop:   addi t0, t0, 1
        slli t2, t0, 20
        or t2, t2, t3
        sw t2, 0(s0)
next:   .word 0x00050513
        bne t0, t1, loop
done:   j done
