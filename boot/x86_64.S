// x86_64.S: the first steps of a hart, up to C.
//
// Hart 0 enters at _start as the PVH protocol says: 32-bit protected mode, flat
// segments, no paging, interrupts off, ebx = hvm_start_info. The loader has
// zeroed .bss, as the ELF header asks. Other harts enter x86_tramp in real
// mode, in a copy at AP_PAGE, when hart 0 wakes them up; by then the page
// tables are final.
//
// Both meet in enter64, with ebx = 0 for the others: paging on (identity, so
// nothing moves), long mode, and then C on the hart's g0 stack.
#include <x86.h>

#define CR0 0x80010033 // PG WP NE ET MP PE
#define CR4 0x620      // PAE OSFXSR OSXMMEXCPT
#define EFER 0xc0000080
#define EFER_LME_NXE 0x900

	.section .note.Xen, "a", @note
	.balign 4
	.long 4      // "Xen"
	.long 8      // bytes of the address
	.long 18     // XEN_ELFNOTE_PHYS32_ENTRY
	.asciz "Xen"
	.quad _start

	.section .text.boot, "ax"
	.code32

// _start maps 4 GiB to themselves with pages of 2 MiB, everything permitted.
// C makes the final map of it (x86_64_init.c).
	.globl _start
	.type _start, @function
_start:
	.cfi_startproc
	.cfi_undefined 16 // rip
	cli
	cld
	movl $x86_pdpt + 3, x86_pml4
	movl $x86_pd + 3, %eax
	movl $x86_pdpt, %edi
	movl $4, %ecx
1:	movl %eax, (%edi)
	addl $4096, %eax
	addl $8, %edi
	decl %ecx
	jnz 1b
	movl $0x83, %eax // present, writable, 2 MiB
	movl $x86_pd, %edi
	movl $2048, %ecx
1:	movl %eax, (%edi)
	addl $0x200000, %eax
	addl $8, %edi
	decl %ecx
	jnz 1b

enter64:
	movl $x86_pml4, %eax
	movl %eax, %cr3
	movl $CR4, %eax
	movl %eax, %cr4
	movl $EFER, %ecx
	rdmsr
	orl $EFER_LME_NXE, %eax
	wrmsr
	movl $CR0, %eax
	movl %eax, %cr0
	lgdt gdtptr
	ljmp $SEL_CODE, $start64
	ud2
	.cfi_endproc
	.size _start, . - _start

// ap32 is where the trampoline leads: protected mode, cs flat, the rest not.
	.type ap32, @function
ap32:
	.cfi_startproc
	.cfi_undefined 16 // rip
	movl $SEL_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %ebx, %ebx
	jmp enter64
	ud2
	.cfi_endproc
	.size ap32, . - ap32

	.code64
// start64 loads flat segments and calls C on the hart's g0 stack:
// x86_boot(start info) on hart 0, x86_bootap(index) on others.
	.type start64, @function
start64:
	.cfi_startproc
	.cfi_undefined %rip
	movl $SEL_DATA, %eax
	movl %eax, %ds
	movl %eax, %es
	movl %eax, %ss
	xorl %eax, %eax
	movl %eax, %fs
	movl %eax, %gs
	xorl %ebp, %ebp
	testl %ebx, %ebx
	jz 1f
	movq $g0stacks + G0_STACK_BYTES, %rsp
	movl %ebx, %edi
	call x86_boot
	ud2
1:	movl $1, %eax
	cpuid
	shrl $24, %ebx
	movzbl x86_cpuof(%rbx), %edi
	leal 1(%rdi), %eax
	imull $G0_STACK_BYTES, %eax, %eax
	leaq g0stacks(%rax), %rsp
	call x86_bootap
	ud2
	.cfi_endproc
	.size start64, . - start64

	.section .rodata
// x86_tramp, of x86_tramp_bytes, is copied to AP_PAGE and entered there in real
// mode with ip = 0. It runs in that page only until the far jump.
	.code16
	.globl x86_tramp
	.type x86_tramp, @object
x86_tramp:
	cli
	movw %cs, %ax
	movw %ax, %ds
	lgdtl gdtptr16 - x86_tramp
	movl %cr0, %eax
	orb $1, %al
	movl %eax, %cr0
	ljmpl $SEL_CODE32, $ap32
	ud2
	.balign 4
gdtptr16:
	.word SEL_TSS - 1
	.long x86_gdt
	.size x86_tramp, . - x86_tramp

	.globl x86_tramp_bytes
	.type x86_tramp_bytes, @object
	.balign 4
x86_tramp_bytes:
	.long . - x86_tramp
	.size x86_tramp_bytes, . - x86_tramp_bytes

	.type gdtptr, @object
gdtptr:
	.word SEL_TSS - 1
	.long x86_gdt
	.size gdtptr, . - gdtptr

	.section .note.GNU-stack, "", @progbits
