//! The modules: one that keeps to the ABI, written by hand, and hostile ones, whose functions do what
//! the fuzzer's input says.

use wasm_encoder::{
    BlockType, CodeSection, ConstExpr, EntityType, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction as I, MemArg,
    MemorySection, MemoryType, Module, StartSection, TypeSection, ValType,
};

use super::input::Input;

/// Bytes of a wasm page.
pub const PAGE: u32 = 65536;
/// Pages that a hostile module begins with, and has at most.
pub const PAGES: u32 = 24;
pub const MAX_PAGES: u32 = 32;

/// Functions of a hostile module that the host or others call. The numbers are what its import
/// `fuzz.next` is asked with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Alloc,
    Free,
    Attach,
    Detach,
    Init,
    Initialize,
    Start,
    Go,
    Panic,
    Reset,
}

impl Place {
    pub const ALL: [Place; 10] = [
        Place::Alloc,
        Place::Free,
        Place::Attach,
        Place::Detach,
        Place::Init,
        Place::Initialize,
        Place::Start,
        Place::Go,
        Place::Panic,
        Place::Reset,
    ];

    pub fn of(number: i32) -> Place {
        let known = usize::try_from(number).ok().and_then(|n| Place::ALL.get(n));
        known.copied().unwrap_or(Place::Go)
    }
}

/// What a hostile module can do in one step. Each takes up to three numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Op {
    /// Ends the function, with the first number as its result.
    Return,
    /// Has the honest neighbour write a number at an offset of a region.
    Poke,
    /// Calls the host's implementation, or the other one.
    Serve,
    ServeOther,
    HeapAlloc,
    HeapFree,
    /// Calls a host function that panics.
    HostPanic,
    Store,
    Store64,
    Load,
    Fill,
    Copy,
    Atomic,
    Grow,
    Trap,
    Loop,
    /// Calls itself.
    Again,
    /// Moves the stack pointer.
    Stack,
}

impl Op {
    pub const ALL: [Op; 18] = [
        Op::Return,
        Op::Poke,
        Op::Serve,
        Op::ServeOther,
        Op::HeapAlloc,
        Op::HeapFree,
        Op::HostPanic,
        Op::Store,
        Op::Store64,
        Op::Load,
        Op::Fill,
        Op::Copy,
        Op::Atomic,
        Op::Grow,
        Op::Trap,
        Op::Loop,
        Op::Again,
        Op::Stack,
    ];

    /// One of them; those that end everything are rare.
    pub fn pick(input: &mut Input) -> Op {
        match input.byte() {
            0..110 => Op::Return,
            110..118 => Op::Poke,
            118..150 => Op::Serve,
            150..176 => Op::ServeOther,
            176..182 => Op::HeapAlloc,
            182..186 => Op::HeapFree,
            186..194 => Op::HostPanic,
            194..208 => Op::Store,
            208..214 => Op::Store64,
            214..218 => Op::Load,
            218..226 => Op::Fill,
            226..232 => Op::Copy,
            232..235 => Op::Atomic,
            235..240 => Op::Grow,
            240..246 => Op::Trap,
            246..248 => Op::Loop,
            248..252 => Op::Again,
            252.. => Op::Stack,
        }
    }
}

/// What hostile modules differ in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Shape {
    /// Does not export its stack pointer.
    pub hidden: bool,
    /// Has a start function, `_initialize` and `karmem_init`.
    pub starts: bool,
    /// Tells of panics.
    pub panics: bool,
    /// Is told that calls were cut off.
    pub resets: bool,
}

impl Shape {
    pub fn pick(input: &mut Input) -> Shape {
        let bits = input.byte();
        Shape {
            hidden: bits & 7 == 1,
            starts: bits & 8 != 0,
            panics: bits & 16 != 0,
            resets: bits & 32 != 0,
        }
    }
}

// Types by their number in the type section.
const NEXT: u32 = 0;
const I4: u32 = 1;
const I3_I: u32 = 2;
const I2_I: u32 = 3;
const I_I: u32 = 4;
const I3: u32 = 5;
const I1: u32 = 6;
const NONE: u32 = 7;
const TO_L: u32 = 8;

