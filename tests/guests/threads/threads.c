// The guest of the tests for threads, in C: the same `work` as in Rust, with a barrier whose threads
// sleep, and what the others cannot have: thread-local variables, and much of the stack.

#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))

// The barrier: how often it opened in the high half, who has arrived since in the low half.
static void meet(_Atomic uint32_t *state, uint32_t threads) {
    uint32_t old = __c11_atomic_load(state, __ATOMIC_RELAXED);
    uint32_t next;
    do {
        next = (old & 0xffff) + 1 == threads ? ((old >> 16) + 1) << 16 : old + 1;
    } while (!__c11_atomic_compare_exchange_weak(state, &old, next, __ATOMIC_ACQ_REL, __ATOMIC_RELAXED));
    if ((next & 0xffff) == 0) {
        __builtin_wasm_memory_atomic_notify((int *)state, UINT32_MAX);
        return;
    }
    for (;;) {
        uint32_t now = __c11_atomic_load(state, __ATOMIC_ACQUIRE);
        if (now >> 16 != old >> 16) return;
        __builtin_wasm_memory_atomic_wait32((int *)state, (int)now, 10 * 1000 * 1000);
    }
}

EXPORT(work)
uint64_t work(uint32_t *all, uint32_t len, uint32_t index, uint32_t threads, uint32_t rounds,
              _Atomic uint32_t *barrier) {
    uint32_t count = len / 4;
    uint32_t *part = all + count * index;
    uint32_t *others = all + count * (index + 1 == threads ? 0 : index + 1);
    uint64_t sum = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < count; i++) part[i] = part[i] * 1664525u + (1013904223u + round);
        meet(barrier, threads);
        sum += *(volatile uint32_t *)others;
        meet(barrier, threads);
    }
    return sum;
}

static _Atomic uint32_t calls = 0;
static _Atomic uint32_t starts = 100;
static _Thread_local uint32_t own = 7;
static _Thread_local uint32_t zero;

EXPORT(count) uint32_t count(void) { return __c11_atomic_fetch_add(&calls, 1, __ATOMIC_ACQ_REL) + 1; }
EXPORT(start) uint32_t start(void) { return __c11_atomic_fetch_add(&starts, 1, __ATOMIC_ACQ_REL) + 1; }

// Counts this thread's calls, from 8 on, in a way that the other variable would notice.
EXPORT(own_count) uint32_t own_count(void) { return ++zero + 7 == ++own ? own : 0; }

// Fills 16 KiB of the stack with a number, and says, a good while later, whether it is all still there.
EXPORT(stack) uint32_t stack(uint32_t number, uint32_t rounds) {
    volatile uint32_t all[4096];
    uint32_t good = 0;
    for (uint32_t round = 0; round < rounds; round++) {
        for (uint32_t i = 0; i < 4096; i++) all[i] = number + i * round;
        uint32_t same = 0;
        for (uint32_t i = 0; i < 4096; i++) same += all[i] == number + i * round;
        good += same == 4096;
    }
    return good;
}

// Calls itself so many times, and then traps or comes back.
EXPORT(recurse) uint32_t recurse(uint32_t depth, uint32_t trap) {
    volatile uint32_t some[256];
    some[depth % 256] = depth;
    if (depth == 0) {
        if (trap) __builtin_trap();
        return 0;
    }
    return recurse(depth - 1, trap) + some[depth % 256];
}
