; The sieve of Eratosthenes on a Z80, again and again: primes below 8192. Flags in 0x4000 to 0x5fff; each round leaves the number of primes at `count`.
; The loop at `mark` takes 10 + 11 + 4 + 7 + 12 T states for 5 instructions (UM0080).
count = 0x8000          ; 16 bits

        .org 0x0100
start:  ld sp, 0xfffe
round:  ld bc, 0
        ld hl, 0x4000
fill:   ld (hl), 1
        inc hl
        ld a, h
        cp 0x60
        jr nz, fill

        ld hl, 0x4002
next:   ld a, (hl)
        or a
        jr z, skip
        inc bc
        ld a, h
        sub 0x40
        ld d, a
        ld e, l
        push hl
        jr into
mark:   ld (hl), 0
into:   add hl, de
        ld a, h
        cp 0x60
        jr c, mark
        pop hl
skip:   inc hl
        ld a, h
        cp 0x60
        jr nz, next

        ld (count), bc
        jr round
