// What is called overwrites the instruction it returns to, at first after many calls that did not, then each time.
// expect a0 = 1000
// expect a1 = 104950
        .org 0x10000
start:  la s0, behind
        li t0, 0
        li t1, 1100
        li t2, 1000
        li t3, 0x00150513   // addi a0, a0, 1
        li t4, 0x005585b3   // add a1, a1, t0
loop:   jal ra, callee
behind: .word 0x00150513
        addi t0, t0, 1
        bne t0, t1, loop
done:   j done
        .balign 256
callee: blt t0, t2, same
        sw t4, 0(s0)
same:   ret
