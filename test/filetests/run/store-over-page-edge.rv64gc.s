// An instruction that lies half in one page and half in the next, overwritten from each side, and by a store over the edge.
// expect a0 = 1400
        .org 0x10000
start:  la s0, edge
        li t0, 0
        li t1, 100
        li t3, 0x00150513   // addi a0, a0, 1
        li t4, 0x0015       // its high half: 1
        li t5, 0x0045       // 4
        li t6, 0x0085       // 8
loop:   addi t0, t0, 1
        sw t3, 0(s0)        // over the edge: 1
        jal ra, edge
        sh t5, 2(s0)        // in the second page: 4
        jal ra, edge
        addi a0, a0, 1
        sh t6, 2(s0)
        jal ra, edge
        bne t0, t1, loop
done:   j done
        .org 0x10ffe
edge:   .word 0x00150513
        ret
