; Counters in the very bytes round a routine: no store to them meets its code. One to its operand does, each 256 times.
; few misses
; memory 0x10 = 0
; expect A = 0
        .org $0600
start:  lda #0
        sta $10
        sta $11
        jmp again
before: .byte 0
add:    lda before
        clc
        adc #1
        sta before
        sta after
        rts
after:  .byte 0
again:  jsr add
        inc $10
        bne again
        lda after
        sta add+5
        inc add+5
        inc $11
        bne again
        lda #0
done:   jmp done
