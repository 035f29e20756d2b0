; The sieve of Eratosthenes on an SM83, again and again: primes below 8192. Flags in $c000 to $dfff; each round leaves the number of primes at `count`.
count = $ff80           ; 16 bits

        .org $0150
start:  ld sp, $fffe
round:  ld bc, 0
        ld hl, $c000
fill:   ld a, 1
        ld (hl+), a
        ld a, h
        cp a, $e0
        jr nz, fill

        ld hl, $c002
next:   ld a, (hl)
        or a, a
        jr z, skip
        inc bc
        ld a, h
        sub a, $c0
        ld d, a
        ld e, l
        push hl
        jr into
mark:   ld (hl), 0
into:   add hl, de
        ld a, h
        cp a, $e0
        jr c, mark
        pop hl
skip:   inc hl
        ld a, h
        cp a, $e0
        jr nz, next

        ld a, c
        ld (count), a
        ld a, b
        ld (count+1), a
        jr round
