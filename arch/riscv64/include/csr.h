// csr.h: the one place that knows the privilege mode. Everything else says
// CSR_STATUS, STATUS_IE, XRET; the kernel runs in M-mode today, and a port to
// S-mode (boards that boot through SBI) starts by giving these names a second
// set of values here. C and assembly both read it.
#ifndef GZERO_CSR_H
#define GZERO_CSR_H

#define CSR_STATUS mstatus
#define CSR_IE mie
#define CSR_TVEC mtvec
#define CSR_SCRATCH mscratch
#define CSR_EPC mepc
#define CSR_CAUSE mcause
#define CSR_TVAL mtval
#define XRET mret

#define STATUS_IE 0x8       // interrupts unmasked
#define STATUS_PIE 0x80     // what XRET puts into STATUS_IE
#define STATUS_PP 0x1800    // the mode XRET goes to: all ones is ours
#define STATUS_MPRV 0x20000 // loads and stores are made as that mode's
#define STATUS_FS 0x6000    // FP state: all ones is dirty
#define STATUS_FS_INITIAL 0x2000

#define TVEC_VECTORED 1 // an interrupt goes to the base + 4 * its cause

// Interrupt causes, which are bit numbers in CSR_IE too.
#define CAUSE_SOFT 3
#define CAUSE_TIMER 7
#define CAUSE_EXT 11

#define SATP_SV39 (UINT64_C(8) << 60)

#ifndef __ASSEMBLER__

#define CSR_STR(name) #name
#define CSR_NAME(name) CSR_STR(name)

#define csr_read(csr) \
	__extension__({ \
		uintptr_t csr_value; \
		__asm__ volatile("csrr %0, " CSR_NAME(csr) \
				 : "=r"(csr_value) \
				 : \
				 : "memory"); \
		csr_value; \
	})
#define csr_write(csr, value) \
	__asm__ volatile("csrw " CSR_NAME(csr) ", %0" \
			 : \
			 : "rK"((uintptr_t)(value)) \
			 : "memory")
#define csr_set(csr, bits) \
	__asm__ volatile("csrs " CSR_NAME(csr) ", %0" \
			 : \
			 : "rK"((uintptr_t)(bits)) \
			 : "memory")
#define csr_clear(csr, bits) \
	__asm__ volatile("csrc " CSR_NAME(csr) ", %0" \
			 : \
			 : "rK"((uintptr_t)(bits)) \
			 : "memory")

#endif // __ASSEMBLER__
#endif
