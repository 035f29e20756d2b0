; The usual trick of the machine: a loop counts in the address of its own load. 256 bytes are summed, 40 times over.
; expect A = 0
; expect X = 0
; memory 0x10 = 0xa0
        .org $0600
start:  ldx #40
        lda #0
        sta $10
outer:  lda #0
        sta load+1
inner:  lda $10
        clc
load:   adc $0700
        sta $10
        inc load+1
        bne inner
        dex
        bne outer
        lda #0
done:   jmp done
        .org $0700
        .byte 1, 2, 3, 4, 5, 6, 7, 8
