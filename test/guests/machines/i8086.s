; The sieve of Eratosthenes on an 8086, again and again: primes below 8192. Flags in 0x4000 to 0x5fff; each round leaves the number of primes at `count`.
; All segments are 0. The loop at `mark` takes 19 + 3 + 4 + 16 clocks for 4 instructions (User's Manual, table 2-21), without waiting for the bus.
count = 0x8000          ; 16 bits

        .org 0x0100
start:  mov di, 0x4000
fill:   mov byte [di], 1
        inc di
        cmp di, 0x6000
        jne fill

        mov cx, 0
        mov si, 2
next:   cmp byte [si+0x4000], 0
        je skip
        inc cx
        mov di, si
        jmp into
mark:   mov byte [di+0x4000], 0
into:   add di, si
        cmp di, 0x2000
        jb mark
skip:   inc si
        cmp si, 0x2000
        jne next

        mov word [count], cx
        jmp start
