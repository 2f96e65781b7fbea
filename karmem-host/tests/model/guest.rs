//! The guests, written by hand: each reads and writes through its windows as it is told, and keeps its
//! books in its own memory, at known places.

/// Bytes of a wasm page.
pub const WASM_PAGE: usize = 65536;
/// Where the table of attached regions and the allocator's books lie.
pub const BOOKS: std::ops::Range<usize> = 1024..4096;
/// What a guest uses for itself: zeros at first.
pub const OWN: std::ops::Range<usize> = 4096..WASM_PAGE;
/// Windows lie in slots of this size, from the second page on.
pub const SLOT: usize = 2 * WASM_PAGE;
pub const SLOTS: usize = 24;
/// The most that a guest's memory grows to.
pub const MAX_PAGES: usize = 200;
/// Where the stack pointer rests.
pub const STACK: i32 = 65536;

/// What distinguishes the versions of a guest.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Version {
    pub number: i32,
    /// Does not export its stack pointer: a trap poisons it.
    pub hidden: bool,
    /// Calls its neighbour and is called by the other one.
    pub ring: bool,
}

/// A version that must be refused, and what for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bad {
    StartTraps,
    InitialiseTraps,
    LacksExport,
    OtherSignature,
    AllocGivesNothing,
    AllocGivesOdd,
    AttachTraps,
    AttachLoops,
    AttachPanics,
    AllocAsks,
    InitialiseAsks,
}

pub const BAD: [(Bad, &str); 11] = [
    (Bad::StartTraps, "trap"),
    (Bad::InitialiseTraps, "trap"),
    (Bad::LacksExport, "link"),
    (Bad::OtherSignature, "link"),
    (Bad::AllocGivesNothing, "no room"),
    (Bad::AllocGivesOdd, "bad allocation"),
    (Bad::AttachTraps, "trap"),
    (Bad::AttachLoops, "late"),
    (Bad::AttachPanics, "panic"),
    (Bad::AllocAsks, "host"),
    (Bad::InitialiseAsks, "trap"),
];

/// The callbacks of the ABI, by their numbers in `plot`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Callback {
    Alloc,
    Free,
    Attach,
    Detach,
}

/// What a callback does for once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    Trap,
    /// Never ends.
    Loop,
    /// Calls an implementation in the host, which is refused.
    Ask,
    /// Calls the next module, which is refused.
    Call,
    /// Allocates in a heap, which is refused.
    Heap,
    /// Calls an import that panics.
    Panic,
    /// Calls an import that belongs to no interface.
    Plain,
}

