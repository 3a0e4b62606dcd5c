// riscv64_fdt.h: what boot wants to know from the device tree.
#ifndef GZERO_RISCV64_FDT_H
#define GZERO_RISCV64_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fdt_facts {
	uint32_t hart[64]; // ids of the harts that are usable, in tree order
	unsigned nhart;    // more than 64 are not counted
	uint64_t ram_lo;   // the memory that holds `inside`; lo == hi if none
	uint64_t ram_hi;
	uint32_t timebase; // Hz of mtime, 0 if not said
	char *args;        // gets /chosen bootargs, cut at args_bytes
	size_t args_bytes;
	uint64_t inside; // an address of the image
};

// fdt_read fills what it finds and leaves the rest. False if there is no tree
// at p or it ends too early; what was found till then stays.
bool fdt_read(const void *p, struct fdt_facts *f);

#endif
