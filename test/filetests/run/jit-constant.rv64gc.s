// A loop that writes another constant into a routine before each call of it, and calls one that it leaves alone. Of code that is written again and again nothing is
// compiled, so the loop need not leave for its stores.
// few misses in compiled code
// expect a0 = 1250025000
// expect a1 = 150000
        .org 0x10000
start:  la s0, routine
        li a0, 0
        li a1, 0
        li a2, 0
        li t2, 50000
loop:   addi a2, a2, 1
        // addi t0, zero, a2 & 0x7ff; the rest is added here
        andi t0, a2, 0x7ff
        sub t3, a2, t0
        slli t0, t0, 20
        ori t0, t0, 0x293
        sw t0, 0(s0)
        fence.i
        jalr s0
        add a0, a0, t0
        add a0, a0, t3
        jal other
        bne a2, t2, loop
done:   j done
other:  addi a1, a1, 3
        ret
        .balign 64
routine: addi t0, zero, 1024
        ret
