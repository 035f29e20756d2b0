// Counters in the very bytes between two pieces of code: no store to them meets code.
// few misses
// expect a0 = 2000000
        .org 0x10000
start:  la s0, data
        li t1, 2000000
loop:   lw a0, 0(s0)
        addi a0, a0, 1
        sw a0, 0(s0)
        j behind
data:   .zero 8
behind: sw t1, 4(s0)
        bne a0, t1, loop
done:   j done
