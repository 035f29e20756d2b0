; The sieve of Eratosthenes on a bare 6502: primes below 8192, `rounds` times.
; Load and start at $0600; the end is a jump to itself at `done`, with the number of primes in $12 (low) and $13.

rounds = $10
count  = $12            ; 16 bits
n      = $14            ; where the flag of n stands
m      = $16            ; where the flag of a multiple stands
step   = $18            ; n's high byte; its low byte is n's own, for the flags start on a page
first  = $20            ; pages of the flags: $2000 to $3fff
last   = $40

        .org $0600
start:  lda #10
        sta rounds
round:  ldy #0
        sty m
        lda #first
        sta m+1
        lda #1
fill:   sta (m),Y
        iny
        bne fill
        inc m+1
        ldx m+1
        cpx #last
        bne fill

        sty count
        sty count+1
        lda #2
        sta n
        lda #first
        sta n+1
next:   lda (n),Y
        beq skip
        inc count
        bne prime
        inc count+1
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
        sta (m),Y
        beq mark
skip:   inc n
        bne next
        inc n+1
        lda n+1
        cmp #last
        bne next

        dec rounds
        bne round
done:   jmp done
