; A routine that is written again 65,536 times, as one of four, over a page edge.
; memory 0x10 = 0
        .org $0600
start:  lda #0
        sta $10
        sta $12
        sta $13
again:  lda $12
        and #3
        tax
        lda ops,X
        sta code
        lda $12
        sta code+2
        lda #$60            ; rts
        sta code+3
        ldx #0
        jsr code
        jsr code
        inc $12
        bne again
        inc $13
        bne again
        lda #0
done:   jmp done
ops:    .byte $e8, $c8, $ea, $88   ; inx iny nop dey
        .org $07fe
code:   .byte $ea, $a9, $00, $60