// Functions by their number: imports first.
const IMPORTS: [(&str, &str, u32); 10] = [
    ("fuzz", "next", NEXT),
    ("fuzz", "attached", I4),
    ("fuzz", "panic", NONE),
    ("fuzz", "scan", I_I),
    ("karmem:t/honest@1", "t_honest__poke", I3_I),
    ("karmem:t/host@1", "t_host__serve", I3_I),
    ("karmem:t/other@1", "t_other__serve", I3_I),
    ("karmem:karmem/heap@1", "karmem_heap__alloc", I3_I),
    ("karmem:karmem/heap@1", "karmem_heap__free", I2_I),
    ("fuzz", "freed", I3),
];
const F_NEXT: u32 = 0;
const F_ATTACHED: u32 = 1;
const F_PANIC: u32 = 2;
const F_SCAN: u32 = 3;
const F_POKE: u32 = 4;
const F_SERVE: u32 = 5;
const F_OTHER: u32 = 6;
const F_ALLOC: u32 = 7;
const F_FREE: u32 = 8;
const F_FREED: u32 = 9;
/// The function that asks what to do.
const F_RUN: u32 = 10;

/// A number of an operation: a local of the function, or known when the module is made.
#[derive(Clone, Copy)]
enum Operand {
    Local(u32),
    Const(i32),
}

struct Body(Function);

impl Body {
    fn op(&mut self, op: &I<'_>) -> &mut Body {
        self.0.instruction(op);
        self
    }

    fn get(&mut self, operand: Operand) -> &mut Body {
        match operand {
            Operand::Local(local) => self.op(&I::LocalGet(local)),
            Operand::Const(value) => self.op(&I::I32Const(value)),
        }
    }

    /// The code of an operation; what is returned lies on the stack before [`I::Return`].
    fn emit(&mut self, op: Op, [a, b, c]: [Operand; 3], place: Operand, returns: bool) {
        let word = MemArg {
            offset: 0,
            align: 0,
            memory_index: 0,
        };
        match op {
            Op::Return => {
                if returns {
                    self.get(a);
                }
                self.op(&I::Return);
            }
            Op::Poke => drop(self.call3(F_POKE, [a, b, c])),
            Op::Serve => drop(self.call3(F_SERVE, [a, b, c])),
            Op::ServeOther => drop(self.call3(F_OTHER, [a, b, c])),
            Op::HeapAlloc => drop(self.call3(F_ALLOC, [a, b, c])),
            Op::HeapFree => {
                self.get(a).get(b).op(&I::Call(F_FREE)).op(&I::Drop);
            }
            Op::HostPanic => drop(self.op(&I::Call(F_PANIC))),
            Op::Store => drop(self.get(a).get(b).op(&I::I32Store(word))),
            Op::Store64 => {
                let value = self.get(a).get(b).op(&I::I64ExtendI32S);
                value.op(&I::I64Store(word));
            }
            Op::Load => drop(self.get(a).op(&I::I64Load(word)).op(&I::Drop)),
            Op::Fill => drop(self.get(a).get(b).get(c).op(&I::MemoryFill(0))),
            Op::Copy => {
                let (src_mem, dst_mem) = (0, 0);
                self.get(a).get(b).get(c);
                self.op(&I::MemoryCopy { src_mem, dst_mem });
            }
            Op::Atomic => {
                let word = MemArg { align: 2, ..word };
                self.get(a)
                    .get(b)
                    .op(&I::I32AtomicRmwAdd(word))
                    .op(&I::Drop);
            }
            Op::Grow => drop(self.get(a).op(&I::MemoryGrow(0)).op(&I::Drop)),
            Op::Trap => drop(self.op(&I::Unreachable)),
            Op::Loop => {
                self.op(&I::Loop(BlockType::Empty))
                    .op(&I::Br(0))
                    .op(&I::End);
            }
            Op::Again => drop(self.get(place).op(&I::Call(F_RUN)).op(&I::Drop)),
            Op::Stack => drop(self.get(a).op(&I::GlobalSet(0))),
        }
    }

    fn call3(&mut self, func: u32, operands: [Operand; 3]) -> &mut Body {
        for operand in operands {
            self.get(operand);
        }
        self.op(&I::Call(func)).op(&I::Drop)
    }
}

