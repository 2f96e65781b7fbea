// A guest in C that follows the ABI by hand, with no library and no generated code: what a module in another
// language needs to be a member of a system. In Rust the same is `karmem::guest!()`, the derive, and
// `export_tally!`; the types and interfaces stand in `referee/src/lib.rs`.

#include <stddef.h>
#include <stdint.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define IMPORT(module, name) __attribute__((import_module(module), import_name(#name)))

// What the module says of itself. Hosts compare it before they link; the format is in karmem-core/src/section.rs.
// An attribute on a variable would make a data segment, and no custom section.

#define LINE(text) ".ascii \"karmem1 " text "\\n\"\n"
__asm__(".section .custom_section.karmem,\"\",@\n"
        LINE("struct tally::Scores Scores inline padded 16 8 - Count:u32@0+4 Bias:i32@4+4 Values:[]i32@8+8"
             " #0ac48cb943e7f33a")
        LINE("struct tally::Summary Summary inline padded 16 8 - Total:i64@0+8 Highest:i32@8+4"
             " #32076c5dcb4a45ae")
        LINE("enum tally::Fault Fault u8 Nothing=0 Empty=1 Full=2"
             " #f07b31617a3e7358")
        LINE("interface tests/tally@1 total{scores:view+tally::Scores}=i64"
             " raise{scores:viewmut+tally::Scores,by:i32}"
             " summary{scores:view+tally::Scores}=tally::Summary?tally::Fault"
             " #018a8b306096d73c")
        LINE("interface tests/journal@1 note{total:i64}=i32"
             " #a023f2ad50d6e9f6"));

// The same as structs. Where a list lies counts from the start of its region; its size is in bytes.

typedef struct { uint32_t offset, size; } List;
typedef struct { uint32_t count; int32_t bias; List values; } Scores;
typedef struct { int64_t total; int32_t highest, padding; } Summary;
typedef enum { NOTHING, EMPTY, FULL } Fault;

// How a `Result` comes back: the offset is that of a message in the same region, the bits are those of a number.
typedef struct { uint32_t tag, offset; uint64_t bits; } Record;
enum { OK, ERR };

_Static_assert(sizeof(Scores) == 16 && offsetof(Scores, bias) == 4 && offsetof(Scores, values) == 8, "Scores");
_Static_assert(sizeof(Summary) == 16 && offsetof(Summary, highest) == 8, "Summary");
_Static_assert(sizeof(Record) == 16 && offsetof(Record, offset) == 4 && offsetof(Record, bits) == 8, "Record");

// What the host is told when a call cannot go on. It asks for the text after the trap, once.

static const char *last;
static uint32_t last_size;

#define FAIL(text) (last = (text), last_size = sizeof(text) - 1, __builtin_trap())

EXPORT(karmem_panic)
uint64_t karmem_panic(void) {
    uint64_t text = (uint64_t)(uint32_t)last << 32 | last_size;
    last = 0;
    last_size = 0;
    return text;
}

// Memory for regions: whole pages of 64 KiB, because the host asks for blocks that begin at one and maps the
// region's memory over them. Free ones are in a list by address, so that neighbours become one again.

#define PAGE 65536u

typedef struct Free { struct Free *next; uint32_t size; } Free;
static Free *list;

EXPORT(karmem_alloc)
uint32_t karmem_alloc(uint32_t size, uint32_t align) {
    if (align > PAGE || size > UINT32_MAX - PAGE) return 0;
    size = size == 0 ? PAGE : (size + PAGE - 1) & -PAGE;
    for (Free **link = &list; *link; link = &(*link)->next) {
        Free *block = *link;
        if (block->size < size) continue;
        if (block->size > size) {
            Free *rest = (Free *)((uint32_t)block + size);
            *rest = (Free){block->next, block->size - size};
            *link = rest;
        } else {
            *link = block->next;
        }
        *block = (Free){0};
        return (uint32_t)block;
    }
    uint32_t page = __builtin_wasm_memory_grow(0, size / PAGE);
    return page == UINT32_MAX ? 0 : page * PAGE;
}

EXPORT(karmem_free)
void karmem_free(uint32_t at, uint32_t size, uint32_t align) {
    (void)align;
    size = size == 0 ? PAGE : (size + PAGE - 1) & -PAGE;
    Free *before = 0, *after = list;
    while (after && (uint32_t)after < at) {
        before = after;
        after = after->next;
    }
    Free *block = (Free *)at;
    *block = (Free){after, size};
    if (after && at + size == (uint32_t)after) {
        *block = (Free){after->next, size + after->size};
        *after = (Free){0};
    }
    if (!before) {
        list = block;
    } else if ((uint32_t)before + before->size == at) {
        *before = (Free){block->next, before->size + block->size};
        *block = (Free){0};
    } else {
        before->next = block;
    }
}

// Regions by handle. A message travels as one number: the handle in the high half, the offset in the low half.

#define REGIONS 64u
// What is volatile may change during a call that this module makes: it reads nothing of it after the call that it
// read before.
enum { WRITABLE = 1, VOLATILE = 2, OUTBOX = 4 };

typedef struct { uint32_t handle, base, len, flags; } Region;
static Region regions[REGIONS]; // a length of 0: nothing is there

