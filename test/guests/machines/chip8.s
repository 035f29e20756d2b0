; The sieve of Eratosthenes on a CHIP-8, again and again: primes below 256. Flags in 0x300 to 0x3ff; each round leaves the number of primes at `count`.
flags = 0x300
count = 0x400           ; 8 bits

        .org 0x200
start:  ld V1, 0
        ld V0, 1
fill:   ld I, flags
        add I, V1
        ld [I], V0
        add V1, 1
        se V1, 0
        jp fill

        ld V4, 0
        ld V1, 2
next:   ld I, flags
        add I, V1
        ld V0, [I]
        se V0, 1
        jp skip
        add V4, 1
        ld V0, 0
        ld V2, V1
mark:   add V2, V1
        se VF, 0
        jp skip
        ld I, flags
        add I, V2
        ld [I], V0
        jp mark
skip:   add V1, 1
        se V1, 0
        jp next

        ld V0, V4
        ld I, count
        ld [I], V0
        jp start
