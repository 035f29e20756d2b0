# The sieve of Eratosthenes on an R3000, again and again: primes below 8192. Flags in 0x4000 to 0x5fff; each round leaves the number of primes at `count`.
count = 0x2000          # 16 bits

        .org 0x1000
start:  addiu $t0, $zero, 0x4000
        addiu $t2, $zero, 0x6000
        addiu $t3, $zero, 1
fill:   addiu $t0, $t0, 1
        bne $t0, $t2, fill
        sb $t3, -1($t0)

        addiu $v0, $zero, 0
        addiu $t0, $zero, 2             # n
        addiu $t1, $zero, 0x4002        # where the flag of n stands
next:   lbu $t4, 0($t1)
        sll $zero, $zero, 0             # the load takes effect behind this
        beq $t4, $zero, skip
        addu $t5, $t1, $t0
        addiu $v0, $v0, 1
        sltu $t4, $t5, $t2
        beq $t4, $zero, skip
        sll $zero, $zero, 0
mark:   sb $zero, 0($t5)
        addu $t5, $t5, $t0
        sltu $t4, $t5, $t2
        bne $t4, $zero, mark
        sll $zero, $zero, 0
skip:   addiu $t1, $t1, 1
        bne $t1, $t2, next
        addiu $t0, $t0, 1

        j start
        sh $v0, count($zero)
