// A guest in C, with the ABI by hand, and an allocator of the kind that takes all the memory that there is when it
// is first asked for something. With EAGER it takes a megabyte more than that.

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define PAGE 65536u
#define HANDLES 64u

extern unsigned char __heap_base;

static uint32_t top, end;

EXPORT(karmem_alloc)
uint32_t karmem_alloc(uint32_t size, uint32_t align) {
    if (end == 0) {
#ifdef EAGER
        __builtin_wasm_memory_grow(0, 16);
#endif
        top = (uint32_t)&__heap_base;
        end = __builtin_wasm_memory_size(0) * PAGE;
    }
    uint32_t at = (top + align - 1) & -align;
    if (at + size > end) {
        // New pages need not follow those from before: other modules grow the same memory.
        uint32_t pages = (size + align + PAGE - 1) / PAGE + 4;
        uint32_t old = __builtin_wasm_memory_grow(0, pages);
        if (old == UINT32_MAX) return 0;
        top = old * PAGE;
        end = top + pages * PAGE;
        at = (top + align - 1) & -align;
    }
    top = at + size;
    return at;
}

// The last block is taken back, the others are not.
EXPORT(karmem_free)
void karmem_free(uint32_t block, uint32_t size, uint32_t align) {
    (void)align;
    if (block + size == top) top = block;
}

static struct { uint32_t base, len, writable; } regions[HANDLES];

EXPORT(karmem_attach)
void karmem_attach(uint32_t handle, uint32_t base, uint32_t len, uint32_t flags) {
    if (handle >= HANDLES) return;
    regions[handle].base = base;
    regions[handle].len = len;
    regions[handle].writable = flags & 1;
}

EXPORT(karmem_detach)
void karmem_detach(uint32_t handle) {
    if (handle < HANDLES) regions[handle].len = 0;
}

static uint8_t next(uint32_t *state) {
    *state = *state * 1664525u + 1013904223u;
    return *state >> 24;
}

// Fills a region with numbers that follow from a seed; 0 if it may not.
EXPORT(fill)
uint32_t fill(uint64_t message, uint32_t seed) {
    uint32_t handle = message >> 32;
    if (handle >= HANDLES || !regions[handle].len || !regions[handle].writable) return 0;
    uint8_t *bytes = (uint8_t *)regions[handle].base;
    for (uint32_t i = 0; i < regions[handle].len; i++) bytes[i] = next(&seed);
    return 1;
}

// How many of the numbers are others.
EXPORT(check)
uint32_t check(uint64_t message, uint32_t seed) {
    uint32_t handle = message >> 32, wrong = 0;
    if (handle >= HANDLES || !regions[handle].len) return UINT32_MAX;
    const uint8_t *bytes = (const uint8_t *)regions[handle].base;
    for (uint32_t i = 0; i < regions[handle].len; i++) wrong += bytes[i] != next(&seed);
    return wrong;
}
