; The sieve of Eratosthenes on a 65C02, again and again: primes below 8192. Flags in $2000 to $3fff; each round leaves the number of primes in $10.
; Its own (zp), stz and bra do what the 6502 needs Y = 0 and a flag for.
count  = $10            ; 16 bits
found  = $12            ; the count of this round
n      = $14            ; where the flag of n stands
m      = $16            ; where the flag of a multiple stands
step   = $18            ; n's high byte; its low byte is n's own, for the flags start on a page
first  = $20            ; pages of the flags
last   = $40

        .org $0600
start:  stz m
        stz found
        stz found+1
        lda #first
        sta m+1
        ldy #0
        lda #1
fill:   sta (m),Y
        iny
        bne fill
        inc m+1
        ldx m+1
        cpx #last
        bne fill

        lda #2
        sta n
        lda #first
        sta n+1
next:   lda (n)
        beq skip
        inc found
        bne prime
        inc found+1
prime:  lda n+1
        sta m+1
        sec
        sbc #first
        sta step
        lda n
        sta m
mark:   clc
        lda m
        adc n
        sta m
        lda m+1
        adc step
        sta m+1
        cmp #last
        bcs skip
        lda #0
        sta (m)
        bra mark
skip:   inc n
        bne next
        inc n+1
        lda n+1
        cmp #last
        bne next

        lda found
        sta count
        lda found+1
        sta count+1
        bra start
