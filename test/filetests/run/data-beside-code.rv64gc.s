// A loop that counts in words of its own page, just behind itself.
// expect a0 = 2000000
        .org 0x10000
start:  la s0, data
        li t1, 2000000
loop:   lw a0, 0(s0)
        addi a0, a0, 1
        sw a0, 0(s0)
        sw t1, 8(s0)
        bne a0, t1, loop
done:   j done
        .balign 64
data:   .zero 64