/// Asks what to do, does it, and asks again.
fn interpreter() -> Function {
    let mut body = Body(Function::new([(4, ValType::I32)]));
    let [a, b, c] = [2, 3, 4].map(Operand::Local);
    body.op(&I::Loop(BlockType::Empty));
    body.op(&I::LocalGet(0)).op(&I::Call(F_NEXT));
    for local in [4, 3, 2, 1] {
        body.op(&I::LocalSet(local));
    }
    for _ in Op::ALL {
        body.op(&I::Block(BlockType::Empty));
    }
    let labels: Vec<u32> = (0..Op::ALL.len() as u32).collect();
    body.op(&I::LocalGet(1))
        .op(&I::BrTable((&labels).into(), 0));
    for (number, op) in Op::ALL.into_iter().enumerate() {
        body.op(&I::End);
        body.emit(op, [a, b, c], Operand::Local(0), true);
        if op != Op::Return && op != Op::Trap {
            // Over the blocks that are still open, to the loop.
            body.op(&I::Br((Op::ALL.len() - 1 - number) as u32));
        }
    }
    body.op(&I::End).op(&I::Unreachable).op(&I::End);
    body.0
}

/// The functions that are called from outside: the place, name, type, number of parameters, and whether
/// there is a result.
const EXPORTS: [(Place, &str, u32, u32, bool); 9] = [
    (Place::Alloc, "karmem_alloc", I2_I, 2, true),
    (Place::Free, "karmem_free", I3, 3, false),
    (Place::Attach, "karmem_attach", I4, 4, false),
    (Place::Detach, "karmem_detach", I1, 1, false),
    (Place::Init, "karmem_init", NONE, 0, false),
    (Place::Initialize, "_initialize", NONE, 0, false),
    (Place::Start, "", NONE, 0, false),
    (Place::Go, "t_rogue__go", I_I, 1, true),
    (Place::Reset, "karmem_reset", NONE, 0, false),
];

/// A hostile module: its functions ask the host what to do, or do what `written` says.
pub fn hostile(shape: Shape, mut written: Option<&mut Input>) -> Vec<u8> {
    use ValType::{I32, I64};
    let mut types = TypeSection::new();
    types.ty().function([I32], [I32; 4]);
    types.ty().function([I32; 4], []);
    types.ty().function([I32; 3], [I32]);
    types.ty().function([I32; 2], [I32]);
    types.ty().function([I32], [I32]);
    types.ty().function([I32; 3], []);
    types.ty().function([I32], []);
    types.ty().function([], []);
    types.ty().function([], [I64]);

    let mut imports = ImportSection::new();
    for (module, name, ty) in IMPORTS {
        imports.import(module, name, EntityType::Function(ty));
    }

    let mut functions = FunctionSection::new();
    let mut exports = ExportSection::new();
    let mut code = CodeSection::new();
    functions.function(I_I);
    code.function(&interpreter());
    let mut start = None;
    let mut number = F_RUN + 1;
    for (place, name, ty, params, returns) in EXPORTS {
        let starts = matches!(place, Place::Init | Place::Initialize | Place::Start);
        if starts && !shape.starts || place == Place::Reset && !shape.resets {
            continue;
        }
        functions.function(ty);
        match place {
            Place::Start => start = Some(number),
            _ => drop(exports.export(name, ExportKind::Func, number)),
        }
        number += 1;
        let mut body = Body(Function::new([]));
        let noted = match place {
            Place::Attach => Some(F_ATTACHED),
            Place::Free => Some(F_FREED),
            _ => None,
        };
        if let Some(noted) = noted {
            for param in 0..params {
                body.op(&I::LocalGet(param));
            }
            body.op(&I::Call(noted));
        }
        let place = Operand::Const(place as i32);
        match written.as_deref_mut() {
            None => {
                body.get(place).op(&I::Call(F_RUN));
                if !returns {
                    body.op(&I::Drop);
                }
            }
            Some(input) => write(&mut body, input, place, returns),
        }
        body.op(&I::End);
        code.function(&body.0);
    }
    // The harness's own: looks for regions in the memory.
    functions.function(I_I);
    exports.export("t_rogue__scan", ExportKind::Func, number);
    let mut scan = Body(Function::new([]));
    scan.op(&I::LocalGet(0)).op(&I::Call(F_SCAN)).op(&I::End);
    code.function(&scan.0);
    number += 1;
    if shape.panics {
        functions.function(TO_L);
        exports.export("karmem_panic", ExportKind::Func, number);
        let mut panics = Body(Function::new([]));
        panics
            .op(&I::I32Const(Place::Panic as i32))
            .op(&I::Call(F_RUN));
        panics
            .op(&I::I64ExtendI32S)
            .op(&I::I64Const(0x0001_0000_0001))
            .op(&I::I64Mul);
        panics.op(&I::End);
        code.function(&panics.0);
    }

    let mut memories = MemorySection::new();
    memories.memory(MemoryType {
        minimum: PAGES.into(),
        maximum: Some(MAX_PAGES.into()),
        memory64: false,
        shared: false,
        page_size_log2: None,
    });
    exports.export("memory", ExportKind::Memory, 0);
    let mut globals = GlobalSection::new();
    globals.global(
        GlobalType {
            val_type: I32,
            mutable: true,
            shared: false,
        },
        &ConstExpr::i32_const(PAGE as i32),
    );
    if !shape.hidden {
        exports.export("__stack_pointer", ExportKind::Global, 0);
    }

    let mut module = Module::new();
    module.section(&types).section(&imports).section(&functions);
    module
        .section(&memories)
        .section(&globals)
        .section(&exports);
    if let Some(function_index) = start {
        module.section(&StartSection { function_index });
    }
    module.section(&code);
    module.finish()
}