/// The text of a guest; `from` is the number of its neighbour.
pub fn text(index: usize, next: usize, version: Version, bad: Option<Bad>) -> String {
    let stack = if version.hidden {
        ""
    } else {
        r#"(export "__stack_pointer")"#
    };
    let (import, relay, relay_trap, call) = if version.ring {
        (
            format!(
                r#"(import "karmem:m/g{next}@1" "m_g{next}__relay"
                    (func $next (param i32 i32 i32 i32 i32) (result i32)))
                (import "karmem:m/g{next}@1" "m_g{next}__relay_trap"
                    (func $next_trap (param i32 i32) (result i32)))"#
            ),
            "(call $next (i32.sub (local.get 0) (i32.const 1)) (local.get 1) (local.get 2) (local.get 3)
                (local.get 4))",
            "(call $next_trap (i32.sub (local.get 0) (i32.const 1)) (local.get 1))",
            "(drop (call $next_trap (i32.const 0) (i32.const 0)))",
        )
    } else {
        (String::new(), "unreachable", "unreachable", "unreachable")
    };
    let alloc = match bad {
        Some(Bad::AllocGivesNothing) => "(return (i32.const 0))",
        Some(Bad::AllocGivesOdd) => "(return (i32.const 4096))",
        Some(Bad::AllocAsks) => "(drop (call $serve (i32.const 0)))",
        _ => "",
    };
    let attach = match bad {
        Some(Bad::AttachTraps) => "unreachable",
        Some(Bad::AttachLoops) => "(loop $for_ever (br $for_ever))",
        Some(Bad::AttachPanics) => "(call $panic)",
        _ => "",
    };
    let more = match bad {
        Some(Bad::StartTraps) => "(func $start unreachable) (start $start)",
        Some(Bad::InitialiseTraps) => r#"(func (export "_initialize") unreachable)"#,
        Some(Bad::InitialiseAsks) => {
            r#"(func (export "_initialize") (drop (call $serve (i32.const 0))) unreachable)"#
        }
        _ => "",
    };
    let sp = match bad {
        Some(Bad::LacksExport) => String::new(),
        Some(Bad::OtherSignature) => {
            format!(r#"(func (export "m_g{index}__sp") (result i64) (i64.const 0))"#)
        }
        _ => format!(r#"(func (export "m_g{index}__sp") (result i32) (global.get $sp))"#),
    };
    format!(
        r#"
    {import}
    (import "karmem:m/host@1" "m_host__serve" (func $serve (param i32) (result i32)))
    (import "karmem:karmem/heap@1" "karmem_heap__alloc"
        (func $heap_alloc (param i32 i32 i32) (result i32)))
    (import "karmem:karmem/heap@1" "karmem_heap__free" (func $heap_free (param i32 i32) (result i32)))
    (import "env" "panic" (func $panic))
    (import "env" "plain" (func $plain))
    (memory (export "memory") 1 {MAX_PAGES})
    (global $sp {stack} (mut i32) (i32.const {STACK}))
    {more}

    ;; The table: 64 entries of handle, base, length, flags from 1024 on. Gives the entry's address.
    (func $find (param $h i32) (result i32) (local $e i32)
        (local.set $e (i32.const 1024))
        (loop $l
            (if (i32.eq (i32.load (local.get $e)) (local.get $h)) (then (return (local.get $e))))
            (local.set $e (i32.add (local.get $e) (i32.const 16)))
            (br_if $l (i32.lt_u (local.get $e) (i32.const 2048))))
        (i32.const 0))
    (func $base (export "m_g{index}__base") (param $h i32) (result i32)
        (i32.load offset=4 (call $find (local.get $h))))
    (func (export "m_g{index}__flags") (param $h i32) (result i32)
        (if (result i32) (call $base (local.get $h))
            (then (i32.load offset=12 (call $find (local.get $h))))
            (else (i32.const -1))))

    ;; A slot is in use when its byte, from 2048 on, is 1.
    (func (export "karmem_alloc") (param $size i32) (param $align i32) (result i32)
        (local $i i32) (local $at i32) (local $pages i32)
        (call $do (i32.const 0))
        {alloc}
        (if (i32.gt_u (local.get $size) (i32.const {SLOT})) (then (return (i32.const 0))))
        (loop $l
            (if (i32.eqz (i32.load8_u offset=2048 (local.get $i)))
                (then
                    (local.set $at (i32.add (i32.const {WASM_PAGE})
                        (i32.mul (local.get $i) (i32.const {SLOT}))))
                    (local.set $pages (i32.div_u (i32.add (local.get $at) (local.get $size))
                        (i32.const {WASM_PAGE})))
                    (if (i32.gt_u (local.get $pages) (memory.size))
                        (then (if (i32.eq (i32.const -1)
                                (memory.grow (i32.sub (local.get $pages) (memory.size))))
                            (then (return (i32.const 0))))))
                    (i32.store8 offset=2048 (local.get $i) (i32.const 1))
                    (return (local.get $at))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const {SLOTS}))))
        (i32.const 0))
    (func (export "karmem_free") (param $at i32) (param i32 i32)
        (i32.store8 offset=2048
            (i32.div_u (i32.sub (local.get $at) (i32.const {WASM_PAGE})) (i32.const {SLOT}))
            (i32.const 0))
        (call $do (i32.const 1)))
    (func (export "karmem_attach") (param $h i32) (param $at i32) (param $len i32) (param $flags i32)
        (local $e i32)
        (call $do (i32.const 2))
        {attach}
        (local.set $e (call $find (local.get $h)))
        (if (i32.eqz (local.get $e)) (then (local.set $e (call $find (i32.const 0)))))
        (i32.store (local.get $e) (local.get $h))
        (i32.store offset=4 (local.get $e) (local.get $at))
        (i32.store offset=8 (local.get $e) (local.get $len))
        (i32.store offset=12 (local.get $e) (local.get $flags)))
    (func (export "karmem_detach") (param $h i32) (local $e i32)
        (local.set $e (call $find (local.get $h)))
        (if (local.get $e) (then
            (i64.store (local.get $e) (i64.const 0))
            (i64.store offset=8 (local.get $e) (i64.const 0))))
        (call $do (i32.const 3)))

    ;; At 3072 + 8 * callback: what it does besides its work, and whether it does.
    (func $do (param $callback i32) (local $at i32)
        (local.set $at (i32.add (i32.const 3072) (i32.shl (local.get $callback) (i32.const 3))))
        (if (i32.load offset=4 (local.get $at)) (then
            (i32.store offset=4 (local.get $at) (i32.const 0))
            (call $act (i32.load (local.get $at))))))
    (func $act (param $what i32)
        (block $b6 (block $b5 (block $b4 (block $b3 (block $b2 (block $b1 (block $b0
            (br_table $b0 $b1 $b2 $b3 $b4 $b5 $b6 (local.get $what)))
            unreachable)
            (loop $l (br $l)))
            (drop (call $serve (i32.const 0))) (return))
            {call} (return))
            (drop (call $heap_alloc (i32.const 1) (i32.const 8) (i32.const 8))) (return))
            (call $panic) (return))
        (call $plain))
    ;; Gives whether there was an order left.
    (func (export "m_g{index}__plot") (param $callback i32) (param $what i32) (param $set i32)
        (result i32) (local $at i32)
        (local.set $at (i32.add (i32.const 3072) (i32.shl (local.get $callback) (i32.const 3))))
        (i32.load offset=4 (local.get $at))
        (i32.store (local.get $at) (local.get $what))
        (i32.store offset=4 (local.get $at) (local.get $set)))

    (func $fill (param $h i32) (param $off i32) (param $len i32) (param $byte i32) (result i32)
        (local $base i32)
        (local.set $base (call $base (local.get $h)))
        (if (i32.eqz (local.get $base)) (then (return (i32.const 0))))
        (memory.fill (i32.add (local.get $base) (local.get $off)) (local.get $byte) (local.get $len))
        (i32.const 1))
    (func (export "m_g{index}__store") (param $h i32) (param $off i32) (param $x i64) (result i32)
        (local $base i32)
        (local.set $base (call $base (local.get $h)))
        (if (i32.eqz (local.get $base)) (then (return (i32.const 0))))
        (i64.store (i32.add (local.get $base) (local.get $off)) (local.get $x))
        (i32.const 1))
    (func (export "m_g{index}__copy") (param $h i32) (param $off i32) (param $len i32) (param $to i32)
        (result i32) (local $base i32)
        (local.set $base (call $base (local.get $h)))
        (if (i32.eqz (local.get $base)) (then (return (i32.const 0))))
        (memory.copy (call $base (local.get $to)) (i32.add (local.get $base) (local.get $off))
            (local.get $len))
        (i32.const 1))
    (func (export "m_g{index}__own_copy") (param $at i32) (param $len i32) (param $to i32) (result i32)
        (memory.copy (call $base (local.get $to)) (local.get $at) (local.get $len))
        (i32.const 1))
    (func (export "m_g{index}__own_fill") (param $at i32) (param $len i32) (param $byte i32) (result i32)
        (memory.fill (local.get $at) (local.get $byte) (local.get $len))
        (i32.const 1))
    (func (export "m_g{index}__grow") (param $pages i32) (result i32) (memory.grow (local.get $pages)))
    (func (export "m_g{index}__version") (result i32) (i32.const {number}))
    {sp}

    (func (export "m_g{index}__relay") (param $depth i32) (param $h i32) (param $off i32) (param $len i32)
        (param $byte i32) (result i32)
        (if (result i32) (i32.eqz (local.get $depth))
            (then (call $fill (local.get $h) (local.get $off) (local.get $len) (local.get $byte)))
            (else {relay})))

    ;; Writes byte by byte, and perhaps never ends.
    (func (export "m_g{index}__slowly") (param $h i32) (param $off i32) (param $len i32)
        (param $byte i32) (param $for_ever i32) (result i32) (local $at i32) (local $end i32)
        (local.set $at (call $base (local.get $h)))
        (if (i32.eqz (local.get $at)) (then (return (i32.const 0))))
        (local.set $at (i32.add (local.get $at) (local.get $off)))
        (local.set $end (i32.add (local.get $at) (local.get $len)))
        (block $done (loop $l
            (br_if $done (i32.ge_u (local.get $at) (local.get $end)))
            (i32.store8 (local.get $at) (local.get $byte))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $l)))
        (if (local.get $for_ever) (then (loop $m (br $m))))
        (i32.const 1))

    ;; Ends in a trap of some kind; 5 never ends.
    (func $down (param i32) (result i32)
        (i32.add (i32.const 1) (call $down (i32.add (local.get 0) (i32.const 1)))))
    (func $trap (param $kind i32) (result i32)
        (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
        (block $b5 (block $b4 (block $b3 (block $b2 (block $b1 (block $b0
            (br_table $b0 $b1 $b2 $b3 $b4 $b5 (local.get $kind)))
            unreachable)
            (i32.store (i32.mul (memory.size) (i32.const {WASM_PAGE})) (i32.const 1)))
            (drop (i32.div_u (i32.const 1) (i32.const 0))))
            (memory.fill (i32.const 16) (i32.const 1) (i32.mul (memory.size) (i32.const {WASM_PAGE}))))
            (drop (call $down (i32.const 0))))
        (loop $l (br $l))
        (i32.const 0))
    (func (export "m_g{index}__relay_trap") (param $depth i32) (param $kind i32) (result i32)
        (if (result i32) (i32.eqz (local.get $depth))
            (then (call $trap (local.get $kind)))
            (else {relay_trap})))

    ;; Reads, asks the host, and reads the same place again.
    (func (export "m_g{index}__ask") (param $what i32) (param $h i32) (param $off i32) (result i64)
        (local $at i32) (local $before i64)
        (local.set $at (call $base (local.get $h)))
        (if (local.get $at) (then
            (local.set $at (i32.add (local.get $at) (local.get $off)))
            (local.set $before (i64.load (local.get $at)))))
        (drop (call $serve (local.get $what)))
        (i64.add (i64.mul (local.get $before) (i64.const 31))
            (if (result i64) (local.get $at) (then (i64.load (local.get $at))) (else (i64.const 0)))))

    (func (export "m_g{index}__heap_alloc") (param i32 i32 i32) (result i32)
        (call $heap_alloc (local.get 0) (local.get 1) (local.get 2)))
    (func (export "m_g{index}__heap_free") (param i32 i32) (result i32)
        (call $heap_free (local.get 0) (local.get 1)))
    "#,
        number = version.number,
    )
}
