; A store into the operand of the very next instruction, and into its opcode.
; expect X = 0
; expect Y = 100
; memory 0x10 = 0x64
        .org $0600
start:  ldx #100
        ldy #0
loop:   txa
        and #1
        beq even
        lda #$ea            ; nop
        bne put
even:   lda #$c8            ; iny
put:    sta next
next:   nop
        sta other+1
other:  lda #0
        cmp #$c8
        bne odd
        iny
odd:    inc $10
        dex
        bne loop
done:   jmp done