/// A short sequence of operations with constant numbers.
fn write(body: &mut Body, input: &mut Input, place: Operand, returns: bool) {
    for _ in 0..input.below(5) {
        let op = Op::pick(input);
        if op == Op::Return {
            break;
        }
        let numbers = constants(input, op);
        body.emit(op, numbers.map(Operand::Const), place, returns);
    }
    if returns {
        let block = (2 + input.below(8) as u32 * 2) * PAGE;
        body.op(&I::I32Const(block as i32));
    }
}

/// Numbers for an operation, without knowing where windows will be: blocks are at even pages.
fn constants(input: &mut Input, op: Op) -> [i32; 3] {
    let address = |input: &mut Input| {
        let page = input.below(PAGES as usize + 2) as u32;
        super::edge(input, page * PAGE, PAGE) as i32
    };
    match op {
        Op::Store | Op::Store64 | Op::Load | Op::Atomic => {
            [address(input), i32::from(input.byte()), 0]
        }
        Op::Fill => [address(input), i32::from(input.byte()), input.size()],
        Op::Copy => [address(input), address(input), input.size()],
        _ => [
            i32::from(input.byte()),
            i32::from(input.byte()),
            i32::from(input.byte()),
        ],
    }
}

/// A module that keeps to the ABI. `open` is what the Rust library does for a view that is open
/// while a call is made: whoever wants to write the region meanwhile is refused.
pub fn honest() -> Vec<u8> {
    let text = format!(
        r#"(module
    (import "karmem:t/rogue@1" "t_rogue__go" (func $go (param i32) (result i32)))
    (memory (export "memory") 1 64)
    (global $sp (export "__stack_pointer") (mut i32) (i32.const 65536))
    ;; 48 entries of 20 bytes from 1024 on: handle, base, length, flags, open.
    (func $find (param $h i32) (result i32) (local $i i32)
        (loop $l
            (if (i32.eq (i32.load offset=1024 (local.get $i)) (local.get $h))
                (then (return (i32.add (i32.const 1024) (local.get $i)))))
            (local.set $i (i32.add (local.get $i) (i32.const 20)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 960))))
        (i32.const 0))
    ;; The entry of a region that it has.
    (func $entry (param $h i32) (result i32)
        (if (result i32) (local.get $h) (then (call $find (local.get $h))) (else (i32.const 0))))

    ;; Slots of 128 KiB from the second page on; a byte from 2048 on says that one is in use.
    (func (export "karmem_alloc") (param $size i32) (param $align i32) (result i32)
        (local $i i32) (local $at i32) (local $pages i32)
        (if (i32.gt_u (local.get $size) (i32.const 131072)) (then (return (i32.const 0))))
        (loop $l
            (if (i32.eqz (i32.load8_u offset=2048 (local.get $i)))
                (then
                    (local.set $at (i32.add (i32.const {PAGE})
                        (i32.mul (local.get $i) (i32.const 131072))))
                    (local.set $pages (i32.div_u (i32.add (local.get $at) (i32.const 131072))
                        (i32.const {PAGE})))
                    (if (i32.gt_u (local.get $pages) (memory.size))
                        (then (if (i32.eq (i32.const -1)
                                (memory.grow (i32.sub (local.get $pages) (memory.size))))
                            (then (return (i32.const 0))))))
                    (i32.store8 offset=2048 (local.get $i) (i32.const 1))
                    (return (local.get $at))))
            (local.set $i (i32.add (local.get $i) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 24))))
        (i32.const 0))
    (func (export "karmem_free") (param $at i32) (param i32 i32)
        (i32.store8 offset=2048
            (i32.div_u (i32.sub (local.get $at) (i32.const {PAGE})) (i32.const 131072))
            (i32.const 0)))
    (func (export "karmem_attach") (param $h i32) (param $at i32) (param $len i32) (param $flags i32)
        (local $e i32)
        (local.set $e (call $find (local.get $h)))
        (if (i32.eqz (local.get $e)) (then
            (local.set $e (call $find (i32.const 0)))
            (i32.store offset=16 (local.get $e) (i32.const 0))))
        (i32.store (local.get $e) (local.get $h))
        (i32.store offset=4 (local.get $e) (local.get $at))
        (i32.store offset=8 (local.get $e) (local.get $len))
        (i32.store offset=12 (local.get $e) (local.get $flags)))
    ;; A call was cut off: nothing is open any more, and all regions are attached anew.
    (func (export "karmem_reset") (memory.fill (i32.const 1024) (i32.const 0) (i32.const 960)))
    (func (export "karmem_detach") (param $h i32) (local $e i32)
        (local.set $e (call $entry (local.get $h)))
        (if (local.get $e) (then
            (i32.store (local.get $e) (i32.const 0)))))

    ;; What it was told: the flags, or -1.
    (func (export "t_honest__flags") (param $h i32) (result i32) (local $e i32)
        (local.set $e (call $entry (local.get $h)))
        (if (result i32) (local.get $e)
            (then (i32.load offset=12 (local.get $e))) (else (i32.const -1))))
    ;; What it sees, or 1 where it has nothing.
    (func (export "t_honest__peek") (param $h i32) (param $off i32) (result i64) (local $e i32)
        (local.set $e (call $entry (local.get $h)))
        (if (i32.eqz (local.get $e)) (then (return (i64.const 1))))
        (if (i32.gt_u (local.get $off) (i32.sub (i32.load offset=8 (local.get $e)) (i32.const 8)))
            (then (return (i64.const 1))))
        (i64.load (i32.add (i32.load offset=4 (local.get $e)) (local.get $off))))
    ;; What was left of a call that ended: regions that are still open.
    (func (export "t_honest__open") (result i32) (local $i i32) (local $n i32)
        (loop $l
            (if (i32.load offset=1024 (local.get $i)) (then
                (local.set $n (i32.add (local.get $n) (i32.load offset=1040 (local.get $i))))))
            (local.set $i (i32.add (local.get $i) (i32.const 20)))
            (br_if $l (i32.lt_u (local.get $i) (i32.const 960))))
        (local.get $n))
    (func (export "t_honest__poke") (param $h i32) (param $off i32) (param $x i32) (result i32)
        (local $e i32)
        (local.set $e (call $entry (local.get $h)))
        (if (i32.eqz (local.get $e)) (then (return (i32.const 0))))
        (if (i32.load offset=16 (local.get $e)) (then (return (i32.const -2))))
        (if (i32.gt_u (local.get $off) (i32.sub (i32.load offset=8 (local.get $e)) (i32.const 4)))
            (then (return (i32.const -1))))
        (if (i32.eqz (i32.and (i32.load offset=12 (local.get $e)) (i32.const 1)))
            (then (return (i32.const -1))))
        (i32.store (i32.add (i32.load offset=4 (local.get $e)) (local.get $off)) (local.get $x))
        (i32.const 1))
    ;; Calls the neighbour with a region open.
    (func (export "t_honest__relay") (param $h i32) (param $x i32) (result i32)
        (local $e i32) (local $r i32)
        (local.set $e (call $entry (local.get $h)))
        (global.set $sp (i32.sub (global.get $sp) (i32.const 16)))
        (if (local.get $e) (then (i32.store offset=16 (local.get $e) (i32.const 1))))
        (local.set $r (call $go (local.get $x)))
        (if (local.get $e) (then (i32.store offset=16 (local.get $e) (i32.const 0))))
        (global.set $sp (i32.add (global.get $sp) (i32.const 16)))
        (local.get $r))
    )"#
    );
    wat::parse_str(text).expect("the text of the honest module is right")
}