// Bytes of the outbox that are in use. This module sends messages as results only, and those are read before it is
// called again, so nothing stays. Arguments that are messages would move it up until their call is over.
static uint32_t top;

EXPORT(karmem_detach)
void karmem_detach(uint32_t handle) {
    for (uint32_t i = 0; i < REGIONS; i++)
        if (regions[i].handle == handle) regions[i].len = 0;
}

// A region that lies where it lay only changes its flags, also while this module waits for a call: what the outbox
// holds stays.
EXPORT(karmem_attach)
void karmem_attach(uint32_t handle, uint32_t base, uint32_t len, uint32_t flags) {
    for (uint32_t i = 0; i < REGIONS; i++) {
        Region *known = &regions[i];
        if (known->handle != handle || known->base != base || known->len != len) continue;
        known->flags = flags;
        return;
    }
    karmem_detach(handle);
    if (flags & OUTBOX) top = 0;
    for (uint32_t i = 0; i < REGIONS; i++) {
        if (regions[i].len) continue;
        regions[i] = (Region){handle, base, len, flags};
        return;
    }
    FAIL("there are more regions than this module has room for");
}

// After a call that trapped, or was ended, nothing of it is running any more: the host attaches all regions anew.
EXPORT(karmem_reset)
void karmem_reset(void) {
    for (uint32_t i = 0; i < REGIONS; i++) regions[i].len = 0;
    top = 0;
}

static const Region *find(uint32_t handle) {
    for (uint32_t i = 0; i < REGIONS; i++)
        if (regions[i].len && regions[i].handle == handle) return &regions[i];
    FAIL("no region has this handle");
}

// So many bytes of a region, where they lie. Nobody has checked what others wrote: neither handles nor offsets.
static void *bytes(const Region *region, uint32_t offset, uint32_t size, uint32_t align) {
    if (offset > region->len || size > region->len - offset) FAIL("something lies outside of its region");
    if (offset % align) FAIL("something is not aligned");
    return (void *)(region->base + offset);
}

static Scores *open(uint64_t message, uint32_t flags, int32_t **values, uint32_t *len) {
    const Region *region = find(message >> 32);
    if ((region->flags & flags) != flags) FAIL("the region may only be read");
    Scores *scores = bytes(region, (uint32_t)message, sizeof(Scores), _Alignof(Scores));
    *values = bytes(region, scores->values.offset, scores->values.size, _Alignof(int32_t));
    *len = scores->values.size / sizeof(int32_t);
    return scores;
}

// The interfaces. An export is named after package, interface and method, and so is an import, whose module names
// the version too.

IMPORT("karmem:tests/journal@1", tests_journal__note) int32_t note(int64_t total);

EXPORT(tests_tally__total)
int64_t total(uint64_t message) {
    int32_t *values;
    uint32_t len;
    const Scores *scores = open(message, 0, &values, &len);
    int64_t sum = 0;
    for (uint32_t i = 0; i < len && i < scores->count; i++) sum += (int64_t)values[i] + scores->bias;
    return sum;
}

EXPORT(tests_tally__raise)
void raise(uint64_t message, int32_t by) {
    int32_t *values;
    uint32_t len;
    Scores *scores = open(message, WRITABLE, &values, &len);
    for (uint32_t i = 0; i < len; i++) values[i] = (int32_t)((uint32_t)values[i] + (uint32_t)by);
    scores->count = len;
}

// The outbox, which is the region that was attached as such.
static const Region *outbox(void) {
    for (uint32_t i = 0; i < REGIONS; i++)
        if (regions[i].len && regions[i].flags & OUTBOX) return &regions[i];
    FAIL("there is no region to write messages to");
}

// Room for a message, at the next multiple of 8.
static void *push(const Region *region, uint32_t size, uint32_t *offset) {
    void *at = bytes(region, top, size, 8);
    *offset = top;
    top += (size + 7) & -8u;
    return at;
}

// A message, if there is one, and the record that leads to it.
static uint64_t answer(uint32_t tag, const Summary *summary, uint64_t bits) {
    const Region *region = outbox();
    uint32_t before = top, offset = 0, record;
    if (summary) *(Summary *)push(region, sizeof(Summary), &offset) = *summary;
    *(Record *)push(region, sizeof(Record), &record) = (Record){tag, offset, bits};
    // It stays above the top until the caller has read it, which it does at once.
    top = before;
    return (uint64_t)region->handle << 32 | record;
}

EXPORT(tests_tally__summary)
uint64_t summary(uint64_t message) {
    int32_t *values;
    uint32_t len;
    const Scores *scores = open(message, 0, &values, &len);
    Summary found = {0, INT32_MIN, 0};
    uint32_t counted = 0;
    for (; counted < len && counted < scores->count; counted++) {
        int32_t value = (int32_t)((uint32_t)values[counted] + (uint32_t)scores->bias);
        found.total += (int64_t)values[counted] + scores->bias;
        if (value > found.highest) found.highest = value;
    }
    if (counted == 0) return answer(ERR, 0, EMPTY);
    // Before the result is written: whoever is called may call this module.
    if (note(found.total) < 0) return answer(ERR, 0, FULL);
    return answer(OK, &found, 0);
}
